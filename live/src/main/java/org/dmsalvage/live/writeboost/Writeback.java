package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.replay.device.BlockDevice;

/**
 * Copies dirty blocks from the cache device to the backing device: batches of segments, oldest
 * first, the blocks of a batch in the order of their addresses (do_writeback_segs). Called with the
 * guard's lock held, which is let go during I/O.
 */
final class Writeback {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int SECTOR = 512;
  private static final int ALL = 0xff;

  /** Bytes that one write to the backing device has at most. */
  private static final int MAX_RUN = 1 << 20;

  private final Guard guard;
  private final SegmentLog log;
  private final CacheIndex index;
  private final WriteboostGeometry geometry;
  private final BlockDevice backing;
  private final ByteBuffer run = ByteBuffer.allocateDirect(MAX_RUN);
  private long last;
  private int lastBatch;
  private boolean working;

  /**
   * Makes one.
   *
   * @param last greatest id that is written back, as are all below it
   */
  Writeback(
      Guard guard,
      SegmentLog log,
      CacheIndex index,
      WriteboostGeometry geometry,
      BlockDevice backing,
      long last) {
    this.guard = guard;
    this.log = log;
    this.index = index;
    this.geometry = geometry;
    this.backing = backing;
    this.last = last;
  }

  /** {@return the greatest id that is written back, as are all below it} */
  long last() {
    return last;
  }

  /** {@return how many segments the last batch had} */
  int lastBatch() {
    return lastBatch;
  }

  /** {@return whether a batch is under way} */
  boolean working() {
    return working;
  }

  /** Dirty blocks, in the order of their addresses. */
  private static final class Copies {
    private static final int ORDINAL_BITS = 18;

    private final int[] places;
    private final byte[] sectors;
    private final long[] keys;
    private int count;

    Copies(int most) {
      places = new int[most];
      sectors = new byte[most];
      keys = new long[most];
    }

    void add(int place, long block, int held) {
      places[count] = place;
      sectors[count] = (byte) held;
      keys[count] = (block << ORDINAL_BITS) | count;
      count++;
    }

    void sort() {
      Arrays.sort(keys, 0, count);
    }

    private int ordinal(int i) {
      return (int) keys[i] & ((1 << ORDINAL_BITS) - 1);
    }

    long block(int i) {
      return keys[i] >>> ORDINAL_BITS;
    }

    int place(int i) {
      return places[ordinal(i)];
    }

    int sectors(int i) {
      return Byte.toUnsignedInt(sectors[ordinal(i)]);
    }
  }

  /**
   * Writes a batch back.
   *
   * @param batch most segments
   * @return false if there is none that is written, or another thread is at it
   */
  boolean step(int batch) {
    long upTo = Math.min(log.written(), last + batch);
    if (working || upTo <= last) {
      return false;
    }
    working = true;
    try {
      // Else a crash could leave the backing device with what the log has lost.
      log.awaitDurable(upTo);
      Copies copies = collect(upTo);
      if (copies.count > 0) {
        guard.unlocked(
            () -> {
              copy(copies);
              backing.flush();
            });
      }
      for (int i = 0; i < copies.count; i++) {
        // Meanwhile it may have been overwritten, but its slot cannot be used again yet.
        if (index.holds(copies.place(i), copies.block(i))) {
          index.clean(copies.place(i));
        }
      }
      lastBatch = (int) (upTo - last);
      last = upTo;
    } finally {
      working = false;
      guard.changed();
    }
    return true;
  }

  private Copies collect(long upTo) {
    Copies copies = new Copies(Math.toIntExact((upTo - last) * geometry.blocksPerSegment()));
    for (long id = last + 1; id <= upTo; id++) {
      int from = index.place(geometry.slotOf(id), 0);
      int to = from + geometry.blocksPerSegment();
      for (int at = index.nextDirty(from, to); at != CacheIndex.NONE; ) {
        copies.add(at, index.block(at), index.held(at));
        at = index.nextDirty(at + 1, to);
      }
    }
    copies.sort();
    return copies;
  }

  private void copy(Copies copies) {
    for (int i = 0; i < copies.count; ) {
      long block = copies.block(i);
      if (copies.sectors(i) != ALL) {
        copyPartly(copies.place(i), block, copies.sectors(i));
        i++;
        continue;
      }
      run.clear();
      int from = i;
      while (i < copies.count
          && copies.sectors(i) == ALL
          && copies.block(i) == block + (i - from)
          && run.position() < MAX_RUN) {
        read(copies.place(i), run.limit(run.position() + BLOCK));
        i++;
      }
      write(block * BLOCK, run.flip());
    }
  }

  private void read(int place, ByteBuffer target) {
    log.read(index.slotOf(place), index.indexOf(place), 0, target);
  }

  private void copyPartly(int place, long block, int sectors) {
    read(place, run.clear().limit(BLOCK));
    for (int sector = 0; sector < 8; ) {
      int end = sector;
      while (end < 8 && ((sectors >> end) & 1) != 0) {
        end++;
      }
      if (end > sector) {
        run.limit(end * SECTOR).position(sector * SECTOR);
        write(block * BLOCK + sector * (long) SECTOR, run);
      }
      sector = end + 1;
    }
  }

  /** What lies behind the end of the backing device is nothing. */
  private void write(long at, ByteBuffer bytes) {
    long room = backing.size() - at;
    if (room > 0) {
      bytes.limit(bytes.position() + (int) Math.min(bytes.remaining(), room));
      backing.write(at, bytes);
    }
  }
}
