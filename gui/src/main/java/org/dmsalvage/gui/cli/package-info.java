/**
 * The command that opens the browser.
 *
 * <p>It names no class of JavaFX, so that the other commands start as quickly as without.
 */
@NullMarked
package org.dmsalvage.gui.cli;

import org.jspecify.annotations.NullMarked;
