package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Looks at the bitmap on the medium through one buffer, a piece at a time. Bits that cannot be
 * read, or stand behind the end of a cut image, are {@link #UNKNOWN}. Not safe for use by several
 * threads.
 */
public final class MetaWindow {

  /** What is given for a block whose bits cannot all be read; has neither tail nor sectors. */
  public static final int UNKNOWN = 0x20;

  /** Blocks whose bits fill whole sectors. */
  private static final int UNIT_BLOCKS = 32768;

  private static final int LARGE_UNITS = 16;

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final int pieceBlocks;
  private final ByteBuffer bits;
  private final byte[] metas;
  private final List<ByteRange> unreadable = new ArrayList<>();

  /** First block of the piece that is loaded; -1 if none is. */
  private long first = -1;

  private long end;
  private boolean empty;

  private MetaWindow(BlockSource source, InsituGeometry geometry, int pieceBlocks) {
    this.source = source;
    this.geometry = geometry;
    this.pieceBlocks = pieceBlocks;
    this.bits = ByteBuffer.allocate(bytes(pieceBlocks) + Long.BYTES);
    this.metas = new byte[pieceBlocks + MetaBitmap.GROUP_BLOCKS];
  }

  /** {@return a window for reading the whole bitmap in large pieces} */
  public static MetaWindow large(BlockSource source, InsituGeometry geometry) {
    return new MetaWindow(source, geometry, LARGE_UNITS * UNIT_BLOCKS);
  }

  /** {@return a window for looking at single places} */
  public static MetaWindow small(BlockSource source, InsituGeometry geometry) {
    return new MetaWindow(source, geometry, UNIT_BLOCKS);
  }

  private static int bytes(int blocks) {
    return blocks / MetaBitmap.GROUP_BLOCKS * MetaBitmap.GROUP_BYTES;
  }

  /** {@return the number of blocks} */
  public long blocks() {
    return geometry.dataBlocks();
  }

  /**
   * {@return the five bits of a block, or {@link #UNKNOWN}}
   *
   * @param block 0 … {@link #blocks()} - 1
   */
  public int meta(long block) {
    if (first < 0 || block < first || block >= end) {
      load(block);
    }
    return empty ? 0 : metas[(int) (block - first)];
  }

  /**
   * Finds the next block that is not simply unwritten: with a bit set, unknown, or without a bit
   * but the head of tails.
   *
   * @param from first block to look at
   * @param limit where to stop, not greater than {@link #blocks()}
   * @return the block; {@code limit} if there is none
   */
  public long nextExtent(long from, long limit) {
    long next = nextWritten(from, Math.min(limit + 1, geometry.dataBlocks()));
    if (next > from && next < geometry.dataBlocks() && (meta(next) & MetaBitmap.TAIL) != 0) {
      next--;
    }
    return Math.min(next, limit);
  }

  /** {@return the first block from here on with any bit set or unknown; {@code limit} if none} */
  private long nextWritten(long from, long limit) {
    long block = from;
    while (block < limit) {
      if (meta(block) != 0) {
        return block;
      }
      if (empty) {
        // The next byte of data may hold the last bits of a block that starts before it.
        long data = source.nextData(Math.min(offset(end), source.size()));
        // On a device of exabytes its number in bits would overflow.
        long group = (data - InsituGeometry.BITMAP_OFFSET) / MetaBitmap.GROUP_BYTES;
        group = Math.min(group, limit / MetaBitmap.GROUP_BLOCKS + 1);
        block = Math.max(end, Math.min(limit, group * MetaBitmap.GROUP_BLOCKS - 1));
      } else {
        int at = (int) (block - first);
        int stop = (int) (Math.min(limit, end) - first);
        while (at < stop && metas[at] == 0) {
          at++;
        }
        block = first + at;
      }
    }
    return limit;
  }

  private static long offset(long block) {
    return InsituGeometry.bitmapOffset(block);
  }

  private void load(long block) {
    first = block / pieceBlocks * pieceBlocks;
    end = Math.min(first + pieceBlocks, geometry.dataBlocks());
    int count = (int) (end - first);
    int length = (count * InsituGeometry.META_BITS + 7) / 8;
    long offset = offset(first);
    int present = Math.clamp(source.size() - offset, 0, length);
    empty = present == length && source.nextData(offset) >= offset + length;
    if (empty) {
      return;
    }
    bits.clear().limit(present);
    List<ByteRange> bad = present == 0 ? List.of() : source.readAround(offset, bits);
    bits.clear();
    Arrays.fill(bits.array(), present, Math.min(bits.capacity(), length + Long.BYTES), (byte) 0);
    MetaBitmap.spread(bits, metas, (count + MetaBitmap.GROUP_BLOCKS - 1) / MetaBitmap.GROUP_BLOCKS);
    for (ByteRange range : bad) {
      unknown(range.offset() - offset, range.end() - offset, count);
    }
    unreadable.addAll(bad);
    if (present < length) {
      unknown(present, length, count);
    }
  }

  private void unknown(long fromByte, long toByte, int count) {
    int from = (int) (fromByte * 8 / InsituGeometry.META_BITS);
    int to = (int) ((toByte * 8 + InsituGeometry.META_BITS - 1) / InsituGeometry.META_BITS);
    Arrays.fill(metas, from, Math.min(to, count), (byte) UNKNOWN);
  }

  /** {@return what could not be read since the last call} */
  public List<ByteRange> takeUnreadable() {
    List<ByteRange> taken = List.copyOf(unreadable);
    unreadable.clear();
    return taken;
  }
}
