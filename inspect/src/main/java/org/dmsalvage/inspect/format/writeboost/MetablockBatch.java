package org.dmsalvage.inspect.format.writeboost;

/**
 * The metablocks of some slots, in columns: a row for each metablock that counts and exists.
 *
 * <p>Rows of one slot follow each other in the order of their index; slots are in the order asked
 * for.
 */
public final class MetablockBatch {

  private final int[] slots;
  private final int[] firstRows;
  private final long[] sectors;
  private final byte[] dirtyBits;
  private final boolean[] readable;

  MetablockBatch(
      int[] slots, int[] firstRows, long[] sectors, byte[] dirtyBits, boolean[] readable) {
    this.slots = slots;
    this.firstRows = firstRows;
    this.sectors = sectors;
    this.dirtyBits = dirtyBits;
    this.readable = readable;
  }

  /** {@return the number of slots} */
  public int slots() {
    return slots.length;
  }

  /** {@return the slot at a position, 0 … slots - 1} */
  public int slot(int position) {
    return slots[position];
  }

  /** {@return the first row of the slot at a position} */
  public int firstRow(int position) {
    return firstRows[position];
  }

  /** {@return the row behind the last one of the slot at a position} */
  public int endRow(int position) {
    return firstRows[position + 1];
  }

  /**
   * {@return whether all metablocks of the slot at a position could be read; those that could not
   * are sector 0 without dirty bits}
   */
  public boolean readable(int position) {
    return readable[position];
  }

  /** {@return the address in a row, in sectors, unsigned} */
  public long sector(int row) {
    return sectors[row];
  }

  /** {@return the dirty bits in a row, 0 … 255} */
  public int dirtyBits(int row) {
    return Byte.toUnsignedInt(dirtyBits[row]);
  }
}
