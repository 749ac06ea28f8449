package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Entry of the table behind the superblock (struct wc_memory_entry).
 *
 * <pre>
 * offset size field
 *      0    8 original_sector  sector of the origin, a multiple of the block's sectors
 *      8    8 seq_count        commit it belongs to; 2^64-1 = free
 * </pre>
 *
 * <p>Formatting sets both fields to 2^64-1. Freeing sets seq_count only. In SSD mode entries reach
 * the medium in pieces of 64 KiB of metadata, in persistent memory mode one by one.
 *
 * @param originalSector address in units of 512 bytes, unsigned
 * @param sequence seq_count, unsigned
 */
public record Entry(long originalSector, long sequence) {

  /** Bytes on the medium. */
  public static final int BYTES = 16;

  /** The seq_count of a free entry, and the address of one that was never used. */
  public static final long NONE = -1;

  /** An entry as formatting leaves it. */
  public static final Entry UNUSED = new Entry(NONE, NONE);

  /**
   * Bound of possible addresses: a device has less than 2^63 bytes. Anything from here on,
   * unsigned, is no address of any device.
   */
  public static final long SECTOR_LIMIT = 1L << 54;

  /** Bound of what a seq_count can reach: a commit every microsecond for nine years. */
  public static final long SEQUENCE_LIMIT = 1L << 48;

  private static final int AT_SEQUENCE = 8;

  /** Decodes {@value #BYTES} bytes from an index of a buffer; accepts anything. */
  public static Entry decode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return new Entry(originalSector(b, 0), sequence(b, 0));
  }

  /** Encodes into {@value #BYTES} bytes from an index of a buffer. */
  public void encode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(0, originalSector);
    b.putLong(AT_SEQUENCE, sequence);
  }

  /** {@return the original_sector of the entry at an index of a little-endian buffer} */
  public static long originalSector(ByteBuffer bytes, int at) {
    return bytes.getLong(at);
  }

  /** {@return the seq_count of the entry at an index of a little-endian buffer} */
  public static long sequence(ByteBuffer bytes, int at) {
    return bytes.getLong(at + AT_SEQUENCE);
  }

  /** {@return whether an address is that of a possible device} */
  public static boolean possible(long originalSector) {
    return originalSector >= 0 && originalSector < SECTOR_LIMIT;
  }

  /** {@return whether a seq_count is below the superblock's (writecache_entry_is_committed)} */
  public static boolean committed(long sequence, long sequenceCount) {
    return Long.compareUnsigned(sequence, sequenceCount) < 0;
  }
}
