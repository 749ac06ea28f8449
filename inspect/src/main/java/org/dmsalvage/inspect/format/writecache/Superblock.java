package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Superblock, the first 64 bytes of the cache (struct wc_memory_superblock).
 *
 * <pre>
 * offset size field
 *      0    4 magic       0x23489321
 *      4    4 version     1
 *      8    4 block_size  bytes, a power of two, 512 … page size
 *     12    4 pad         0
 *     16    8 n_blocks
 *     24    8 seq_count   entries below it are committed
 *     32   32 reserved    0
 * </pre>
 *
 * <p>Written by init_memory with magic 0, and again with the magic once the entries are on the
 * medium; afterwards with each commit. A tear inside the sector is not expected. All fields are
 * unsigned.
 *
 * @param magic {@link #MAGIC}
 * @param version {@link #VERSION}
 * @param blockSize bytes of a block
 * @param pad unused
 * @param blockCount n_blocks, number of entries and blocks
 * @param sequenceCount seq_count, the commit that is being gathered
 * @param reserved4 bytes 32 to 39
 * @param reserved5 bytes 40 to 47
 * @param reserved6 bytes 48 to 55
 * @param reserved7 bytes 56 to 63
 */
public record Superblock(
    int magic,
    int version,
    int blockSize,
    int pad,
    long blockCount,
    long sequenceCount,
    long reserved4,
    long reserved5,
    long reserved6,
    long reserved7) {

  /** Bytes on the medium. */
  public static final int BYTES = 64;

  /** The only magic number (MEMORY_SUPERBLOCK_MAGIC). */
  public static final int MAGIC = 0x23489321;

  /** The only version (MEMORY_SUPERBLOCK_VERSION). */
  public static final int VERSION = 1;

  private static final int AT_MAGIC = 0;
  private static final int AT_VERSION = 4;
  static final int AT_BLOCK_SIZE = 8;
  static final int AT_PAD = 12;
  static final int AT_BLOCK_COUNT = 16;

  /** Where seq_count stands. */
  public static final int AT_SEQUENCE_COUNT = 24;

  static final int AT_RESERVED = 32;

  /** A superblock as the driver formats it, with nothing written yet. */
  public static Superblock of(WritecacheGeometry geometry, long sequenceCount) {
    return new Superblock(
        MAGIC, VERSION, geometry.blockSize(), 0, geometry.blockCount(), sequenceCount, 0, 0, 0, 0);
  }

  /** Decodes {@value #BYTES} bytes from an index of a buffer; accepts anything. */
  public static Superblock decode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return new Superblock(
        b.getInt(AT_MAGIC),
        b.getInt(AT_VERSION),
        b.getInt(AT_BLOCK_SIZE),
        b.getInt(AT_PAD),
        b.getLong(AT_BLOCK_COUNT),
        b.getLong(AT_SEQUENCE_COUNT),
        b.getLong(AT_RESERVED),
        b.getLong(AT_RESERVED + 8),
        b.getLong(AT_RESERVED + 16),
        b.getLong(AT_RESERVED + 24));
  }

  /** Encodes into {@value #BYTES} bytes from an index of a buffer. */
  public void encode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putInt(AT_MAGIC, magic);
    b.putInt(AT_VERSION, version);
    b.putInt(AT_BLOCK_SIZE, blockSize);
    b.putInt(AT_PAD, pad);
    b.putLong(AT_BLOCK_COUNT, blockCount);
    b.putLong(AT_SEQUENCE_COUNT, sequenceCount);
    b.putLong(AT_RESERVED, reserved4);
    b.putLong(AT_RESERVED + 8, reserved5);
    b.putLong(AT_RESERVED + 16, reserved6);
    b.putLong(AT_RESERVED + 24, reserved7);
  }

  /** {@return this superblock with another seq_count} */
  public Superblock withSequenceCount(long newCount) {
    return new Superblock(
        magic,
        version,
        blockSize,
        pad,
        blockCount,
        newCount,
        reserved4,
        reserved5,
        reserved6,
        reserved7);
  }

  /** {@return whether the reserved bytes and the pad are zero, as the driver leaves them} */
  public boolean reservedZero() {
    return (pad | reserved4 | reserved5 | reserved6 | reserved7) == 0;
  }

  /** {@return whether writecache_ctr takes the device for unformatted, and formats it} */
  public boolean unformatted() {
    return magic == 0 && version == 0;
  }

  /** {@return whether a format was begun and not ended, after which the driver refuses} */
  public boolean initialisationInterrupted() {
    return magic == 0 && version == VERSION;
  }
}
