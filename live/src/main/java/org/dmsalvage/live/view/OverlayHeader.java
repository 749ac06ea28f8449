package org.dmsalvage.live.view;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The first block of an overlay file.
 *
 * <pre>
 * | header, 4 KiB | bitmap, padded to 4 KiB | data: as large as the device, sparse |
 *
 * offset size field                      (all numbers little-endian)
 *      0    8 magic       "dmsvovl1"
 *      8    4 block size  4096
 *     12    4 zero
 *     16    8 logical bytes
 *     24    8 where the bitmap begins: 4096
 *     32    8 where the data begin
 *     40   32 fingerprint of the device that lies below (SHA-256)
 *     72    4 CRC-32C of bytes 0 … 71
 *     76      zero
 * </pre>
 *
 * Bit b mod 8 of byte b div 8 of the bitmap tells whether block b was written: then its contents
 * stand at the block's own address behind the beginning of the data; else they are those of the
 * device below, and what stands there means nothing.
 *
 * @param logicalBytes size of the device
 * @param fingerprint of the device below, 32 bytes
 */
@SuppressWarnings("ArrayRecordComponent")
record OverlayHeader(long logicalBytes, byte[] fingerprint) {

  static final int BYTES = 4096;
  static final int BLOCK_BYTES = 4096;
  static final int FINGERPRINT_BYTES = 32;

  /** How many blocks a block of the bitmap tells about. */
  static final int BLOCKS_PER_PAGE = 8 * BLOCK_BYTES;

  private static final long MAGIC = 0x316c766f76736d64L;
  private static final int BLOCK_SIZE = 8;
  private static final int LOGICAL_BYTES = 16;
  private static final int BITMAP = 24;
  private static final int DATA = 32;
  private static final int FINGERPRINT = 40;
  private static final int CHECKSUM = FINGERPRINT + FINGERPRINT_BYTES;

  /** {@return how many blocks of bitmap there are} */
  long pages() {
    return (logicalBytes + (long) BLOCK_BYTES * BLOCKS_PER_PAGE - 1)
        / ((long) BLOCK_BYTES * BLOCKS_PER_PAGE);
  }

  /** {@return where the data begin} */
  long dataOffset() {
    return BYTES + pages() * BLOCK_BYTES;
  }

  /** {@return how long the file is} */
  long fileBytes() {
    return dataOffset() + (logicalBytes + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
  }

  ByteBuffer encode() {
    ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putLong(0, MAGIC);
    bytes.putInt(BLOCK_SIZE, BLOCK_BYTES);
    bytes.putLong(LOGICAL_BYTES, logicalBytes);
    bytes.putLong(BITMAP, BYTES);
    bytes.putLong(DATA, dataOffset());
    bytes.put(FINGERPRINT, fingerprint);
    bytes.putInt(CHECKSUM, checksum(bytes));
    return bytes;
  }

  /** {@return whether this is what a file begins with} */
  boolean matches(ByteBuffer block) {
    return encode().equals(block.duplicate().clear().limit(BYTES));
  }

  /**
   * Says why a file with another first block cannot be used.
   *
   * @param block what it begins with
   */
  String mismatch(ByteBuffer block) {
    ByteBuffer found = block.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (found.getLong(0) != MAGIC) {
      return "is no overlay: magic 0x%016x, expected 0x%016x".formatted(found.getLong(0), MAGIC);
    }
    if (found.getInt(CHECKSUM) != checksum(found)) {
      return "its header is damaged: checksum 0x%08x, expected 0x%08x"
          .formatted(found.getInt(CHECKSUM), checksum(found));
    }
    if (found.getLong(LOGICAL_BYTES) != logicalBytes) {
      return "is an overlay of a device of %d bytes, this one has %d"
          .formatted(found.getLong(LOGICAL_BYTES), logicalBytes);
    }
    byte[] other = new byte[FINGERPRINT_BYTES];
    found.get(FINGERPRINT, other);
    return Arrays.equals(other, fingerprint)
        ? "is of another version"
        : "is an overlay of another view: other images, or another policy or point in time";
  }

  private static int checksum(ByteBuffer header) {
    CRC32C crc = new CRC32C();
    crc.update(header.duplicate().clear().limit(CHECKSUM));
    return (int) crc.getValue();
  }
}
