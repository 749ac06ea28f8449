package org.dmsalvage.inspect.format.writeboost;

import java.util.Arrays;
import java.util.BitSet;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * Examines an image and says what is wrong with it.
 *
 * <p>Severity goes by the data: what is lost or at risk, or would be if a driver attached the
 * device, is an error; what a crash leaves behind as a matter of course is a note.
 */
final class WriteboostCheck {

  private static final long SUPERBLOCK_BYTES = 1 << 20;

  private final WriteboostImage image;
  private final WriteboostReading reading;
  private final WriteboostGeometry geometry;
  private final Convention convention;
  private final Depth depth;
  private final Findings findings;
  private final Progress progress;
  private final String name;
  private final long recordId;

  private final SegmentTable table;
  private final @Nullable PlogScan plogs;
  private final LogAnalysis log;
  private final SegmentCorrections corrections;

  /** The cache as the driver finds it after it has flushed the plogs. */
  private final SegmentTable attached;

  private final @Nullable DriverWalk walk;

  /** Greatest id of a sealed segment of the log; 0 if there is none. */
  private final long newestSealed;

  /** Sealed segments of the log that the driver does not come to. */
  private final long dropped;

  WriteboostCheck(WriteboostImage image, Depth depth, Findings findings, Progress progress) {
    this.image = image;
    this.reading = image.reading();
    this.geometry = reading.geometry();
    this.convention = reading.convention();
    this.depth = depth;
    this.findings = findings;
    this.progress = progress;
    this.name = image.source().name();
    this.recordId = reading.superblock().record().lastWritebackId();
    this.table = image.scan(depth, findings, progress);
    this.plogs = image.scanPlogs(findings, progress);
    int pool = image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL);
    this.log = LogAnalysis.of(table, plogs, pool);
    this.corrections =
        SegmentCorrections.find(
            log, plogs, image.backingSectors().orElse(Long.MAX_VALUE), progress);
    this.attached =
        plogs == null || image.tableIgnoresPlog() ? table : PlogWalk.of(plogs).applyTo(table);
    this.walk = table.verified() && table.slots() > 0 ? LogAnalysis.walk(attached) : null;
    long newest = 0;
    long unreached = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (isLogSegment(slot)) {
        newest = Long.compareUnsigned(table.id(slot), newest) > 0 ? table.id(slot) : newest;
        unreached += walk == null || walk.visits(slot) ? 0 : 1;
      }
    }
    this.newestSealed = newest;
    this.dropped = unreached;
  }

  /** Whether a slot holds a segment that salvage takes, as far as checksums are known. */
  private boolean isLogSegment(int slot) {
    SlotState state = table.state(slot);
    return (state == SlotState.SEALED || state == SlotState.UNCHECKED)
        && log.role(slot) == Role.CURRENT;
  }

  Facts run() {
    superblock();
    geometry();
    lives();
    driverStops();
    slots();
    lostRuns();
    CarvingCandidates.find(log, image.backingSectors().orElse(Long.MAX_VALUE), progress)
        .report(findings);
    MetablockCensus.Counts counts = metablocks();
    record(counts);
    of2013();
    if (plogs != null) {
      new PlogCheck(image, log, attached, plogs, depth, findings).run();
    }
    return summary(counts);
  }

  // Reporting

  private void add(
      WriteboostCode code, Severity severity, long offset, long length, Supplier<String> message) {
    // A hostile image can have millions of one kind: those that are only counted cost no text.
    String text = findings.count(code) < Findings.KEPT_PER_CODE ? message.get() : "";
    findings.add(new Finding(code, severity, name, new ByteRange(offset, length), text));
  }

  private void slot(WriteboostCode code, Severity severity, int slot, Supplier<String> message) {
    long written =
        Math.min(Convention.writtenBytes(table.metablocks(slot)), geometry.segmentBytes());
    add(
        code,
        severity,
        table.startByte(slot),
        written,
        () -> "segment id %s in slot %d: %s".formatted(id(slot), slot, message.get()));
  }

  private void slot(WriteboostCode code, int slot, Supplier<String> message) {
    slot(code, code.severity(), slot, message);
  }

  private String id(int slot) {
    return Long.toUnsignedString(table.id(slot));
  }

  private String stops(int slot) {
    return walk != null && walk.stopSlot() == slot ? "; the driver would stop here" : "";
  }

  // Superblock and sizes

  private void superblock() {
    Superblock superblock = reading.superblock();
    findings.addUnreadable(name, superblock.unreadable());
    SuperblockHeader header = superblock.header();
    boolean used = table.count(SlotState.EMPTY) < table.slots();
    if (!header.magicRight() && superblock.unreadable().isEmpty()) {
      add(
          WriteboostCode.MAGIC,
          used ? Severity.ERROR : Severity.WARNING,
          0,
          Math.min(4, image.source().size()),
          () ->
              "expected 0x%08x, found 0x%08x (differing bits: %d); a driver would format the device"
                  .formatted(SuperblockHeader.MAGIC, header.magic(), header.wrongMagicBits()));
    }
    boolean stored = !reading.format().equals(WriteboostReading.FORMAT_2);
    if (stored && header.magicRight() && header.order() != geometry.order()) {
      add(
          WriteboostCode.ORDER,
          WriteboostCode.ORDER.severity(),
          SuperblockHeader.ORDER,
          1,
          () ->
              "the segments have order %d, the superblock says %d"
                  .formatted(geometry.order(), header.order()));
    }
    int asked = image.tableOrder().orElse(geometry.order());
    if (used && asked != geometry.order()) {
      add(
          WriteboostCode.TABLE_ORDER,
          WriteboostCode.TABLE_ORDER.severity(),
          SuperblockHeader.ORDER,
          1,
          () ->
              "the segments have order %d, the table line asks for %d"
                  .formatted(geometry.order(), asked));
    }
  }

  private void geometry() {
    long size = image.source().size();
    if (geometry.segmentCount() == 0) {
      add(
          WriteboostCode.TOO_SMALL,
          WriteboostCode.TOO_SMALL.severity(),
          0,
          size,
          () ->
              "%d bytes; expected at least %d for the superblock and a segment of order %d"
                  .formatted(size, SUPERBLOCK_BYTES + geometry.segmentBytes(), geometry.order()));
    } else if (geometry.segmentCount() == 1) {
      add(
          WriteboostCode.ONE_SEGMENT,
          WriteboostCode.ONE_SEGMENT.severity(),
          geometry.startByte(0),
          geometry.segmentBytes(),
          () -> "the only segment is reused before the suspend that waits for it has seen its id");
    }
    if (image.reading().resized()) {
      long bytes = image.reading().imageBytes();
      add(
          WriteboostCode.RESIZED,
          WriteboostCode.RESIZED.severity(),
          Math.min(bytes, geometry.deviceBytes()),
          Math.abs(bytes - geometry.deviceBytes()),
          () ->
              "%d bytes; the ids are those of %d segments on a device of at least %d bytes: %s"
                  .formatted(
                      bytes,
                      geometry.segmentCount(),
                      geometry.deviceBytes(),
                      bytes < geometry.deviceBytes()
                          ? "it was cut off"
                          : "--size %d is the device alone".formatted(geometry.deviceBytes())));
    }
    if (geometry.wrapMatters() && convention.hasChecksum()) {
      add(
          WriteboostCode.ALIASED,
          WriteboostCode.ALIASED.severity(),
          1L << 41,
          size - (1L << 41),
          () ->
              "segments that start beyond 2 TiB were found "
                  + (geometry.wraps()
                      ? "2 TiB lower, over others"
                      : "in their places, where no driver looks for them"));
    }
  }

  // The log as a whole

  private void lives() {
    log.older()
        .ifPresent(
            older ->
                add(
                    WriteboostCode.TWO_LIVES,
                    WriteboostCode.TWO_LIVES.severity(),
                    SUPERBLOCK_BYTES,
                    image.source().size() - SUPERBLOCK_BYTES,
                    () ->
                        "ids %s are a younger log, ids %s what is left of an older one"
                            .formatted(log.shown(), older)));
    log.ambiguousRun()
        .ifPresent(
            run ->
                add(
                    WriteboostCode.STALE_RUN,
                    WriteboostCode.STALE_RUN.severity(),
                    geometry.startByte(geometry.slotOf(run.firstId())),
                    geometry.segmentBytes(),
                    () -> "ids %s stand below the log of ids %s".formatted(run, log.shown())));
  }

  private void driverStops() {
    if (walk == null || dropped == 0) {
      return;
    }
    int slot = walk.stopSlot();
    String why =
        switch (walk.stop()) {
          case END -> "goes all the way round";
          case TORN ->
              convention.hasChecksum()
                  ? "stops at a wrong checksum in slot " + slot
                  : "stops at disagreeing laps in slot " + slot;
          case NOT_RISING -> "stops at slot %d, whose id is not greater".formatted(slot);
          case READ_ERROR -> "fails to read slot %d and refuses to attach".formatted(slot);
        };
    add(
        WriteboostCode.DRIVER_STOPS,
        WriteboostCode.DRIVER_STOPS.severity(),
        slot < 0 ? SUPERBLOCK_BYTES : table.startByte(slot),
        geometry.segmentBytes(),
        () ->
            "the driver applies %d segments, up to id %s, %s, and drops %d whole ones"
                .formatted(
                    walk.applied(), Long.toUnsignedString(walk.lastFlushed()), why, dropped));
  }

  /** Ids of the log that are nowhere: their slots are empty, so nothing shows that they were. */
  private void lostRuns() {
    Life life = log.shown();
    // Plogs can tell of a log on a device that has no room for a segment.
    if (life.newestId() == 0 || table.slots() == 0) {
      return;
    }
    // The window is a round of the slots: position i of it is where id (newest - S + 1 + i) stands.
    int start = (int) geometry.slotOf(life.newestId() + 1);
    long cleared = log.clearedIds(life);
    long first = life.newestId() - table.slots() + 1;
    for (int i = cleared == 0 ? 0 : (int) (life.firstId() + cleared - first); i < table.slots(); ) {
      int used = table.nextUsedRound(start, i);
      lostBetween(life, i, used);
      i = used + 1;
    }
  }

  /** Reports the ids of a run of empty slots, but for those that a plog segment stands for. */
  private void lostBetween(Life life, int from, int end) {
    long first = life.newestId() - table.slots() + 1;
    long next = first + from;
    if (plogs != null) {
      for (PlogSegment segment : plogs.byId()) {
        long position = segment.headId() - first;
        if (Long.compareUnsigned(segment.headId(), life.newestId()) <= 0
            && position >= next - first
            && position < end) {
          lost(life, next, segment.headId() - 1);
          next = segment.headId() + 1;
        }
      }
    }
    lost(life, next, first + end - 1);
  }

  private void lost(Life life, long from, long to) {
    // In a log that has not gone round, the window reaches below id 1: that wraps to huge ids.
    long low = life.contains(from) ? from : life.firstId();
    if (from != to + 1 && low == log.clearedForReuse(life)) {
      cleared(low);
      low++;
    }
    if (from != to + 1 && life.contains(to) && Long.compareUnsigned(low, to) <= 0) {
      lost(low, to);
    }
  }

  private void cleared(long id) {
    int slot = (int) geometry.slotOf(id);
    add(
        WriteboostCode.SLOT_CLEARED,
        WriteboostCode.SLOT_CLEARED.severity(),
        geometry.startByte(slot),
        geometry.segmentBytes(),
        () ->
            "segment id %s is not in slot %d, which is due for id %s and empty"
                .formatted(
                    Long.toUnsignedString(id),
                    slot,
                    Long.toUnsignedString(id + geometry.segmentCount())));
  }

  private void lost(long from, long to) {
    int slot = (int) geometry.slotOf(from);
    boolean inFlight = Long.compareUnsigned(from + log.rambufPool(), log.newestId()) > 0;
    boolean stops = walk != null && walk.stopSlot() == slot && dropped > 0;
    add(
        WriteboostCode.LOST,
        inFlight && !stops ? Severity.WARNING : Severity.ERROR,
        geometry.startByte(slot),
        geometry.segmentBytes(),
        () ->
            "ids %s are missing below the newest id %s: their slots are empty%s"
                .formatted(new Life(from, to), Long.toUnsignedString(log.newestId()), stops(slot)));
  }

  private boolean onPlog(long id) {
    return plogs != null
        && plogs.byId().stream().anyMatch(s -> s.headId() == id && !s.good().isEmpty());
  }

  // Slots

  private void slots() {
    int tear = log.slotReuseTear();
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      Role role = log.role(slot);
      SlotState state = table.state(slot);
      if (state == SlotState.UNREADABLE || state == SlotState.PARTLY_READABLE) {
        unreadable(slot, state);
      } else if (slot == tear) {
        slotReuse(slot);
      } else if (state == SlotState.TORN) {
        torn(slot, role);
      }
      switch (role) {
        case MISPLACED -> misplaced(slot);
        case AHEAD -> ahead(slot);
        case STALE -> stale(slot);
        case EMPTY, UNREADABLE, CURRENT, OTHER_LIFE -> {}
      }
    }
  }

  private void unreadable(int slot, SlotState state) {
    slot(
        WriteboostCode.UNREADABLE,
        slot,
        () ->
            (state == SlotState.UNREADABLE
                    ? "its header cannot be read"
                    : "a part of its %d blocks cannot be read".formatted(table.length(slot)))
                + "; the driver would refuse to attach");
  }

  private void slotReuse(int slot) {
    long next = log.older().orElse(log.shown()).newestId() + 1;
    slot(
        WriteboostCode.SLOT_REUSE,
        slot,
        () ->
            "its checksum does not fit: segment id %s was being written over it%s"
                .formatted(Long.toUnsignedString(next), stops(slot)));
  }

  private void torn(int slot, Role role) {
    if (table.length(slot) > geometry.blocksPerSegment()) {
      slot(
          WriteboostCode.LENGTH,
          slot,
          () ->
              "length %d, at most %d fit%s%s"
                  .formatted(
                      table.length(slot),
                      geometry.blocksPerSegment(),
                      stops(slot),
                      corrections.remark(slot)));
      return;
    }
    boolean newest = Long.compareUnsigned(table.id(slot), newestSealed) > 0;
    if (role == Role.CURRENT && newest) {
      slot(
          WriteboostCode.TORN_NEWEST,
          slot,
          () ->
              "%s; nothing whole was written after it%s%s"
                  .formatted(
                      mismatch(slot),
                      onPlog(table.id(slot)) ? "; the plog holds what was acknowledged" : "",
                      corrections.remark(slot)));
    } else {
      boolean cured = role == Role.CURRENT && onPlog(table.id(slot));
      Severity severity =
          role == Role.OTHER_LIFE || cured ? Severity.WARNING : WriteboostCode.CHECKSUM.severity();
      slot(
          WriteboostCode.CHECKSUM,
          severity,
          slot,
          () ->
              "%s, %d blocks are at risk%s%s%s"
                  .formatted(
                      mismatch(slot),
                      table.length(slot),
                      stops(slot),
                      cured ? "; the plog holds what was acknowledged" : "",
                      corrections.remark(slot)));
    }
  }

  private String mismatch(int slot) {
    if (!convention.hasChecksum()) {
      return "a metablock has another lap than its header (%d)"
          .formatted(Integer.toUnsignedLong(table.mark(slot)));
    }
    Integer computed = table.computeChecksum(slot);
    return computed == null
        ? "its checksum does not fit"
        : "checksum 0x%08x expected, 0x%08x computed".formatted(table.mark(slot), computed);
  }

  private void misplaced(int slot) {
    slot(
        WriteboostCode.MISPLACED,
        slot,
        () ->
            "the id belongs to slot %d; expected %s%s%s"
                .formatted(
                    geometry.slotOf(table.id(slot)),
                    Long.toUnsignedString(geometry.expectedId(slot, log.newestId())),
                    applied(slot),
                    corrections.remark(slot)));
  }

  private void ahead(int slot) {
    slot(
        WriteboostCode.AHEAD,
        slot,
        () ->
            "the log ends at id %s, expected %s%s%s"
                .formatted(
                    Long.toUnsignedString(log.newestId()),
                    Long.toUnsignedString(geometry.expectedId(slot, log.newestId())),
                    applied(slot),
                    corrections.remark(slot)));
  }

  private void stale(int slot) {
    long expected = geometry.expectedId(slot, log.newestId());
    boolean onPlog = onPlog(expected);
    boolean goesBack = walk != null && attached.id(slot) == table.id(slot) && walk.visits(slot);
    Severity severity = Severity.WARNING;
    if (onPlog) {
      severity = Severity.NOTE;
    } else if (goesBack || walk == null) {
      severity = Severity.ERROR;
    }
    slot(
        WriteboostCode.STALE,
        severity,
        slot,
        () ->
            onPlog
                ? "segment id %s, whose slot it is, is on the plog device only"
                    .formatted(Long.toUnsignedString(expected))
                : "expected id %s, which was lost%s"
                    .formatted(Long.toUnsignedString(expected), applied(slot)));
  }

  private String applied(int slot) {
    if (walk == null) {
      return "";
    }
    return walk.visits(slot)
        ? "; the driver would apply it as number %d of %d"
            .formatted(walk.positionOf(slot) + 1, walk.visited())
        : stops(slot);
  }

  // Metablocks

  private MetablockCensus.Counts metablocks() {
    int[] slots = new int[1024];
    int count = 0;
    long skipped = log.certainlyWrittenBack(log.shown());
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (isLogSegment(slot) && table.id(slot) != skipped) {
        if (count == slots.length) {
          slots = Arrays.copyOf(slots, (int) Math.min(table.slots(), count * 2L));
        }
        slots[count++] = slot;
      }
    }
    slots = Arrays.copyOf(slots, count);
    long end = image.backingSectors().orElse(Long.MAX_VALUE / 512);
    MetablockCensus.Counts counts =
        new MetablockCensus(table, end, recordId).count(slots, progress, this::odd);
    int segments = count;
    if (counts.dirtyBlocks() > 0) {
      add(
          WriteboostCode.DIRTY,
          WriteboostCode.DIRTY.severity(),
          SUPERBLOCK_BYTES,
          image.source().size() - SUPERBLOCK_BYTES,
          () ->
              "%d blocks (%d sectors) in %d segments, ids %s"
                  .formatted(counts.dirtyBlocks(), counts.dirtySectors(), segments, log.shown()));
    }
    if (counts.partialBlocks() > 0) {
      add(
          WriteboostCode.PARTIAL,
          WriteboostCode.PARTIAL.severity(),
          SUPERBLOCK_BYTES,
          image.source().size() - SUPERBLOCK_BYTES,
          () ->
              counts.partialBlocks() + " copies of blocks have some dirty and some clean sectors");
    }
    return counts;
  }

  private void odd(MetablockCensus.Odd odd) {
    String others = odd.count() == 1 ? "" : " and " + (odd.count() - 1) + " more";
    int slot = odd.slot();
    String sector = Long.toUnsignedString(odd.sector());
    switch (odd.oddity()) {
      case CLEAN -> clean(slot, odd, others);
      case UNALIGNED ->
          slot(
              WriteboostCode.UNALIGNED,
              slot,
              () -> "metablock %d%s: sector %s".formatted(odd.index(), others, sector));
      case BEYOND ->
          slot(
              WriteboostCode.BEYOND,
              slot,
              () ->
                  "metablock %d%s: sector %s%s"
                      .formatted(
                          odd.index(),
                          others,
                          sector,
                          image
                              .backingSectors()
                              .map(end -> ", the backing device ends at " + end)
                              .orElse(", which no device has")));
      case DUPLICATE ->
          slot(
              WriteboostCode.DUPLICATE,
              slot,
              () -> "metablock %d%s: sector %s again".formatted(odd.index(), others, sector));
    }
  }

  private void clean(int slot, MetablockCensus.Odd odd, String others) {
    switch (reading.format()) {
      case WriteboostReading.FORMAT_2013 ->
          slot(
              WriteboostCode.CLEAN_METABLOCK,
              slot,
              () ->
                  "metablock %d%s is clean: its block may hold data that was marked clean too early"
                      .formatted(odd.index(), others));
      case WriteboostReading.FORMAT_2014 ->
          slot(
              WriteboostCode.CLEAN_METABLOCK,
              Severity.ERROR,
              slot,
              () ->
                  ("metablock %d%s has no dirty bits: the kernel of 2014 stops at it when it"
                          + " attaches (1.0.x takes it as a clean copy)")
                      .formatted(odd.index(), others));
      default -> {
        // 2.x stages clean copies of blocks that were read; the summary counts them.
      }
    }
  }

  // The record

  private void record(MetablockCensus.Counts counts) {
    long newest = log.newestId();
    if (recordId == 0) {
      return;
    }
    long lastFlushed = walk == null ? newest : walk.lastFlushed();
    String shown = Long.toUnsignedString(recordId);
    if (Long.compareUnsigned(recordId, newest) > 0
        || Long.compareUnsigned(recordId, lastFlushed) > 0) {
      addRecord(
          WriteboostCode.RECORD_BEYOND,
          WriteboostCode.RECORD_BEYOND.severity(),
          () ->
              "%s is recorded as written back; the log ends at %s, a driver replays up to %s"
                  .formatted(
                      shown, Long.toUnsignedString(newest), Long.toUnsignedString(lastFlushed)));
      return;
    }
    long slots = geometry.segmentCount();
    boolean full = Long.compareUnsigned(lastFlushed, slots) >= 0;
    boolean passed = full && Long.compareUnsigned(recordId, lastFlushed - slots) <= 0;
    if (passed || (full && !holdsUpTo(recordId))) {
      addRecord(
          WriteboostCode.RECORD,
          Severity.NOTE,
          () -> shown + " is recorded as written back; all such segments have left the log");
      return;
    }
    switch (reading.format()) {
      case WriteboostReading.FORMAT_2013 ->
          addRecord(
              WriteboostCode.RECORD,
              Severity.WARNING,
              () ->
                  "a driver would skip ids up to %s, of which overwritten blocks may never have"
                          .formatted(shown)
                      + " been written back");
      case WriteboostReading.FORMAT_2014 ->
          addRecord(
              WriteboostCode.RECORD,
              full ? Severity.ERROR : Severity.WARNING,
              () ->
                  "a driver would apply ids up to %s as dirty and never write them back: %s"
                      .formatted(
                          shown,
                          full
                              ? "it stops the kernel when their slots are reused, at the attach if"
                                  + " the next one still holds a block"
                              : "drop_caches never returns"));
      default ->
          addRecord(
              WriteboostCode.RECORD,
              counts.recordedPartialBlocks() > 0 ? Severity.ERROR : Severity.WARNING,
              () ->
                  "since 2.2.4 a driver takes ids up to %s as clean and loses the %d partial blocks"
                          .formatted(shown, counts.recordedPartialBlocks())
                      + " among them to older data");
    }
  }

  /** Tells whether an id up to this one stands in a slot, as far as can be known. */
  private boolean holdsUpTo(long id) {
    for (int slot = 0; slot < table.slots(); slot++) {
      SlotState state = table.state(slot);
      if (state == SlotState.UNREADABLE
          || (state != SlotState.EMPTY && Long.compareUnsigned(table.id(slot), id) <= 0)) {
        return true;
      }
    }
    return false;
  }

  private void addRecord(WriteboostCode code, Severity severity, Supplier<String> message) {
    add(code, severity, SuperblockRecord.SECTOR * 512, 8, message);
  }

  // What only 2013 has

  private void of2013() {
    if (convention != Convention.LAPS) {
      return;
    }
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (table.state(slot) == SlotState.SEALED && log.role(slot) == Role.CURRENT) {
        int at = slot;
        int lap = (int) geometry.lapOf(table.id(slot));
        if (table.mark(slot) != lap) {
          slot(
              WriteboostCode.LAP,
              slot,
              () ->
                  "expected lap %d, found %d"
                      .formatted(
                          Integer.toUnsignedLong(lap), Integer.toUnsignedLong(table.mark(at))));
        }
      }
    }
    int newest = table.slotHolding(log.newestId());
    if (newest >= 0 && table.state(newest) == SlotState.SEALED && table.length(newest) > 1) {
      slot(
          WriteboostCode.UNVERIFIABLE,
          newest,
          () -> "its %d blocks cannot be verified".formatted(table.length(newest)));
    }
    int oldest = table.slotHolding(log.certainlyWrittenBack(log.shown()));
    if (oldest >= 0) {
      slot(WriteboostCode.OLDEST, oldest, () -> "left out");
    }
    if (depth == Depth.VERIFY) {
      BitSet zeroed = ZeroedSegments.find(table, log.salvageOrder(log.shown()), progress);
      for (int slot = zeroed.nextSetBit(0); slot >= 0; slot = zeroed.nextSetBit(slot + 1)) {
        int at = slot;
        boolean harmful =
            walk != null && walk.visits(slot) && Long.compareUnsigned(table.id(slot), recordId) > 0;
        slot(
            WriteboostCode.ZEROED,
            harmful ? Severity.ERROR : Severity.WARNING,
            slot,
            () ->
                "all %d blocks are zeros%s"
                    .formatted(
                        table.length(at),
                        harmful ? "; the driver would write them to the backing device" : ""));
      }
    }
  }

  // Counts

  private Facts summary(MetablockCensus.Counts counts) {
    boolean verified = table.verified();
    long maxId = 0;
    long stale = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      maxId = Long.compareUnsigned(table.id(slot), maxId) > 0 ? table.id(slot) : maxId;
      stale += log.role(slot) == Role.STALE ? 1 : 0;
    }
    Long lastFlushed = walk == null ? null : walk.lastFlushed();
    if (table.slots() == 0) {
      lastFlushed = 0L;
    }
    long empty = table.count(SlotState.EMPTY);
    long valid = table.count(SlotState.SEALED);
    Facts.Builder facts =
        Facts.builder()
            .unsigned("maxId", maxId)
            .unsigned("lastFlushedId", lastFlushed)
            .unsigned("lastWritebackId", lastFlushed == null ? null : lastWriteback(lastFlushed))
            .unsigned("recordId", recordId)
            .count("validSegments", verified ? valid : null)
            .count("invalidSegments", verified ? table.slots() - valid - empty : null)
            .count("emptySegments", empty)
            .count("dirtyBlocks", counts.dirtyBlocks())
            .count("dirtySectors", counts.dirtySectors())
            .unsigned("newestId", log.newestId())
            .unsigned("oldestId", log.newestId() == 0 ? 0 : log.shown().firstId())
            .count("cleanBlocks", counts.cleanBlocks())
            .count("partialBlocks", counts.partialBlocks())
            .count("staleSegments", stale)
            .count("segmentsTheDriverDrops", verified ? dropped : null);
    if (plogs != null) {
      facts.count("plogSegments", plogs.ring());
      facts.count("plogs", plogs.segments().stream().mapToLong(s -> s.good().size()).sum());
    }
    return facts.build();
  }

  /** infer_last_writeback_id. */
  private long lastWriteback(long lastFlushed) {
    long slots = geometry.segmentCount();
    long inferred = Long.compareUnsigned(lastFlushed, slots) > 0 ? lastFlushed - slots : 0;
    return Long.compareUnsigned(recordId, inferred) > 0 ? recordId : inferred;
  }
}
