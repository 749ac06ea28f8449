package org.dmsalvage.inspect.format.writecache;

import java.util.OptionalLong;

/**
 * Sizes and places, all relative to the superblock.
 *
 * @param blockSize bytes of a block, one of 512, 1024, 2048, 4096
 * @param blockCount number of blocks and entries, 1 or more; the table of entries does not overflow
 */
public record WritecacheGeometry(int blockSize, long blockCount) {

  /** Smallest block size. */
  public static final int MIN_BLOCK_SIZE = 512;

  /** Greatest block size: the page size of x86-64. */
  public static final int MAX_BLOCK_SIZE = 4096;

  /** Bound of the number of blocks: the driver's index field has 47 bits, more are refused. */
  public static final long BLOCK_LIMIT = 1L << 47;

  /** Pieces in which SSD mode writes metadata (BITMAP_GRANULARITY). */
  public static final long BITMAP_GRANULARITY = 65536;

  /** Checks the values. */
  public WritecacheGeometry {
    if (!validBlockSize(blockSize) || blockCount < 1 || blockCount >= BLOCK_LIMIT) {
      throw new IllegalArgumentException("block size " + blockSize + ", " + blockCount + " blocks");
    }
  }

  /** {@return whether writecache_ctr takes a block size} */
  public static boolean validBlockSize(int blockSize) {
    return blockSize >= MIN_BLOCK_SIZE
        && blockSize <= MAX_BLOCK_SIZE
        && Integer.bitCount(blockSize) == 1;
  }

  /**
   * Computes n_blocks of a new device exactly as calculate_memory_size: from {@code deviceBytes /
   * (blockSize + 16)} down to the first count that fits.
   *
   * <p>The driver fails with ENOSPC when nothing fits, and with EFBIG from 2^60-4 entries (the
   * table's size would wrap) or 2^47 blocks (its index field would) on. Its sums wrap only for
   * devices within 8 KiB of 2^64 bytes, which cannot exist.
   *
   * @param deviceBytes size of the device less start_sector
   * @param blockSize a valid block size
   * @return the number of blocks; empty if the driver would refuse the size
   */
  public static OptionalLong blocksThatFit(long deviceBytes, int blockSize) {
    long blocks = Math.max(0, deviceBytes) / (blockSize + Entry.BYTES);
    while (blocks > 0 && !fits(blocks, deviceBytes, blockSize)) {
      blocks--;
    }
    return blocks == 0 || blocks >= BLOCK_LIMIT ? OptionalLong.empty() : OptionalLong.of(blocks);
  }

  /**
   * Tells whether writecache_ctr finds room for an existing superblock's blocks, including its four
   * overflow checks.
   *
   * @param blocks n_blocks, unsigned
   * @param deviceBytes size of the device less start_sector
   * @param blockSize a valid block size
   */
  public static boolean fits(long blocks, long deviceBytes, int blockSize) {
    return blocks >= 0
        && blocks <= Math.max(0, deviceBytes) / (blockSize + Entry.BYTES)
        && metadataBytes(blocks, blockSize) + blocks * blockSize <= deviceBytes;
  }

  private static long metadataBytes(long blocks, int blockSize) {
    return (Superblock.BYTES + Entry.BYTES * blocks + blockSize - 1) & -(long) blockSize;
  }

  /** {@return bytes from the superblock to the first block, a multiple of the block size} */
  public long metadataBytes() {
    return metadataBytes(blockCount, blockSize);
  }

  /** {@return bytes of superblock and entry table, without the padding behind them} */
  public long tableEnd() {
    return Superblock.BYTES + Entry.BYTES * blockCount;
  }

  /** {@return where entry {@code index} begins} */
  public static long entryOffset(long index) {
    return Superblock.BYTES + Entry.BYTES * index;
  }

  /** {@return where block {@code index} begins} */
  public long dataOffset(long index) {
    return metadataBytes() + index * blockSize;
  }

  /** {@return bytes of the whole structure} */
  public long totalBytes() {
    return dataOffset(blockCount);
  }

  /** {@return sectors of a block} */
  public int sectorsPerBlock() {
    return blockSize / 512;
  }

  /** {@return whether an address is one that reads can find} */
  public boolean aligned(long originalSector) {
    return (originalSector & (sectorsPerBlock() - 1)) == 0;
  }

  /**
   * Tells whether SSD mode can number the metadata's 64 KiB pieces in 31 bits; else writecache_ctr
   * refuses the device's size.
   */
  public boolean bitmapFits() {
    return (metadataBytes() + BITMAP_GRANULARITY - 1) / BITMAP_GRANULARITY <= 1L << 31;
  }
}
