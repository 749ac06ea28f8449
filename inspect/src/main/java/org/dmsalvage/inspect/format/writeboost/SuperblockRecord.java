package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * The last sector of the superblock, sector 2047 (struct superblock_record_device).
 *
 * <pre>
 * offset size field
 *      0    8 last_writeback_segment_id    2013: last_migrated_segment_id
 * </pre>
 *
 * <p>A hint that segments up to this id have reached the backing device. It is zero unless the
 * driver was told to update it, except in 2013, which writes it every minute. No driver survives a
 * record that is wrong, and most do badly with one that is right (rules W27, W28, F19, F20).
 *
 * @param lastWritebackId unsigned; 0 if never written
 */
public record SuperblockRecord(long lastWritebackId) {

  /** Where the record stands on the cache device, in sectors. */
  public static final long SECTOR = 2047;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static SuperblockRecord decode(ByteBuffer buffer, int at) {
    return new SuperblockRecord(buffer.getLong(at));
  }

  /** Writes the structure at an index of a little-endian buffer; other bytes stay as they are. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at, lastWritebackId);
  }
}
