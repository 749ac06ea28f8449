package org.dmsalvage.gui.hex;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Orientation;
import javafx.geometry.Point2D;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.ScrollBar;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
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
import org.dmsalvage.gui.model.Pages;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** Draws the bytes of an image, and lets the user move through them. */
public final class HexView extends Region implements Drawn {

  private static final double FONT_SIZE = 13;
  private static final double ROW = 20;
  private static final double PAD = 10;

  /** Width of the margin that shows findings. */
  private static final double MARGIN = 16;

  private static final int GROUP = 8;
  private static final int[] WIDTHS = {64, 32, 16, 8};

  /** Columns, in digits, that names of structures need beside 16 bytes and more. */
  private static final int NAMES = 18;

  private static final int SECTOR = 512;
  private static final int DATA_LIMIT = 64;
  private static final HexFormat DIGITS = HexFormat.of();

  private final Source source;
  private final ObservableValue<Colours> colours;
  private final HexModel model;
  private final Canvas canvas = new Canvas();
  private final ScrollBar scrollBar = new ScrollBar();
  private final double digit = Fonts.digitWidth(Fonts.mono(FONT_SIZE));
  private final int offsetDigits;
  private List<Finding> marks = List.of();
  private List<ByteRange> bookmarks = List.of();
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

  /** Marks the rows in which bookmarks begin. */
  public void setBookmarks(List<ByteRange> ranges) {
    bookmarks = List.copyOf(ranges);
    requestLayout();
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
    drawOn(CanvasPen.on(canvas));
  }

  @Override
  public void drawOn(Pen pen) {
    double width = canvas.getWidth();
    double height = canvas.getHeight();
    Colours c = colours.getValue();
    pen.fill(c.background(), 0, 0, width, height);
    int rows = (int) Math.ceil((height - PAD) / ROW);
    for (int i = 0; i < rows && model.topRow() + i < model.rows(); i++) {
      drawRow(pen, c, (model.topRow() + i) * model.bytesPerRow(), PAD + i * ROW, width);
    }
  }

  private void drawRow(Pen pen, Colours c, long from, double y, double width) {
    int bytes = (int) Math.min(model.bytesPerRow(), model.size() - from);
    if (from % SECTOR == 0 && from > 0) {
      pen.line(c.faint(), 1, MARGIN, snap(y), width - PAD, snap(y));
    }
    drawStructures(pen, c, from, bytes, y, width);
    drawSelection(pen, c, from, bytes, y);
    double middle = y + ROW / 2;
    boolean here = from <= model.cursor() && model.cursor() < from + bytes;
    String offset = DIGITS.toHexDigits(from, offsetDigits);
    write(pen, here ? c.accent() : c.dim(), MARGIN, middle, offset);
    drawBytes(pen, c, from, bytes, middle);
    drawMark(pen, c, from, bytes, middle);
    drawBookmark(pen, c, from, bytes, y);
  }

  /** A ribbon hangs from the top of a row in which a bookmark begins. */
  private void drawBookmark(Pen pen, Colours c, long from, int bytes, double y) {
    for (ByteRange range : bookmarks) {
      if (range.offset() >= from && range.offset() < from + bytes) {
        double left = MARGIN - 7;
        double right = MARGIN - 2;
        double middle = (left + right) / 2;
        pen.polygon(
            c.accent(), left, y + 3, right, y + 3, right, y + 14, middle, y + 11, left, y + 14);
        return;
      }
    }
  }

  private void drawBytes(Pen pen, Colours c, long from, int bytes, double middle) {
    StringBuilder values = new StringBuilder();
    StringBuilder zeros = new StringBuilder();
    StringBuilder holes = new StringBuilder();
    StringBuilder text = new StringBuilder();
    StringBuilder dots = new StringBuilder();
    for (int i = 0; i < bytes; i++) {
      int value = source.pages().byteAt(from + i);
      String gap = i > 0 && i % GROUP == 0 ? "  " : i > 0 ? " " : "";
      String digits = value < 0 ? "  " : DIGITS.toHexDigits((byte) value);
      values.append(gap).append(value > 0 ? digits : "  ");
      zeros.append(gap).append(value == 0 ? digits : value == Pages.PENDING ? "··" : "  ");
      holes.append(gap).append(value == Pages.UNREADABLE ? "××" : "  ");
      boolean printable = value >= ' ' && value < 0x7f;
      text.append(printable ? (char) value : ' ');
      dots.append(printable ? ' ' : '·');
    }
    double x = hexX();
    double textX = textX(model.bytesPerRow());
    write(pen, c.text(), x, middle, values);
    write(pen, c.text(), textX, middle, text);
    write(pen, c.dim(), x, middle, zeros);
    write(pen, c.unsaid(), textX, middle, dots);
    write(pen, c.error(), x, middle, holes);
  }

  private static void write(Pen pen, Color colour, double x, double middle, CharSequence letters) {
    String text = letters.toString();
    if (!text.isBlank()) {
      pen.text(colour, Face.MONO, FONT_SIZE, Align.LEFT, x, middle, text);
    }
  }

  private void drawStructures(Pen pen, Colours c, long from, int bytes, double y, double width) {
    int at = 0;
    StringBuilder names = new StringBuilder();
    while (at < bytes) {
      List<Structure> path = source.root().path(from + at);
      Structure inner = path.getLast();
      long end = inner.childCount() > 0 ? from + at + 1 : inner.range().end();
      int to = (int) Math.min(bytes, end - from);
      drawKind(pen, c, inner.kind(), at, to, bytes, y);
      name(path, from + at, names);
      at = to;
    }
    double x = textX(model.bytesPerRow()) + (model.bytesPerRow() + 2) * digit;
    if (!names.isEmpty() && width - x > 6 * digit) {
      String fitting = cut(names.toString(), (int) ((width - x - PAD) / 6));
      pen.text(c.dim(), Face.UI, 11, Align.LEFT, x, y + ROW / 2, fitting);
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

  private void drawKind(Pen pen, Colours c, Kind kind, int from, int to, int bytes, double y) {
    if (kind == Kind.DATA) {
      return;
    }
    double left = byteX(from) - digit / 2;
    double right = to < bytes ? byteX(to) - digit / 2 : byteX(to - 1) + 2.5 * digit;
    double text = textX(model.bytesPerRow());
    Color colour = c.of(kind);
    Color ground = kind == Kind.UNUSED || kind == Kind.PADDING ? c.raised() : Colours.tint(colour);
    pen.fill(ground, left, y, right - left, ROW);
    pen.fill(ground, text + from * digit, y, (to - from) * digit, ROW);
    drawPattern(pen, colour, kind, left + digit / 2, right - digit / 2, y + ROW - 2);
  }

  /** Draws the line that tells a kind without its colour. */
  public static void drawPattern(
      Pen pen, Color colour, Kind kind, double left, double right, double y) {
    double[] dashes =
        switch (kind) {
          case MAPPING -> new double[] {4, 3};
          case PADDING -> new double[] {1, 4};
          case UNUSED -> new double[] {1, 9};
          case SUPERBLOCK, HEADER, DATA -> new double[0];
        };
    if (kind != Kind.DATA) {
      pen.line(colour, 1, left, snap(y), right, snap(y), dashes);
    }
    if (kind == Kind.SUPERBLOCK) {
      pen.line(colour, 1, left, snap(y) - 2, right, snap(y) - 2);
    }
  }

  private void drawSelection(Pen pen, Colours c, long from, int bytes, double y) {
    ByteRange selection = model.selection();
    int first = Math.clamp(selection.offset() - from, 0, bytes);
    int last = Math.clamp(selection.end() - from, 0, bytes);
    if (first >= last) {
      return;
    }
    double text = textX(model.bytesPerRow());
    double left = byteX(first) - digit / 2;
    pen.fill(c.selection(), left, y, byteX(last - 1) + 2.5 * digit - left, ROW);
    pen.fill(c.selection(), text + first * digit, y, (last - first) * digit, ROW);
    long at = model.cursor() - from;
    if (at >= 0 && at < bytes) {
      double line = isFocused() ? 2 : 1;
      double x = byteX((int) at) - digit / 2 + 0.5;
      pen.outline(c.accent(), line, x, y + 0.5, 3 * digit - 1, ROW - 1);
      pen.outline(c.accent(), line, text + at * digit + 0.5, y + 0.5, digit - 1, ROW - 1);
    }
  }

  /**
   * Shows in the margin the worst finding about a row: a cross, a triangle or a dot where it
   * begins, and, unless it is a mere note, a line down to where it ends.
   */
  private void drawMark(Pen pen, Colours c, long from, int bytes, double middle) {
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
      pen.line(c.of(goesOn), 2, x, middle - ROW / 2, x, middle + ROW / 2);
    }
    if (begins != null) {
      drawSymbol(pen, c.of(begins), begins, x, middle);
    }
  }

  private static Severity worse(@Nullable Severity a, Severity b) {
    return a == null || a.compareTo(b) < 0 ? b : a;
  }

  private static void drawSymbol(Pen pen, Color colour, Severity severity, double x, double y) {
    switch (severity) {
      case ERROR -> {
        pen.line(colour, 2, x - 3, y - 3, x + 3, y + 3);
        pen.line(colour, 2, x - 3, y + 3, x + 3, y - 3);
      }
      case WARNING -> pen.polygon(colour, x - 4, y + 3.5, x, y - 3.5, x + 4, y + 3.5);
      case NOTE -> pen.disc(colour, x, y, 2);
    }
  }

  private static double snap(double y) {
    return Math.floor(y) + 0.5;
  }

  private void press(MouseEvent event, boolean extend) {
    if (event.getButton() == MouseButton.MIDDLE || model.size() == 0) {
      return;
    }
    requestFocus();
    int row = (int) Math.floor((event.getY() - PAD) / ROW);
    long offset = (model.topRow() + row) * model.bytesPerRow() + column(event.getX());
    ByteRange selection = model.selection();
    boolean selected = offset >= selection.offset() && offset < selection.end();
    if (event.getButton() == MouseButton.SECONDARY && selected) {
      // The menu is about the whole selection.
      event.consume();
      return;
    }
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
      case A -> {
        if (!all) {
          return;
        }
        model.select(new ByteRange(0, model.size()));
      }
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
