package org.dmsalvage.gui.hex;

import java.util.List;
import java.util.Locale;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Orientation;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.ScrollBar;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import org.dmsalvage.gui.draw.CanvasPen;
import org.dmsalvage.gui.draw.Drawn;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.draw.Pen.Align;
import org.dmsalvage.gui.draw.Pen.Face;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Fonts;

/**
 * Draws a few pieces of bytes beside each other. A byte that is another than in the last piece has
 * a ground and a thick line under it, and its row says "≠".
 */
public final class SideBySide extends Region implements Drawn {

  private static final double FONT = 12;
  private static final double ROW = 18;
  private static final double HEAD = 42;
  private static final double PAD = 12;
  private static final int GROUP = 8;

  /** How bytes of a row and letters beside them can be laid out, the best first. */
  private record Shape(int bytes, boolean letters) {
    /** {@return the columns of digits that one side takes, with the gap behind it} */
    int columns() {
      return 2 + 3 * bytes + bytes / GROUP - 1 + (letters ? bytes + 1 : 0) + 2;
    }
  }

  private static final List<Shape> SHAPES =
      List.of(
          new Shape(32, false),
          new Shape(16, true),
          new Shape(16, false),
          new Shape(8, true),
          new Shape(8, false),
          new Shape(4, false));

  private final ObservableValue<Colours> colours;
  private final Canvas canvas = new Canvas();
  private final ScrollBar scrollBar = new ScrollBar();
  private final double digit = Fonts.digitWidth(Fonts.mono(FONT));
  private List<Side> sides = List.of();
  private long base;
  private int top;
  private boolean fresh;
  private Shape shape = SHAPES.getLast();

  /** Makes a view without bytes. */
  public SideBySide(ObservableValue<Colours> colours) {
    this.colours = colours;
    getStyleClass().add("side-by-side");
    setFocusTraversable(true);
    setAccessibleRole(AccessibleRole.TEXT_AREA);
    setAccessibleText("bytes side by side");
    scrollBar.setOrientation(Orientation.VERTICAL);
    getChildren().addAll(canvas, scrollBar);
    setMinWidth(240);
    setMinHeight(HEAD + 3 * ROW);
    colours.addListener((_, _, _) -> requestLayout());
    scrollBar.valueProperty().addListener((_, _, value) -> scrollTo(value.intValue()));
    setOnScroll(
        e -> {
          scrollTo(top - (int) Math.signum(e.getDeltaY()) * 3);
          e.consume();
        });
    addEventHandler(MouseEvent.MOUSE_PRESSED, _ -> requestFocus());
    addEventHandler(KeyEvent.KEY_PRESSED, this::key);
  }

  /**
   * Shows bytes.
   *
   * @param offset that the first byte of each side is said to have
   * @param pieces the sides; all are compared with the last one that has bytes
   */
  public void show(long offset, List<Side> pieces) {
    base = offset;
    sides = List.copyOf(pieces);
    top = 0;
    fresh = true;
    requestLayout();
  }

  /** Begins where the first difference is, if that would be out of sight. */
  private void firstDifference() {
    for (int i = 0; i < length(); i++) {
      int at = i;
      if (sides.stream().anyMatch(side -> side.differs(reference(), at))) {
        top = i / shape.bytes() < visibleRows() ? 0 : i / shape.bytes() - 1;
        return;
      }
    }
  }

  /** {@return what shows} */
  public List<Side> sides() {
    return sides;
  }

  private int length() {
    return sides.stream().mapToInt(Side::length).max().orElse(0);
  }

  private int rows() {
    return (length() + shape.bytes() - 1) / shape.bytes();
  }

  private int visibleRows() {
    return Math.max(1, (int) ((getHeight() - HEAD - 4) / ROW));
  }

  private void scrollTo(int row) {
    int to = Math.clamp(row, 0, Math.max(0, rows() - visibleRows()));
    if (to != top) {
      top = to;
      requestLayout();
    }
  }

  private void key(KeyEvent e) {
    switch (e.getCode()) {
      case UP -> scrollTo(top - 1);
      case DOWN -> scrollTo(top + 1);
      case PAGE_UP -> scrollTo(top - visibleRows());
      case PAGE_DOWN -> scrollTo(top + visibleRows());
      case HOME -> scrollTo(0);
      case END -> scrollTo(rows());
      default -> {
        return;
      }
    }
    e.consume();
  }

  @Override
  protected void layoutChildren() {
    double bar = scrollBar.prefWidth(-1);
    double width = Math.max(0, getWidth() - bar);
    scrollBar.resizeRelocate(width, 0, bar, getHeight());
    canvas.setWidth(width);
    canvas.setHeight(getHeight());
    shape = shapeFor(width);
    int most = Math.max(0, rows() - visibleRows());
    if (fresh && getHeight() > 0) {
      fresh = false;
      firstDifference();
    }
    top = Math.min(top, most);
    scrollBar.setMax(most);
    scrollBar.setVisible(most > 0);
    scrollBar.setVisibleAmount(Math.max(1, (double) visibleRows() * most / Math.max(1, rows())));
    scrollBar.setValue(top);
    drawOn(CanvasPen.on(canvas));
  }

  private Shape shapeFor(double width) {
    double room = (width - 2 * PAD) / digit - offsetDigits() - 2;
    for (Shape candidate : SHAPES) {
      if (candidate.columns() * Math.max(1, sides.size()) <= room) {
        return candidate;
      }
    }
    return SHAPES.getLast();
  }

  private int offsetDigits() {
    return Math.max(4, Long.toHexString(base + length()).length());
  }

  /** {@return the side that the others are compared with} */
  private Side reference() {
    return sides.reversed().stream()
        .filter(side -> side.length() > 0)
        .findFirst()
        .orElse(sides.getLast());
  }

  @Override
  public void drawOn(Pen pen) {
    Colours c = colours.getValue();
    pen.fill(c.background(), 0, 0, canvas.getWidth(), canvas.getHeight());
    if (sides.isEmpty()) {
      return;
    }
    Side reference = reference();
    double left = PAD + (offsetDigits() + 2) * digit;
    double wide = shape.columns() * digit;
    for (int i = 0; i < sides.size(); i++) {
      drawHead(pen, c, sides.get(i), reference, left + i * wide, wide);
    }
    int visible = (int) Math.ceil((getHeight() - HEAD) / ROW);
    for (int i = 0; i < visible && top + i < rows(); i++) {
      int from = (top + i) * shape.bytes();
      double y = HEAD + i * ROW;
      String offset = String.format(Locale.ROOT, "%0" + offsetDigits() + "x", base + from);
      pen.text(c.dim(), Face.MONO, FONT, Align.LEFT, PAD, y + ROW / 2, offset);
      for (int s = 0; s < sides.size(); s++) {
        drawBytes(pen, c, sides.get(s), reference, from, left + s * wide, y);
      }
    }
    pen.line(c.faint(), 1, PAD, HEAD - 3.5, canvas.getWidth() - PAD, HEAD - 3.5);
  }

  private void drawHead(Pen pen, Colours c, Side side, Side reference, double x, double wide) {
    int fits = (int) ((wide - 2 * digit) / 6.6);
    String title = cut(side.title(), fits);
    pen.text(c.text(), Face.UI, 12, Align.LEFT, x + 2 * digit, 12, title);
    int differences = side == reference ? -1 : side.differences(reference);
    String note =
        !side.missing().isEmpty()
            ? side.missing()
            : differences > 0
                ? "≠  " + differences + (differences == 1 ? " byte differs" : " bytes differ")
                : differences == 0 ? "the same" : "";
    Color colour = differences > 0 ? c.error() : c.dim();
    pen.text(colour, Face.UI, 11, Align.LEFT, x + 2 * digit, 28, cut(note, fits));
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(0, length - 1)) + "…";
  }

  private void drawBytes(
      Pen pen, Colours c, Side side, Side reference, int from, double x, double y) {
    StringBuilder values = new StringBuilder();
    StringBuilder zeros = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    boolean other = false;
    double hex = x + 2 * digit;
    for (int i = 0; i < shape.bytes(); i++) {
      int value = side.at(from + i);
      String gap = i > 0 && i % GROUP == 0 ? "  " : i > 0 ? " " : "";
      String digits = value < 0 ? "  " : String.format(Locale.ROOT, "%02x", value);
      values.append(gap).append(value > 0 ? digits : "  ");
      zeros.append(gap).append(value == 0 ? digits : "  ");
      boolean printable = value >= ' ' && value < 0x7f;
      text.append(printable ? (char) value : ' ');
      dots.append(value >= 0 && !printable ? '·' : ' ');
      if (side != reference && side.differs(reference, from + i)) {
        other = true;
        double at = hex + (3 * i + i / GROUP) * digit;
        pen.fill(Colours.tint(c.error()), at - digit / 2, y, 3 * digit, ROW);
        pen.fill(c.error(), at - 1, y + ROW - 3, 2 * digit + 2, 2);
      }
    }
    double middle = y + ROW / 2;
    if (other) {
      pen.text(c.error(), Face.MONO, FONT, Align.LEFT, x, middle, "≠");
    }
    pen.text(c.text(), Face.MONO, FONT, Align.LEFT, hex, middle, values.toString());
    pen.text(c.dim(), Face.MONO, FONT, Align.LEFT, hex, middle, zeros.toString());
    if (shape.letters()) {
      double letters = hex + (3 * shape.bytes() + shape.bytes() / GROUP) * digit;
      pen.text(c.text(), Face.MONO, FONT, Align.LEFT, letters, middle, text.toString());
      pen.text(c.unsaid(), Face.MONO, FONT, Align.LEFT, letters, middle, dots.toString());
    }
  }
}
