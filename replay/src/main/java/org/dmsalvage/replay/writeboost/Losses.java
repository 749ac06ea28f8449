package org.dmsalvage.replay.writeboost;

import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Life;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.Plog;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogSegment;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;

/** Collects what a replay does not apply, what is at risk, and what is lost. */
final class Losses {

  private static final long UNKNOWN = -1;

  private final LossList dropped = new LossList();
  private final LossList atRisk = new LossList();
  private final LossList lost = new LossList();

  LossList dropped() {
    return dropped;
  }

  LossList atRisk() {
    return atRisk;
  }

  LossList lost() {
    return lost;
  }

  private static String unsigned(long id) {
    return Long.toUnsignedString(id);
  }

  private static Loss segment(
      SegmentTable table, int slot, WriteboostCode code, long sectors, String reason) {
    return new Loss(
        code.id(),
        table.source().name(),
        table.startByte(slot),
        Convention.writtenBytes(table.metablocks(slot)),
        sectors,
        "segment id %s in slot %d: %s".formatted(unsigned(table.id(slot)), slot, reason),
        Facts.builder()
            .unsigned("id", table.id(slot))
            .count("slot", (long) slot)
            .count("length", (long) table.length(slot))
            .build());
  }

  /** Segments that hold data and are not applied by a driver. */
  void unapplied(LogSegments segments, int[] ranks, Progress progress) {
    SegmentTable table = segments.table();
    long[] sectors = dirtySectors(segments, slot -> ranks[slot] == 0, progress);
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (ranks[slot] == 0 && sectors[slot] > 0) {
        boolean whole = table.state(slot) == SlotState.SEALED;
        dropped.add(
            segment(
                table,
                slot,
                whole ? WriteboostCode.DRIVER_STOPS : WriteboostCode.CHECKSUM,
                sectors[slot],
                whole ? "the driver's replay does not come to it" : "it is not whole"));
      }
    }
  }

  /** Everything that salvage leaves out. */
  void salvage(
      SalvagePlan plan, BlockVersions versions, int[] ranks, int firstRebuilt, Progress progress) {
    LogAnalysis analysis = plan.analysis();
    SegmentTable table = analysis.table();
    LogSegments segments = versions.segments();
    long[] sectors = dirtySectors(segments, slot -> ranks[slot] == 0, progress);
    long[] risks = risks(plan, versions, ranks, progress);
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      SegmentVerdict verdict = plan.verdict(slot);
      switch (verdict) {
        case APPLY, EMPTY -> {}
        case UNREADABLE ->
            atRisk.add(segment(table, slot, verdict.code(), UNKNOWN, verdict.reason()));
        case BROKEN -> {
          if (risks[slot] != 0) {
            atRisk.add(segment(table, slot, verdict.code(), risks[slot], verdict.reason()));
          }
        }
        default -> {
          if (sectors[slot] > 0) {
            dropped.add(segment(table, slot, verdict.code(), sectors[slot], verdict.reason()));
          }
        }
      }
    }
    missing(plan);
    plogs(plan);
  }

  /** Dirty sectors of the slots of a kind. */
  private static long[] dirtySectors(LogSegments segments, IntPredicate which, Progress progress) {
    SegmentTable table = segments.table();
    long[] sectors = new long[table.slots()];
    int[] slots = IntStream.range(0, table.slots()).filter(which).toArray();
    segments.readMetablocks(
        slots, progress, (slot, _, _, bits) -> sectors[slot] += Integer.bitCount(bits));
    return sectors;
  }

  /** For each broken segment of the log, how many of its sectors no newer segment covers. */
  private static long[] risks(
      SalvagePlan plan, BlockVersions versions, int[] ranks, Progress progress) {
    SegmentTable table = plan.analysis().table();
    long[] risks = new long[table.slots()];
    int[] broken =
        IntStream.range(0, table.slots())
            .filter(
                slot ->
                    table.state(slot) != SlotState.EMPTY
                        && plan.verdict(slot) == SegmentVerdict.BROKEN)
            .toArray();
    versions
        .segments()
        .readMetablocks(
            broken,
            progress,
            (slot, _, sector, bits) ->
                risks[slot] +=
                    Integer.bitCount(
                        bits & ~newer(versions, ranks, plan.place(table.id(slot)), sector)));
    return risks;
  }

  /** The sectors of a block that segments behind a place of the log hold. */
  private static int newer(BlockVersions versions, int[] ranks, int place, long sector) {
    if (sector < 0 || sector % 8 != 0) {
      return 0;
    }
    AddressIndex blocks = versions.blocks();
    int covered = 0;
    for (int at = blocks.lowerBound(sector / 8);
        at < blocks.size() && blocks.address(at) == sector / 8;
        at++) {
      int copy = blocks.ordinal(at);
      if (ranks[versions.segmentOf(copy)] > place) {
        int bits = versions.dirtyBits(copy);
        covered |= bits == 0 ? 0xff : bits;
      }
    }
    return covered;
  }

  /** Ids of the log that no slot holds. */
  private void missing(SalvagePlan plan) {
    LogAnalysis analysis = plan.analysis();
    SegmentTable table = analysis.table();
    Life life = plan.life();
    for (long i = 0; i < life.ids(); i++) {
      long id = life.firstId() + i;
      if (Long.compareUnsigned(id, plan.newestWhole()) > 0) {
        break;
      }
      if (table.slotHolding(id) >= 0
          || plan.isRebuilt(id)
          || plan.droppedByDriver(id)
          || id == analysis.certainlyWrittenBack(life)) {
        continue;
      }
      int slot = (int) table.geometry().slotOf(id);
      if (table.state(slot) == SlotState.UNREADABLE) {
        continue;
      }
      lost.add(
          new Loss(
              WriteboostCode.LOST.id(),
              table.source().name(),
              table.startByte(slot),
              table.geometry().segmentBytes(),
              UNKNOWN,
              "segment id %s never came to its slot %d, although newer ones did"
                  .formatted(unsigned(id), slot),
              Facts.builder().unsigned("id", id).count("slot", (long) slot).build()));
    }
  }

  /** Plogs that are not applied. */
  private void plogs(SalvagePlan plan) {
    PlogScan scan = plan.plogs();
    if (scan == null) {
      return;
    }
    for (PlogSegment segment : scan.segments()) {
      boolean used = plan.rebuiltFrom().contains(segment);
      for (Plog plog : segment.plogs()) {
        boolean torn = plog.state() == Plog.State.TORN || plog.state() == Plog.State.IMPLAUSIBLE;
        if (used && torn) {
          dropped.add(plog(scan, plog, WriteboostCode.PLOG_TORN, "it is not whole (rule P9)"));
        }
      }
      boolean held = plan.life().contains(segment.headId());
      boolean conflict = plan.conflicting().contains(segment);
      if (segment.headId() == 0 || used || segment.good().isEmpty() || (held && !conflict)) {
        continue;
      }
      String id = unsigned(segment.headId());
      dropped.add(
          new Loss(
              (conflict ? WriteboostCode.PLOG_REUSED : WriteboostCode.PLOG_OVER_NEWER).id(),
              scan.source().name(),
              segment.offset(),
              scan.geometry().segmentBytes(),
              segment.good().stream().mapToLong(plog -> plog.meta().len()).sum(),
              conflict
                  ? "plogs of segment id %s: the cache holds other contents under that id (rule P8)"
                      .formatted(id)
                  : "plogs of segment id %s, which is not in the log (rules P5, P6)".formatted(id),
              Facts.builder().unsigned("id", segment.headId()).build()));
    }
  }

  private static Loss plog(PlogScan scan, Plog plog, WriteboostCode code, String reason) {
    return new Loss(
        code.id(),
        scan.source().name(),
        plog.offset(),
        plog.bytes(),
        plog.meta().len(),
        "plog of segment id %s for sector %s: %s"
            .formatted(unsigned(plog.meta().id()), unsigned(plog.meta().sector()), reason),
        Facts.builder()
            .unsigned("id", plog.meta().id())
            .unsigned("sector", plog.meta().sector())
            .build());
  }

  /** Copies of addresses that the logical device does not have. */
  void strays(BlockVersions versions, int[] ranks) {
    AddressIndex strays = versions.strays();
    LogSegments segments = versions.segments();
    for (int position = 0; position < strays.size(); position++) {
      int copy = strays.ordinal(position);
      int segment = versions.segmentOf(copy);
      int bits = versions.dirtyBits(copy);
      if (ranks[segment] == 0 || bits == 0 || segments.fromPlog(segment)) {
        continue;
      }
      int index = copy - versions.firstCopy(segment);
      String sector = unsigned(strays.address(position));
      dropped.add(
          new Loss(
              (strays.address(position) % 8 == 0 ? WriteboostCode.BEYOND : WriteboostCode.UNALIGNED)
                  .id(),
              segments.table().source().name(),
              segments.table().geometry().blockByte(segment, index),
              4096,
              Integer.bitCount(bits),
              "block %d of segment id %s: sector %s is no block of the logical device (rule W21)"
                  .formatted(index, unsigned(segments.id(segment)), sector),
              Facts.builder()
                  .unsigned("id", segments.id(segment))
                  .count("index", (long) index)
                  .unsigned("sector", strays.address(position))
                  .build()));
    }
  }
}
