package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** Says what is wrong with a plog device, and with what the driver would make of it. */
final class PlogCheck {

  private final LogAnalysis log;
  private final SegmentTable table;
  private final SegmentTable attached;
  private final PlogScan plogs;
  private final PlogWalk walk;
  private final boolean ignored;
  private final Depth depth;
  private final Findings findings;

  PlogCheck(
      WriteboostImage image,
      LogAnalysis log,
      SegmentTable attached,
      PlogScan plogs,
      Depth depth,
      Findings findings) {
    this.log = log;
    this.table = log.table();
    this.attached = attached;
    this.plogs = plogs;
    this.walk = PlogWalk.of(plogs);
    this.ignored = image.tableIgnoresPlog();
    this.depth = depth;
    this.findings = findings;
  }

  void run() {
    ring();
    for (PlogSegment segment : plogs.segments()) {
      pieces(segment);
    }
    PlogCorrections.find(plogs).report(findings);
    int waiting = 0;
    for (PlogSegment segment : plogs.byId()) {
      if (isNeeded(segment)) {
        waiting++;
        needed(segment);
      } else if (depth == Depth.VERIFY && isSealed(segment.headId())) {
        compare(segment);
        if (!ignored && walk.reaches(segment)) {
          replaced(segment);
        }
      }
    }
    if (waiting > 0) {
      int count = waiting;
      add(
          WriteboostCode.PLOG_ONLY,
          0,
          plogs.source().size(),
          "%d segments of the log are on the plog device only".formatted(count));
    }
    for (PlogSegment segment : walk.reached()) {
      overwritten(segment);
    }
  }

  private void add(
      WriteboostCode code, Severity severity, long offset, long length, String message) {
    findings.add(
        new Finding(code, severity, plogs.source().name(), new ByteRange(offset, length), message));
  }

  private void add(WriteboostCode code, long offset, long length, String message) {
    add(code, code.severity(), offset, length, message);
  }

  private void add(WriteboostCode code, PlogSegment segment, String message) {
    add(code, code.severity(), segment, message);
  }

  private void add(WriteboostCode code, Severity severity, PlogSegment segment, String message) {
    add(
        code,
        severity,
        segment.offset(),
        plogs.geometry().segmentBytes(),
        "plog segment %d with head id %s: %s"
            .formatted(segment.place(), Long.toUnsignedString(segment.headId()), message));
  }

  private boolean isSealed(long id) {
    int slot = table.slotHolding(id);
    return slot >= 0 && table.state(slot) == SlotState.SEALED;
  }

  /** Whether a plog segment belongs to the log and the cache does not hold it whole. */
  private boolean isNeeded(PlogSegment segment) {
    long id = segment.headId();
    int slot = table.slotHolding(id);
    boolean held =
        slot >= 0
            && (table.state(slot) == SlotState.SEALED || table.state(slot) == SlotState.UNCHECKED);
    return log.shown().contains(id) && !held && !segment.good().isEmpty();
  }

  private void ring() {
    PlogGeometry geometry = plogs.geometry();
    long usual = geometry.ring(PlogGeometry.DEFAULT_POOL);
    if (plogs.ring() == 0) {
      add(
          WriteboostCode.PLOG_RING,
          Severity.ERROR,
          0,
          plogs.source().size(),
          "%d bytes, but a plog segment has %d: a driver refuses the device"
              .formatted(plogs.source().size(), geometry.segmentBytes()));
      return;
    }
    if (plogs.ringOrigin() == PlogScan.RingOrigin.INFERRED) {
      add(
          WriteboostCode.PLOG_RING,
          Severity.NOTE,
          0,
          plogs.ring() * geometry.segmentBytes(),
          "the heads fit a ring of %d plog segments, not the usual %d"
              .formatted(plogs.ring(), usual));
    }
    for (PlogSegment segment : plogs.outOfPlace()) {
      add(
          WriteboostCode.PLOG_RING,
          segment,
          "the id does not belong there in a ring of %d plog segments".formatted(plogs.ring()));
    }
  }

  private void pieces(PlogSegment segment) {
    boolean live = !isSealed(segment.headId());
    for (Plog plog : segment.plogs()) {
      PlogMeta meta = plog.meta();
      if (plog.state() == Plog.State.TORN) {
        add(
            WriteboostCode.PLOG_TORN,
            plog.offset(),
            plog.bytes(),
            "plog of segment id %s, %d sectors at %s: its data does not fit its checksum"
                .formatted(
                    Long.toUnsignedString(meta.id()),
                    meta.len(),
                    Long.toUnsignedString(meta.sector())));
      } else if (plog.state() == Plog.State.IMPLAUSIBLE) {
        add(
            WriteboostCode.PLOG_FIELDS,
            plog.offset(),
            plog.bytes(),
            "plog of segment id %s: metablock %d, %d sectors at %s"
                .formatted(
                    Long.toUnsignedString(meta.id()),
                    meta.idx(),
                    meta.len(),
                    Long.toUnsignedString(meta.sector())));
      }
    }
    long behind = segment.good().stream().filter(Plog::behindGap).count();
    if (behind > 0) {
      add(
          WriteboostCode.PLOG_HOLE,
          live ? Severity.ERROR : Severity.NOTE,
          segment,
          "%d whole plogs stand behind one that is torn or lost".formatted(behind));
    }
    List<Plog> good = segment.good();
    if (!good.isEmpty()) {
      Plog last = good.getLast();
      long end = segment.offset() + plogs.geometry().segmentBytes();
      if (last.offset() + last.bytes() == end) {
        add(WriteboostCode.PLOG_FULL, segment, "its plogs end with its last sector");
      }
    }
  }

  private void needed(PlogSegment segment) {
    if (ignored) {
      add(
          WriteboostCode.PLOG_IGNORED,
          segment,
          "%d plogs; the table says type 0, which ignores the plog device"
              .formatted(segment.good().size()));
    } else if (!walk.reaches(segment)) {
      add(
          WriteboostCode.PLOG_IGNORED,
          segment,
          "%d plogs that the cache does not hold; the driver begins at %s and stops after %s"
              .formatted(segment.good().size(), reached(0), reached(-1)));
    }
  }

  private String reached(int from) {
    List<PlogSegment> all = walk.reached();
    if (all.isEmpty()) {
      return "none";
    }
    PlogSegment segment = from == 0 ? all.getFirst() : all.getLast();
    return "id " + Long.toUnsignedString(segment.headId());
  }

  /** A newer segment that the driver rewrites with an older one. */
  private void overwritten(PlogSegment segment) {
    if (table.slots() == 0) {
      return;
    }
    int slot = (int) table.geometry().slotOf(segment.headId());
    long there = table.id(slot);
    boolean newer = Long.compareUnsigned(there, segment.headId()) > 0;
    if (newer && (ignored || attached.id(slot) != there) && log.role(slot) == Role.CURRENT) {
      add(
          WriteboostCode.PLOG_OVER_NEWER,
          ignored ? Severity.WARNING : Severity.ERROR,
          segment,
          "the driver would write it over segment id %s in slot %d%s"
              .formatted(
                  Long.toUnsignedString(there),
                  slot,
                  ignored ? " if it is used as type 1 again" : ""));
    }
  }

  /** Whether what the plogs say stands in the cache's segment of the same id. */
  private void compare(PlogSegment segment) {
    boolean broken =
        segment.plogs().stream()
            .anyMatch(plog -> plog.behindGap() && plog.state() != Plog.State.STALE);
    if (broken || segment.count(Plog.State.TORN) > 0) {
      return;
    }
    int slot = table.slotHolding(segment.headId());
    // The last plog of a sector counts: key is the sector's place in the segment.
    Map<Integer, Long> places = new HashMap<>();
    Map<Integer, Long> addresses = new HashMap<>();
    for (Plog plog : segment.good()) {
      PlogMeta meta = plog.meta();
      addresses.put(meta.idx(), meta.blockSector());
      for (int i = 0; i < meta.len(); i++) {
        places.put(meta.idx() * 8 + meta.firstInBlock() + i, plog.dataOffset() + 512L * i);
      }
    }
    SegmentCursor cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
    cursor.load(slot);
    long differ =
        addresses.entrySet().stream()
            .filter(
                e -> e.getKey() >= cursor.metablocks() || cursor.sector(e.getKey()) != e.getValue())
            .count();
    if (differ == 0) {
      differ =
          places.entrySet().stream().filter(e -> !same(slot, e.getKey(), e.getValue())).count();
    }
    if (differ > 0) {
      add(
          WriteboostCode.PLOG_REUSED,
          walk.reaches(segment) && !ignored ? Severity.ERROR : Severity.WARNING,
          segment,
          "the cache holds the id whole in slot %d, with other contents%s"
              .formatted(
                  slot,
                  walk.reaches(segment) && !ignored
                      ? "; the driver would write the plogs over it"
                      : ""));
    }
  }

  /** A whole segment over which the driver writes one of the same id that has less in it. */
  private void replaced(PlogSegment segment) {
    Map<Integer, Long> addresses = new HashMap<>();
    Map<Integer, Integer> taken = new HashMap<>();
    for (Plog plog : PlogWalk.taken(segment)) {
      PlogMeta meta = plog.meta();
      addresses.put(meta.idx(), meta.blockSector());
      taken.merge(meta.idx(), ((1 << meta.len()) - 1) << meta.firstInBlock(), (a, b) -> a | b);
    }
    int slot = table.slotHolding(segment.headId());
    SegmentCursor cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
    cursor.load(slot);
    int lost = 0;
    for (int i = 0; i < cursor.metablocks(); i++) {
      boolean same = addresses.getOrDefault(i, -1L) == cursor.sector(i);
      lost += Integer.bitCount(cursor.dirtyBits(i) & ~(same ? taken.getOrDefault(i, 0) : 0));
    }
    if (lost > 0) {
      boolean hole = segment.good().stream().anyMatch(Plog::behindGap);
      add(
          WriteboostCode.PLOG_OVER_NEWER,
          hole ? Severity.ERROR : Severity.WARNING,
          segment,
          "the driver would write it over the whole segment in slot %d, without %d of its sectors"
              .formatted(slot, lost));
    }
  }

  private boolean same(int slot, int sectorInSegment, long plogOffset) {
    ByteBuffer cached =
        sector(table.source(), table.startByte(slot) + 4096 + 512L * sectorInSegment);
    return cached.equals(sector(plogs.source(), plogOffset));
  }

  private static ByteBuffer sector(BlockSource source, long offset) {
    ByteBuffer buffer = ByteBuffer.allocate(512).order(ByteOrder.LITTLE_ENDIAN);
    source.readAround(offset, buffer);
    return buffer.flip();
  }
}
