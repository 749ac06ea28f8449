package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Life;
import org.dmsalvage.inspect.format.writeboost.Plog;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogSegment;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
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
            .count("metablocks", (long) table.length(slot))
            .build());
  }

  /** Segments that hold data and are not applied by a driver. */
  void unapplied(LogSegments segments, int[] ranks, Progress progress) {
    SegmentTable table = segments.table();
    long[] sectors = dirtySectors(segments, ranks, progress);
    for (int segment = 0; segment < segments.inSlots(); segment++) {
      if (sectors[segment] > 0) {
        int slot = segments.slot(segment);
        boolean whole = table.state(slot) == SlotState.SEALED;
        dropped.add(
            segment(
                table,
                slot,
                whole ? WriteboostCode.DRIVER_STOPS : WriteboostCode.CHECKSUM,
                sectors[segment],
                whole ? "the driver's replay does not come to it" : "it is not whole"));
      }
    }
  }

  /** Everything that salvage leaves out. */
  void salvage(SalvagePlan plan, BlockVersions versions, int[] ranks, Progress progress) {
    salvage(plan, versions, ranks, plan.life().newestId(), progress);
  }

  /** Everything that salvage leaves out of the log up to an id. */
  private void salvage(
      SalvagePlan plan, BlockVersions versions, int[] ranks, long asOf, Progress progress) {
    LogSegments segments = versions.segments();
    SegmentTable table = segments.table();
    long[] sectors = dirtySectors(segments, ranks, progress);
    long[] risks = risks(plan, versions, ranks, asOf, progress);
    for (int segment = 0; segment < segments.inSlots(); segment++) {
      int slot = segments.slot(segment);
      SegmentVerdict verdict = plan.verdict(slot);
      long id = idOrExpected(table, slot, plan.life());
      if (plan.life().contains(id) && Long.compareUnsigned(id, asOf) > 0) {
        if (verdict == SegmentVerdict.UNREADABLE) {
          unknownAfter(table, id, 1, "cannot be read");
        }
        continue;
      }
      String reason = verdict.reason() + plan.corrections().remark(slot);
      switch (verdict) {
        case APPLY, EMPTY -> {}
        case UNREADABLE ->
            atRisk.add(segment(table, slot, verdict.code(), UNKNOWN, verdict.reason()));
        case PARTLY_READABLE -> {
          boolean known = metablocksReadable(table, slot);
          if (!known || risks[segment] != 0) {
            long count = known ? risks[segment] : UNKNOWN;
            atRisk.add(segment(table, slot, verdict.code(), count, verdict.reason()));
          }
        }
        case BROKEN -> {
          if (risks[segment] != 0) {
            atRisk.add(segment(table, slot, verdict.code(), risks[segment], reason));
          }
        }
        default -> {
          if (sectors[segment] > 0) {
            dropped.add(segment(table, slot, verdict.code(), sectors[segment], reason));
          }
        }
      }
    }
    missing(plan, segments, asOf);
    plogs(plan, versions, new NewestCopies(versions, ranks));
  }

  private static boolean mayShowOlder(SegmentVerdict verdict) {
    return verdict == SegmentVerdict.BROKEN || verdict == SegmentVerdict.PARTLY_READABLE;
  }

  /** Tells whether all addresses of a segment are known. */
  private static boolean metablocksReadable(SegmentTable table, int slot) {
    int length = table.convention().metablockOffset(table.metablocks(slot));
    return table.source().readAround(table.startByte(slot), ByteBuffer.allocate(length)).isEmpty();
  }

  /**
   * Everything that is left out as of a point in time, and what can no longer be known of it.
   *
   * @param timeline of the log
   * @param asOf the last id that counts
   * @param below name of what lies below the cache
   * @param progress told about bytes read
   */
  void asOf(WriteboostTimeline timeline, long asOf, String below, Progress progress) {
    int[] ranks = timeline.ranks(asOf);
    salvage(timeline.plan(), timeline.versions(), ranks, asOf, progress);
    strays(timeline.versions(), ranks);
    timeline.forEachUnknown(
        asOf,
        (sector, count, id, _) -> {
          atRisk.ranges().add(sector * 512, count * 512);
          atRisk.add(
              new Loss(
                  WriteboostCode.BEYOND_AS_OF.id(),
                  below,
                  sector * 512,
                  count * 512,
                  count,
                  ("sectors %d..%d: the log up to id %s has none of them; segment id %s, written"
                          + " later, may be on the backing device by now")
                      .formatted(sector, sector + count, unsigned(asOf), unsigned(id)),
                  Facts.builder().sectors("sector", sector).unsigned("id", id).build()));
        });
  }

  /** Segments written after a point in time of which nobody knows what they hold. */
  private void unknownAfter(SegmentTable table, long first, long count, String fate) {
    int slot = (int) table.geometry().slotOf(first);
    atRisk.add(
        new Loss(
            WriteboostCode.BEYOND_AS_OF.id(),
            table.source().name(),
            table.startByte(slot),
            table.geometry().segmentBytes(),
            UNKNOWN,
            "%s, written later, %s: which sectors of the backing device they may have changed is unknown"
                .formatted(ids(first, count), fate),
            Facts.builder().unsigned("id", first).count("segments", count).build()));
  }

  private static String ids(long first, long count) {
    return count == 1
        ? "segment id " + unsigned(first)
        : "segment ids %s…%s".formatted(unsigned(first), unsigned(first + count - 1));
  }

  /** Dirty sectors of the slots that are not applied. */
  private static long[] dirtySectors(LogSegments segments, int[] ranks, Progress progress) {
    long[] sectors = new long[segments.inSlots()];
    int[] chosen =
        IntStream.range(0, segments.inSlots()).filter(segment -> ranks[segment] == 0).toArray();
    segments.readMetablocks(
        chosen, progress, (segment, _, _, bits) -> sectors[segment] += Integer.bitCount(bits));
    return sectors;
  }

  /**
   * For each broken segment of the log, how many of its sectors no newer segment covers; which they
   * are goes to the ranges at risk.
   */
  private long[] risks(
      SalvagePlan plan, BlockVersions versions, int[] ranks, long asOf, Progress progress) {
    LogSegments segments = versions.segments();
    NewestCopies newest = new NewestCopies(versions, ranks);
    long[] risks = new long[segments.inSlots()];
    int[] broken =
        IntStream.range(0, segments.inSlots())
            .filter(segment -> mayShowOlder(plan.verdict(segments.slot(segment))))
            .filter(segment -> Long.compareUnsigned(segments.id(segment), asOf) <= 0)
            .toArray();
    atRisk.ranges().expect(IntStream.of(broken).mapToLong(segments::metablocks).sum());
    segments.readMetablocks(
        broken,
        progress,
        (segment, _, sector, bits) -> {
          long behind = NewestCopies.order(plan.place(segments.id(segment)), Integer.MAX_VALUE);
          for (int i = 0; i < 8; i++) {
            boolean dirty = (bits >> i & 1) != 0;
            if (dirty
                && !(aligned(sector) && newest.of(versions.blocks(), sector / 8, i) > behind)) {
              risks[segment]++;
              place(sector + i);
            }
          }
        });
    return risks;
  }

  /** Takes a sector for one at risk, unless no device has such an address. */
  private void place(long sector) {
    if (sector >= 0 && sector < Long.MAX_VALUE / BlockSource.SECTOR_BYTES) {
      atRisk.ranges().add(sector * BlockSource.SECTOR_BYTES, BlockSource.SECTOR_BYTES);
    }
  }

  private static boolean aligned(long sector) {
    return sector >= 0 && sector % 8 == 0;
  }

  /** Ids of the log that no slot holds, although newer ones are there. */
  private void missing(SalvagePlan plan, LogSegments segments, long asOf) {
    SegmentTable table = segments.table();
    Life life = plan.life();
    long[] present =
        LongStream.concat(
                IntStream.range(0, segments.inSlots())
                    .mapToLong(segment -> idOrExpected(table, segments.slot(segment), life)),
                plan.rebuilt().stream().mapToLong(RebuiltSegment::id))
            .filter(life::contains)
            .map(id -> id - life.firstId())
            .sorted()
            .toArray();
    long end = asOf - life.firstId() + 1;
    long next = Math.max(plan.analysis().clearedIds(life), plan.firstExpected() - life.firstId());
    for (long place : present) {
      if (place > plan.newestWhole() - life.firstId()) {
        break;
      }
      long past = Math.min(end, place);
      if (past > next) {
        missing(plan, table, life.firstId() + next, past - next);
      }
      long future = Math.max(end, next);
      if (place > future) {
        unknownAfter(table, life.firstId() + future, place - future, "never arrived");
      }
      next = Math.max(next, place + 1);
    }
  }

  /** The id in a slot; if its header cannot be read, the one that should be there. */
  private static long idOrExpected(SegmentTable table, int slot, Life life) {
    if (table.state(slot) == SlotState.UNREADABLE) {
      return table.geometry().expectedId(slot, life.newestId());
    }
    return table.inSlot(slot) ? table.id(slot) : 0;
  }

  private void missing(SalvagePlan plan, SegmentTable table, long first, long count) {
    int slot = (int) table.geometry().slotOf(first);
    boolean overwritten = plan.verdict(slot) == SegmentVerdict.OTHER_LIFE;
    lost.add(
        new Loss(
            WriteboostCode.LOST.id(),
            table.source().name(),
            table.startByte(slot),
            table.geometry().segmentBytes(),
            UNKNOWN,
            (overwritten
                    ? "%s in slot %d was overwritten by another life of the log"
                    : "%s never came to slot %d, although newer ones are there")
                .formatted(ids(first, count), slot),
            Facts.builder().unsigned("id", first).count("segments", count).build()));
  }

  /** Plogs that are not applied. */
  private void plogs(SalvagePlan plan, BlockVersions versions, NewestCopies newest) {
    PlogScan scan = plan.plogs();
    if (scan == null) {
      return;
    }
    for (PlogSegment segment : scan.segments()) {
      List<ByteRange> bad = scan.unreadable(segment);
      boolean wanted = plan.life().contains(segment.headId()) && !plan.sealed(segment.headId());
      if (!bad.isEmpty() && (wanted || !segment.headReadable())) {
        if (wanted) {
          placeUnreadable(segment, bad, plan.place(segment.headId()), versions, newest);
        }
        unreadable(scan, segment, bad);
      }
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

  /** Takes for ones at risk the sectors of unreadable plogs that nothing newer covers. */
  private void placeUnreadable(
      PlogSegment segment,
      List<ByteRange> bad,
      int rank,
      BlockVersions versions,
      NewestCopies newest) {
    for (Plog plog : segment.plogs()) {
      ByteRange bytes = new ByteRange(plog.offset(), plog.bytes());
      if (plog.state() == Plog.State.TORN && bad.stream().anyMatch(bytes::intersects)) {
        for (int i = 0; i < plog.meta().len(); i++) {
          long sector = plog.meta().sector() + i;
          long shown = newest.of(versions.blocks(), sector / 8, (int) (sector % 8));
          boolean covered =
              shown > NewestCopies.order(rank, Integer.MAX_VALUE)
                  || segment.good().stream()
                      .anyMatch(good -> good.offset() > plog.offset() && covers(good, sector));
          if (!covered) {
            place(sector);
          }
        }
      }
    }
  }

  private static boolean covers(Plog plog, long sector) {
    long at = sector - plog.meta().sector();
    return at >= 0 && at < plog.meta().len();
  }

  /**
   * Bytes of a plog segment that cannot be read, if they may hold what the cache does not. The head
   * is the oldest plog: where it cannot be read, a newer id than behind it may have begun.
   */
  private void unreadable(PlogScan scan, PlogSegment segment, List<ByteRange> bad) {
    atRisk.add(
        new Loss(
            WriteboostCode.UNREADABLE.id(),
            scan.source().name(),
            bad.getFirst().offset(),
            bad.getLast().end() - bad.getFirst().offset(),
            UNKNOWN,
            "plogs of segment id %s may stand where the plog device cannot be read"
                .formatted(segment.headReadable() ? unsigned(segment.headId()) : "(unknown)"),
            Facts.builder()
                .unsigned("id", segment.headReadable() ? (Long) segment.headId() : null)
                .build()));
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
              segments.place(segment, index, 0),
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
