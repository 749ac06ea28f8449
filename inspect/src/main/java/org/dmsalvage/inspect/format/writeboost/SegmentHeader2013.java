package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * The beginning of a segment in 2013 (struct segment_header_device, packed).
 *
 * <pre>
 * offset size field
 *      0    8 global_id   1, 2, 3, …; 0 = never written
 *      8    1 length      metablocks that count from index 0, including a skipped index 0; never 0
 *      9    4 lap         (global_id - 1) / S + 1
 *     13    … metablocks  13 bytes each, {@link Metablock2013}, without a gap
 * </pre>
 *
 * <p>A segment is believed when the laps of all metablocks that count equal the header's. There is
 * no checksum: data that never arrived cannot be told (rule F12).
 *
 * @param id unsigned segment id
 * @param length 0 … 255
 * @param lap unsigned
 */
public record SegmentHeader2013(long id, int length, int lap) {

  /** Where the metablocks begin in a segment. */
  public static final int METABLOCKS = 13;

  private static final int ID = 0;
  private static final int LENGTH = 8;
  private static final int LAP = 9;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static SegmentHeader2013 decode(ByteBuffer buffer, int at) {
    return new SegmentHeader2013(id(buffer, at), length(buffer, at), lap(buffer, at));
  }

  /** Writes the structure at an index of a little-endian buffer. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at + ID, id);
    buffer.put(at + LENGTH, (byte) length);
    buffer.putInt(at + LAP, lap);
  }

  static long id(ByteBuffer buffer, int at) {
    return buffer.getLong(at + ID);
  }

  static int length(ByteBuffer buffer, int at) {
    return Byte.toUnsignedInt(buffer.get(at + LENGTH));
  }

  static int lap(ByteBuffer buffer, int at) {
    return buffer.getInt(at + LAP);
  }
}
