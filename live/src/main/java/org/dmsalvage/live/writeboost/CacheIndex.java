package org.dmsalvage.live.writeboost;

import java.util.Arrays;
import java.util.BitSet;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;

/**
 * Where the newest copy of each cached block is, and what it holds, at 21 bytes a cache block.
 *
 * <p>A place is the number of a block on the cache device: slot × blocks per segment + index. Not
 * safe for use by several threads.
 */
final class CacheIndex {

  /** No place. */
  static final int NONE = -1;

  private final int perSegment;
  private final int[] chains;
  private final int[] next;
  private final long[] blocks;
  private final byte[] held;
  private final BitSet dirty = new BitSet();

  /** Slots with copies that a newer one took the place of. */
  private final BitSet outdated = new BitSet();

  private int dirtyCount;

  CacheIndex(WriteboostGeometry geometry) {
    perSegment = geometry.blocksPerSegment();
    int places = Math.toIntExact(geometry.segmentCount() * perSegment);
    chains = new int[Integer.highestOneBit(Math.max(places, 2) - 1) << 1];
    next = new int[places];
    blocks = new long[places];
    held = new byte[places];
    Arrays.fill(chains, NONE);
  }

  /** {@return how many places there are} */
  int places() {
    return next.length;
  }

  /** {@return the place of a block of a slot} */
  int place(long slot, int index) {
    return (int) slot * perSegment + index;
  }

  int slotOf(int place) {
    return place / perSegment;
  }

  int indexOf(int place) {
    return place % perSegment;
  }

  private int chain(long block) {
    return (int) ((block * 0x9e3779b97f4a7c15L) >>> 32) & (chains.length - 1);
  }

  /** {@return the place of the newest copy of a block, or {@link #NONE}} */
  int find(long block) {
    int place = chains[chain(block)];
    while (place != NONE && blocks[place] != block) {
      place = next[place];
    }
    return place;
  }

  /** {@return whether a place holds the newest copy of a block} */
  boolean holds(int place, long block) {
    return held[place] != 0 && blocks[place] == block;
  }

  /** Puts a copy of a block, of which there is none, at a place where there is none. */
  void put(int place, long block, int sectors, boolean isDirty) {
    int chain = chain(block);
    blocks[place] = block;
    held[place] = (byte) sectors;
    next[place] = chains[chain];
    chains[chain] = place;
    if (isDirty) {
      dirty.set(place);
      dirtyCount++;
    }
  }

  /** Adds sectors to a copy. */
  void add(int place, int sectors) {
    held[place] |= (byte) sectors;
  }

  /** Forgets a copy, as there is a newer one of its block. */
  void outdate(int place) {
    remove(place);
    outdated.set(slotOf(place));
  }

  /** {@return whether all copies in a slot are the newest ones of their blocks} */
  boolean isAllNewest(long slot) {
    return !outdated.get((int) slot);
  }

  /** Forgets the copy at a place, if there is one. */
  private void remove(int place) {
    if (held[place] == 0) {
      return;
    }
    int chain = chain(blocks[place]);
    if (chains[chain] == place) {
      chains[chain] = next[place];
    } else {
      int before = chains[chain];
      while (next[before] != place) {
        before = next[before];
      }
      next[before] = next[place];
    }
    held[place] = 0;
    clean(place);
  }

  /** Notes that the backing device has what a copy holds. */
  void clean(int place) {
    if (dirty.get(place)) {
      dirty.clear(place);
      dirtyCount--;
    }
  }

  /** Forgets all copies in a slot. */
  void removeSlot(long slot) {
    int first = place(slot, 0);
    for (int place = first; place < first + perSegment; place++) {
      remove(place);
    }
    outdated.clear((int) slot);
  }

  /** {@return the block whose copy is at a place} */
  long block(int place) {
    return blocks[place];
  }

  /** {@return which sectors a copy holds, as bits; 0 if there is none} */
  int held(int place) {
    return Byte.toUnsignedInt(held[place]);
  }

  boolean isDirty(int place) {
    return dirty.get(place);
  }

  /** {@return the first place from one on, but before another, with a dirty copy; or NONE} */
  int nextDirty(int from, int to) {
    int place = dirty.nextSetBit(from);
    return place < to ? place : NONE;
  }

  int dirtyCount() {
    return dirtyCount;
  }
}
