package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * How a segment says that it is whole, and how its header is laid out.
 *
 * <p>All of them share the magic number, so only the segments themselves tell which one an image
 * uses.
 */
public enum Convention {
  /** 2013: the lap of each metablock equals that of the header; there is no checksum. */
  LAPS("laps"),
  /** 2014, 1.0.x, 2.0.0, 2.0.1: CRC-32C from 0xFFFFFFFF, not complemented at the end. */
  RAW_CRC("raw CRC-32C"),
  /** Since 2.0.2: CRC-32C as everybody else computes it. */
  COMPLEMENTED_CRC("complemented CRC-32C");

  private static final int SECTOR_BYTES = 512;
  private static final int BLOCK_BYTES = 4096;

  private final String label;

  Convention(String label) {
    this.label = label;
  }

  /** {@return a short name for people} */
  public String label() {
    return label;
  }

  /** {@return whether segments have a checksum} */
  public boolean hasChecksum() {
    return this != LAPS;
  }

  /** {@return the largest order that the drivers of this convention accept} */
  public int maxOrder() {
    return this == LAPS ? 11 : 10;
  }

  /** {@return the segment id of the header at an index of a little-endian buffer} */
  public long id(ByteBuffer buffer, int at) {
    return SegmentHeader.id(buffer, at);
  }

  /** {@return the length, 0 … 255, of the header at an index of a little-endian buffer} */
  public int length(ByteBuffer buffer, int at) {
    return this == LAPS ? SegmentHeader2013.length(buffer, at) : SegmentHeader.length(buffer, at);
  }

  /** {@return the header's checksum, or its lap under {@link #LAPS}} */
  public int mark(ByteBuffer buffer, int at) {
    return this == LAPS ? SegmentHeader2013.lap(buffer, at) : SegmentHeader.checksum(buffer, at);
  }

  /** {@return where metablock {@code i} stands, in bytes from the start of its segment} */
  public int metablockOffset(int i) {
    return this == LAPS
        ? SegmentHeader2013.METABLOCKS + i * Metablock2013.BYTES
        : SegmentHeader.METABLOCKS + i * Metablock.BYTES;
  }

  /** {@return how many metablocks fit into the header area of 4 KiB} */
  public int metablocksInHeader() {
    return this == LAPS
        ? (BLOCK_BYTES - SegmentHeader2013.METABLOCKS) / Metablock2013.BYTES
        : (BLOCK_BYTES - SegmentHeader.METABLOCKS) / Metablock.BYTES;
  }

  /** {@return the sector of metablock {@code i} of the segment at an index of a buffer} */
  public long sector(ByteBuffer buffer, int at, int i) {
    return Metablock.sector(buffer, at + metablockOffset(i));
  }

  /** {@return the dirty bits of metablock {@code i} of the segment at an index of a buffer} */
  public int dirtyBits(ByteBuffer buffer, int at, int i) {
    return Metablock.dirtyBits(buffer, at + metablockOffset(i));
  }

  /**
   * {@return the lap of metablock {@code i} of the segment at an index of a buffer; only under
   * {@link #LAPS}}
   */
  public int lap(ByteBuffer buffer, int at, int i) {
    return Metablock2013.lap(buffer, at + metablockOffset(i));
  }

  /**
   * {@return whether the laps of the first {@code length} metablocks equal the header's
   * (checkup_atomicity of 2013)}
   *
   * @param buffer holds at least the header area
   * @param at index of the segment's first byte
   * @param length as the header says; what does not fit into the header area disagrees
   */
  static boolean lapsAgree(ByteBuffer buffer, int at, int length) {
    if (length > LAPS.metablocksInHeader()) {
      return false;
    }
    int lap = SegmentHeader2013.lap(buffer, at);
    for (int i = 0; i < length; i++) {
      if (LAPS.lap(buffer, at, i) != lap) {
        return false;
      }
    }
    return true;
  }

  /** {@return the bytes of a segment that are written and, if there is a checksum, read by it} */
  public static int writtenBytes(int length) {
    return (1 + length) * BLOCK_BYTES;
  }

  /** {@return the first byte of a segment that its checksum covers} */
  public static int firstCoveredByte() {
    return SECTOR_BYTES;
  }

  /**
   * Computes the checksum of a whole segment.
   *
   * @param segment from its first byte at the position to the end of what is written at the limit;
   *     both are kept
   * @throws IllegalStateException under {@link #LAPS}
   */
  public int checksum(ByteBuffer segment) {
    CRC32C crc = new CRC32C();
    ByteBuffer covered = segment.duplicate();
    covered.position(segment.position() + SECTOR_BYTES);
    crc.update(covered);
    return finish((int) crc.getValue());
  }

  /**
   * Turns the value of {@link CRC32C} into what is stored on disk.
   *
   * @throws IllegalStateException under {@link #LAPS}
   */
  public int finish(int crc32c) {
    return switch (this) {
      case RAW_CRC -> ~crc32c;
      case COMPLEMENTED_CRC -> crc32c;
      case LAPS -> throw new IllegalStateException("segments of 2013 have no checksum");
    };
  }
}
