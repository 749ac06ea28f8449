package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * What a block of a segment holds, in 2013 (struct metablock_device, packed).
 *
 * <pre>
 * offset size field
 *      0    8 sector        address on the backing device, a multiple of 8
 *      8    1 dirty_bits    bit i: sector i of the 4 KiB block is dirty
 *      9    4 lap           the header's, or the segment is not believed
 * </pre>
 *
 * <p>Metablock i stands at byte 13 + 13 i of its segment, across sector borders where it falls so
 * (rule F1), and owns the block at byte 4096 (i + 1). Metablock 0 of a segment that was begun after
 * a flush is skipped: no dirty bits, any sector (rule F3).
 *
 * @param sector unsigned
 * @param dirtyBits 0 … 255
 * @param lap unsigned
 */
public record Metablock2013(long sector, int dirtyBits, int lap) {

  /** Size on disk. */
  public static final int BYTES = 13;

  private static final int SECTOR = 0;
  private static final int DIRTY_BITS = 8;
  private static final int LAP = 9;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static Metablock2013 decode(ByteBuffer buffer, int at) {
    return new Metablock2013(sector(buffer, at), dirtyBits(buffer, at), lap(buffer, at));
  }

  /** Writes the structure at an index of a little-endian buffer. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at + SECTOR, sector);
    buffer.put(at + DIRTY_BITS, (byte) dirtyBits);
    buffer.putInt(at + LAP, lap);
  }

  static long sector(ByteBuffer buffer, int at) {
    return buffer.getLong(at + SECTOR);
  }

  static int dirtyBits(ByteBuffer buffer, int at) {
    return Byte.toUnsignedInt(buffer.get(at + DIRTY_BITS));
  }

  static int lap(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LAP);
  }
}
