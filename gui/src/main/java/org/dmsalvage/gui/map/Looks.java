package org.dmsalvage.gui.map;

import javafx.scene.paint.Color;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.draw.Pen.Align;
import org.dmsalvage.gui.draw.Pen.Face;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.tree.Kind;

/** Draws squares of maps. */
public final class Looks {

  private Looks() {}

  /** {@return the colour of a look} */
  static Color colour(Look look, Colours c) {
    return switch (look) {
      case EMPTY -> c.faint();
      case GOOD, SPENT -> c.header();
      case UNPROVED -> c.mapping();
      case STALE -> c.warning();
      case ODD -> c.superblock();
      case UNREADABLE -> c.dim();
      case DAMAGED -> c.error();
    };
  }

  /**
   * Draws a square.
   *
   * @param strength how full it looks, 0 … 1, where the look leaves a choice
   */
  public static void draw(
      Pen pen, Colours c, Look look, double strength, double x, double y, double w, double h) {
    Color colour = colour(look, c);
    switch (look) {
      case EMPTY -> {
        if (w > 6) {
          pen.outline(colour, 1, x + 0.5, y + 0.5, w - 1, h - 1);
        } else {
          pen.fill(faded(colour, 0.45), x, y, w, h);
        }
      }
      case GOOD -> pen.fill(faded(colour, strength), x, y, w, h);
      case SPENT -> pen.fill(faded(colour, 0.16), x, y, w, h);
      case UNPROVED -> {
        pen.fill(faded(colour, 0.25), x, y, w, h);
        pen.line(colour, 1, x, y + h - 0.5, x + w, y + h - 0.5);
      }
      case STALE -> {
        pen.fill(faded(colour, 0.2 + 0.3 * strength), x, y, w, h);
        for (double at = 2; at < w + h; at += 4) {
          double left = Math.max(0, at - h);
          double right = Math.min(w, at);
          pen.line(colour, 1, x + left, y + at - left, x + right, y + at - right);
        }
      }
      case ODD -> {
        pen.fill(faded(colour, 0.25), x, y, w, h);
        pen.disc(colour, x + w / 2, y + h / 2, 2);
      }
      case UNREADABLE -> {
        pen.line(colour, 1, x, y + h / 3, x + w, y + h / 3);
        pen.line(colour, 1, x, y + 2 * h / 3, x + w, y + 2 * h / 3);
      }
      case DAMAGED -> {
        pen.fill(faded(colour, 0.3), x, y, w, h);
        pen.line(colour, 1.2, x, y, x + w, y + h);
        pen.line(colour, 1.2, x, y + h, x + w, y);
      }
    }
  }

  private static Color faded(Color colour, double opacity) {
    return colour.deriveColor(0, 1, 1, opacity);
  }

  /** A sector of a sort of bytes: in its colour, and with its pattern at the lower edge. */
  static void kind(Pen pen, Colours c, Kind kind, double x, double y, double w, double h) {
    Color colour = c.of(kind);
    if (kind == Kind.DATA) {
      pen.outline(c.faint(), 1, x + 0.5, y + 0.5, w - 1, h - 1);
    } else {
      pen.fill(
          kind == Kind.UNUSED || kind == Kind.PADDING ? c.raised() : faded(colour, 0.25),
          x,
          y,
          w,
          h);
      HexView.drawPattern(pen, colour, kind, x, x + w, y + h - 1);
    }
  }

  /** The id of a single cell, where the square has room for it. */
  public static void id(Pen pen, Colours c, long id, double x, double y, double w, double h) {
    if (id > 0 && w >= GridShape.ROOM_FOR_TEXT - 2) {
      String text = Long.toUnsignedString(id);
      double size = Math.min(11, (w - 6) / (0.6 * text.length()));
      pen.text(c.text(), Face.MONO, size, Align.CENTRE, x + w / 2, y + h / 2, text);
    }
  }

  /** A small flag in the corner of a square: full for the newest, open for the oldest. */
  static void flag(Pen pen, Colours c, double x, double y, boolean newest) {
    double[] corners = {x, y, x + 9, y, x, y + 9};
    pen.polygon(newest ? c.text() : c.background(), corners);
    pen.edge(c.text(), 1, corners);
  }

  /** A mark on a square that is not what it was: a frame in the colour of text, and a dot. */
  public static void changed(Pen pen, Colours c, double x, double y, double w, double h) {
    double line = w > 8 ? 1.6 : 1;
    pen.outline(c.text(), line, x + line / 2, y + line / 2, w - line, h - line);
    if (w > 5) {
      // Beside the id, if there is one.
      double middle = w > 30 ? x + 5 : x + w / 2;
      pen.disc(c.text(), middle, y + h / 2, Math.min(2.2, w / 6));
    }
  }

  /** A frame around what is chosen. */
  public static void choice(Pen pen, Colours c, double x, double y, double w, double h) {
    pen.outline(c.accent(), 2, x, y, w, h);
  }
}
