package org.dmsalvage.replay.writeboost;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.CarvingCandidates;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogCorrections;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrections;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostFormat;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Replayer;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.writeboost.OverlayDevice.Shown;
import org.dmsalvage.replay.writeboost.PolicyDifferences.Cause;
import org.dmsalvage.replay.writeboost.PolicyDifferences.Causes;
import org.jspecify.annotations.Nullable;

/** Replays dm-writeboost caches of all generations. */
public final class WriteboostReplayer implements Replayer {

  /**
   * Without a backing device, size and table, the logical device ends behind the last cached
   * address; addresses from here on, 1 PiB, are taken for damage.
   */
  private static final long MAX_GUESSED_SECTORS = 1L << 41;

  @Override
  public String family() {
    return "writeboost";
  }

  @Override
  public Optional<Emptier> emptier() {
    return Optional.of(new LogEmptier());
  }

  @Override
  public Recovery replay(ReplayRequest request) {
    if (request.policy() == Policy.DRIVER) {
      request.selection().refuseOlderLife("a driver knows one log only");
    }
    request.selection().refuseUncommitted("writeboost commits whole segments");
    return new Run(request).recovery();
  }

  @Override
  public Timeline timeline(ReplayRequest request) {
    request.selection().refuseOlderLife("not known for writeboost");
    return new Run(request).timeline();
  }

  static SalvagedSegments segments(OpenRequest images, Progress progress) {
    return new SalvagedSegments(new Run(ReplayRequest.of(images, Policy.SALVAGE, progress)).plan());
  }

  /** The driver finds other segments than salvage, as it works out another geometry. */
  private static Cause otherSlots(Rule rule, Shown ours, Shown theirs) {
    Difference.Kind kind =
        theirs.copy() == LogView.BELOW
            ? Difference.Kind.DROPPED
            : ours.copy() == LogView.BELOW ? Difference.Kind.RESURRECTED : Difference.Kind.SPOILT;
    return new Cause(kind, rule);
  }

  /** One replay. */
  private static final class Run {
    private final ReplayRequest request;
    private final OpenRequest images;
    private final WriteboostImage image;
    private final WriteboostReading reading;
    private final DriverGeneration driver;
    private final WriteboostTable line;
    private final Findings findings = new Findings();
    private final SegmentTable table;
    private final long record;

    /** The plog device, with its damage corrected once that is known. */
    private @Nullable BlockSource shownPlog;

    /** Size of the logical device in bytes; -1 if only the addresses can tell. */
    private final long knownBytes;

    Run(ReplayRequest request) {
      this.request = request;
      this.image = open(request.images());
      this.images = image.request();
      this.shownPlog = images.plog();
      this.reading = image.reading();
      this.driver = DriverGeneration.of(image.format());
      this.line = WriteboostTable.of(images.table(), driver);
      this.table =
          SegmentTable.scan(
              images.cache(),
              reading.geometry(),
              reading.convention(),
              Depth.VERIFY,
              findings,
              request.progress());
      this.record = reading.superblock().record().lastWritebackId();
      this.knownBytes = knownBytes();
      findings.addUnreadable(images.cache().name(), reading.superblock().unreadable());
    }

    /** Without a single whole segment, the table line knows better what the device is. */
    private static WriteboostImage open(OpenRequest images) {
      WriteboostImage image = WriteboostImage.open(images);
      DmTable table = images.table();
      if (table == null || image.reading().wholeSegments() > 0) {
        return image;
      }
      return new WriteboostFormat()
          .formatOf(table)
          .map(format -> WriteboostImage.open(images.withFormat(format)))
          .orElse(image);
    }

    private long knownBytes() {
      BlockSource backing = images.backing();
      DmTable dmTable = images.table();
      if (backing != null) {
        return backing.size();
      }
      return request.logicalBytes().orElse(dmTable == null ? -1 : dmTable.bytes());
    }

    private long showableSectors() {
      return knownBytes < 0 ? MAX_GUESSED_SECTORS : knownBytes / BlockSource.SECTOR_BYTES;
    }

    Recovery recovery() {
      OptionalLong asOf = request.selection().asOf();
      if (request.policy() == Policy.DRIVER) {
        request.selection().refuseAsOf("a driver replays its log to the end; use salvage");
        return driver();
      }
      return asOf.isPresent() ? asOf(asOf.getAsLong()) : salvage();
    }

    // ---- driver ----

    private Attach attach() {
      return Attach.follow(driver, line, pool(), table, reading, images.plog(), request.progress());
    }

    private Recovery driver() {
      Attach attach = attach();
      if (attach.table() == null) {
        DriverOutcome outcome = attach.early().orElseThrow();
        Optional<OverlayDevice> device =
            outcome.outcome() == Outcome.FORMAT
                ? Optional.of(bare(new LogSegments(table, List.of())))
                : Optional.empty();
        return report(device, position(null), new Losses(), Optional.of(outcome), Optional.empty());
      }
      LogSegments segments = new LogSegments(attach.table(), attach.rebuilt());
      DriverPlan plan = attach.plan(driver, segments, segments.inSlots(), record);
      BlockVersions versions = versions(segments, plan.ranks());
      DriverOutcome outcome = plan.outcome(versions, backingSectors());
      Optional<OverlayDevice> device =
          outcome.outcome() == Outcome.ACCEPT
              ? Optional.of(device(driverView(plan, versions)))
              : Optional.empty();
      Losses losses = new Losses();
      losses.unapplied(segments, plan.ranks(), request.progress());
      losses.strays(versions, plan.ranks());
      return report(device, position(plan), losses, Optional.of(outcome), Optional.empty());
    }

    private LogView driverView(DriverPlan plan, BlockVersions versions) {
      return new LogView(versions, plan.ranks(), plan.rule(), plan.markedClean());
    }

    private long backingSectors() {
      return knownBytes < 0 ? -1 : knownBytes / BlockSource.SECTOR_BYTES;
    }

    private Facts position(@Nullable DriverPlan plan) {
      return Facts.builder()
          .unsigned("lastFlushedId", plan == null ? null : (Long) plan.lastFlushed())
          .unsigned("lastWritebackId", plan == null ? null : (Long) plan.lastWriteback())
          .unsigned("maxId", plan == null ? null : (Long) plan.maxId())
          .unsigned("recordId", record)
          .build();
    }

    // ---- salvage ----

    /** What salvage makes of the log, with all damage corrected that can be. */
    private SalvagePlan plan() {
      PlogScan plogs = plogs();
      int pool = line.rambufPool().orElse(images.rambufPool().orElse(PlogGeometry.DEFAULT_POOL));
      LogAnalysis found = chosen(LogAnalysis.of(table, plogs, pool));
      SegmentCorrections corrections =
          SegmentCorrections.find(found, plogs, showableSectors(), request.progress());
      return new SalvagePlan(found.on(corrections.table()), corrections, plogs, request.progress());
    }

    private Recovery salvage() {
      SalvagePlan plan = plan();
      LogAnalysis analysis = plan.analysis();
      SegmentTable corrected = analysis.table();
      Optional<Attach> attach = attachForComparison();
      boolean shared = attach.isPresent() && attach.get().table() == corrected;
      List<RebuiltSegment> rebuilt = new ArrayList<>();
      if (shared) {
        rebuilt.addAll(attach.orElseThrow().rebuilt());
      }
      int theirRebuilt = rebuilt.size();
      rebuilt.addAll(plan.rebuilt());
      LogSegments segments = new LogSegments(corrected, rebuilt);
      int firstRebuilt = segments.inSlots() + theirRebuilt;
      int[] ranks = plan.ranks(segments, firstRebuilt);
      Optional<DriverPlan> theirs =
          shared
              ? Optional.of(attach.get().plan(driver, segments, segments.inSlots(), record))
              : Optional.empty();
      BlockVersions versions =
          versions(segments, ranks, theirs.map(DriverPlan::ranks).orElse(new int[0]));
      LogView.Rule rule = salvageRule(versions, ranks);
      OverlayDevice device =
          device(new LogView(versions, ranks, rule, _ -> false))
              .with(() -> evidence(rule, plan, segments, ranks));
      Losses losses = new Losses();
      losses.salvage(plan, versions, ranks, request.progress());
      losses.strays(versions, ranks);
      note(analysis, plan);
      Optional<DriverOutcome> outcome = Optional.empty();
      Optional<Differences> differences = Optional.empty();
      if (attach.isPresent()) {
        Comparison comparison = compare(attach.get(), theirs, plan, versions, device);
        outcome = Optional.of(comparison.outcome);
        differences = comparison.differences;
      }
      return report(
          Optional.of(device), salvagePosition(analysis, plan), losses, outcome, differences);
    }

    /** Shows the life of the log that was asked for. */
    private LogAnalysis chosen(LogAnalysis analysis) {
      return switch (request.selection().life()) {
        case BELIEVED -> analysis;
        case YOUNGER -> analysis.ambiguousRun().map(analysis::showing).orElse(analysis);
        case OLDER -> {
          if (analysis.older().isEmpty() && analysis.ambiguousRun().isEmpty()) {
            throw new UsageException(
                "--life older: %s holds one life of the log only, ids %s"
                    .formatted(images.cache().name(), analysis.shown()));
          }
          yield analysis.older().map(analysis::showing).orElse(analysis);
        }
      };
    }

    /**
     * A clean copy is what the backing device held when it was staged, unless the cache was used in
     * write_around_mode: then writes went past it and it may be stale. That mode formats the cache
     * at each attach, so a log with a single dirty block was not written in it. What salvage does
     * not apply is no part of that log, whoever else has a use for it.
     */
    private LogView.Rule salvageRule(BlockVersions versions, int[] ranks) {
      if (driver == DriverGeneration.LAPS_2013) {
        return LogView.Rule.LAST;
      }
      boolean around =
          line.writeAround() || (images.backing() != null && !versions.anyDirty(ranks));
      return around ? LogView.Rule.NEWEST : LogView.Rule.NEWEST_OR_CLEAN;
    }

    /** Only 2.x stages what it reads without writing past the log. */
    private BackingEvidence evidence(
        LogView.Rule rule, SalvagePlan plan, LogSegments segments, int[] ranks) {
      return driver == DriverGeneration.MODULE_2 && rule == LogView.Rule.NEWEST_OR_CLEAN
          ? BackingEvidence.of(plan, segments, ranks, request.progress())
          : BackingEvidence.NONE;
    }

    // ---- points in time ----

    WriteboostTimeline timeline() {
      SalvagePlan plan = plan();
      LogSegments segments = new LogSegments(plan.analysis().table(), plan.rebuilt());
      int[] ranks = plan.ranks(segments, segments.inSlots());
      int[] times = plan.times(segments, segments.inSlots());
      BlockVersions versions = versions(segments, ranks, times);
      LogView.Rule rule = salvageRule(versions, ranks);
      long bytes =
          knownBytes >= 0 ? knownBytes : endOfShown(new LogView(versions, ranks, rule, _ -> false));
      return new WriteboostTimeline(
          image.format(),
          image.variant(),
          plan,
          versions,
          ranks,
          times,
          rule,
          view -> device(view, bytes));
    }

    private Recovery asOf(long id) {
      WriteboostTimeline timeline = timeline();
      OverlayDevice device = timeline.at(id).with(() -> BackingEvidence.PAST);
      SalvagePlan plan = timeline.plan();
      Losses losses = new Losses();
      BlockSource backing = images.backing();
      losses.asOf(
          timeline, id, backing == null ? device.name() : backing.name(), request.progress());
      note(plan.analysis(), plan);
      return report(
          Optional.of(device),
          salvagePosition(plan.analysis(), plan),
          losses,
          Optional.empty(),
          Optional.empty());
    }

    private @Nullable PlogScan plogs() {
      BlockSource plog = images.plog();
      if (plog == null || driver != DriverGeneration.STAGING_2014) {
        return null;
      }
      PlogScan scan =
          PlogScan.scan(
              plog, reading.geometry().blocksPerSegment(), pool(), findings, request.progress());
      PlogCorrections corrections = PlogCorrections.find(scan);
      corrections.report(findings);
      PlogScan corrected = corrections.corrected(pool(), request.progress());
      shownPlog = corrected.source();
      return corrected;
    }

    private OptionalInt pool() {
      return images.rambufPool().isPresent() ? images.rambufPool() : line.rambufPool();
    }

    private Optional<Attach> attachForComparison() {
      // A line of type 1 without the plog device: what the driver would do cannot be known.
      boolean known = line.type().orElse(0) == 0 || images.plog() != null;
      return known ? Optional.of(attach()) : Optional.empty();
    }

    /** What salvage decided about the log as a whole. */
    private void note(LogAnalysis analysis, SalvagePlan plan) {
      note(plan.corrections());
      CarvingCandidates.find(analysis, showableSectors(), request.progress()).report(findings);
      if (record != 0) {
        long at = SuperblockRecord.SECTOR * BlockSource.SECTOR_BYTES;
        note(
            WriteboostCode.RECORD,
            at,
            "the record %s is not believed: all segments of the log are applied"
                .formatted(Long.toUnsignedString(record)));
      }
      analysis
          .older()
          .ifPresent(
              older ->
                  note(
                      WriteboostCode.TWO_LIVES,
                      0,
                      "ids %s belong to an older life of the log; %s are shown"
                          .formatted(older, older.equals(plan.life()) ? "they" : plan.life())));
      analysis
          .ambiguousRun()
          .ifPresent(
              run ->
                  note(
                      WriteboostCode.STALE_RUN,
                      0,
                      run.equals(plan.life())
                          ? "ids %s are shown as a younger life, and could be stale".formatted(run)
                          : "ids %s are taken for stale, and could be a younger life"
                              .formatted(run)));
      long newest = plan.newestWhole();
      if (driver == DriverGeneration.LAPS_2013 && newest != 0) {
        int slot = (int) table.geometry().slotOf(newest);
        note(
            WriteboostCode.UNVERIFIABLE,
            table.startByte(slot),
            "segment id %s has no checksum: whether all of it arrived cannot be told"
                .formatted(Long.toUnsignedString(newest)));
      }
    }

    private void note(SegmentCorrections corrections) {
      for (SegmentCorrection correction : corrections.corrections()) {
        int slot = correction.slot();
        ByteRange where =
            new ByteRange(table.startByte(slot), Convention.writtenBytes(correction.length()));
        String message =
            "segment id %s in slot %d: %s"
                .formatted(Long.toUnsignedString(table.id(slot)), slot, correction.describe());
        findings.add(
            new Finding(
                correction.code(),
                correction.code().severity(),
                images.cache().name(),
                where,
                message));
      }
    }

    private void note(WriteboostCode code, long offset, String message) {
      findings.add(code, images.cache().name(), offset, BlockSource.SECTOR_BYTES, message);
    }

    private record Comparison(DriverOutcome outcome, Optional<Differences> differences) {}

    private Comparison compare(
        Attach attach,
        Optional<DriverPlan> shared,
        SalvagePlan ours,
        BlockVersions sharedVersions,
        OverlayDevice salvage) {
      if (attach.table() == null) {
        DriverOutcome outcome = attach.early().orElseThrow();
        return new Comparison(
            outcome,
            outcome.outcome() == Outcome.FORMAT
                ? Optional.of(
                    new PolicyDifferences(
                        salvage,
                        bare(salvage.view().versions().segments(), salvage.size()),
                        (_, _) -> new Cause(Difference.Kind.DROPPED, outcome.rule())))
                : Optional.empty());
      }
      DriverPlan plan;
      BlockVersions versions = sharedVersions;
      Causes causes;
      if (shared.isPresent()) {
        plan = shared.get();
        causes = new DriverMistakes(ours, versions, plan, versions);
      } else {
        LogSegments segments = new LogSegments(attach.table(), attach.rebuilt());
        plan = attach.plan(driver, segments, segments.inSlots(), record);
        versions = versions(segments, plan.ranks());
        // A table that salvage has corrected has the same slots as the one that was scanned.
        causes =
            attach.table() == table
                ? new DriverMistakes(ours, sharedVersions, plan, versions)
                : (our, their) -> otherSlots(reading.resized() ? Rule.W1 : Rule.W8, our, their);
      }
      DriverOutcome outcome = plan.outcome(versions, backingSectors());
      return new Comparison(
          outcome,
          outcome.outcome() == Outcome.ACCEPT
              ? Optional.of(
                  new PolicyDifferences(
                      salvage, device(driverView(plan, versions), salvage.size()), causes))
              : Optional.empty());
    }

    private Facts salvagePosition(LogAnalysis analysis, SalvagePlan plan) {
      long newest = analysis.newestId();
      long slots = table.slots();
      OptionalLong asOf = request.selection().asOf();
      return Facts.builder()
          .unsigned("asOf", asOf.isPresent() ? (Long) asOf.getAsLong() : null)
          .unsigned("lastFlushedId", newest)
          .unsigned("lastWritebackId", Long.compareUnsigned(newest, slots) > 0 ? newest - slots : 0)
          .unsigned("oldestId", plan.life().ids() == 0 ? 0 : plan.life().firstId())
          .unsigned("newestId", newest)
          .unsigned("recordId", record)
          .text("olderLife", analysis.older().map(Object::toString).orElse(null))
          .text("ambiguousRun", analysis.ambiguousRun().map(Object::toString).orElse(null))
          .count("rebuiltSegments", (long) plan.rebuilt().size())
          .build();
    }

    // ---- both ----

    private BlockVersions versions(LogSegments segments, int[]... ranks) {
      int[] chosen =
          IntStream.range(0, segments.count())
              .filter(s -> Arrays.stream(ranks).anyMatch(r -> s < r.length && r[s] > 0))
              .toArray();
      return BlockVersions.of(segments, chosen, showableSectors(), request.progress());
    }

    private OverlayDevice bare(LogSegments segments) {
      return bare(segments, Math.max(0, knownBytes));
    }

    private OverlayDevice bare(LogSegments segments, long bytes) {
      int[] none = new int[segments.count()];
      return device(
          new LogView(versions(segments, none), none, LogView.Rule.LAST, _ -> false), bytes);
    }

    private OverlayDevice device(LogView view) {
      return device(view, knownBytes >= 0 ? knownBytes : endOfShown(view));
    }

    private OverlayDevice device(LogView view, long bytes) {
      return new OverlayDevice(
          "logical device",
          view,
          view.versions().segments().table().source(),
          shownPlog,
          images.backing(),
          bytes);
    }

    private static long endOfShown(LogView view) {
      AddressIndex blocks = view.versions().blocks();
      int[] shown = new int[8];
      int position = blocks.size();
      while (position > 0) {
        int first = blocks.lowerBound(blocks.address(position - 1));
        view.resolve(first, position, shown);
        if (Arrays.stream(shown).anyMatch(copy -> copy != LogView.BELOW)) {
          return (blocks.address(first) + 1) * 8 * BlockSource.SECTOR_BYTES;
        }
        position = first;
      }
      return 0;
    }

    private Recovery report(
        Optional<OverlayDevice> device,
        Facts position,
        Losses losses,
        Optional<DriverOutcome> outcome,
        Optional<Differences> differences) {
      long[] applied = device.map(Run::applied).orElse(new long[2]);
      return new Recovery(
          device.map(d -> d),
          new ReplayReport(
              image.format(),
              image.variant(),
              request.policy(),
              position,
              applied[0],
              applied[1],
              losses.dropped(),
              losses.atRisk(),
              losses.lost(),
              findings,
              outcome,
              differences,
              Optional.empty()));
    }

    /** Blocks and sectors that show a copy. */
    private static long[] applied(OverlayDevice device) {
      LogView view = device.view();
      AddressIndex blocks = view.versions().blocks();
      long[] counts = new long[2];
      int[] shown = new int[8];
      long sectors = device.size() / BlockSource.SECTOR_BYTES;
      for (int position = 0; position < blocks.size(); ) {
        int next = blocks.nextAddress(position);
        view.resolve(position, next, shown);
        int count = 0;
        for (int i = 0; i < shown.length; i++) {
          boolean inside = blocks.address(position) * 8 + i < sectors;
          count += inside && shown[i] != LogView.BELOW ? 1 : 0;
        }
        counts[0] += count > 0 ? 1 : 0;
        counts[1] += count;
        position = next;
      }
      return counts;
    }
  }
}
