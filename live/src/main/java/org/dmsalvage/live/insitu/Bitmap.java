package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.replay.device.BlockDevice;
import org.jspecify.annotations.Nullable;

/**
 * The bits of all blocks, as the device has them. Chunks in which no bit is set take no memory.
 *
 * <p>Not safe for use by several threads while it is changed.
 */
final class Bitmap {

  private static final int SECTOR = 512;
  private static final int SECTOR_BITS = SECTOR * 8;

  /** Blocks whose bits fill whole sectors, and which hold whole runs of 32. */
  private static final int CHUNK_BLOCKS = 1 << 15;

  private static final int CHUNK_BYTES = CHUNK_BLOCKS * InsituGeometry.META_BITS / 8;
  private static final int CHUNK_SECTORS = CHUNK_BYTES / SECTOR;
  private static final byte[] ZEROS = new byte[CHUNK_BYTES];

  private final InsituGeometry geometry;
  private final byte[] @Nullable [] chunks;
  private long storedBlocks;
  private long storedSectors;

  private Bitmap(InsituGeometry geometry) {
    this.geometry = geometry;
    long count = (geometry.dataBlocks() + CHUNK_BLOCKS - 1) / CHUNK_BLOCKS;
    this.chunks = new byte[Math.toIntExact(count)][];
  }

  /**
   * Reads the bits of a device.
   *
   * @throws UnsupportedImageException if they describe what no driver writes: an extent that
   *     crosses a border of 128 KiB or has more sectors than blocks have room for, or tails without
   *     a head
   */
  static Bitmap read(BlockDevice device, InsituGeometry geometry) {
    Bitmap bitmap = new Bitmap(geometry);
    for (int chunk = 0; chunk < bitmap.chunks.length; chunk++) {
      long offset = InsituGeometry.BITMAP_OFFSET + (long) chunk * CHUNK_BYTES;
      int length = (int) Math.min(CHUNK_BYTES, geometry.dataOffset(0) - offset);
      if (device.nextData(offset) < offset + length) {
        byte[] bytes = new byte[CHUNK_BYTES];
        device.read(offset, ByteBuffer.wrap(bytes, 0, length));
        bitmap.clearBehindLast(chunk, bytes);
        if (!Arrays.equals(bytes, ZEROS)) {
          bitmap.chunks[chunk] = bytes;
        }
      }
    }
    bitmap.check(device.name());
    return bitmap;
  }

  /** Clears what stands behind the bits of the last block, which is anything (rule I5). */
  private void clearBehindLast(int chunk, byte[] bytes) {
    long blocks = geometry.dataBlocks() - (long) chunk * CHUNK_BLOCKS;
    if (blocks < CHUNK_BLOCKS) {
      int bits = (int) blocks * InsituGeometry.META_BITS;
      Arrays.fill(bytes, (bits + 7) / 8, bytes.length, (byte) 0);
      if (bits % 8 != 0) {
        bytes[bits / 8] &= (byte) ((1 << bits % 8) - 1);
      }
    }
  }

  private void check(String name) {
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      if (chunks[chunk] == null) {
        continue;
      }
      long first = (long) chunk * CHUNK_BLOCKS;
      long end = Math.min(first + CHUNK_BLOCKS, geometry.dataBlocks());
      for (long head = first; head < end; ) {
        Stored extent = at(head);
        if (extent.first() != head
            || extent.sectors() > extent.blocks() * InsituGeometry.BLOCK_SECTORS
            || isTail(meta(head))) {
          throw new UnsupportedImageException(
              name,
              InsituGeometry.bitmapOffset(head),
              "bits of extents inside of 128 KiB",
              "0x%02x for block %d; dmsalvage check tells more".formatted(meta(head), head));
        }
        storedBlocks += extent.isUnwritten() ? 0 : extent.blocks();
        storedSectors += extent.sectors();
        head = extent.end();
      }
    }
  }

  private static boolean isTail(int meta) {
    return (meta & MetaBitmap.TAIL) != 0;
  }

  long blocks() {
    return geometry.dataBlocks();
  }

  /** {@return the five bits of a block} */
  int meta(long block) {
    byte[] chunk = chunks[(int) (block / CHUNK_BLOCKS)];
    return chunk == null ? 0 : MetaBitmap.get(chunk, (int) (block % CHUNK_BLOCKS));
  }

  void set(long block, int meta) {
    int at = (int) (block / CHUNK_BLOCKS);
    byte[] chunk = chunks[at];
    if (chunk == null) {
      chunk = new byte[CHUNK_BYTES];
      chunks[at] = chunk;
    }
    int before = MetaBitmap.get(chunk, (int) (block % CHUNK_BLOCKS));
    storedBlocks += (meta == 0 ? 0 : 1) - (before == 0 ? 0 : 1);
    storedSectors += (meta & MetaBitmap.SECTORS) - (before & MetaBitmap.SECTORS);
    MetaBitmap.set(chunk, (int) (block % CHUNK_BLOCKS), meta);
  }

  /** {@return how many blocks are stored} */
  long storedBlocks() {
    return storedBlocks;
  }

  /** {@return how many sectors of payload they take} */
  long storedSectors() {
    return storedSectors;
  }

  /**
   * An extent as the bits describe it.
   *
   * @param first its head
   * @param blocks how many, 1 … 32
   * @param sectors of payload; 0 if it was never written
   */
  record Stored(long first, int blocks, int sectors) {

    /** {@return the block behind it} */
    long end() {
      return first + blocks;
    }

    boolean isUnwritten() {
      return sectors == 0;
    }

    /** {@return whether it is stored without compression} */
    boolean isRaw() {
      return sectors == blocks * InsituGeometry.BLOCK_SECTORS;
    }

    boolean isCompressed() {
      return !isUnwritten() && !isRaw();
    }
  }

  /** {@return the extent that a block belongs to, up to the borders of 128 KiB} */
  Stored at(long block) {
    long border = block & -InsituGeometry.MAX_EXTENT_BLOCKS;
    long limit = Math.min(border + InsituGeometry.MAX_EXTENT_BLOCKS, geometry.dataBlocks());
    long first = block;
    while (first > border && isTail(meta(first))) {
      first--;
    }
    int sectors = meta(first) & MetaBitmap.SECTORS;
    long end = first + 1;
    while (end < limit && isTail(meta(end))) {
      sectors += meta(end++) & MetaBitmap.SECTORS;
    }
    return new Stored(first, (int) (end - first), sectors);
  }

  /**
   * Finds the next block that was written, or continues an extent.
   *
   * @param from first block to look at
   * @param limit where to stop
   * @return the block, or {@code limit}
   */
  long nextWritten(long from, long limit) {
    for (long block = from; block < limit; block++) {
      if (chunks[(int) (block / CHUNK_BLOCKS)] == null) {
        block = block / CHUNK_BLOCKS * CHUNK_BLOCKS + CHUNK_BLOCKS - 1;
      } else if (meta(block) != 0) {
        return block;
      }
    }
    return limit;
  }

  /** {@return the sector of the bitmap that holds the lowest of a block's bits} */
  static long firstSector(long block) {
    return block * InsituGeometry.META_BITS / SECTOR_BITS;
  }

  /** {@return the sector of the bitmap that holds the highest of a block's bits} */
  static long lastSector(long block) {
    return (block * InsituGeometry.META_BITS + InsituGeometry.META_BITS - 1) / SECTOR_BITS;
  }

  /** Writes a sector of the bitmap to where it belongs. */
  void write(BlockDevice device, long sector) {
    byte[] chunk = chunks[(int) (sector / CHUNK_SECTORS)];
    int at = (int) (sector % CHUNK_SECTORS) * SECTOR;
    device.write(
        InsituGeometry.BITMAP_OFFSET + sector * SECTOR,
        ByteBuffer.wrap(chunk == null ? ZEROS : chunk, at, SECTOR));
  }
}
