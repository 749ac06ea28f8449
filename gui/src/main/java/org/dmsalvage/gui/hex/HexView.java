package org.dmsalvage.gui.hex;

import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Orientation;
import javafx.geometry.Point2D;
import javafx.geometry.VPos;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.control.ScrollBar;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import javafx.scene.text.Font;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Fonts;
import org.dmsalvage.gui.model.Pages;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** Draws the bytes of an image, and lets the user move through them. */
public final class HexView extends Region {

  private static final double FONT_SIZE = 13;
  private static final double ROW = 20;
  private static final double PAD = 10;

  /** Width of the margin that shows findings. */
  private static final double MARGIN = 16;

  private static final int GROUP = 8;
  private static final int[] WIDTHS = {32, 16, 8};

  /** Columns, in digits, that names of structures need beside 16 bytes and more. */
  private static final int NAMES = 18;

  private static final int SECTOR = 512;
  private static final int DATA_LIMIT = 64;

  private final Source source;
  private final ObservableValue<Colours> colours;
  private final HexModel model;
  private final Canvas canvas = new Canvas();
  private final ScrollBar scrollBar = new ScrollBar();
  private final Font font = Fonts.mono(FONT_SIZE);
  private final Font nameFont = Fonts.ui(11);
  private final double digit = Fonts.digitWidth(font);
  private final int offsetDigits;
  private List<Finding> marks = List.of();
  private Consumer<ByteRange> onMoved = _ -> {};
  private boolean syncing;

  /**
   * Makes a view.
   *
   * @param source the image
   * @param colours of the theme
   */
  public HexView(Source source, ObservableValue<Colours> colours) {
    this.source = source;
    this.colours = colours;
    this.model = new HexModel(source.bytes().size());
    this.offsetDigits = Math.max(8, Long.toHexString(model.size()).length());
    getStyleClass().add("hex-view");
    setFocusTraversable(true);
    setAccessibleRole(AccessibleRole.TEXT_AREA);
    setAccessibleText("bytes of " + source.bytes().name());
    scrollBar.setOrientation(Orientation.VERTICAL);
    getChildren().addAll(canvas, scrollBar);
    source.pages().onArrival(this::requestLayout);
    colours.addListener((_, _, _) -> requestLayout());
    focusedProperty().addListener((_, _, _) -> requestLayout());
    scrollBar
        .valueProperty()
        .addListener(
            (_, _, value) -> {
              if (!syncing) {
                model.scrollTo(value.longValue());
                requestLayout();
              }
            });
    setOnScroll(
        event -> {
          model.scrollTo(model.topRow() - Math.round(event.getDeltaY() / ROW * 1.5));
          requestLayout();
          event.consume();
        });
    addEventHandler(MouseEvent.MOUSE_PRESSED, e -> press(e, e.isShiftDown()));
    addEventHandler(MouseEvent.MOUSE_DRAGGED, e -> press(e, true));
    addEventHandler(KeyEvent.KEY_PRESSED, this::key);
  }

  /** {@return cursor, selection and window} */
  public HexModel model() {
    return model;
  }

  /** Has something called when the user moves the cursor or the selection. */
  public void setOnMoved(Consumer<ByteRange> listener) {
    onMoved = listener;
  }

  /** Marks the rows of findings. */
  public void setMarks(List<Finding> findings) {
    marks = List.copyOf(findings);
    requestLayout();
  }

  /** Selects a range and brings it into sight, without telling anybody. */
  public void show(ByteRange range) {
    if (!model.selection().equals(range)) {
      model.select(range);
      requestLayout();
    }
  }

  /** {@return where on the view a byte is drawn: the middle of its two digits} */
  public Point2D pointOf(long offset) {
    long row = offset / model.bytesPerRow() - model.topRow();
    int column = (int) (offset % model.bytesPerRow());
    return new Point2D(byteX(column) + digit, PAD + row * ROW + ROW / 2);
  }

  @Override
  protected double computePrefWidth(double height) {
    return textX(16) + (16 + NAMES) * digit;
  }

  @Override
  protected double computeMinWidth(double height) {
    return textX(GROUP) + (GROUP + 2) * digit;
  }

  private double hexX() {
    return MARGIN + (offsetDigits + 2) * digit;
  }

  private double byteX(int column) {
    return hexX() + (column * 3 + column / GROUP) * digit;
  }

  private double textX(int bytes) {
    return hexX() + (bytes * 3 + (bytes - 1) / GROUP + 1) * digit;
  }

  /** The most bytes that fit a row; where 16 do, more only together with names. */
  private int fittingBytes(double width) {
    for (int bytes : WIDTHS) {
      int beside = bytes > 16 ? NAMES : 1;
      if (textX(bytes) + (bytes + beside) * digit <= width) {
        return bytes;
      }
    }
    return GROUP;
  }

  @Override
  protected void layoutChildren() {
    double bar = scrollBar.prefWidth(-1);
    double width = Math.max(0, getWidth() - bar);
    double height = getHeight();
    scrollBar.resizeRelocate(width, 0, bar, height);
    if (canvas.getWidth() != width || canvas.getHeight() != height) {
      canvas.setWidth(width);
      canvas.setHeight(height);
    }
    model.resize(fittingBytes(width), (int) ((height - 2 * PAD) / ROW));
    syncing = true;
    scrollBar.setMax((double) model.lastTopRow());
    scrollBar.setVisibleAmount(
        Math.max(1, (double) model.visibleRows() * model.lastTopRow() / Math.max(1, model.rows())));
    scrollBar.setBlockIncrement(model.visibleRows());
    scrollBar.setValue((double) model.topRow());
    syncing = false;
    draw(width, height);
  }

  private void draw(double width, double height) {
    GraphicsContext g = canvas.getGraphicsContext2D();
    Colours c = colours.getValue();
    g.setFill(c.background());
    g.fillRect(0, 0, width, height);
    g.setTextBaseline(VPos.CENTER);
    g.setFont(font);
    int rows = (int) Math.ceil((height - PAD) / ROW);
    for (int i = 0; i < rows && model.topRow() + i < model.rows(); i++) {
      drawRow(g, c, (model.topRow() + i) * model.bytesPerRow(), PAD + i * ROW, width);
    }
  }

  private void drawRow(GraphicsContext g, Colours c, long from, double y, double width) {
    int bytes = (int) Math.min(model.bytesPerRow(), model.size() - from);
    if (from % SECTOR == 0 && from > 0) {
      g.setStroke(c.faint());
      g.setLineWidth(1);
      g.strokeLine(MARGIN, snap(y), width - PAD, snap(y));
    }
    drawStructures(g, c, from, bytes, y, width);
    drawSelection(g, c, from, bytes, y);
    double middle = y + ROW / 2;
    g.setFont(font);
    g.setFill(from <= model.cursor() && model.cursor() < from + bytes ? c.accent() : c.dim());
    g.fillText(String.format(Locale.ROOT, "%0" + offsetDigits + "x", from), MARGIN, middle);
    drawBytes(g, c, from, bytes, middle);
    drawMark(g, c, from, bytes, middle);
  }

  private void drawBytes(GraphicsContext g, Colours c, long from, int bytes, double middle) {
    StringBuilder values = new StringBuilder();
    StringBuilder zeros = new StringBuilder();
    StringBuilder holes = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    for (int i = 0; i < bytes; i++) {
      int value = source.pages().byteAt(from + i);
      String gap = i > 0 && i % GROUP == 0 ? "  " : i > 0 ? " " : "";
      String digits = value < 0 ? "  " : HexFormat.of().toHexDigits((byte) value);
      values.append(gap).append(value > 0 ? digits : "  ");
      zeros.append(gap).append(value == 0 ? digits : value == Pages.PENDING ? "··" : "  ");
      holes.append(gap).append(value == Pages.UNREADABLE ? "××" : "  ");
      boolean printable = value >= ' ' && value < 0x7f;
      text.append(printable ? (char) value : ' ');
      dots.append(printable ? ' ' : '·');
    }
    double x = hexX();
    g.setFill(c.text());
    g.fillText(values.toString(), x, middle);
    g.fillText(text.toString(), textX(model.bytesPerRow()), middle);
    g.setFill(c.dim().deriveColor(0, 1, 1, 0.75));
    g.fillText(zeros.toString(), x, middle);
    g.fillText(dots.toString(), textX(model.bytesPerRow()), middle);
    g.setFill(c.error());
    g.fillText(holes.toString(), x, middle);
  }

  private void drawStructures(
      GraphicsContext g, Colours c, long from, int bytes, double y, double width) {
    int at = 0;
    StringBuilder names = new StringBuilder();
    while (at < bytes) {
      List<Structure> path = source.root().path(from + at);
      Structure inner = path.getLast();
      long end = inner.childCount() > 0 ? from + at + 1 : inner.range().end();
      int to = (int) Math.min(bytes, end - from);
      drawKind(g, c, inner.kind(), at, to, bytes, y);
      name(path, from + at, names);
      at = to;
    }
    double x = textX(model.bytesPerRow()) + (model.bytesPerRow() + 2) * digit;
    if (!names.isEmpty() && width - x > 6 * digit) {
      g.setFont(nameFont);
      g.setFill(c.dim());
      g.fillText(cut(names.toString(), (int) ((width - x - PAD) / 6)), x, y + ROW / 2);
    }
  }

  private static String cut(String text, int length) {
    return text.length() <= length ? text : text.substring(0, Math.max(0, length - 1)) + "…";
  }

  /** Adds the structures that begin at a byte, small ones beside each other only as a number. */
  private static void name(List<Structure> path, long offset, StringBuilder names) {
    for (int i = 1; i < path.size(); i++) {
      Structure s = path.get(i);
      boolean begins = s.range().offset() == offset;
      boolean small = s.range().length() < DATA_LIMIT && i == path.size() - 1;
      if (begins && !(small && !names.isEmpty() && names.indexOf("›") < 0)) {
        names.append(names.isEmpty() ? "" : " › ").append(s.name());
      }
    }
  }

  private void drawKind(
      GraphicsContext g, Colours c, Kind kind, int from, int to, int bytes, double y) {
    if (kind == Kind.DATA) {
      return;
    }
    double left = byteX(from) - digit / 2;
    double right = to < bytes ? byteX(to) - digit / 2 : byteX(to - 1) + 2.5 * digit;
    double text = textX(model.bytesPerRow());
    Color colour = c.of(kind);
    g.setFill(kind == Kind.UNUSED || kind == Kind.PADDING ? c.raised() : Colours.tint(colour));
    g.fillRect(left, y, right - left, ROW);
    g.fillRect(text + from * digit, y, (to - from) * digit, ROW);
    drawPattern(g, colour, kind, left + digit / 2, right - digit / 2, y + ROW - 2);
  }

  /** Draws the line that tells a kind without its colour. */
  public static void drawPattern(
      GraphicsContext g, Color colour, Kind kind, double left, double right, double y) {
    g.setStroke(colour);
    g.setLineWidth(1);
    g.setLineDashes(
        switch (kind) {
          case MAPPING -> new double[] {4, 3};
          case PADDING -> new double[] {1, 4};
          case UNUSED -> new double[] {1, 9};
          case SUPERBLOCK, HEADER, DATA -> new double[0];
        });
    if (kind != Kind.DATA) {
      g.strokeLine(left, snap(y), right, snap(y));
    }
    if (kind == Kind.SUPERBLOCK) {
      g.strokeLine(left, snap(y) - 2, right, snap(y) - 2);
    }
    g.setLineDashes();
  }

  private void drawSelection(GraphicsContext g, Colours c, long from, int bytes, double y) {
    ByteRange selection = model.selection();
    int first = Math.clamp(selection.offset() - from, 0, bytes);
    int last = Math.clamp(selection.end() - from, 0, bytes);
    if (first >= last) {
      return;
    }
    double text = textX(model.bytesPerRow());
    g.setFill(c.selection());
    double left = byteX(first) - digit / 2;
    g.fillRect(left, y, byteX(last - 1) + 2.5 * digit - left, ROW);
    g.fillRect(text + first * digit, y, (last - first) * digit, ROW);
    long at = model.cursor() - from;
    if (at >= 0 && at < bytes) {
      g.setStroke(c.accent());
      g.setLineWidth(isFocused() ? 1.5 : 1);
      double x = byteX((int) at) - digit / 2 + 0.5;
      g.strokeRect(x, y + 0.5, 3 * digit - 1, ROW - 1);
      g.strokeRect(text + at * digit + 0.5, y + 0.5, digit - 1, ROW - 1);
    }
  }

  /**
   * Shows in the margin the worst finding about a row: a cross, a triangle or a dot where it
   * begins, and, unless it is a mere note, a line down to where it ends.
   */
  private void drawMark(GraphicsContext g, Colours c, long from, int bytes, double middle) {
    Severity begins = null;
    Severity goesOn = null;
    ByteRange row = new ByteRange(from, bytes);
    for (Finding finding : marks) {
      if (finding.where().intersects(row)) {
        if (finding.where().offset() >= from) {
          begins = worse(begins, finding.severity());
        } else if (finding.severity() != Severity.NOTE) {
          goesOn = worse(goesOn, finding.severity());
        }
      }
    }
    double x = MARGIN / 2 - 1;
    if (goesOn != null) {
      g.setStroke(c.of(goesOn));
      g.setLineWidth(2);
      g.strokeLine(x, middle - ROW / 2, x, middle + ROW / 2);
    }
    if (begins != null) {
      drawSymbol(g, c.of(begins), begins, x, middle);
    }
  }

  private static Severity worse(@Nullable Severity a, Severity b) {
    return a == null || a.compareTo(b) < 0 ? b : a;
  }

  private static void drawSymbol(
      GraphicsContext g, Color colour, Severity severity, double x, double y) {
    g.setFill(colour);
    g.setStroke(colour);
    g.setLineWidth(2);
    switch (severity) {
      case ERROR -> {
        g.strokeLine(x - 3, y - 3, x + 3, y + 3);
        g.strokeLine(x - 3, y + 3, x + 3, y - 3);
      }
      case WARNING ->
          g.fillPolygon(
              new double[] {x - 4, x, x + 4}, new double[] {y + 3.5, y - 3.5, y + 3.5}, 3);
      case NOTE -> g.fillOval(x - 2, y - 2, 4, 4);
    }
  }

  private static double snap(double y) {
    return Math.floor(y) + 0.5;
  }

  private void press(MouseEvent event, boolean extend) {
    if (event.getButton() != MouseButton.PRIMARY || model.size() == 0) {
      return;
    }
    requestFocus();
    int row = (int) Math.floor((event.getY() - PAD) / ROW);
    long offset = (model.topRow() + row) * model.bytesPerRow() + column(event.getX());
    model.moveTo(offset, extend);
    moved();
    event.consume();
  }

  private int column(double x) {
    int bytes = model.bytesPerRow();
    double text = textX(bytes);
    if (x >= text - digit / 2) {
      return Math.clamp((int) ((x - text) / digit), 0, bytes - 1);
    }
    for (int i = 0; i < bytes; i++) {
      if (x < byteX(i) + 2.5 * digit) {
        return i;
      }
    }
    return bytes - 1;
  }

  private void key(KeyEvent event) {
    if (event.isAltDown() || event.isMetaDown()) {
      return;
    }
    boolean extend = event.isShiftDown();
    boolean all = event.isControlDown();
    int row = model.bytesPerRow();
    long page = (long) Math.max(1, model.visibleRows() - 1) * row;
    long column = model.cursor() % row;
    switch (event.getCode()) {
      case LEFT -> model.moveBy(-1, extend);
      case RIGHT -> model.moveBy(1, extend);
      case UP -> model.moveBy(-row, extend);
      case DOWN -> model.moveBy(row, extend);
      case PAGE_UP -> model.moveBy(-page, extend);
      case PAGE_DOWN -> model.moveBy(page, extend);
      case HOME -> model.moveTo(all ? 0 : model.cursor() - column, extend);
      case END -> model.moveTo(all ? model.size() - 1 : model.cursor() - column + row - 1, extend);
      default -> {
        return;
      }
    }
    moved();
    event.consume();
  }

  private void moved() {
    requestLayout();
    onMoved.accept(model.selection());
  }
}
