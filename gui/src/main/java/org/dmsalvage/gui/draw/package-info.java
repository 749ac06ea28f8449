/**
 * Drawing by hand, on the screen and into files with the same few strokes: what is painted with a
 * {@link org.dmsalvage.gui.draw.Pen} can be seen on a canvas and saved as SVG, whose text stays
 * text.
 */
@NullMarked
package org.dmsalvage.gui.draw;

import org.jspecify.annotations.NullMarked;
