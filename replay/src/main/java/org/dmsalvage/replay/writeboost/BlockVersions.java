package org.dmsalvage.replay.writeboost;

import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;

/**
 * All copies of blocks that the chosen segments hold, sorted by address: 9 bytes a copy.
 *
 * <p>Copies are numbered in the order of their segments' numbers and metablocks. Addresses that no
 * read can ever hit, unaligned or beyond the end of the logical device, are strays and kept apart:
 * the drivers take them into account, nobody shows them.
 */
final class BlockVersions {

  private static final int BLOCK_SECTORS = 8;

  private final LogSegments segments;
  private final AddressIndex blocks;
  private final AddressIndex strays;
  private final byte[] dirtyBits;

  /** First copy of each segment; one more at the end. */
  private final int[] firstCopy;

  private BlockVersions(
      LogSegments segments,
      AddressIndex blocks,
      AddressIndex strays,
      byte[] dirtyBits,
      int[] firstCopy) {
    this.segments = segments;
    this.blocks = blocks;
    this.strays = strays;
    this.dirtyBits = dirtyBits;
    this.firstCopy = firstCopy;
  }

  /**
   * Reads the metablocks of segments.
   *
   * @param segments what the numbers mean
   * @param chosen which segments, ascending
   * @param logicalSectors size of the logical device
   * @param progress told about bytes read
   */
  static BlockVersions of(
      LogSegments segments, int[] chosen, long logicalSectors, Progress progress) {
    int[] firstCopy = new int[segments.count() + 1];
    long copies = 0;
    int next = 0;
    for (int segment = 0; segment < segments.count(); segment++) {
      firstCopy[segment] = (int) Math.min(copies, AddressIndex.MAX_PAIRS);
      if (next < chosen.length && chosen[next] == segment) {
        copies += segments.metablocks(segment);
        next++;
      }
    }
    String image = segments.table().source().name();
    AddressIndex.Builder blocks = new AddressIndex.Builder(image, copies, copies);
    AddressIndex.Builder strays = new AddressIndex.Builder(image, 0, copies);
    firstCopy[segments.count()] = (int) copies;
    byte[] dirtyBits = new byte[(int) copies];
    segments.readMetablocks(
        chosen,
        progress,
        (segment, index, sector, bits) -> {
          int copy = firstCopy[segment] + index;
          dirtyBits[copy] = (byte) bits;
          if (shows(sector, logicalSectors)) {
            blocks.add(sector / BLOCK_SECTORS, copy);
          } else {
            strays.add(sector & Long.MAX_VALUE, copy);
          }
        });
    return new BlockVersions(segments, blocks.build(), strays.build(), dirtyBits, firstCopy);
  }

  /** {@return whether a copy of this address can be read through the logical device} */
  static boolean shows(long sector, long logicalSectors) {
    return sector >= 0 && sector % BLOCK_SECTORS == 0 && sector < logicalSectors;
  }

  /** {@return the copies by block address; ordinals are copies} */
  AddressIndex blocks() {
    return blocks;
  }

  /** {@return whether a copy has this block address} */
  boolean isBlock(long address, int copy) {
    // Ordinals ascend among the copies of one address.
    int low = blocks.lowerBound(address);
    int high = blocks.lowerBound(address + 1);
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (blocks.ordinal(middle) < copy) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < blocks.size() && blocks.address(low) == address && blocks.ordinal(low) == copy;
  }

  /** {@return the copies that no read can hit, by sector without its top bit} */
  AddressIndex strays() {
    return strays;
  }

  /** {@return what the numbers of segments mean} */
  LogSegments segments() {
    return segments;
  }

  /** {@return the segment that a copy is in} */
  int segmentOf(int copy) {
    // Segments without copies share their number with the one behind them: find the last.
    int low = 0;
    int high = firstCopy.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (firstCopy[middle] <= copy) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** {@return the first copy of a segment} */
  int firstCopy(int segment) {
    return firstCopy[segment];
  }

  /** {@return the dirty bits of a copy, 0 … 255} */
  int dirtyBits(int copy) {
    return Byte.toUnsignedInt(dirtyBits[copy]);
  }

  /**
   * {@return whether any copy in the segments that count has a dirty sector}
   *
   * @param ranks by segment: more than 0 if it counts
   */
  boolean anyDirty(int[] ranks) {
    for (int segment = 0; segment < ranks.length; segment++) {
      int end = ranks[segment] > 0 ? firstCopy[segment + 1] : 0;
      for (int copy = firstCopy[segment]; copy < end; copy++) {
        if (dirtyBits[copy] != 0) {
          return true;
        }
      }
    }
    return false;
  }

  /** {@return where a sector of a copy stands; see {@link LogSegments#place}} */
  long place(int copy, int segment, int sectorInBlock) {
    return segments.place(segment, copy - firstCopy[segment], sectorInBlock);
  }
}
