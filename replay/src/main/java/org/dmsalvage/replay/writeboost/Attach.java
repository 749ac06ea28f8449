package org.dmsalvage.replay.writeboost;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.Superblock;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.jspecify.annotations.Nullable;

/**
 * The driver's constructor up to the replay of the log: what it makes of the superblock, of its
 * arguments and of the plog device (audit_cache_device, might_format_cache_device, flush_plogs).
 *
 * @param early how it ends before any segment is looked at; empty if it goes on
 * @param table the headers that it replays; null if it does not come so far
 * @param rebuilt what it writes to the cache from the plog device first, in that order
 */
record Attach(
    Optional<DriverOutcome> early, @Nullable SegmentTable table, List<RebuiltSegment> rebuilt) {

  private static final long SUPERBLOCK_BYTES =
      WriteboostGeometry.SUPERBLOCK_SECTORS * BlockSource.SECTOR_BYTES;

  private static Attach ends(Outcome outcome, Writeback writeback, String reason) {
    return new Attach(Optional.of(new DriverOutcome(outcome, reason, writeback)), null, List.of());
  }

  /**
   * Follows the constructor.
   *
   * @param driver which one
   * @param line the table line's arguments
   * @param rambufPool nr_rambuf_pool if the user or the line names it
   * @param scanned the headers as salvage reads them; used if the driver sees the same slots
   * @param reading as what the cache is read
   * @param plog the plog device, null if there is none
   * @param progress told about bytes read
   * @throws UsageException if the line says type 1 and there is no plog device
   */
  static Attach follow(
      DriverGeneration driver,
      WriteboostTable line,
      OptionalInt rambufPool,
      SegmentTable scanned,
      WriteboostReading reading,
      @Nullable BlockSource plog,
      Progress progress) {
    Superblock superblock = reading.superblock();
    boolean magic = superblock.header().magicRight();
    int onDisk = driver == DriverGeneration.MODULE_2 ? 10 : superblock.header().order();
    int order = line.order().orElse(magic ? onDisk : scanned.geometry().order());
    if (!driver.acceptsOrder(order)) {
      return ends(
          Outcome.REFUSE, Writeback.FAILS, "segment_size_order %d is not allowed".formatted(order));
    }
    if (!superblock.unreadable().isEmpty() && superblock.unreadable().getFirst().offset() < 512) {
      return ends(Outcome.REFUSE, Writeback.FAILS, "the superblock cannot be read");
    }
    if (driver == DriverGeneration.LAPS_2013 && !superblock.unreadable().isEmpty()) {
      // Later drivers drop the error: infer_last_writeback_id is called for its effect alone.
      return ends(
          Outcome.REFUSE,
          Writeback.FAILS,
          "the superblock's record cannot be read (recover_cache)");
    }
    if (magic && onDisk != order) {
      return ends(
          Outcome.REFUSE,
          Writeback.FAILS,
          driver == DriverGeneration.LAPS_2013
              ? "the superblock says order %d, not %d: the constructor returns 0 without a device,"
                      .formatted(onDisk, order)
                  + " and the next request is an oops (rule F23)"
              : "the superblock says order %d, not %d (rule W10)".formatted(onDisk, order));
    }
    if (reading.imageBytes() < SUPERBLOCK_BYTES) {
      return ends(
          Outcome.REFUSE,
          Writeback.FAILS,
          "the cache of %d bytes is smaller than a superblock (rule W11)"
              .formatted(reading.imageBytes()));
    }
    WriteboostGeometry geometry =
        new WriteboostGeometry(
            reading.imageBytes() / BlockSource.SECTOR_BYTES,
            order,
            driver != DriverGeneration.LAPS_2013);
    if (geometry.segmentCount() == 0) {
      return ends(
          Outcome.CRASH,
          Writeback.FAILS,
          "no room for a single segment: a divide error (rule W11)");
    }
    if (!magic || line.writeAround()) {
      return ends(
          Outcome.FORMAT,
          Writeback.COMPLETES,
          magic
              ? "write_around_mode 1 formats the cache at each attach (rule W9)"
              : "the magic is 0x%08x: the cache is formatted without a word (rule %s)"
                  .formatted(
                      superblock.header().magic(),
                      driver == DriverGeneration.LAPS_2013 ? "F23" : "W9"));
    }
    return replay(driver, line, rambufPool, scanned, geometry, plog, progress);
  }

  private static Attach replay(
      DriverGeneration driver,
      WriteboostTable line,
      OptionalInt rambufPool,
      SegmentTable scanned,
      WriteboostGeometry geometry,
      @Nullable BlockSource plog,
      Progress progress) {
    Convention convention = scanned.convention();
    boolean same =
        geometry.order() == scanned.geometry().order()
            && geometry.segmentCount() == scanned.geometry().segmentCount()
            && (geometry.wraps() == scanned.geometry().wraps() || !geometry.wrapMatters());
    SegmentTable table =
        same
            ? scanned
            : SegmentTable.scan(
                scanned.source(), geometry, convention, Depth.VERIFY, new Findings(), progress);
    boolean type1 =
        driver == DriverGeneration.STAGING_2014 && line.type().orElse(plog == null ? 0 : 1) == 1;
    if (!type1) {
      return new Attach(Optional.empty(), table, List.of());
    }
    if (plog == null) {
      throw new UsageException("the table line says type 1, but no plog device is given");
    }
    PlogGeometry plogGeometry =
        new PlogGeometry(plog.size() / BlockSource.SECTOR_BYTES, geometry.blocksPerSegment());
    if (plogGeometry.capacity() < 1) {
      return ends(
          Outcome.REFUSE,
          Writeback.FAILS,
          "the plog device has no room for a segment of %d sectors (rule P1)"
              .formatted(plogGeometry.segmentSectors()));
    }
    int pool = rambufPool.orElse(PlogGeometry.DEFAULT_POOL);
    PlogReplay replay = PlogReplay.of(plog, plogGeometry, pool);
    if (replay.overruns()) {
      return ends(Outcome.CRASH, Writeback.FAILS, "a plog is written behind the buffer (rule P10)");
    }
    return new Attach(Optional.empty(), table, replay.segments());
  }

  /**
   * Works out the replay of the log.
   *
   * @param driver which one
   * @param segments slots and rebuilt segments
   * @param firstRebuilt number of the first of {@link #rebuilt()} among them
   * @param record the superblock's record
   */
  DriverPlan plan(DriverGeneration driver, LogSegments segments, int firstRebuilt, long record) {
    PlogHolders holders = PlogHolders.of(segments.table(), rebuilt, firstRebuilt);
    // Since 2.0.2 the checksum is complemented; 2.2.4 came later, and then marked clean.
    boolean marksClean =
        driver == DriverGeneration.MODULE_2
            && segments.table().convention() == Convention.COMPLEMENTED_CRC;
    return new DriverPlan(
        driver,
        marksClean,
        segments,
        holders,
        LogAnalysis.of(holders.table(), null, PlogGeometry.DEFAULT_POOL).driverWalk().orElseThrow(),
        record);
  }
}
