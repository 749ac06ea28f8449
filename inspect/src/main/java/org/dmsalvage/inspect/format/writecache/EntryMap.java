package org.dmsalvage.inspect.format.writecache;

import java.util.Arrays;
import java.util.BitSet;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.index.AddressIndex;

/**
 * Which committed entry counts for each sector: the outcome of writecache_resume.
 *
 * <p>Positions count the committed entries in ascending order of address, then of index. A sector
 * with several copies has one winner: the greatest sequence, on a tie the greatest index.
 */
public final class EntryMap {

  private final AddressIndex index;
  private final BitSet superseded;
  private final BitSet tied;
  private final boolean identical;

  private EntryMap(AddressIndex index, BitSet superseded, BitSet tied, boolean identical) {
    this.index = index;
    this.superseded = superseded;
    this.tied = tied;
    this.identical = identical;
  }

  /**
   * Resolves copies.
   *
   * @param index committed entries by original sector
   * @param table where their sequences can be read again
   */
  public static EntryMap resolve(AddressIndex index, EntryTable table) {
    int[] copies = copies(index);
    long[] sequences = table.sequences(copies);
    BitSet superseded = new BitSet();
    BitSet tied = new BitSet();
    boolean identical = false;
    int next;
    for (int p = 0; p < index.size() && copies.length > 0; p = next) {
      next = index.nextAddress(p);
      if (next == p + 1) {
        continue;
      }
      int winner = p;
      boolean tie = false;
      long best = sequences[Arrays.binarySearch(copies, index.ordinal(p))];
      for (int q = p + 1; q < next; q++) {
        long sequence = sequences[Arrays.binarySearch(copies, index.ordinal(q))];
        int order = Long.compareUnsigned(best, sequence);
        identical |= order == 0;
        if (order > 0) {
          superseded.set(q);
        } else {
          superseded.set(winner);
          winner = q;
          best = sequence;
          tie = order == 0;
        }
      }
      tied.set(winner, tie);
    }
    return new EntryMap(index, superseded, tied, identical);
  }

  /** Lists the ordinals of all entries that share their sector with another one, ascending. */
  private static int[] copies(AddressIndex index) {
    int count = 0;
    int next;
    for (int p = 0; p < index.size(); p = next) {
      next = index.nextAddress(p);
      count += next > p + 1 ? next - p : 0;
    }
    int[] copies = new int[count];
    int filled = 0;
    for (int p = 0; p < index.size() && filled < count; p = next) {
      next = index.nextAddress(p);
      for (int q = p; next > p + 1 && q < next; q++) {
        copies[filled++] = index.ordinal(q);
      }
    }
    Arrays.parallelSort(copies);
    return copies;
  }

  /** Chooses between entries that have the same sector and the same sequence. */
  @FunctionalInterface
  public interface TieBreaker {

    /**
     * Chooses.
     *
     * @param entries their indexes in the table, ascending, at least two
     * @return the one that shall count
     */
    int choose(int[] entries);
  }

  /**
   * Resolves ties in another way than the driver, which takes the last entry.
   *
   * @param table where sequences can be read again
   * @param breaker asked once for each sector whose newest copies are tied
   * @return a map of the same entries with other winners
   */
  public EntryMap breakTies(EntryTable table, TieBreaker breaker) {
    BitSet newSuperseded = (BitSet) superseded.clone();
    BitSet newTied = new BitSet();
    int[] copies = copies(index);
    long[] sequences = table.sequences(copies);
    for (int winner = tied.nextSetBit(0); winner >= 0; winner = tied.nextSetBit(winner + 1)) {
      long best = sequences[Arrays.binarySearch(copies, index.ordinal(winner))];
      int first = index.lowerBound(index.address(winner));
      int[] entries =
          IntStream.range(first, index.nextAddress(first))
              .map(index::ordinal)
              .filter(entry -> sequences[Arrays.binarySearch(copies, entry)] == best)
              .toArray();
      int chosen = breaker.choose(entries);
      int position = first;
      while (index.ordinal(position) != chosen) {
        position++;
      }
      newSuperseded.set(winner);
      newSuperseded.clear(position);
      newTied.set(position);
    }
    return new EntryMap(index, newSuperseded, newTied, identical);
  }

  /** {@return the number of committed entries} */
  public int size() {
    return index.size();
  }

  /** {@return the number of sectors that have a winner} */
  public int distinct() {
    return index.size() - superseded.cardinality();
  }

  /** {@return the number of entries that another one supersedes} */
  public int supersededCount() {
    return superseded.cardinality();
  }

  /** {@return the original sector of the entry at a position} */
  public long sector(int position) {
    return index.address(position);
  }

  /** {@return the index in the table of the entry at a position} */
  public int entry(int position) {
    return index.ordinal(position);
  }

  /** {@return whether another entry counts instead of this one} */
  public boolean superseded(int position) {
    return superseded.get(position);
  }

  /** {@return whether a winner has a twin of the same sequence that lost by its index alone} */
  public boolean tied(int position) {
    return tied.get(position);
  }

  /**
   * Tells whether writecache_resume meets two identical entries, which raises the error flag for
   * good. Twins that a newer copy supersedes count only if they come before it.
   */
  public boolean identicalEntries() {
    return identical;
  }

  /** {@return the first superseded position not before {@code from}; -1 if there is none} */
  public int nextSuperseded(int from) {
    return superseded.nextSetBit(from);
  }

  /** {@return the first tied winner's position not before {@code from}; -1 if there is none} */
  public int nextTied(int from) {
    return tied.nextSetBit(from);
  }

  /** {@return the first position, superseded or not, whose sector is not less; the size if none} */
  public int lowerBound(long sector) {
    return index.lowerBound(sector);
  }

  /** {@return the first winner's position whose sector is not less; {@link #size()} if none} */
  public int ceiling(long sector) {
    return superseded.nextClearBit(index.lowerBound(sector));
  }

  /** {@return the winner's position behind a position; {@link #size()} if there is none} */
  public int next(int position) {
    return superseded.nextClearBit(position + 1);
  }

  /** {@return the winner's position of a sector, -1 if the sector is not cached} */
  public int find(long sector) {
    int position = ceiling(sector);
    return position < size() && sector(position) == sector ? position : -1;
  }
}
