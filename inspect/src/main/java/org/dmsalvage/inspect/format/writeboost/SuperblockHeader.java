package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * The first sector of the cache device (struct superblock_header_device).
 *
 * <pre>
 * offset size field
 *      0    4 magic                 0x57427374, "tsBW" on disk
 *      4    1 segment_size_order    4 … 10, in 2013 up to 11; 2.x has no such field
 *      5  507 never cleared
 * </pre>
 *
 * <p>Written once, when the cache is formatted. 2.x always uses order 10 and leaves byte 4 as it
 * is, or clears it (since 2.2.8).
 *
 * @param magic {@link #MAGIC}, or the drivers format the device
 * @param order byte 4, 0 … 255
 */
public record SuperblockHeader(int magic, int order) {

  /** The magic number of all versions. */
  public static final int MAGIC = 0x57427374;

  /** Offset of {@link #order} on the device. */
  public static final int ORDER = 4;

  private static final int MAGIC_AT = 0;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static SuperblockHeader decode(ByteBuffer buffer, int at) {
    return new SuperblockHeader(
        buffer.getInt(at + MAGIC_AT), Byte.toUnsignedInt(buffer.get(at + ORDER)));
  }

  /** Writes the structure at an index of a little-endian buffer; other bytes stay as they are. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putInt(at + MAGIC_AT, magic);
    buffer.put(at + ORDER, (byte) order);
  }

  /** {@return whether the drivers recognise the device} */
  public boolean magicRight() {
    return magic == MAGIC;
  }

  /** {@return how many bits of the magic are wrong} */
  public int wrongMagicBits() {
    return Integer.bitCount(magic ^ MAGIC);
  }
}
