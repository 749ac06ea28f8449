package org.dmsalvage.gui.draw;

import javafx.scene.paint.Color;

/** Draws the few things that maps and views of bytes are made of. Coordinates are pixels. */
public interface Pen {

  /** A typeface of a picture. */
  enum Face {
    /** For prose. */
    UI,
    /** For numbers and bytes; every letter is as wide as any other. */
    MONO
  }

  /** Where a text stands to the point that is given for it. */
  enum Align {
    /** The text begins there. */
    LEFT,
    /** The point is the middle of the text. */
    CENTRE
  }

  /** Fills a rectangle. */
  void fill(Color colour, double x, double y, double width, double height);

  /** Draws the edge of a rectangle; half of the line is outside of it. */
  void outline(Color colour, double line, double x, double y, double width, double height);

  /** Draws a line; dashes are lengths of strokes and gaps, none for a whole line. */
  void line(
      Color colour,
      double line,
      double fromX,
      double fromY,
      double toX,
      double toY,
      double... dashes);

  /** Fills a shape with straight sides, given as x, y, x, y, …. */
  void polygon(Color colour, double... points);

  /** Fills a circle. */
  void disc(Color colour, double x, double y, double radius);

  /**
   * Writes a text; blanks count.
   *
   * @param x see {@link Align}
   * @param y the middle of the line
   */
  void text(Color colour, Face face, double size, Align align, double x, double y, String text);

  /** Draws the edge of a shape with straight sides, given as x, y, x, y, …. */
  default void edge(Color colour, double line, double... points) {
    for (int i = 0; i < points.length; i += 2) {
      int next = (i + 2) % points.length;
      line(colour, line, points[i], points[i + 1], points[next], points[next + 1]);
    }
  }
}
