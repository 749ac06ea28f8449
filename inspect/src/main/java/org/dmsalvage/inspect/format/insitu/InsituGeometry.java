package org.dmsalvage.inspect.format.insitu;

import java.util.Optional;

/**
 * Sizes and places, in blocks of 4 KiB.
 *
 * <pre>
 * | superblock 4 KiB | bitmap, metaBlocks | data, dataBlocks |
 * </pre>
 *
 * @param metaBlocks blocks set aside for the bitmap, 1 or more
 * @param dataBlocks blocks of the logical device, and of the data area; 0 or more, -1 only for a
 *     device of one block
 * @param wrapped whether the driver gets the number of data blocks wrong by 2^32 (I3)
 */
public record InsituGeometry(long metaBlocks, long dataBlocks, boolean wrapped) {

  /** Bytes of a block. */
  public static final int BLOCK_BYTES = 4096;

  /** Sectors of a block. */
  public static final int BLOCK_SECTORS = BLOCK_BYTES / 512;

  /** Bits that a block has in the bitmap. */
  public static final int META_BITS = 5;

  /** Greatest number of blocks of an extent, which never leaves an aligned run of as many. */
  public static final int MAX_EXTENT_BLOCKS = 32;

  /** Blocks from which on the driver's 16-bit count of an extent's sectors wraps. */
  public static final int COUNT_LIMIT = (1 << 16) / BLOCK_SECTORS;

  /** Where the bitmap starts. */
  public static final long BITMAP_OFFSET = BLOCK_BYTES;

  /** A group: as many blocks of data as bits in a block, and their bitmap. */
  private static final long GROUP_DATA = BLOCK_BYTES * 8L;

  private static final long GROUP = GROUP_DATA + META_BITS;

  /** Data blocks whose bits fit one block of the bitmap, and that block. */
  private static final long PORTION_DATA = GROUP_DATA / META_BITS;

  private static final long PORTION = PORTION_DATA + 1;

  private static final long WRAP = 1L << 32;

  /** More blocks than any device has. */
  private static final long BLOCK_LIMIT = 1L << 51;

  /**
   * Computes the counts exactly as insitu_comp_read_or_create_super.
   *
   * <p>The driver keeps the remainder in 32 bits. Where it leaves nothing for the data behind a
   * further block of bitmap, "remainder - 1" wraps, and data_blocks becomes 2^32 too large (rule
   * I3).
   *
   * @param deviceBytes size of the device
   * @return the geometry; empty for a device that does not even hold a superblock
   */
  public static Optional<InsituGeometry> ofDevice(long deviceBytes) {
    long total = deviceBytes / BLOCK_BYTES;
    if (total < 1) {
      return Optional.empty();
    }
    long groups = (total - 1) / GROUP;
    long rest = (total - 1) % GROUP;
    long portions = rest / PORTION;
    long blocks = rest % PORTION;
    return Optional.of(
        new InsituGeometry(
            groups * META_BITS + portions + 1,
            groups * GROUP_DATA + portions * PORTION_DATA + blocks - 1,
            blocks == 0));
  }

  /**
   * Finds the geometry that has the counts of a superblock, whatever the size of the device is now.
   *
   * @return the geometry; empty if no size of a device leads to these counts
   */
  public static Optional<InsituGeometry> ofCounts(Superblock superblock) {
    long meta = superblock.metaBlocks();
    long data = superblock.dataBlocks();
    if (meta < 1 || meta > BLOCK_LIMIT || data < 0 || data > BLOCK_LIMIT) {
      return Optional.empty();
    }
    return ofDevice((1 + meta + data) * BLOCK_BYTES)
        .filter(superblock::describes)
        .or(
            () ->
                ofDevice(Math.max(0, 1 + meta + data - WRAP) * BLOCK_BYTES)
                    .filter(superblock::describes));
  }

  /** {@return data_blocks as the driver computes and stores it} */
  public long storedDataBlocks() {
    return wrapped ? dataBlocks + WRAP : dataBlocks;
  }

  /** {@return bytes of superblock, bitmap and data} */
  public long totalBytes() {
    return dataOffset(dataBlocks);
  }

  /** {@return bytes of the logical device} */
  public long logicalBytes() {
    return dataBlocks * BLOCK_BYTES;
  }

  /** {@return where the bytes of a block, or of the payload that it heads, begin} */
  public long dataOffset(long block) {
    return (1 + metaBlocks + block) * BLOCK_BYTES;
  }

  /** {@return bytes of the bitmap that hold bits of a block} */
  public long bitmapBytes() {
    return (dataBlocks * META_BITS + 7) / 8;
  }

  /** {@return where the byte with the first bit of a block stands} */
  public static long bitmapOffset(long block) {
    return BITMAP_OFFSET + block * META_BITS / 8;
  }

  /**
   * {@return bytes that insitu_comp_init_meta reads from offset 4096: whole sectors with whole
   * words of the bits that the driver believes in}
   */
  public long driverBitmapBytes() {
    long bytes = (storedDataBlocks() * META_BITS + 63) / 64 * 8;
    return (bytes + 511) / 512 * 512;
  }

  /**
   * Says why the driver cannot work with a device of this size even when it is new.
   *
   * @param deviceBytes size of the device
   * @return the reason; empty if it can
   */
  public Optional<String> unusable(long deviceBytes) {
    if (storedDataBlocks() == 0) {
      return Optional.of("no room for data: the driver cannot allocate a bitmap of 0 bytes");
    }
    if (BITMAP_OFFSET + driverBitmapBytes() > deviceBytes) {
      return Optional.of(
          "data_blocks wraps to %d for a device of %d bytes: the bitmap would end behind the device"
              .formatted(storedDataBlocks(), deviceBytes));
    }
    return Optional.empty();
  }

  /** {@return the blocks from here to the next border that no extent crosses, 1 … 32} */
  public static int blocksToBorder(long block) {
    return MAX_EXTENT_BLOCKS - (int) (block & (MAX_EXTENT_BLOCKS - 1));
  }
}
