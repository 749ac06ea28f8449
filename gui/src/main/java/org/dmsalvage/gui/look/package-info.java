/**
 * How things look: the two themes, the typefaces, the few icons, and colours for what is drawn on a
 * canvas, each with a pattern or a shape that says the same.
 *
 * <p>Everything is built on AtlantaFX's Primer themes; one style sheet adds what is ours.
 */
@NullMarked
package org.dmsalvage.gui.look;

import org.jspecify.annotations.NullMarked;
