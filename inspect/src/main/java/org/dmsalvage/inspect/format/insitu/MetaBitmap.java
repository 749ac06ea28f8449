package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bits of blocks, in memory.
 *
 * <pre>
 * bit 5b … 5b+3  payload sectors of block b, 0 … 8
 * bit 5b+4       tail: b continues the extent that the nearest block before it without this bit heads
 *
 * byte       0                1                2
 * bit        0 1 2 3 4 5 6 7  0 1 2 3 4 5 6 7  0 1 2 3 4 5 6 7
 * block      0 0 0 0 0 1 1 1  1 1 2 2 2 2 2 3  3 3 3 3 4 4 4 4
 * </pre>
 *
 * Bits are counted from the lowest of each byte; a block's five cross bytes, sectors and pages
 * (insitu_comp_get_meta).
 */
public final class MetaBitmap {

  /** The tail bit of a block's five. */
  public static final int TAIL = 0x10;

  /** The payload sectors of a block's five. */
  public static final int SECTORS = 0x0f;

  /** Blocks whose bits fill whole bytes. */
  static final int GROUP_BLOCKS = 8;

  static final int GROUP_BYTES = 5;

  private static final int MASK = 0x1f;

  private MetaBitmap() {}

  /** {@return the five bits of a block, counted from the first bit of an array} */
  public static int get(byte[] bitmap, int block) {
    int bit = block * InsituGeometry.META_BITS;
    int value = (bitmap[bit >> 3] & 0xff) >> (bit & 7);
    if ((bit & 7) > 8 - InsituGeometry.META_BITS) {
      value |= (bitmap[(bit >> 3) + 1] & 0xff) << (8 - (bit & 7));
    }
    return value & MASK;
  }

  /** Sets the five bits of a block, counted from the first bit of an array. */
  public static void set(byte[] bitmap, int block, int meta) {
    int bit = block * InsituGeometry.META_BITS;
    int shift = bit & 7;
    int at = bit >> 3;
    bitmap[at] = (byte) ((bitmap[at] & ~(MASK << shift)) | ((meta & MASK) << shift));
    if (shift > 8 - InsituGeometry.META_BITS) {
      int high = 8 - shift;
      bitmap[at + 1] = (byte) ((bitmap[at + 1] & ~(MASK >> high)) | ((meta & MASK) >> high));
    }
  }

  /**
   * Describes an extent as insitu_comp_set_extent does: payload sectors are handed out from the
   * head on, at most 8 to a block.
   */
  public static void setExtent(byte[] bitmap, int first, int blocks, int sectors) {
    int left = sectors;
    for (int i = 0; i < blocks; i++) {
      int here = Math.min(left, InsituGeometry.BLOCK_SECTORS);
      left -= here;
      set(bitmap, first + i, i == 0 ? here : here | TAIL);
    }
  }

  /**
   * Spreads bits to one byte a block.
   *
   * @param bits whole groups of 5 bytes from index 0, with 3 bytes of slack behind them
   * @param metas receives 8 values a group
   * @param groups how many
   */
  static void spread(ByteBuffer bits, byte[] metas, int groups) {
    ByteBuffer b = bits.order(ByteOrder.LITTLE_ENDIAN);
    for (int g = 0; g < groups; g++) {
      long value = b.getLong(g * GROUP_BYTES);
      int at = g * GROUP_BLOCKS;
      for (int i = 0; i < GROUP_BLOCKS; i++) {
        metas[at + i] = (byte) (value & MASK);
        value >>>= InsituGeometry.META_BITS;
      }
    }
  }
}
