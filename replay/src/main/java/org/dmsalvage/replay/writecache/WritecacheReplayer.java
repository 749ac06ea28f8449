package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.SequenceSurvey;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheFormat;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.format.writecache.WritecacheTable;
import org.dmsalvage.inspect.format.writecache.WritecacheTable.Mode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.recovery.Candidates;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Replayer;
import org.dmsalvage.replay.recovery.Timeline;
import org.jspecify.annotations.Nullable;

/**
 * Replays a writecache.
 *
 * <p>Salvage applies the newest committed copy of every sector. It goes on where the driver would
 * refuse or format (a damaged superblock), and leaves out what the driver would believe (wiped
 * entries). Uncommitted entries are applied on request only: no flush had acknowledged them. Of two
 * copies of one sequence the later entry is applied, as in the driver, unless its block alone is
 * all zeros or unreadable; either way the block is reported at risk.
 */
public final class WritecacheReplayer implements Replayer {

  /**
   * Where a logical device of unknown size ends at the latest: 1 PiB. An address beyond is taken
   * for damage, lest one flipped bit make a device of exabytes.
   */
  private static final long GUESS_LIMIT_SECTORS = 1L << 41;

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  @Override
  public String family() {
    return WritecacheFormat.NAME;
  }

  @Override
  public Optional<Emptier> emptier() {
    return Optional.of(new EntryFreer());
  }

  @Override
  public Recovery replay(ReplayRequest request) {
    request.selection().refuseOlderLife("writecache keeps no log that could begin anew");
    if (request.policy() == Policy.DRIVER) {
      request.selection().refuseUncommitted("the driver discards what was never committed");
    }
    OpenRequest images = request.images();
    WritecacheTable table = images.table() == null ? null : WritecacheTable.parse(images.table());
    request.progress().begin("reading the entry table", -1);
    Run run = new Run(request, table);
    if (request.policy() == Policy.DRIVER) {
      request.selection().refuseAsOf("a driver takes all that was committed; use salvage");
      return run.driver();
    }
    OptionalLong asOf = request.selection().asOf();
    return asOf.isPresent() ? run.asOf(asOf.getAsLong()) : run.salvage();
  }

  @Override
  public Timeline timeline(ReplayRequest request) {
    request.selection().refuseOlderLife("writecache keeps no log that could begin anew");
    DmTable line = request.images().table();
    request.progress().begin("reading the entry table", -1);
    Run run = new Run(request, line == null ? null : WritecacheTable.parse(line));
    return run.timeline(run.open());
  }

  /**
   * Chooses the last entry whose block can be read and is not all zeros, as blocks are that were
   * never written; the last one if there is none.
   */
  static int written(BlockSource cache, WritecacheLayout layout, int[] candidates) {
    int bytes = layout.geometry().blockSize();
    byte[] block = new byte[bytes];
    byte[] zeros = new byte[bytes];
    for (int i = candidates.length - 1; i >= 0; i--) {
      if (candidates[i] < layout.presentBlocks()
          && cache.readAround(layout.dataOffset(candidates[i]), ByteBuffer.wrap(block)).isEmpty()
          && !Arrays.equals(block, zeros)) {
        return candidates[i];
      }
    }
    return candidates[candidates.length - 1];
  }

  /** One replay with what it gathers. */
  private static final class Run {
    private final ReplayRequest request;
    private final OpenRequest images;
    private final @Nullable WritecacheTable table;
    private final BlockSource cache;
    private final @Nullable BlockSource backing;
    private final Progress progress;
    private final LossList dropped = new LossList();
    private final LossList atRisk = new LossList();
    private final LossList lost = new LossList();
    private final Findings findings = new Findings();

    Run(ReplayRequest request, @Nullable WritecacheTable table) {
      this.request = request;
      this.images = request.images();
      this.table = table;
      this.cache = images.cache();
      this.backing = images.backing();
      this.progress = request.progress();
    }

    // Driver

    Recovery driver() {
      DriverAttach attach = DriverAttach.construct(cache, table);
      if (!attach.accepted()) {
        boolean bare = attach.outcome().outcome() == Outcome.FORMAT;
        LogicalDevice device = bare ? new WritecacheDevice(size(null), backing, null) : null;
        return recovery(
            device, Facts.builder().build(), new Applied(0, 0), attach.outcome(), null, null);
      }
      EntryTable entries = attach.table();
      DriverAttach.Resumed resumed =
          attach.resume(
              new Report(entries, attach.geometry(), attach.start(), true, null), progress);
      CachedView view = resumed.view();
      long size = size(view);
      for (long block : view.broken()) {
        if (block * SECTOR < size) {
          lost.add(
              new Loss(
                  WritecacheCode.UNALIGNED.id(),
                  cache.name(),
                  attach.start(),
                  0,
                  view.sectorsPerBlock(),
                  "the driver fails reads of this block: an unaligned entry cuts them",
                  Facts.builder().sectors("sector", block).build()));
          place(lost, block, view.sectorsPerBlock());
        }
      }
      ties(resumed.map(), view, entries);
      return recovery(
          new WritecacheDevice(size, backing, view),
          position(attach.sequenceCount(), resumed.entries(), resumed.map()),
          applied(view, size),
          resumed.outcome(),
          null,
          null);
    }

    // Points in time

    WritecacheImage open() {
      return (WritecacheImage) new WritecacheFormat().open(images);
    }

    WritecacheTimeline timeline(WritecacheImage image) {
      return new WritecacheTimeline(
          image.format(),
          WritecacheImage.variant(table),
          cache,
          backing,
          image.layout(),
          image.entries(),
          image.sequenceCount(progress),
          table == null || table.mode() == Mode.SSD,
          candidates -> written(cache, image.layout(), candidates),
          this::size,
          progress);
    }

    Recovery asOf(long point) {
      request
          .selection()
          .refuseUncommitted("nothing is uncommitted in the past: leave out --as-of");
      WritecacheImage image = open();
      WritecacheLayout layout = image.layout();
      WritecacheTimeline timeline = timeline(image);
      timeline.check(point);
      image.examineSuperblock(findings);
      EntryTable entries = image.entries();
      EntryReader reader =
          new EntryReader(
              cache.name(), entries, point, false, new PastReport(entries, layout, timeline));
      EntryMap map = timeline.shown(reader);
      CachedView view = timeline.view(point, map);
      long size = timeline.size();
      ties(map, view, entries);
      doubts(map, view, layout, entries, size);
      timeline.forEachUnknown(
          point, (sector, count, step, doubt) -> unknown(point, sector, count, step, doubt));
      return recovery(
          new WritecacheDevice(size, backing, view),
          position(point, timeline.newest(), reader, map),
          applied(view, size),
          null,
          null,
          null);
    }

    /** Of what is left out as of a point in time, only what was never committed at all. */
    private final class PastReport implements EntryReader.Losses {
      private final EntryReader.Losses report;
      private final long newest;

      PastReport(EntryTable entries, WritecacheLayout layout, WritecacheTimeline timeline) {
        this.report = new Report(entries, layout.geometry(), layout.start(), false, null);
        this.newest = timeline.newest();
      }

      @Override
      public void entry(WritecacheCode code, int index, long original, long sequence) {
        if (code != WritecacheCode.UNCOMMITTED || !Entry.committed(sequence, newest)) {
          report.entry(code, index, original, sequence);
        }
      }

      @Override
      public void span(WritecacheCode code, int first, int count) {
        report.span(code, first, count);
      }
    }

    private void unknown(long point, long sector, long count, long step, Timeline.Doubt doubt) {
      String what =
          switch (doubt) {
            case WRITTEN_BACK_SINCE ->
                "only commit %s, later, has them; what they held may have been freed, or the later"
                        .formatted(Long.toUnsignedString(step))
                    + " contents written back";
            case OVERWRITTEN_IN_PLACE ->
                "committed by then, but their blocks may have been overwritten in place since";
            case FREED -> "written back and freed, perhaps after that";
          };
      atRisk.ranges().add(sector * SECTOR, count * SECTOR);
      atRisk.add(
          new Loss(
              WritecacheCode.BEYOND_AS_OF.id(),
              backing == null ? "logical device" : backing.name(),
              sector * SECTOR,
              count * SECTOR,
              count,
              "sectors %d..%d as of sequence count %s: %s"
                  .formatted(sector, sector + count, Long.toUnsignedString(point), what),
              Facts.builder()
                  .sectors("sector", sector)
                  .text("doubt", doubt.name().toLowerCase(Locale.ROOT).replace('_', '-'))
                  .build()));
    }

    // Salvage

    Recovery salvage() {
      WritecacheImage image = open();
      WritecacheLayout layout = image.layout();
      image.examineSuperblock(findings);
      SequenceSurvey sequences = image.sequences(progress);
      long sequenceCount = sequences.sequenceCount();
      EntryTable entries = image.entries();
      UncommittedEntries uncommitted =
          request.selection().includeUncommitted()
              ? UncommittedEntries.find(cache.name(), entries, layout, sequenceCount, progress)
              : null;
      EntryReader reader =
          new EntryReader(
              cache.name(),
              entries,
              sequenceCount,
              false,
              new Report(entries, layout.geometry(), layout.start(), false, uncommitted));
      EntryMap map = reader.read(progress);
      EntryMap shown = map;
      if (map.nextTied(0) >= 0) {
        shown = map.breakTies(entries, candidates -> written(cache, layout, candidates));
      }
      EntryMap committed = shown;
      if (uncommitted != null) {
        shown = uncommitted.over(committed);
      }
      CachedView view =
          new CachedView(cache, layout.start(), layout.geometry(), sequenceCount, shown, false);
      long size = size(view);
      ties(committed, view, entries);
      doubts(shown, view, layout, entries, size);
      if (!sequences.superblockCounts()) {
        BitSet last = lastCommit(sequenceCount, shown, view, entries);
        placeAtRisk(last, shown, view.sectorsPerBlock());
      }
      DriverAttach attach = DriverAttach.construct(cache, table);
      DriverOutcome outcome = attach.outcome();
      CachedView driver = null;
      if (attach.accepted()) {
        DriverAttach.Resumed resumed =
            reader.undamaged() && attach.reads(layout, sequenceCount)
                ? attach.resume(map, reader)
                : attach.resume(EntryReader.Losses.NONE, progress);
        outcome = resumed.outcome();
        driver = resumed.view();
      }
      WritecacheDevice device = new WritecacheDevice(size, backing, view);
      Candidates candidates =
          uncommitted == null
              ? null
              : new UncommittedBlocks(
                  cache,
                  backing,
                  table == null ? null : table.mode(),
                  layout,
                  entries,
                  sequenceCount,
                  uncommitted,
                  committed,
                  shown,
                  device,
                  progress);
      return recovery(
          device,
          position(sequenceCount, reader, map),
          applied(view, size),
          outcome,
          new ViewDifferences(view, driver, outcome, size),
          candidates);
    }

    /** Lists winners whose block is missing, or whose address no read can find. */
    private void doubts(
        EntryMap map, CachedView view, WritecacheLayout layout, EntryTable entries, long size) {
      long present = layout.presentBlocks();
      int perBlock = view.sectorsPerBlock();
      for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
        long sector = map.sector(p);
        int entry = map.entry(p);
        if (!layout.geometry().aligned(sector)) {
          drop(
              WritecacheCode.UNALIGNED,
              entries.offset(entry),
              perBlock,
              "entry %d names sector %d, no multiple of %d: where its block belongs is unknown"
                  .formatted(entry, sector, perBlock),
              details(entry, sector));
        } else if (sector * SECTOR >= size) {
          drop(
              WritecacheCode.BEYOND_BACKING,
              entries.offset(entry),
              perBlock,
              "entry %d names sector %d, behind the end of the logical device of %d bytes"
                  .formatted(entry, sector, size),
              details(entry, sector));
        } else if (entry >= present) {
          long offset = layout.dataOffset(entry);
          lost.add(
              new Loss(
                  WritecacheCode.DATA_MISSING.id(),
                  cache.name(),
                  offset,
                  perBlock * (long) SECTOR,
                  perBlock,
                  "block %d of sector %d should be at offset %d, the image ends at %d"
                      .formatted(entry, sector, offset, cache.size()),
                  details(entry, sector)));
          place(lost, sector, perBlock);
        }
      }
    }

    /**
     * Without a superblock nobody knows whether the last commit was completed.
     *
     * @return the entries in doubt
     */
    private BitSet lastCommit(
        long sequenceCount, EntryMap map, CachedView view, EntryTable entries) {
      int[] winners = new int[map.distinct()];
      int count = 0;
      for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
        winners[count++] = map.entry(p);
      }
      Arrays.sort(winners);
      long[] sequences = entries.sequences(winners);
      BitSet doubtful = new BitSet();
      for (int i = 0; i < count; i++) {
        if (sequences[i] == sequenceCount - 1) {
          doubtful.set(winners[i]);
          risk(
              WritecacheCode.UNCOMMITTED,
              entries.offset(winners[i]),
              view.sectorsPerBlock(),
              "entry %d is of the last sequence %s; without the superblock it is unknown whether it was committed"
                  .formatted(winners[i], Long.toUnsignedString(sequences[i])),
              Facts.builder().count("index", (long) winners[i]).build());
        }
      }
      return doubtful;
    }

    private void placeAtRisk(BitSet doubtful, EntryMap map, int sectors) {
      atRisk.ranges().expect(doubtful.cardinality());
      for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
        if (doubtful.get(map.entry(p))) {
          place(atRisk, map.sector(p), sectors);
        }
      }
    }

    // Both

    private void ties(EntryMap map, CachedView view, EntryTable entries) {
      for (int p = map.nextTied(0); p >= 0; p = map.nextTied(p + 1)) {
        risk(
            WritecacheCode.TWINS,
            entries.offset(map.entry(p)),
            view.sectorsPerBlock(),
            "sector %d has several entries of one sequence; entry %d was applied"
                .formatted(map.sector(p), map.entry(p)),
            details(map.entry(p), map.sector(p)));
        place(atRisk, map.sector(p), view.sectorsPerBlock());
      }
    }

    /** Adds a block to the ranges of losses, unless no read can find it. */
    private static void place(LossList losses, long sector, long sectors) {
      if (sector % sectors == 0 && sector < Long.MAX_VALUE / SECTOR - sectors) {
        losses.ranges().add(sector * SECTOR, sectors * SECTOR);
      }
    }

    private void drop(FindingCode code, long offset, long sectors, String reason, Facts details) {
      dropped.add(new Loss(code.id(), cache.name(), offset, Entry.BYTES, sectors, reason, details));
    }

    private void risk(FindingCode code, long offset, long sectors, String reason, Facts details) {
      atRisk.add(new Loss(code.id(), cache.name(), offset, Entry.BYTES, sectors, reason, details));
    }

    private static Facts details(int entry, long sector) {
      return Facts.builder().count("index", (long) entry).sectors("sector", sector).build();
    }

    /** Turns what the reader leaves out into losses. */
    private final class Report implements EntryReader.Losses {
      private final EntryTable entries;
      private final WritecacheGeometry geometry;
      private final long start;
      private final boolean driver;
      private final @Nullable UncommittedEntries applied;

      Report(
          EntryTable entries,
          WritecacheGeometry geometry,
          long start,
          boolean driver,
          @Nullable UncommittedEntries applied) {
        this.applied = applied;
        this.entries = entries;
        this.geometry = geometry;
        this.start = start;
        this.driver = driver;
      }

      @Override
      public void entry(WritecacheCode code, int index, long original, long sequence) {
        if (code == WritecacheCode.UNCOMMITTED
            && applied != null
            && applied.applicable(index, original, sequence)) {
          return;
        }
        drop(
            code,
            entries.offset(index),
            geometry.sectorsPerBlock(),
            code == WritecacheCode.UNCOMMITTED
                ? "written and never committed"
                : "no device has such an address",
            Facts.builder()
                .count("index", (long) index)
                .unsigned("sector", original)
                .unsigned("sequence", sequence)
                .bytes("dataOffset", start + geometry.dataOffset(index))
                .build());
      }

      @Override
      public void span(WritecacheCode code, int first, int count) {
        (driver ? dropped : lost)
            .add(
                new Loss(
                    code.id(),
                    cache.name(),
                    entries.offset(first),
                    (long) count * Entry.BYTES,
                    -1,
                    "which sectors the blocks of %d entries from %d on hold is unknown"
                        .formatted(count, first),
                    Facts.builder()
                        .count("index", (long) first)
                        .count("count", (long) count)
                        .build()));
      }
    }

    /** Backing device, else what the user says, else the table line, else the last address. */
    private long size(@Nullable CachedView view) {
      if (backing != null) {
        return backing.size();
      }
      if (request.logicalBytes().isPresent()) {
        return request.logicalBytes().getAsLong();
      }
      if (images.table() != null) {
        return images.table().bytes();
      }
      return view == null ? 0 : lastAddress(view);
    }

    private static long lastAddress(CachedView view) {
      long end = 0;
      for (int p = view.from(0); p < view.end(); p = view.next(p)) {
        if (view.sector(p) < GUESS_LIMIT_SECTORS) {
          end = (view.sector(p) + view.sectorsPerBlock()) * SECTOR;
        }
      }
      return end;
    }

    private static Facts position(long sequenceCount, EntryReader reader, EntryMap map) {
      return position(null, sequenceCount, reader, map);
    }

    private static Facts position(
        @Nullable Long asOf, long sequenceCount, EntryReader reader, EntryMap map) {
      return Facts.builder()
          .unsigned("asOf", asOf)
          .unsigned("sequenceCount", sequenceCount)
          .count("committed", reader.committed())
          .count("uncommitted", reader.uncommitted())
          .count("free", reader.free())
          .count("duplicates", (long) map.supersededCount())
          .build();
    }

    /** Cached blocks and sectors inside the logical device. */
    private record Applied(long blocks, long sectors) {}

    private static Applied applied(CachedView view, long size) {
      long blocks = 0;
      long sectors = 0;
      long limit = size / SECTOR;
      for (int p = view.from(0); view.sector(p) < limit; p = view.next(p)) {
        blocks++;
        sectors += Math.min(view.sectorsPerBlock(), limit - view.sector(p));
      }
      return new Applied(blocks, sectors);
    }

    private Recovery recovery(
        @Nullable LogicalDevice device,
        Facts position,
        Applied applied,
        @Nullable DriverOutcome outcome,
        ReplayReport.@Nullable Differences differences,
        @Nullable Candidates candidates) {
      return new Recovery(
          Optional.ofNullable(device),
          new ReplayReport(
              WritecacheFormat.NAME,
              WritecacheImage.variant(table),
              request.policy(),
              position,
              applied.blocks,
              applied.sectors,
              dropped,
              atRisk,
              lost,
              findings,
              Optional.ofNullable(outcome),
              Optional.ofNullable(differences),
              Optional.ofNullable(candidates)));
    }
  }
}
