package org.dmsalvage.gui.map;

import java.util.function.LongConsumer;
import javafx.scene.canvas.Canvas;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.input.ScrollEvent;
import javafx.scene.layout.Region;
import org.dmsalvage.gui.draw.CanvasPen;
import org.dmsalvage.gui.draw.Drawn;
import org.dmsalvage.gui.draw.Pen;

/**
 * Draws cells as squares on a canvas: all of them, or, zoomed in, a part. Never more squares than
 * there is room for.
 */
public final class GridView extends Region implements Drawn {

  private static final double ZOOM = 1.25;
  private static final long LEAST = 16;

  /** Draws one square. */
  @FunctionalInterface
  public interface Painter {
    /** Draws cells {@code from} … {@code to} - 1 into a square without its gap. */
    void paint(Pen pen, long from, long to, double x, double y, double width, double height);
  }

  private final Canvas canvas = new Canvas();
  private Painter painter = (_, _, _, _, _, _, _) -> {};
  private LongConsumer onChosen = _ -> {};
  private LongConsumer onHover = _ -> {};
  private LongConsumer onDeeper = _ -> {};
  private Runnable onOut = () -> {};
  private Runnable onOpen = () -> {};
  private long cells;
  private long first;
  private long shown;
  private long cursor;
  private GridShape shape = GridShape.of(0, 1, 1);

  /** Makes a view without cells, with a name for those who cannot see it. */
  public GridView(String accessible) {
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

  /** Says how squares are drawn. */
  public void setPainter(Painter paint) {
    painter = paint;
    requestLayout();
  }

  /** Has something called with the cell that the user chooses. */
  public void setOnChosen(LongConsumer listener) {
    onChosen = listener;
  }

  /** Has something called with the cell under the pointer, or -1. */
  public void setOnHover(LongConsumer listener) {
    onHover = listener;
  }

  /** Has something called with the cell that the user zooms at where no fewer cells can show. */
  public void setOnDeeper(LongConsumer listener) {
    onDeeper = listener;
  }

  /** Has something called when the user zooms out where all cells show. */
  public void setOnOut(Runnable listener) {
    onOut = listener;
  }

  /** Has something called when the user wants to leave for the cell that is chosen. */
  public void setOnOpen(Runnable listener) {
    onOpen = listener;
  }

  /** Shows so many cells, all of them. */
  public void setCells(long count) {
    cells = count;
    first = 0;
    shown = count;
    requestLayout();
  }

  /** {@return how many cells there are} */
  public long cells() {
    return cells;
  }

  /** {@return how the squares are laid out} */
  public GridShape shape() {
    return shape;
  }

  /** {@return the first cell that shows} */
  long first() {
    return first;
  }

  /** {@return how many cells show} */
  public long shown() {
    return shown;
  }

  /** Brings a cell into sight. */
  public void reveal(long cell) {
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
    drawOn(CanvasPen.on(canvas));
  }

  @Override
  public void drawOn(Pen pen) {
    long cell = first;
    long end = first + shown;
    for (int i = 0; cell < end; i++) {
      int row = i / shape.columns();
      double x = (i - row * shape.columns()) * shape.width();
      double y = row * shape.height();
      double gap = shape.width() > 8 ? 2 : 1;
      long to = Math.min(cell + shape.perSquare(), end);
      painter.paint(pen, cell, to, x, y, shape.width() - gap, shape.height() - gap);
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
    if (e.getButton() != MouseButton.MIDDLE && cell >= 0) {
      cursor = cell;
      onChosen.accept(cell);
    }
    e.consume();
  }

  private void scroll(ScrollEvent e) {
    long at = shape.cellAt(e.getX(), e.getY(), shown);
    if (e.getDeltaY() != 0) {
      zoom(e.getDeltaY() > 0 ? 1 / ZOOM : ZOOM, first + (at >= 0 ? at : shown / 2));
    }
    e.consume();
  }

  /** Zooms around the cursor, or the middle: in, out, or, by 0, to all cells. */
  public void zoom(int by) {
    if (by == 0) {
      onOut.run();
      setCells(cells);
    } else {
      boolean seen = cursor >= first && cursor < first + shown;
      zoom(by > 0 ? 1 / ZOOM : ZOOM, seen ? cursor : first + shown / 2);
    }
  }

  /** Shows more or fewer cells around one that keeps its place. */
  void zoom(double factor, long around) {
    long before = shown;
    long least = Math.min(LEAST, cells);
    if (factor < 1 && before <= least) {
      onDeeper.accept(Math.clamp(around, 0, Math.max(0, cells - 1)));
      return;
    }
    if (factor > 1 && before >= cells) {
      onOut.run();
      return;
    }
    shown = Math.clamp(Math.round(before * factor), least, cells);
    double place = before == 0 ? 0 : (double) (around - first) / before;
    first = Math.clamp(around - Math.round(place * shown), 0, cells - shown);
    requestLayout();
  }

  /** Shows as few cells as can be, with one in the middle. */
  void closeUp(long around) {
    shown = Math.min(LEAST, cells);
    first = Math.clamp(around - shown / 2, 0, cells - shown);
    cursor = around;
    requestLayout();
  }

  private void key(KeyEvent e) {
    if (e.isAltDown() || e.isControlDown() || e.isMetaDown()) {
      return;
    }
    long per = shape.perSquare();
    long row = per * shape.columns();
    switch (e.getCode()) {
      case LEFT -> move(-per);
      case RIGHT -> move(per);
      case UP -> move(-row);
      case DOWN -> move(row);
      case HOME -> moveTo(0);
      case END -> moveTo(cells - 1);
      case PLUS, EQUALS, ADD -> zoom(1);
      case MINUS, SUBTRACT -> zoom(-1);
      case DIGIT0, NUMPAD0 -> zoom(0);
      case ENTER -> {
        moveTo(cursor);
        onOpen.run();
      }
      default -> {
        return;
      }
    }
    e.consume();
  }

  /** Goes some cells on from the square of the cursor; without one, to the first that shows. */
  private void move(long by) {
    if (cursor < 0) {
      moveTo(first);
    } else {
      long square = first + Math.floorDiv(cursor - first, shape.perSquare()) * shape.perSquare();
      moveTo(square + by);
    }
  }

  private void moveTo(long cell) {
    if (cell >= 0 && cell < cells) {
      reveal(cell);
      onChosen.accept(cell);
    }
  }
}
