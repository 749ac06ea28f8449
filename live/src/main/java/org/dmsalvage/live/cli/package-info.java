/**
 * The commands of live mode.
 *
 * <p>They parse options, open what these name, and leave the work to the other packages.
 */
@NullMarked
package org.dmsalvage.live.cli;

import org.jspecify.annotations.NullMarked;
