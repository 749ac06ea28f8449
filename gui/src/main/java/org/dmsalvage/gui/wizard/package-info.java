/**
 * Recovery as a few questions: what would be written, where to, and what came of it.
 *
 * <p>The model asks the same code as the command {@code flush}, with the same checks before the
 * first byte is written; what the command does only with {@code --force} is not offered.
 */
@NullMarked
package org.dmsalvage.gui.wizard;

import org.jspecify.annotations.NullMarked;
