package org.dmsalvage.replay.writeboost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Life;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.Plog;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogSegment;
import org.dmsalvage.inspect.format.writeboost.Role;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrections;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.ZeroedSegments;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * Which segments salvage applies, and what it says about all others.
 *
 * <p>Every segment stands for itself: the ones that are whole and belong to the log are applied in
 * the order of their ids, past everything at which a driver stops. What is older than the log's
 * window is never applied, wherever it stands: it was written back long ago.
 */
final class SalvagePlan {

  private final LogAnalysis analysis;
  private final SegmentTable table;
  private final Life life;
  private final SegmentCorrections corrections;
  private final @Nullable PlogScan plogs;
  private final List<PlogSegment> rebuiltFrom = new ArrayList<>();
  private final List<RebuiltSegment> rebuilt = new ArrayList<>();
  private final List<PlogSegment> conflicting = new ArrayList<>();
  private final Set<Long> rebuiltIds = new HashSet<>();

  /** The newest id of which the contents are there; 0 if none. Behind it, writes were cut off. */
  private final long newestWhole;

  /** 2013: slots with nothing but zeros. */
  private final BitSet zeros = new BitSet();

  /** 2013: ids below this one were dropped by a driver that attached in between; 0 if none. */
  private long restart;

  /**
   * Makes the plan.
   *
   * @param analysis of the cache and the plog device
   * @param corrections those that were made in it
   * @param plogs the plog device, null if there is none
   * @param progress told about bytes read
   */
  SalvagePlan(
      LogAnalysis analysis,
      SegmentCorrections corrections,
      @Nullable PlogScan plogs,
      Progress progress) {
    this.analysis = analysis;
    this.table = analysis.table();
    this.life = analysis.shown();
    this.corrections = corrections;
    this.plogs = plogs;
    if (table.convention() == Convention.LAPS) {
      examine2013(progress);
    }
    if (plogs != null && table.slots() > 0) {
      rebuild(plogs);
    }
    this.newestWhole = findNewestWhole();
  }

  private long findNewestWhole() {
    long newest = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      long id = table.id(slot);
      boolean whole = table.state(slot) == SlotState.SEALED && table.inSlot(slot);
      if (whole && life.contains(id) && Long.compareUnsigned(id, newest) > 0) {
        newest = id;
      }
    }
    for (long id : rebuiltIds) {
      newest = Long.compareUnsigned(id, newest) > 0 ? id : newest;
    }
    return newest;
  }

  /** Plog segments of the log that the cache does not hold whole. */
  private void rebuild(PlogScan scan) {
    for (PlogSegment segment : scan.byId()) {
      long id = segment.headId();
      if (!life.contains(id)) {
        continue;
      }
      RebuiltSegment from =
          new RebuiltSegment(id, table.geometry().blocksPerSegment(), segment.offset());
      from.hideGaps();
      for (Plog plog : segment.good()) {
        from.add(plog.meta(), (int) ((plog.dataOffset() - segment.offset()) / 512));
      }
      if (sealed(id)) {
        if (conflicts(from)) {
          conflicting.add(segment);
        }
      } else if (!from.empty()) {
        rebuilt.add(from);
        rebuiltFrom.add(segment);
        rebuiltIds.add(id);
      }
    }
  }

  /**
   * Whether plogs name other blocks than the sealed segment of the same id: then a driver that fell
   * back has used the id again (rule P8). Other data in the same block proves nothing: the last
   * write into the buffer may be in the segment and not in the plog.
   */
  private boolean conflicts(RebuiltSegment plogged) {
    int slot = table.slotHolding(plogged.id());
    boolean[] conflicts = {plogged.length() > table.metablocks(slot)};
    LogSegments slots = new LogSegments(table, List.of());
    slots.readMetablocks(
        new int[] {slots.inSlot(slot)},
        Progress.NONE,
        (_, index, sector, _) ->
            conflicts[0] |=
                index < plogged.length()
                    && plogged.dirtyBits(index) != 0
                    && sector != plogged.sector(index));
    return conflicts[0];
  }

  /** {@return whether the cache holds a segment whole} */
  boolean sealed(long id) {
    int slot = table.slotHolding(id);
    return slot >= 0 && table.state(slot) == SlotState.SEALED;
  }

  /** {@return the segments rebuilt from plogs, by ascending id} */
  List<RebuiltSegment> rebuilt() {
    return rebuilt;
  }

  /** {@return the plog segments that they come from} */
  List<PlogSegment> rebuiltFrom() {
    return rebuiltFrom;
  }

  /** {@return plog segments that contradict the sealed segment of the same id} */
  List<PlogSegment> conflicting() {
    return conflicting;
  }

  /** {@return the newest id of which the contents are there, unsigned; 0 if there is none} */
  long newestWhole() {
    return newestWhole;
  }

  /** {@return the plog device, null if there is none} */
  @Nullable PlogScan plogs() {
    return plogs;
  }

  /** {@return the corrections that were made, and why none was made elsewhere} */
  SegmentCorrections corrections() {
    return corrections;
  }

  /** {@return the life that is shown} */
  Life life() {
    return life;
  }

  /** {@return what was found out about the log} */
  LogAnalysis analysis() {
    return analysis;
  }

  /** {@return whether a segment of the log was rebuilt from plogs} */
  boolean isRebuilt(long id) {
    return rebuiltIds.contains(id);
  }

  /**
   * Orders the segments.
   *
   * @param segments the slots and all rebuilt segments
   * @param firstRebuilt number of the first of {@link #rebuilt()} among them
   * @return by segment: its place in the log, from 1; 0 if it is not applied
   */
  int[] ranks(LogSegments segments, int firstRebuilt) {
    int[] ranks = new int[segments.count()];
    for (int segment = 0; segment < segments.inSlots(); segment++) {
      int slot = segments.slot(segment);
      if (verdict(slot) == SegmentVerdict.APPLY) {
        ranks[segment] = place(table.id(slot));
      }
    }
    for (int i = 0; i < rebuilt.size(); i++) {
      ranks[firstRebuilt + i] = place(rebuilt.get(i).id());
    }
    return ranks;
  }

  /**
   * Tells when segments were written, whether or not they are applied.
   *
   * @param segments the slots and all rebuilt segments
   * @param firstRebuilt number of the first of {@link #rebuilt()} among them
   * @return by segment: its place in the log; the place of the newest id for one whose id says
   *     nothing, since it may be as new; the greatest number for a life that came after the one
   *     shown; 0 for what is older than the log, or not there
   */
  int[] times(LogSegments segments, int firstRebuilt) {
    int[] times = new int[segments.count()];
    boolean olderShown = !life.equals(analysis.shown());
    for (int segment = 0; segment < segments.inSlots(); segment++) {
      int slot = segments.slot(segment);
      long id = table.id(slot);
      if (slot == analysis.slotReuseTear() || isRebuilt(id)) {
        continue;
      }
      Role role = analysis.role(slot);
      if (table.inSlot(slot) && life.contains(id)) {
        times[segment] = place(id);
      } else if (role == Role.AHEAD || role == Role.MISPLACED) {
        times[segment] = place(life.newestId());
      } else if (olderShown && role == Role.CURRENT) {
        times[segment] = Integer.MAX_VALUE;
      }
    }
    for (int i = 0; i < rebuilt.size(); i++) {
      times[firstRebuilt + i] = place(rebuilt.get(i).id());
    }
    return times;
  }

  /**
   * {@return the id right before the first one of which the log can tell: what is not newer was
   * written back, or dropped by a driver that attached in between}
   */
  long base() {
    if (life.ids() == 0) {
      return 0;
    }
    boolean reused = analysis.slotReuseTear() >= 0;
    long skipped = reused ? table.id(analysis.slotReuseTear()) : 0;
    long base = firstExpected() - 1;
    return life.contains(skipped) && Long.compareUnsigned(skipped, base) > 0 ? skipped : base;
  }

  /** {@return the place of an id of the log that is shown, from 1} */
  int place(long id) {
    return (int) (id - life.firstId()) + 1;
  }

  /**
   * {@return the first id that should be there: the first of the life, or the one behind what is
   * known to be written back or dropped}
   */
  long firstExpected() {
    boolean writtenBack =
        life.firstId() == analysis.certainlyWrittenBack(life)
            || life.firstId() == analysis.clearedForReuse(life);
    long first = writtenBack ? life.firstId() + 1 : life.firstId();
    return Long.compareUnsigned(restart, first) > 0 ? restart : first;
  }

  /** {@return whether a driver that attached in between is known to have dropped an id} */
  boolean droppedByDriver(long id) {
    return Long.compareUnsigned(id, restart) < 0;
  }

  /**
   * Judges the segment in a slot. This is the one place that decides what is applied.
   *
   * @param slot not empty
   */
  SegmentVerdict verdict(int slot) {
    if (slot == analysis.slotReuseTear()) {
      return SegmentVerdict.REUSED;
    }
    return switch (analysis.role(slot)) {
      case EMPTY -> SegmentVerdict.EMPTY;
      case UNREADABLE -> SegmentVerdict.UNREADABLE;
      case STALE -> SegmentVerdict.STALE;
      case AHEAD -> SegmentVerdict.AHEAD;
      case MISPLACED -> SegmentVerdict.MISPLACED;
      case OTHER_LIFE -> SegmentVerdict.OTHER_LIFE;
      case CURRENT -> current(slot);
    };
  }

  private SegmentVerdict current(int slot) {
    long id = table.id(slot);
    if (table.state(slot) != SlotState.SEALED) {
      if (isRebuilt(id)) {
        return SegmentVerdict.REPLACED_BY_PLOG;
      }
      if (table.state(slot) == SlotState.PARTLY_READABLE) {
        return SegmentVerdict.PARTLY_READABLE;
      }
      return Long.compareUnsigned(id, newestWhole) > 0
          ? SegmentVerdict.TORN_NEWEST
          : SegmentVerdict.BROKEN;
    }
    if (id == analysis.certainlyWrittenBack(life)) {
      return SegmentVerdict.WRITTEN_BACK;
    }
    if (droppedByDriver(id)) {
      return SegmentVerdict.DROPPED_BY_DRIVER;
    }
    return zeros.get(slot) ? SegmentVerdict.ZEROS : SegmentVerdict.APPLY;
  }

  /**
   * Looks at the metablocks and data of 2013.
   *
   * <p>Segments whose dirty blocks hold nothing but zeros: migration discarded their data and left
   * their headers (migrate_linked_segments, rule F15).
   *
   * <p>Metablocks without dirty bits behind the first: they were marked clean in the RAM buffer,
   * which happens only after a driver attached to a full log with a lost segment. It replayed from
   * the lost one on and dropped everything before it (rules F14, F17). What was acknowledged since
   * then was written on top of that state, so the ids before the hole are another life.
   */
  private void examine2013(Progress progress) {
    LogSegments slots = new LogSegments(table, List.of());
    int[] order = slotsByPlace(slots);
    zeros.or(ZeroedSegments.find(table, Arrays.stream(order).map(slots::slot).toArray(), progress));
    boolean[] cleaned = new boolean[slots.count()];
    slots.readMetablocks(
        order, progress, (segment, index, _, bits) -> cleaned[segment] |= bits == 0 && index > 0);
    if (life.ids() == table.slots()) {
      findRestart(slots, order, cleaned);
    }
  }

  /** The segments that could be applied, by ascending id. */
  private int[] slotsByPlace(LogSegments slots) {
    return IntStream.range(0, slots.count())
        .filter(segment -> verdict(slots.slot(segment)) == SegmentVerdict.APPLY)
        .mapToLong(segment -> (long) place(slots.id(segment)) << 32 | segment)
        .sorted()
        .mapToInt(packed -> (int) packed)
        .toArray();
  }

  /** Finds the last hole before a segment that a driver marked clean while it was buffered. */
  private void findRestart(LogSegments slots, int[] order, boolean[] cleaned) {
    long expected = life.firstId();
    long hole = 0;
    for (int segment : order) {
      long id = slots.id(segment);
      if (id != expected && id - 1 != analysis.certainlyWrittenBack(life)) {
        hole = id - 1;
      }
      if (cleaned[segment] && hole != 0) {
        restart = hole;
      }
      expected = id + 1;
    }
  }
}
