package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteChange;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.PatchedSource;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * What can be proved about the segments of a log that are not whole or not in their places.
 *
 * <p>Since 2014 the checksum decides ({@link ChecksumDiagnosis}): about one changed bit or byte,
 * and about the fields of the header. In 2013 the laps decide ({@link LapDiagnosis}).
 *
 * <p>Left alone are: segments that the plog device holds; stale ones and those of another life,
 * which are what they say; and the slot of a slot-reuse tear (rule W14), as that segment was
 * written back.
 */
public final class SegmentCorrections {

  /**
   * More segments than this, 32 GiB of the usual size, are not tried: so much damage is no decay.
   */
  static final int MAX_TRIED = 1 << 16;

  private static final String TASK = "correcting segments";

  private final LogAnalysis log;
  private final List<SegmentCorrection> corrections = new ArrayList<>();
  private final Map<Integer, SegmentDiagnosis> diagnoses = new HashMap<>();
  private final SegmentTable table;

  private SegmentCorrections(
      LogAnalysis log, @Nullable PlogScan plogs, long backingSectors, Progress progress) {
    this.log = log;
    SegmentTable found = log.table();
    int[] slots = found.verified() ? new Search(log, plogs).slots() : new int[0];
    progress.begin(TASK, (long) slots.length * found.geometry().segmentBytes());
    Examiner examiner = new Examiner(log, plogs, backingSectors, progress);
    OrderedTasks.run(slots.length, task -> examiner.examine(slots[(int) task]), this::add);
    this.table = corrections.isEmpty() ? found : found.corrected(patched(), corrections);
  }

  /**
   * Examines the damaged segments of a log, on all cores.
   *
   * @param log analysis of a table whose checksums were verified; if they were not, nothing is
   *     examined
   * @param plogs the plog device, null if there is none
   * @param backingSectors size of the backing device; {@link Long#MAX_VALUE} if it is not known
   * @param progress told about bytes read
   */
  public static SegmentCorrections find(
      LogAnalysis log, @Nullable PlogScan plogs, long backingSectors, Progress progress) {
    return new SegmentCorrections(log, plogs, backingSectors, progress);
  }

  private void add(SegmentDiagnosis diagnosis) {
    diagnoses.put(diagnosis.slot(), diagnosis);
    if (diagnosis.correction() != null) {
      corrections.add(diagnosis.correction());
    }
  }

  private BlockSource patched() {
    List<ByteChange> changes = new ArrayList<>();
    for (SegmentCorrection correction : corrections) {
      changes.addAll(correction.changes());
    }
    return new PatchedSource(log.table().source(), changes);
  }

  /** {@return what was proved, by slot} */
  public List<SegmentCorrection> corrections() {
    return List.copyOf(corrections);
  }

  /** {@return what was found out about the segment in a slot; null if it was not examined} */
  public @Nullable SegmentDiagnosis diagnosis(int slot) {
    return diagnoses.get(slot);
  }

  /**
   * {@return what a message about a slot adds, from a semicolon on: what corrects the segment, or
   * why nothing does; empty if it was not examined}
   */
  public String remark(int slot) {
    SegmentDiagnosis diagnosis = diagnoses.get(slot);
    if (diagnosis == null) {
      return "";
    }
    SegmentCorrection correction = diagnosis.correction();
    return "; " + (correction == null ? diagnosis.remark() : correction.describe());
  }

  /**
   * {@return the headers with all corrections made; its source shows the corrected bytes. The same
   * table that was analysed if there are none}
   */
  public SegmentTable table() {
    return table;
  }

  /** Chooses what to examine. */
  private record Search(LogAnalysis log, @Nullable PlogScan plogs) {

    int[] slots() {
      SegmentTable table = log.table();
      int tear = log.slotReuseTear();
      int[] slots = new int[16];
      int count = 0;
      for (int slot = table.nextUsed(0);
          slot < table.slots() && count < MAX_TRIED;
          slot = table.nextUsed(slot + 1)) {
        if (slot != tear && wanted(table, slot)) {
          if (count == slots.length) {
            slots = Arrays.copyOf(slots, count * 2);
          }
          slots[count++] = slot;
        }
      }
      return Arrays.copyOf(slots, count);
    }

    private boolean wanted(SegmentTable table, int slot) {
      boolean torn = table.state(slot) == SlotState.TORN;
      boolean sealed = table.state(slot) == SlotState.SEALED;
      return switch (log.role(slot)) {
        case CURRENT -> torn && !onPlog(table.id(slot));
        case MISPLACED, AHEAD -> torn || sealed;
        case EMPTY, UNREADABLE, STALE, OTHER_LIFE -> false;
      };
    }

    private boolean onPlog(long id) {
      return plogs != null
          && plogs.byId().stream().anyMatch(s -> s.headId() == id && !s.good().isEmpty());
    }
  }

  /** Examines slots; used by several threads. */
  private static final class Examiner {
    private final LogAnalysis log;
    private final SegmentTable table;
    private final SegmentRules rules;
    private final Progress progress;
    private final Queue<ByteBuffer> buffers = new ConcurrentLinkedQueue<>();

    Examiner(LogAnalysis log, @Nullable PlogScan plogs, long backingSectors, Progress progress) {
      this.log = log;
      this.table = log.table();
      this.rules = new SegmentRules(log, newestWhole(log, plogs), backingSectors);
      this.progress = progress;
    }

    /** The newest id of which all is there; what comes behind it may be cut off. */
    private static long newestWhole(LogAnalysis log, @Nullable PlogScan plogs) {
      SegmentTable table = log.table();
      long newest = 0;
      for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
        long id = table.id(slot);
        boolean whole = table.state(slot) == SlotState.SEALED && log.role(slot) == Role.CURRENT;
        newest = whole && Long.compareUnsigned(id, newest) > 0 ? id : newest;
      }
      if (plogs != null) {
        for (PlogSegment segment : plogs.byId()) {
          long id = segment.headId();
          boolean held = log.shown().contains(id) && !segment.good().isEmpty();
          newest = held && Long.compareUnsigned(id, newest) > 0 ? id : newest;
        }
      }
      return newest;
    }

    SegmentDiagnosis examine(int slot) {
      progress.checkCancelled(TASK);
      WriteboostGeometry geometry = table.geometry();
      ByteBuffer buffer = buffers.poll();
      if (buffer == null) {
        buffer = ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
      }
      boolean laps = table.convention() == Convention.LAPS;
      buffer.clear().limit(laps ? WriteboostGeometry.BLOCK_BYTES : geometry.segmentBytes());
      List<ByteRange> unreadable = table.source().readAround(table.startByte(slot), buffer);
      buffer.flip();
      SegmentDiagnosis diagnosis =
          !unreadable.isEmpty()
              ? SegmentDiagnosis.open(slot, "not all of its slot can be read")
              : laps
                  ? new LapDiagnosis(log, rules, slot, buffer).diagnose()
                  : new ChecksumDiagnosis(log, rules, slot, buffer).diagnose();
      buffers.add(buffer);
      progress.advance(geometry.segmentBytes());
      return diagnosis;
    }
  }
}
