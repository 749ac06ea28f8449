package org.dmsalvage.gui.look;

import javafx.scene.paint.Color;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.inspect.check.Severity;

/**
 * Colours for what is drawn by hand.
 *
 * @param background of everything
 * @param raised of strips beside the contents
 * @param text of values
 * @param dim of what matters less
 * @param faint of lines
 * @param accent of what is chosen
 * @param error of damage
 * @param warning of what is suspicious
 * @param note of what is worth knowing
 * @param superblock of superblocks
 * @param header of headers
 * @param mapping of mappings
 */
public record Colours(
    Color background,
    Color raised,
    Color text,
    Color dim,
    Color faint,
    Color accent,
    Color error,
    Color warning,
    Color note,
    Color superblock,
    Color header,
    Color mapping) {

  static final Colours LIGHT =
      new Colours(
          Color.web("#ffffff"),
          Color.web("#f6f8fa"),
          Color.web("#1f2328"),
          Color.web("#57606a"),
          Color.web("#d8dee4"),
          Color.web("#0969da"),
          Color.web("#cf222e"),
          Color.web("#9a6700"),
          Color.web("#57606a"),
          Color.web("#8250df"),
          Color.web("#0a7c86"),
          Color.web("#bc4c00"));

  static final Colours DARK =
      new Colours(
          Color.web("#0d1117"),
          Color.web("#161b22"),
          Color.web("#e6edf3"),
          Color.web("#9198a1"),
          Color.web("#30363d"),
          Color.web("#4493f8"),
          Color.web("#ff7b72"),
          Color.web("#d29922"),
          Color.web("#9198a1"),
          Color.web("#bc8cff"),
          Color.web("#39c5cf"),
          Color.web("#f0883e"));

  private static final double TINT = 0.13;
  private static final double SELECTED = 0.15;
  private static final double UNSAID = 0.6;

  /** {@return a colour laid thinly over the background} */
  public static Color tint(Color colour) {
    return colour.deriveColor(0, 1, 1, TINT);
  }

  /** {@return for what only holds a place, such as the dot of a byte that is no letter} */
  public Color unsaid() {
    return dim.deriveColor(0, 1, 1, UNSAID);
  }

  /** {@return what lies under the bytes that are selected} */
  public Color selection() {
    return accent.deriveColor(0, 1, 1, SELECTED);
  }

  /** {@return the colour of a sort of bytes} */
  public Color of(Kind kind) {
    return switch (kind) {
      case SUPERBLOCK -> superblock;
      case HEADER -> header;
      case MAPPING -> mapping;
      case DATA -> text;
      case PADDING, UNUSED -> dim;
    };
  }

  /** {@return the colour of a severity} */
  public Color of(Severity severity) {
    return switch (severity) {
      case ERROR -> error;
      case WARNING -> warning;
      case NOTE -> note;
    };
  }
}
