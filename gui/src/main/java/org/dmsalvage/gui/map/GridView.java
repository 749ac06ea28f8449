package org.dmsalvage.gui.map;

import java.util.function.LongConsumer;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.input.ScrollEvent;
import javafx.scene.layout.Region;

/**
 * Draws cells as squares on a canvas: all of them, or, zoomed in, a part. Never more squares than
 * there is room for.
 */
final class GridView extends Region {

  private static final double ZOOM = 1.25;
  private static final long LEAST = 16;

  /** Draws one square. */
  @FunctionalInterface
  interface Painter {
    /** Draws cells {@code from} … {@code to} - 1 into a square without its gap. */
    void paint(
        GraphicsContext g, long from, long to, double x, double y, double width, double height);
  }

  private final Canvas canvas = new Canvas();
  private Painter painter = (_, _, _, _, _, _, _) -> {};
  private Runnable background = () -> {};
  private LongConsumer onChosen = _ -> {};
  private LongConsumer onHover = _ -> {};
  private long cells;
  private long first;
  private long shown;
  private long cursor;
  private GridShape shape = GridShape.of(0, 1, 1);

  GridView(String accessible) {
    getStyleClass().add("grid-view");
    setAccessibleText(accessible);
    setFocusTraversable(true);
    getChildren().add(canvas);
    addEventHandler(MouseEvent.MOUSE_PRESSED, this::press);
    addEventHandler(MouseEvent.MOUSE_MOVED, e -> onHover.accept(cellAt(e)));
    addEventHandler(MouseEvent.MOUSE_EXITED, _ -> onHover.accept(-1));
    addEventHandler(ScrollEvent.SCROLL, this::scroll);
    addEventHandler(KeyEvent.KEY_PRESSED, this::key);
  }

  void setPainter(Painter paint) {
    painter = paint;
    requestLayout();
  }

  void setBackgroundPainter(Runnable paint) {
    background = paint;
  }

  /** {@return what the squares are drawn on} */
  GraphicsContext graphics() {
    return canvas.getGraphicsContext2D();
  }

  void setOnChosen(LongConsumer listener) {
    onChosen = listener;
  }

  void setOnHover(LongConsumer listener) {
    onHover = listener;
  }

  /** Shows so many cells, all of them. */
  void setCells(long count) {
    cells = count;
    first = 0;
    shown = count;
    requestLayout();
  }

  /** {@return how the squares are laid out} */
  GridShape shape() {
    return shape;
  }

  /** {@return the first cell that shows} */
  long first() {
    return first;
  }

  /** {@return how many cells show} */
  long shown() {
    return shown;
  }

  /** Brings a cell into sight. */
  void reveal(long cell) {
    cursor = cell;
    if (cell >= 0 && (cell < first || cell >= first + shown)) {
      first = Math.clamp(cell - shown / 2, 0, cells - shown);
    }
    requestLayout();
  }

  @Override
  protected void layoutChildren() {
    canvas.setWidth(getWidth());
    canvas.setHeight(getHeight());
    shape = GridShape.of(shown, getWidth(), getHeight());
    GraphicsContext g = graphics();
    g.clearRect(0, 0, getWidth(), getHeight());
    background.run();
    long cell = first;
    long end = first + shown;
    for (int i = 0; cell < end; i++) {
      int row = i / shape.columns();
      double x = (i - row * shape.columns()) * shape.width();
      double y = row * shape.height();
      double gap = shape.width() > 8 ? 2 : 1;
      long to = Math.min(cell + shape.perSquare(), end);
      painter.paint(g, cell, to, x, y, shape.width() - gap, shape.height() - gap);
      cell = to;
    }
  }

  private long cellAt(MouseEvent e) {
    long at = shape.cellAt(e.getX(), e.getY(), shown);
    return at < 0 ? -1 : first + at;
  }

  private void press(MouseEvent e) {
    long cell = cellAt(e);
    requestFocus();
    if (e.getButton() == MouseButton.PRIMARY && cell >= 0) {
      cursor = cell;
      onChosen.accept(cell);
    }
    e.consume();
  }

  private void scroll(ScrollEvent e) {
    long at = shape.cellAt(e.getX(), e.getY(), shown);
    if (at >= 0 && e.getDeltaY() != 0) {
      zoom(e.getDeltaY() > 0 ? 1 / ZOOM : ZOOM, first + at);
    }
    e.consume();
  }

  /** Shows more or fewer cells around one that keeps its place. */
  void zoom(double factor, long around) {
    long before = shown;
    shown = Math.clamp(Math.round(before * factor), Math.min(LEAST, cells), cells);
    double place = before == 0 ? 0 : (double) (around - first) / before;
    first = Math.clamp(around - Math.round(place * shown), 0, cells - shown);
    requestLayout();
  }

  private void key(KeyEvent e) {
    long per = shape.perSquare();
    long row = per * shape.columns();
    long to =
        switch (e.getCode()) {
          case LEFT -> cursor - per;
          case RIGHT -> cursor + per;
          case UP -> cursor - row;
          case DOWN -> cursor + row;
          default -> -1;
        };
    if (e.isAltDown() || e.isControlDown()) {
      return;
    }
    switch (e.getCode()) {
      case LEFT, RIGHT, UP, DOWN -> {
        if (to >= 0 && to < cells) {
          cursor = to;
          onChosen.accept(to);
        }
      }
      case PLUS, EQUALS, ADD -> zoom(1 / ZOOM, cursor);
      case MINUS, SUBTRACT -> zoom(ZOOM, cursor);
      case DIGIT0, NUMPAD0 -> setCells(cells);
      default -> {
        return;
      }
    }
    e.consume();
  }
}
