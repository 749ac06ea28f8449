package org.dmsalvage.gui.hex;

import org.dmsalvage.inspect.io.ByteRange;

/** Cursor, selection and window of a hex view over an image of any size. */
public final class HexModel {

  private final long size;
  private int bytesPerRow = 16;
  private int visibleRows = 1;
  private long topRow;
  private long cursor;
  private long anchor;

  /** Makes a model of an image of some size, with the cursor on its first byte. */
  public HexModel(long size) {
    this.size = size;
  }

  /** {@return bytes of the image} */
  public long size() {
    return size;
  }

  /** {@return rows of the whole image} */
  public long rows() {
    return (size + bytesPerRow - 1) / bytesPerRow;
  }

  /** {@return bytes of a row} */
  public int bytesPerRow() {
    return bytesPerRow;
  }

  /** {@return whole rows that fit the window} */
  public int visibleRows() {
    return visibleRows;
  }

  /** {@return the first row of the window} */
  public long topRow() {
    return topRow;
  }

  /** {@return the greatest row that the window can begin with} */
  public long lastTopRow() {
    return Math.max(0, rows() - visibleRows);
  }

  /** {@return the byte that the keyboard moves} */
  public long cursor() {
    return cursor;
  }

  /** {@return the bytes that are selected, at least the one under the cursor} */
  public ByteRange selection() {
    long from = Math.min(anchor, cursor);
    return new ByteRange(from, Math.max(anchor, cursor) - from + 1);
  }

  /** Changes how much fits the window; the first byte of it stays in it. */
  public void resize(int bytes, int rows) {
    long first = topRow * bytesPerRow;
    bytesPerRow = Math.max(1, bytes);
    visibleRows = Math.max(1, rows);
    scrollTo(first / bytesPerRow);
  }

  /** Moves the window. */
  public void scrollTo(long row) {
    topRow = Math.clamp(row, 0, lastTopRow());
  }

  /** Moves the cursor, and the other end of the selection unless it is kept. */
  public void moveTo(long offset, boolean keepAnchor) {
    cursor = Math.clamp(offset, 0, Math.max(0, size - 1));
    if (!keepAnchor) {
      anchor = cursor;
    }
    reveal(cursor);
  }

  /** Moves the cursor by some bytes; a move by whole rows that would leave the image is none. */
  public void moveBy(long bytes, boolean keepAnchor) {
    long to = cursor + bytes;
    boolean rowwise = bytes % bytesPerRow == 0;
    if (rowwise && (to < 0 || to >= size)) {
      long column = cursor % bytesPerRow;
      long row = to < 0 ? 0 : rows() - 1;
      to = Math.min(row * bytesPerRow + column, size - 1);
    }
    moveTo(to, keepAnchor);
  }

  /** Selects a range; the cursor is on its first byte, which is brought into the window. */
  public void select(ByteRange range) {
    cursor = Math.clamp(range.offset(), 0, Math.max(0, size - 1));
    anchor = Math.clamp(range.end() - 1, cursor, Math.max(0, size - 1));
    reveal(cursor);
  }

  /** Brings a byte into the window, a quarter below its top if it was outside. */
  private void reveal(long offset) {
    long row = offset / bytesPerRow;
    if (row < topRow) {
      scrollTo(row == topRow - 1 ? row : row - visibleRows / 4);
    } else if (row >= topRow + visibleRows) {
      scrollTo(row == topRow + visibleRows ? topRow + 1 : row - visibleRows / 4);
    }
  }
}
