package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * The first sector of a plog (struct plog_meta_device), which logs one write before the segment
 * that it becomes part of is on the cache.
 *
 * <pre>
 * offset size field
 *      0    8 id          of the segment being built
 *      8    8 sector      address of the write, any sector, not only multiples of 8
 *     16    4 checksum    raw CRC-32C of the data only; 0xFFFFFFFF for no data
 *     20    1 idx         metablock of the segment
 *     21    1 len         sectors of data that follow, 1 … 8
 *     22  490 zero
 * </pre>
 *
 * <p>id, sector, idx and len are covered by nothing (rule P3).
 *
 * @param id unsigned segment id
 * @param sector unsigned
 * @param checksum of the data
 * @param idx 0 … 255
 * @param len 0 … 255
 */
public record PlogMeta(long id, long sector, int checksum, int idx, int len) {

  /** Size on disk without the padding. */
  public static final int BYTES = 22;

  private static final int ID = 0;
  private static final int SECTOR = 8;
  private static final int CHECKSUM = 16;
  private static final int IDX = 20;
  private static final int LEN = 21;

  /** Reads the structure, whose first byte is at an index of a little-endian buffer. */
  public static PlogMeta decode(ByteBuffer buffer, int at) {
    return new PlogMeta(
        buffer.getLong(at + ID),
        buffer.getLong(at + SECTOR),
        buffer.getInt(at + CHECKSUM),
        Byte.toUnsignedInt(buffer.get(at + IDX)),
        Byte.toUnsignedInt(buffer.get(at + LEN)));
  }

  /** Writes the structure at an index of a little-endian buffer; the padding stays as it is. */
  public void encode(ByteBuffer buffer, int at) {
    buffer.putLong(at + ID, id);
    buffer.putLong(at + SECTOR, sector);
    buffer.putInt(at + CHECKSUM, checksum);
    buffer.put(at + IDX, (byte) idx);
    buffer.put(at + LEN, (byte) len);
  }

  /** {@return address of the 4 KiB block that the write falls into} */
  public long blockSector() {
    return sector & ~7L;
  }

  /** {@return first sector of the write inside its block, 0 … 7} */
  public int firstInBlock() {
    return (int) (sector & 7);
  }

  /**
   * {@return whether a write can look like this: 1 … 8 sectors inside one block, of a metablock
   * that exists}
   *
   * @param blocksPerSegment metablocks of a segment
   */
  public boolean plausible(int blocksPerSegment) {
    return len >= 1 && firstInBlock() + len <= 8 && idx < blocksPerSegment && sector >= 0;
  }
}
