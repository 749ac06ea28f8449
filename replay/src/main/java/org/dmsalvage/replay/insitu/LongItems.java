package org.dmsalvage.replay.insitu;

import java.util.Arrays;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;

/**
 * Items of the bitmap that are longer than any extent should be, in ascending order: walking to
 * their ends at every read would take too long.
 */
final class LongItems {

  private long[] first = {};
  private long[] blocks = {};
  private long[] sectors = {};
  private ExtentCursor.Kind[] kinds = {};
  private int size;

  /** Adds the item that a cursor stands at, if it is long and made of tails. */
  void addIfLong(ExtentCursor cursor) {
    boolean tails =
        cursor.kind() == ExtentCursor.Kind.EXTENT || cursor.kind() == ExtentCursor.Kind.HEADLESS;
    if (tails && cursor.blocks() > InsituGeometry.MAX_EXTENT_BLOCKS) {
      add(cursor.first(), cursor.blocks(), cursor.sectors(), cursor.kind());
    }
  }

  private void add(long firstBlock, long blockCount, long sectorCount, ExtentCursor.Kind kind) {
    if (size == first.length) {
      int capacity = Math.max(16, size + size / 2);
      first = Arrays.copyOf(first, capacity);
      blocks = Arrays.copyOf(blocks, capacity);
      sectors = Arrays.copyOf(sectors, capacity);
      kinds = Arrays.copyOf(kinds, capacity);
    }
    first[size] = firstBlock;
    blocks[size] = blockCount;
    sectors[size] = sectorCount;
    kinds[size] = kind;
    size++;
  }

  /** {@return the item that a block belongs to; -1 if it is none of these} */
  int find(long block) {
    int found = Arrays.binarySearch(first, 0, size, block);
    int at = found < 0 ? -found - 2 : found;
    return at >= 0 && block < first[at] + blocks[at] ? at : -1;
  }

  long first(int item) {
    return first[item];
  }

  long blocks(int item) {
    return blocks[item];
  }

  long sectors(int item) {
    return sectors[item];
  }

  ExtentCursor.Kind kind(int item) {
    return kinds[item];
  }
}
