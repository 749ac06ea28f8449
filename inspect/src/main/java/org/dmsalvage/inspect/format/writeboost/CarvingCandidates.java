package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Segments of a log whose header is gone, zeroed or unreadable, while their metablocks stand.
 *
 * <p>They are offered, and never applied unasked: an id of 0 may also mean that somebody took the
 * segment out. Only slots are looked at in which the log should hold a segment. Since 2014 drivers
 * clear the room behind the last metablock (init_rambuffer), so that the metablocks end at the
 * first one of zeros and nothing may stand behind them; in 2013 they end where another lap stands.
 */
public final class CarvingCandidates {

  private static final String TASK = "looking for segments without a header";

  /** How many addresses a message names. */
  private static final int NAMED = 6;

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;

  /**
   * What stands in a slot.
   *
   * @param slot the slot
   * @param id of the segment that it should hold, unsigned
   * @param blocks how many metablocks stand there
   * @param checksumFits whether the rest of the header still has a checksum, and it fits
   */
  public record Candidate(int slot, long id, int blocks, boolean checksumFits) {}

  private final LogAnalysis log;
  private final SegmentTable table;
  private final long backingSectors;
  private final Progress progress;
  private final SegmentCursor cursor;
  private final List<Candidate> found = new ArrayList<>();
  private int tried;

  private CarvingCandidates(LogAnalysis log, long backingSectors, Progress progress) {
    this.log = log;
    this.table = log.table();
    this.backingSectors = backingSectors;
    this.progress = progress;
    this.cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
  }

  /**
   * Looks for them.
   *
   * @param log the log
   * @param backingSectors size of the backing device; {@link Long#MAX_VALUE} if it is not known
   * @param progress asked for cancellation
   */
  public static CarvingCandidates find(LogAnalysis log, long backingSectors, Progress progress) {
    CarvingCandidates candidates = new CarvingCandidates(log, backingSectors, progress);
    if (log.newestId() != 0 && candidates.table.slots() > 0) {
      candidates.search();
    }
    return candidates;
  }

  /** {@return what was found, in the order of the ids} */
  public List<Candidate> found() {
    return List.copyOf(found);
  }

  /**
   * Goes round the window, which is a round of the slots, and once more to the slot behind it. What
   * was cleared at its old end was written back before.
   */
  private void search() {
    WriteboostGeometry geometry = table.geometry();
    long newest = log.newestId();
    int slots = table.slots();
    int start = (int) geometry.slotOf(newest + 1);
    boolean round = Long.compareUnsigned(newest, slots) >= 0;
    int position = round ? 0 : slots - (int) newest;
    long cleared = log.clearedIds(log.shown());
    if (cleared > 0) {
      position = (int) (log.shown().firstId() + cleared - (newest - slots + 1));
    }
    while (position < slots && tried < SegmentCorrections.MAX_TRIED) {
      progress.checkCancelled(TASK);
      int slot = (int) (((long) start + position) % slots);
      if (mayBeOne(slot)) {
        int hole = hole(slot);
        if (hole == 0) {
          examine(slot, newest - slots + 1 + position);
        }
        position += Math.max(1, hole);
      } else {
        position++;
      }
    }
    if (!round && mayBeOne(start) && hole(start) == 0) {
      examine(start, newest + 1);
    }
  }

  private boolean mayBeOne(int slot) {
    return table.state(slot) == SlotState.EMPTY || table.state(slot) == SlotState.UNREADABLE;
  }

  /** How many slots from this one on begin in a hole, and thus hold nothing. */
  private int hole(int slot) {
    if (table.geometry().wraps() || table.state(slot) != SlotState.EMPTY) {
      return 0;
    }
    long start = table.startByte(slot);
    long skipped = table.source().nextData(start) - start;
    if (skipped < BLOCK) {
      return 0;
    }
    // The last slot whose header area is a part of the hole, but not beyond the last slot.
    long whole = (skipped - BLOCK) / table.geometry().segmentBytes() + 1;
    return (int) Math.min(whole, table.slots() - slot);
  }

  private void examine(int slot, long id) {
    tried++;
    if (!log.shown().contains(id) && id != log.newestId() + 1) {
      return;
    }
    cursor.load(slot);
    int proved = provedLength(slot);
    int blocks = proved >= 0 ? proved : standing(id);
    if (blocks > 0) {
      found.add(new Candidate(slot, id, blocks, proved >= 0));
    }
  }

  /** The stored length, if the stored checksum fits; -1 otherwise. */
  private int provedLength(int slot) {
    Convention convention = table.convention();
    ByteBuffer header = cursor.bytes();
    int length = convention.length(header, 0);
    if (!convention.hasChecksum()
        || convention.mark(header, 0) == 0
        || length > table.geometry().blocksPerSegment()) {
      return -1;
    }
    ByteBuffer segment =
        ByteBuffer.allocate(Convention.writtenBytes(length)).order(ByteOrder.LITTLE_ENDIAN);
    boolean read = table.source().readAround(table.startByte(slot), segment).isEmpty();
    return read && convention.checksum(segment.flip()) == convention.mark(header, 0) ? length : -1;
  }

  /** How many metablocks stand from the first one on; 0 if what stands there is something else. */
  private int standing(long id) {
    Convention convention = table.convention();
    ByteBuffer header = cursor.bytes();
    int most = Math.min(table.geometry().blocksPerSegment(), convention.metablocksInHeader());
    int count = 0;
    while (count < most && stands(header, count, id)) {
      count++;
    }
    if (convention.hasChecksum()) {
      for (int at = convention.metablockOffset(count); at < BLOCK; at++) {
        if (header.get(at) != 0) {
          return 0;
        }
      }
    }
    return count;
  }

  private boolean stands(ByteBuffer header, int i, long id) {
    Convention convention = table.convention();
    long sector = convention.sector(header, 0, i);
    int bits = convention.dirtyBits(header, 0, i);
    if (convention == Convention.LAPS) {
      return convention.lap(header, 0, i) == (int) table.geometry().lapOf(id)
          && (bits == 0 || possible(sector));
    }
    int end = convention.metablockOffset(i + 1);
    for (int at = end - Metablock.PADDING; at < end; at++) {
      if (header.get(at) != 0) {
        return false;
      }
    }
    return possible(sector) && (sector != 0 || bits != 0);
  }

  private boolean possible(long sector) {
    return sector >= 0 && sector % 8 == 0 && sector < backingSectors;
  }

  /** Reports each of them. */
  public void report(Findings findings) {
    for (Candidate candidate : found) {
      findings.add(
          WriteboostCode.CARVING_CANDIDATE,
          table.source().name(),
          table.startByte(candidate.slot),
          Convention.writtenBytes(candidate.blocks),
          () -> describe(candidate));
    }
  }

  private String describe(Candidate candidate) {
    cursor.load(candidate.slot);
    String sectors =
        IntStream.range(0, Math.min(NAMED, candidate.blocks))
            .mapToObj(i -> Long.toUnsignedString(cursor.sector(i)))
            .collect(Collectors.joining(", "));
    return "slot %d should hold segment id %s: its header is gone, and %d metablocks stand there%s, sectors %s%s"
        .formatted(
            candidate.slot,
            Long.toUnsignedString(candidate.id),
            candidate.blocks,
            candidate.checksumFits ? ", whose checksum fits" : "",
            sectors,
            candidate.blocks > NAMED ? " …" : "");
  }
}
