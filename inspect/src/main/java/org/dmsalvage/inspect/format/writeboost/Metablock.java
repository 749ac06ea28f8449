package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * What a block of a segment holds, since 2014 (struct metablock_device).
 *
 * <pre>
 * offset size field
 *      0    8 sector        address on the backing device, a multiple of 8
 *      8    1 dirty_bits    bit i: sector i of the 4 KiB block is dirty
 *      9    7 padding
 * </pre>
 *
 * <p>Metablock i stands at byte 512 + 16 i of its segment and owns the block at byte 4096 (i + 1).
 * The clean sectors of a partly dirty block are rubbish under a good checksum (rule W5). No dirty
 * bit at all means a clean copy, staged by read caching, in 1.0.x and 2.x; it stops the kernel of
 * 2014 (rule W20).
 *
 * @param sector unsigned
 * @param dirtyBits 0 … 255
 */
public record Metablock(long sector, int dirtyBits) {

  /** Size on disk. */
  public static final int BYTES = 16;

  /** How many of them, at the end, are always zero. */
  static final int PADDING = 7;

  private static final int SECTOR = 0;
  private static final int DIRTY_BITS = 8;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static Metablock decode(ByteBuffer buffer, int at) {
    return new Metablock(sector(buffer, at), dirtyBits(buffer, at));
  }

  /** Writes the structure at an index of a little-endian buffer; the padding stays as it is. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at + SECTOR, sector);
    buffer.put(at + DIRTY_BITS, (byte) dirtyBits);
  }

  static long sector(ByteBuffer buffer, int at) {
    return buffer.getLong(at + SECTOR);
  }

  static int dirtyBits(ByteBuffer buffer, int at) {
    return Byte.toUnsignedInt(buffer.get(at + DIRTY_BITS));
  }
}
