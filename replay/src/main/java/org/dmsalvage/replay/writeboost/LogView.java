package org.dmsalvage.replay.writeboost;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.dmsalvage.inspect.index.AddressIndex;

/** Which copy shows in each sector of a block, under one plan. Safe for use by several threads. */
final class LogView {

  /** Instead of a copy: what lies below the cache. */
  static final int BELOW = -1;

  private static final int SECTORS = 8;
  private static final int FULL = 0xff;

  /** How several copies of one block are put together. */
  enum Rule {
    /** For each sector the newest copy in which it is dirty; a clean copy hides what is older. */
    NEWEST,
    /** As {@link #NEWEST}, and a clean copy shows as long as no newer one covers a part of it. */
    NEWEST_OR_CLEAN,
    /**
     * For each sector the last copy in which it is dirty; copies without dirty bits are nothing.
     */
    LAST,
    /**
     * The drivers since 2014: a block has one copy; when a partial one replaces it, the dirty
     * sectors of the replaced one are written to the backing device (apply_metablock_device).
     */
    ATTACH
  }

  private final BlockVersions versions;
  private final int[] ranks;
  private final Rule rule;
  private final IntPredicate markedClean;

  /**
   * Makes a view.
   *
   * @param versions all copies
   * @param ranks by segment: its place in the order of replay from 1, or 0 if it does not count
   * @param rule how copies are put together
   * @param markedClean segments that the driver believes to be written back: their partial blocks
   *     show nothing; only under {@link Rule#ATTACH}
   */
  LogView(BlockVersions versions, int[] ranks, Rule rule, IntPredicate markedClean) {
    this.versions = versions;
    this.ranks = ranks;
    this.rule = rule;
    this.markedClean = markedClean;
  }

  /** {@return the copies that it chooses from} */
  BlockVersions versions() {
    return versions;
  }

  /** {@return the place of a segment in the order of replay, from 1; 0 if it does not count} */
  int rank(int segment) {
    return ranks[segment];
  }

  /**
   * Decides about one block.
   *
   * @param from first position of the block's copies in {@link BlockVersions#blocks()}
   * @param to position behind the last one
   * @param shown receives for each of the 8 sectors the copy that shows, or {@link #BELOW}
   */
  void resolve(int from, int to, int[] shown) {
    Arrays.fill(shown, BELOW);
    AddressIndex blocks = versions.blocks();
    if (to - from == 1) {
      int copy = blocks.ordinal(from);
      if (ranks[versions.segmentOf(copy)] > 0) {
        apply(new long[] {copy}, 1, shown);
      }
      return;
    }
    long[] inOrder = new long[to - from];
    int count = 0;
    for (int position = from; position < to; position++) {
      int copy = blocks.ordinal(position);
      int rank = ranks[versions.segmentOf(copy)];
      if (rank > 0) {
        inOrder[count++] = (long) rank << 32 | copy;
      }
    }
    Arrays.sort(inOrder, 0, count);
    apply(inOrder, count, shown);
  }

  private void apply(long[] inOrder, int count, int[] shown) {
    if (rule == Rule.ATTACH) {
      attach(inOrder, count, shown);
      return;
    }
    int missing = FULL;
    for (int i = count - 1; i >= 0 && missing != 0; i--) {
      int copy = (int) inOrder[i];
      int bits = versions.dirtyBits(copy);
      if (bits == 0 && rule != Rule.LAST) {
        if (rule == Rule.NEWEST_OR_CLEAN && missing == FULL) {
          set(shown, missing, copy);
        }
        return;
      }
      set(shown, bits & missing, copy);
      missing &= ~bits;
    }
  }

  private void attach(long[] inOrder, int count, int[] shown) {
    int found = BELOW;
    int foundBits = 0;
    for (int i = 0; i < count; i++) {
      int copy = (int) inOrder[i];
      int bits = versions.dirtyBits(copy);
      if (found != BELOW && bits != 0 && bits != FULL) {
        set(shown, foundBits, found);
      }
      found = copy;
      foundBits = bits;
    }
    if (found == BELOW) {
      return;
    }
    boolean clean = foundBits == 0 || markedClean.test(versions.segmentOf(found));
    if (foundBits == 0 || foundBits == FULL) {
      set(shown, FULL, found);
    } else if (!clean) {
      set(shown, foundBits, found);
    }
  }

  private static void set(int[] shown, int bits, int copy) {
    for (int sector = 0; sector < SECTORS; sector++) {
      if ((bits & 1 << sector) != 0) {
        shown[sector] = copy;
      }
    }
  }
}
