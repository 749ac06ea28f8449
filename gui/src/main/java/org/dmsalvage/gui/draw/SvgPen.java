package org.dmsalvage.gui.draw;

import java.util.Locale;
import javafx.scene.paint.Color;
import javafx.scene.transform.Affine;
import org.dmsalvage.gui.look.Fonts;

/**
 * Draws into an SVG document. Text stays text: it is crisp at any size, and can be selected and
 * searched. A viewer without our typefaces takes others; those of one width are stretched to ours,
 * so that columns stay columns.
 */
public final class SvgPen implements Pen {

  /** Width of a letter of the typeface for bytes, in sizes: 600 of its 1000 units. */
  private static final double ADVANCE = 0.6;

  /** How far below the middle of a line its letters stand, in sizes. */
  private static final double BASELINE = 0.35;

  private final StringBuilder body = new StringBuilder();
  private final double width;
  private final double height;
  private int groups;

  /** Begins a picture of some width and height. */
  public SvgPen(double width, double height) {
    this.width = width;
    this.height = height;
  }

  /** {@return the document} */
  public String document() {
    return """
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" width="%1$s" height="%2$s" viewBox="0 0 %1$s %2$s">
    <style>text{white-space:pre}.u{font-family:Inter,Helvetica,Arial,sans-serif}\
    .m{font-family:"%3$s",Menlo,Consolas,monospace}</style>
    %4$s%5$s</svg>
    """
        .formatted(number(width), number(height), Fonts.MONO, body, "</g>\n".repeat(groups));
  }

  /** Moves what follows, and cuts it to a rectangle, until {@link #end}. */
  public void begin(double x, double y, double partWidth, double partHeight) {
    groups++;
    String clip = "c" + Integer.toHexString(body.length());
    body.append("<clipPath id=\"").append(clip).append("\">");
    rectangle(0, 0, partWidth, partHeight);
    body.append("/></clipPath>\n<g transform=\"translate(")
        .append(number(x))
        .append(' ')
        .append(number(y))
        .append(")\" clip-path=\"url(#")
        .append(clip)
        .append(")\">\n");
  }

  /** Cuts what follows to a rectangle, until {@link #end}. */
  public void clip(double x, double y, double partWidth, double partHeight) {
    groups++;
    String clip = "c" + Integer.toHexString(body.length());
    body.append("<clipPath id=\"").append(clip).append("\">");
    rectangle(x, y, partWidth, partHeight);
    body.append("/></clipPath>\n<g clip-path=\"url(#").append(clip).append(")\">\n");
  }

  /** Ends the part that began last. */
  public void end() {
    groups--;
    body.append("</g>\n");
  }

  @Override
  public void fill(Color colour, double x, double y, double w, double h) {
    rectangle(x, y, w, h);
    body.append(paint("fill", colour)).append("/>\n");
  }

  /** Fills a rectangle with round corners. */
  public void fill(Color colour, double x, double y, double w, double h, double radius) {
    rectangle(x, y, w, h);
    body.append(" rx=\"").append(number(radius)).append('"');
    body.append(paint("fill", colour)).append("/>\n");
  }

  @Override
  public void outline(Color colour, double line, double x, double y, double w, double h) {
    rectangle(x, y, w, h);
    body.append(" fill=\"none\"").append(stroke(colour, line)).append("/>\n");
  }

  /** Draws the edge of a rectangle with round corners. */
  public void outline(
      Color colour, double line, double x, double y, double w, double h, double radius) {
    rectangle(x, y, w, h);
    body.append(" rx=\"").append(number(radius)).append('"');
    body.append(" fill=\"none\"").append(stroke(colour, line)).append("/>\n");
  }

  private void rectangle(double x, double y, double w, double h) {
    body.append("<rect x=\"")
        .append(number(x))
        .append("\" y=\"")
        .append(number(y))
        .append("\" width=\"")
        .append(number(Math.max(0, w)))
        .append("\" height=\"")
        .append(number(Math.max(0, h)))
        .append('"');
  }

  @Override
  public void line(
      Color colour,
      double line,
      double fromX,
      double fromY,
      double toX,
      double toY,
      double... dashes) {
    body.append("<path d=\"M")
        .append(number(fromX))
        .append(' ')
        .append(number(fromY))
        .append('L')
        .append(number(toX))
        .append(' ')
        .append(number(toY))
        .append('"')
        .append(stroke(colour, line));
    for (int i = 0; i < dashes.length; i++) {
      body.append(i == 0 ? " stroke-dasharray=\"" : " ").append(number(dashes[i]));
    }
    body.append(dashes.length > 0 ? "\"/>\n" : "/>\n");
  }

  @Override
  public void polygon(Color colour, double... points) {
    body.append("<path d=\"");
    for (int i = 0; i + 1 < points.length; i += 2) {
      body.append(i == 0 ? 'M' : 'L')
          .append(number(points[i]))
          .append(' ')
          .append(number(points[i + 1]));
    }
    body.append("z\"").append(paint("fill", colour)).append("/>\n");
  }

  /** Fills a shape in the language of SVG paths, each of whose points is moved by a matrix. */
  public void path(Color colour, String path, Affine moved) {
    body.append(
            "<path transform=\"matrix(%s %s %s %s %s %s)\" d=\""
                .formatted(
                    number(moved.getMxx()),
                    number(moved.getMyx()),
                    number(moved.getMxy()),
                    number(moved.getMyy()),
                    number(moved.getTx()),
                    number(moved.getTy())))
        .append(escape(path))
        .append('"')
        .append(paint("fill", colour))
        .append("/>\n");
  }

  @Override
  public void disc(Color colour, double x, double y, double radius) {
    body.append(
            "<circle cx=\"%s\" cy=\"%s\" r=\"%s\"".formatted(number(x), number(y), number(radius)))
        .append(paint("fill", colour))
        .append("/>\n");
  }

  @Override
  public void text(
      Color colour, Face face, double size, Align align, double x, double y, String text) {
    // Blanks in front are a distance, which no viewer can lose.
    String letters = text.stripTrailing();
    double from = x;
    if (face == Face.MONO && align == Align.LEFT) {
      int blanks = letters.length() - letters.stripLeading().length();
      from += blanks * ADVANCE * size;
      letters = letters.stripLeading();
    }
    if (letters.isEmpty()) {
      return;
    }
    double wide = face == Face.MONO ? letters.length() * ADVANCE * size : 0;
    text(colour, face, size, false, align, from, y + BASELINE * size, letters, wide);
  }

  /**
   * Writes a text.
   *
   * @param baseline where its letters stand
   * @param wide how wide it is; 0 if that is left to the viewer
   */
  void text(
      Color colour,
      Face face,
      double size,
      boolean bold,
      Align align,
      double x,
      double baseline,
      String text,
      double wide) {
    body.append("<text class=\"")
        .append(face == Face.MONO ? 'm' : 'u')
        .append("\" x=\"")
        .append(number(x))
        .append("\" y=\"")
        .append(number(baseline))
        .append("\" font-size=\"")
        .append(number(size))
        .append('"')
        .append(bold ? " font-weight=\"600\"" : "")
        .append(align == Align.CENTRE ? " text-anchor=\"middle\"" : "");
    if (wide > 0) {
      body.append(" textLength=\"").append(number(wide)).append('"');
    }
    body.append(paint("fill", colour)).append('>').append(escape(text)).append("</text>\n");
  }

  private static String stroke(Color colour, double line) {
    return paint("stroke", colour) + " stroke-width=\"" + number(line) + '"';
  }

  private static String paint(String attribute, Color colour) {
    String hex =
        String.format(
            Locale.ROOT,
            " %s=\"#%02x%02x%02x\"",
            attribute,
            Math.round(colour.getRed() * 255),
            Math.round(colour.getGreen() * 255),
            Math.round(colour.getBlue() * 255));
    return colour.isOpaque()
        ? hex
        : hex + " " + attribute + "-opacity=\"" + number(colour.getOpacity()) + '"';
  }

  /** {@return a number with at most two digits behind the point} */
  private static String number(double value) {
    long hundredths = Math.round(value * 100);
    if (hundredths % 100 == 0) {
      return Long.toString(hundredths / 100);
    }
    String digits = String.format(Locale.ROOT, "%.2f", value);
    return digits.endsWith("0") ? digits.substring(0, digits.length() - 1) : digits;
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '&' -> escaped.append("&amp;");
        case '<' -> escaped.append("&lt;");
        case '>' -> escaped.append("&gt;");
        case '"' -> escaped.append("&quot;");
        default -> escaped.append(c < ' ' ? ' ' : c);
      }
    }
    return escaped.toString();
  }
}
