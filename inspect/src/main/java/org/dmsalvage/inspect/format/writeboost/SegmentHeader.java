package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * The first sector of a segment since 2014 (struct segment_header_device). In 2013 it is {@link
 * SegmentHeader2013}.
 *
 * <pre>
 * offset size field
 *      0    8 id          1, 2, 3, …; 0 = never written
 *      8    4 checksum    CRC-32C of bytes [512, 4096 + length * 4096) of the segment
 *     12    1 length      metablocks that count; 0 is legal and frequent
 *     13  499 padding     never looked at
 *    512    … metablocks  16 bytes each, {@link Metablock}
 * </pre>
 *
 * <p>The sector is assumed to be written atomically. The checksum does not cover it, so a changed
 * id or padding goes unnoticed (rule W4).
 *
 * @param id unsigned segment id
 * @param checksum by the image's {@link Convention}
 * @param length 0 … 255
 */
public record SegmentHeader(long id, int checksum, int length) {

  /** Where the metablocks begin in a segment. */
  public static final int METABLOCKS = 512;

  /**
   * Checksum beside the id 0 of a slot that held a segment and was cleared on purpose, to be used
   * again. No driver writes it; they look at no checksum beside id 0.
   */
  public static final int CLEARED = -1;

  private static final int ID = 0;
  private static final int CHECKSUM = 8;
  private static final int LENGTH = 12;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static SegmentHeader decode(ByteBuffer buffer, int at) {
    return new SegmentHeader(id(buffer, at), checksum(buffer, at), length(buffer, at));
  }

  /** Writes the structure at an index of a little-endian buffer; the padding stays as it is. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at + ID, id);
    buffer.putInt(at + CHECKSUM, checksum);
    buffer.put(at + LENGTH, (byte) length);
  }

  static long id(ByteBuffer buffer, int at) {
    return buffer.getLong(at + ID);
  }

  static int checksum(ByteBuffer buffer, int at) {
    return buffer.getInt(at + CHECKSUM);
  }

  static int length(ByteBuffer buffer, int at) {
    return Byte.toUnsignedInt(buffer.get(at + LENGTH));
  }
}
