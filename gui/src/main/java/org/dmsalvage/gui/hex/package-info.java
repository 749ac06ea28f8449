/**
 * The bytes of an image as rows of hexadecimal numbers and text: a model of cursor, selection and
 * window that knows nothing of drawing, and a view that draws what the window shows.
 *
 * <p>Rows are numbered with 64 bits and drawn on a canvas, only those that show, so that the size
 * of the image does not matter; each kind of structure has a tint and a line of its own pattern.
 */
@NullMarked
package org.dmsalvage.gui.hex;

import org.jspecify.annotations.NullMarked;
