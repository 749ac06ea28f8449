package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ForwardingSource;

/**
 * An image whose blocks have other addresses. Here an address is a place, so runs of blocks change
 * places, with their bits: as no extent crosses the border of an aligned run of 32, runs of a
 * multiple of that keep all extents whole. What does not fill a run at the end stays where it is.
 * Bytes behind the fields of the superblock are cleared. Closing it closes the image.
 */
final class MovedRuns extends ForwardingSource {

  /** No more runs than this are kept in mind, in 4 bytes each; on large devices they are longer. */
  private static final int MOST_RUNS = 1 << 20;

  /** Blocks whose bits fill whole sectors: no bad sector of the bitmap spreads to others. */
  private static final int SECTOR_RUN_BLOCKS = 4096;

  /** A device that has fewer runs of that length gets short ones. */
  private static final int ENOUGH_RUNS = 16;

  private final long dataStart;

  /** Bytes of a run in the data area. */
  private final long runBytes;

  /** Bytes of its bits. */
  private final long runBits;

  /** Which run of the image stands at each place. */
  private final int[] order;

  /**
   * Moves runs.
   *
   * @param image as it is
   * @param random decides where each goes; none stays where it was, unless there is just one
   */
  MovedRuns(BlockSource image, InsituGeometry geometry, RandomGenerator random) {
    super(image);
    this.dataStart = geometry.dataOffset(0);
    long present = Math.max(0, image.size() - dataStart) / InsituGeometry.BLOCK_BYTES;
    long blocks = Math.min(present, geometry.dataBlocks());
    boolean large = blocks / SECTOR_RUN_BLOCKS >= ENOUGH_RUNS;
    long runBlocks = large ? SECTOR_RUN_BLOCKS : InsituGeometry.MAX_EXTENT_BLOCKS;
    while (blocks / runBlocks > MOST_RUNS) {
      runBlocks *= 2;
    }
    this.runBytes = runBlocks * InsituGeometry.BLOCK_BYTES;
    this.runBits = runBlocks * InsituGeometry.META_BITS / Byte.SIZE;
    this.order = new int[(int) (blocks / runBlocks)];
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    // One cycle through all of them (Sattolo's algorithm): none is its own successor.
    for (int i = order.length - 1; i > 0; i--) {
      int other = random.nextInt(i);
      int run = order[i];
      order[i] = order[other];
      order[other] = run;
    }
  }

  /** Bytes that stand one behind the other in the image, too. */
  private record Piece(long there, long length) {}

  private Piece piece(long offset) {
    if (offset < InsituGeometry.BITMAP_OFFSET) {
      return new Piece(offset, InsituGeometry.BITMAP_OFFSET - offset);
    }
    if (offset < dataStart) {
      return moved(offset, InsituGeometry.BITMAP_OFFSET, runBits, dataStart);
    }
    return moved(offset, dataStart, runBytes, size());
  }

  private Piece moved(long offset, long start, long bytes, long end) {
    long run = (offset - start) / bytes;
    if (run >= order.length) {
      return new Piece(offset, end - offset);
    }
    long into = (offset - start) % bytes;
    return new Piece(start + order[(int) run] * bytes + into, bytes - into);
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int limit = target.limit();
    long at = offset;
    while (target.position() < limit) {
      Piece piece = piece(at);
      int from = target.position();
      int length = (int) Math.min(piece.length, limit - from);
      try {
        whole.read(piece.there, target.limit(from + length));
      } finally {
        target.limit(limit);
      }
      for (long i = Math.max(at, Superblock.BYTES);
          i < Math.min(at + length, InsituGeometry.BITMAP_OFFSET);
          i++) {
        target.put(from + (int) (i - at), (byte) 0);
      }
      at += length;
    }
  }

  @Override
  public long nextData(long offset) {
    for (long at = offset; at < size(); ) {
      Piece piece = piece(at);
      long data = whole.nextData(piece.there);
      if (data < piece.there + piece.length) {
        return at + (data - piece.there);
      }
      at = at + piece.length;
    }
    return size();
  }

  /** Knows of no holes behind data, which may go on in another run. */
  @Override
  public long nextHole(long offset) {
    return size();
  }
}
