package org.dmsalvage.inspect.format.writeboost;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;

/** Counts the blocks that segments hold, and picks out what is odd about them. */
final class MetablockCensus {

  /** What can be odd about metablocks. */
  enum Oddity {
    /** No dirty bits; not reported for the first metablock of 2013. */
    CLEAN,
    /** The address is no multiple of 8. */
    UNALIGNED,
    /** A dirty sector lies beyond the end of the backing device. */
    BEYOND,
    /** The address occurs a second time in the segment. */
    DUPLICATE
  }

  /**
   * The metablocks of one segment that share an oddity.
   *
   * @param slot of the segment
   * @param oddity what they share
   * @param count how many there are
   * @param index of the first one
   * @param sector of the first one
   */
  record Odd(int slot, Oddity oddity, int count, int index, long sector) {}

  /**
   * What was counted.
   *
   * @param dirtyBlocks distinct block addresses with a dirty sector
   * @param dirtySectors distinct dirty sectors
   * @param cleanBlocks metablocks without dirty bits
   * @param partialBlocks metablocks with some of the 8 dirty bits
   * @param recordedPartialBlocks those of them in segments up to the record
   */
  record Counts(
      long dirtyBlocks,
      long dirtySectors,
      long cleanBlocks,
      long partialBlocks,
      long recordedPartialBlocks) {}

  /** What a batch holds: addresses and dirty bits in columns, counts, and what is odd. */
  private static final class Part {
    final long[] blocks;
    final byte[] bits;
    final List<Odd> odd = new ArrayList<>();
    int dirty;
    long clean;
    long partial;
    long recorded;

    Part(int rows) {
      blocks = new long[rows];
      bits = new byte[rows];
    }
  }

  private final SegmentTable table;
  private final long endSector;
  private final long recordId;

  /**
   * Prepares a census.
   *
   * @param table the headers of the device
   * @param endSector end of the backing device; the largest that a device can have if not known
   * @param recordId as the superblock has it
   */
  MetablockCensus(SegmentTable table, long endSector, long recordId) {
    this.table = table;
    this.endSector = endSector;
    this.recordId = recordId;
  }

  /**
   * Counts.
   *
   * @param slots which slots, in order
   * @param odd receives what is odd, in order
   */
  Counts count(int[] slots, Progress progress, Consumer<Odd> odd) {
    long expected = 0;
    for (int slot : slots) {
      expected += table.metablocks(slot);
    }
    AddressIndex.Builder builder = new AddressIndex.Builder(table.source().name(), expected, 256);
    long[] sums = new long[3];
    MetablockReader.read(
        table,
        slots,
        progress,
        this::part,
        part -> {
          for (int i = 0; i < part.dirty; i++) {
            builder.add(part.blocks[i], Byte.toUnsignedInt(part.bits[i]));
          }
          sums[0] += part.clean;
          sums[1] += part.partial;
          sums[2] += part.recorded;
          part.odd.forEach(odd);
        });
    AddressIndex index = builder.build();
    long blocks = 0;
    long sectors = 0;
    for (int i = 0; i < index.size(); blocks++) {
      long address = index.address(i);
      int bits = 0;
      for (; i < index.size() && index.address(i) == address; i++) {
        bits |= index.ordinal(i);
      }
      sectors += Integer.bitCount(bits);
    }
    return new Counts(blocks, sectors, sums[0], sums[1], sums[2]);
  }

  private Part part(MetablockBatch batch) {
    int rows = batch.slots() == 0 ? 0 : batch.endRow(batch.slots() - 1);
    Part part = new Part(rows);
    OddRows rowsOfSlot = new OddRows();
    for (int p = 0; p < batch.slots(); p++) {
      int slot = batch.slot(p);
      boolean upToRecord = Long.compareUnsigned(table.id(slot), recordId) <= 0;
      rowsOfSlot.start(slot);
      for (int row = batch.firstRow(p); row < batch.endRow(p); row++) {
        int dirtyBits = batch.dirtyBits(row);
        if (dirtyBits == 0 && !batch.readable(p)) {
          continue;
        }
        rowsOfSlot.look(row - batch.firstRow(p), batch.sector(row), dirtyBits);
        if (dirtyBits == 0) {
          part.clean++;
          continue;
        }
        if (dirtyBits != 255) {
          part.partial++;
          part.recorded += upToRecord ? 1 : 0;
        }
        part.blocks[part.dirty] = batch.sector(row) >>> 3;
        part.bits[part.dirty] = (byte) dirtyBits;
        part.dirty++;
      }
      rowsOfSlot.addTo(part.odd);
    }
    return part;
  }

  /** Collects the oddities of one segment after the other. */
  private final class OddRows {
    private static final int BUCKETS = 512;

    // Places in the columns below, which hold one value for each oddity.
    private static final int CLEAN = 0;
    private static final int UNALIGNED = 1;
    private static final int BEYOND = 2;
    private static final int DUPLICATE = 3;
    private static final Oddity[] ALL = Oddity.values();

    private final long[] seen = new long[BUCKETS];
    private final int[] seenIn = new int[BUCKETS];
    private final int[] counts = new int[ALL.length];
    private final int[] firstIndex = new int[ALL.length];
    private final long[] firstSector = new long[ALL.length];
    private int round;
    private int slot;
    private boolean any;

    void start(int newSlot) {
      slot = newSlot;
      round++;
    }

    void look(int index, long sector, int dirtyBits) {
      if (dirtyBits == 0) {
        // In 2013, whose first metablock is skipped after a flush, its address is left over.
        if (index > 0 || table.convention() != Convention.LAPS) {
          note(CLEAN, index, sector);
        }
        return;
      }
      if ((sector & 7) != 0) {
        note(UNALIGNED, index, sector);
      }
      long lastDirty = sector + 31 - Integer.numberOfLeadingZeros(dirtyBits);
      if (sector < 0 || lastDirty < 0 || lastDirty >= endSector) {
        note(BEYOND, index, sector);
      }
      if (wasSeen(sector)) {
        note(DUPLICATE, index, sector);
      }
    }

    private boolean wasSeen(long sector) {
      int bucket = (int) ((sector * 0x9E3779B97F4A7C15L) >>> 55);
      while (seenIn[bucket] == round) {
        if (seen[bucket] == sector) {
          return true;
        }
        bucket = (bucket + 1) & (BUCKETS - 1);
      }
      seenIn[bucket] = round;
      seen[bucket] = sector;
      return false;
    }

    private void note(int i, int index, long sector) {
      any = true;
      if (counts[i]++ == 0) {
        firstIndex[i] = index;
        firstSector[i] = sector;
      }
    }

    void addTo(List<Odd> odd) {
      if (!any) {
        return;
      }
      for (int i = 0; i < ALL.length; i++) {
        if (counts[i] > 0) {
          odd.add(new Odd(slot, ALL[i], counts[i], firstIndex[i], firstSector[i]));
          counts[i] = 0;
        }
      }
      any = false;
    }
  }
}
