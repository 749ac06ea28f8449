package org.dmsalvage.gui.map;

import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** The last step of zooming: a grid that shows the sectors of one cell instead of the cells. */
final class CloseUp {

  private static final ByteRange NOTHING = new ByteRange(0, 0);

  private final GridView grid;
  private long cell = -1;
  private long cells;
  private ByteRange bytes = NOTHING;

  CloseUp(GridView grid) {
    this.grid = grid;
  }

  /** {@return whether sectors show} */
  boolean isOpen() {
    return cell >= 0;
  }

  /** {@return the cell whose sectors show, or -1} */
  long cell() {
    return cell;
  }

  /** Shows the sectors of a cell, which takes some bytes. */
  void open(long wanted, ByteRange range) {
    if (!isOpen()) {
      cells = grid.cells();
    }
    cell = wanted;
    bytes = range;
    grid.setCells(SectorMap.countOf(range));
  }

  /** Shows the cells again, as few as can be. */
  void close() {
    if (isOpen()) {
      long before = cell;
      cell = -1;
      grid.setCells(cells);
      grid.closeUp(before);
    }
  }

  /** {@return the bytes of some sectors, counted from the beginning of the cell} */
  ByteRange range(long from, long to) {
    return SectorMap.sector(bytes, from, to);
  }

  /** {@return which sector of the cell a byte is in, or -1} */
  long sectorAt(long offset) {
    return offset >= bytes.offset() && offset < bytes.end()
        ? (offset - bytes.offset()) / BlockSource.SECTOR_BYTES
        : -1;
  }
}
