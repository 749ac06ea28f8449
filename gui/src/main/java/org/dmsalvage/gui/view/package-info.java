/**
 * The window: toolbar, structure tree, bytes, fields, findings, and the commands that move between
 * them.
 *
 * <p>Panes do not know each other: each follows the session's {@link
 * org.dmsalvage.gui.model.Navigator}, and moves it when the user chooses something.
 */
@NullMarked
package org.dmsalvage.gui.view;

import org.jspecify.annotations.NullMarked;
