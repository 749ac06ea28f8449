package org.dmsalvage.gui.wizard;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.repair.plan.Action;

/** The bytes that an action changes, in rows of sixteen of which at least one differs. */
public final class ChangedRows {

  /** Bytes in a row. */
  public static final int WIDTH = 16;

  /** More rows than anybody looks at. */
  private static final int MOST = 4096;

  /**
   * A row.
   *
   * @param offset of its first byte, a multiple of 16
   * @param cells its bytes; fewer at the beginning and the end of an action
   */
  public record Row(long offset, List<Cell> cells) {}

  /**
   * A byte.
   *
   * @param column 0 … 15
   * @param before what it is
   * @param after what it becomes
   */
  public record Cell(int column, byte before, byte after) {

    /** {@return whether it becomes another} */
    public boolean changes() {
      return before != after;
    }
  }

  private ChangedRows() {}

  /** {@return the rows in order; of very long actions the first} */
  public static List<Row> of(Action action) {
    List<Row> rows = new ArrayList<>();
    byte[] before = action.before();
    byte[] after = action.after();
    int at = 0;
    while (at < after.length && rows.size() < MOST) {
      int column = (int) ((action.offset() + at) % WIDTH);
      int end = Math.min(after.length, at + WIDTH - column);
      boolean differs = false;
      for (int i = at; i < end; i++) {
        differs |= before[i] != after[i];
      }
      if (differs) {
        List<Cell> cells = new ArrayList<>();
        for (int i = at; i < end; i++) {
          cells.add(new Cell(column + i - at, before[i], after[i]));
        }
        rows.add(new Row(action.offset() + at - column, cells));
      }
      at = end;
    }
    return rows;
  }
}
