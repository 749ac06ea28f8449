package org.dmsalvage.replay.writeboost;

import java.util.HashMap;
import java.util.Map;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.index.AddressIndex;

/**
 * For an address the last copy that was applied, and the last one that covers each of its sectors.
 *
 * <p>Answers for addresses with many copies are kept, so that a hostile image in which all blocks
 * have one address costs no more than any other.
 */
final class NewestCopies {

  /** Instead of a sector: any copy of the address, whatever it covers. */
  static final int ANY = 8;

  private static final int MANY = 64;

  private final BlockVersions versions;
  private final int[] ranks;
  private final int nothingDirty;
  private final Map<Long, long[]> keptBlocks = new HashMap<>();
  private final Map<Long, long[]> keptStrays = new HashMap<>();

  /**
   * Looks at the copies of one plan.
   *
   * @param versions all copies
   * @param ranks by segment: its place in the order, from 1; 0 if it is not applied
   */
  NewestCopies(BlockVersions versions, int[] ranks) {
    this.versions = versions;
    this.ranks = ranks;
    // In 2013 a metablock without dirty bits is none; later it is a clean copy of all sectors.
    this.nothingDirty = versions.segments().table().convention() == Convention.LAPS ? 0 : 0xff;
  }

  /** {@return the place in the order of a copy, comparable with those that are returned} */
  static long order(int rank, int copy) {
    return (long) rank << 32 | copy;
  }

  /**
   * {@return the place in the order of the last applied copy that covers a sector; -1 if none}
   *
   * @param index {@link BlockVersions#blocks()} or {@link BlockVersions#strays()}
   * @param address as in that index
   * @param sector 0 … 7, or {@link #ANY}
   */
  long of(AddressIndex index, long address, int sector) {
    Map<Long, long[]> kept = index == versions.blocks() ? keptBlocks : keptStrays;
    long[] known = kept.get(address);
    return known != null ? known[sector] : look(index, address, kept)[sector];
  }

  private long[] look(AddressIndex index, long address, Map<Long, long[]> kept) {
    long[] last = {-1, -1, -1, -1, -1, -1, -1, -1, -1};
    int first = index.lowerBound(address);
    int at = first;
    for (; at < index.size() && index.address(at) == address; at++) {
      int copy = index.ordinal(at);
      int rank = ranks[versions.segmentOf(copy)];
      if (rank > 0) {
        int bits = versions.dirtyBits(copy);
        note(last, bits == 0 ? nothingDirty : bits, order(rank, copy));
      }
    }
    if (at - first > MANY) {
      kept.put(address, last);
    }
    return last;
  }

  private static void note(long[] last, int bits, long order) {
    last[ANY] = Math.max(last[ANY], order);
    for (int sector = 0; sector < ANY; sector++) {
      if ((bits >> sector & 1) != 0) {
        last[sector] = Math.max(last[sector], order);
      }
    }
  }
}
