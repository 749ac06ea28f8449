package org.dmsalvage.replay.insitu;

import java.util.Optional;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.InsituFormat;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Replayer;
import org.jspecify.annotations.Nullable;

/**
 * Replays an insitu-comp device.
 *
 * <p>Under the driver's policy reads that fail are zeros and memory that was never written to is
 * bytes 0x6b; both are listed as lost. Salvage shows no such bytes, and searches for what the
 * bitmap does not describe: see {@link RunReader}. Uncommitted writes, if they are asked for, are
 * those of which no bit is set.
 */
public final class InsituReplayer implements Replayer {

  /** Items of the bitmap after which the wish to stop is looked at. */
  private static final long CHECK_ITEMS = 1 << 16;

  /** A replayer. */
  public InsituReplayer() {}

  @Override
  public String family() {
    return InsituFormat.NAME;
  }

  /** {@return nothing: what is stored is the data, not a copy of it} */
  @Override
  public Optional<Emptier> emptier() {
    return Optional.empty();
  }

  @Override
  public Recovery replay(ReplayRequest request) {
    request.selection().refuseAsOf("insitu keeps no log");
    request.selection().refuseOlderLife("insitu keeps no log");
    InsituFormat.checkTable(request.images().table());
    return request.policy() == Policy.DRIVER
        ? new Run(request).driver()
        : new Run(request).salvage();
  }

  /** One replay with what it gathers. */
  private static final class Run {
    private final ReplayRequest request;
    private final OpenRequest images;
    private final BlockSource source;
    private final Progress progress;
    private final Findings findings = new Findings();

    Run(ReplayRequest request) {
      this.request = request;
      this.images = request.images();
      this.source = images.cache();
      this.progress = request.progress();
    }

    Recovery driver() {
      LongItems longItems = new LongItems();
      DriverAttach attach = attach(longItems);
      if (!attach.accepted()) {
        LogicalDevice blank =
            attach.outcome().outcome() == Outcome.FORMAT
                ? new BlankDevice(source.name(), attach.geometry().orElseThrow().logicalBytes())
                : null;
        return recovery(blank, variant(), null, attach.outcome(), null);
      }
      InsituImage image = open();
      InsituGeometry geometry = image.layout().geometry();
      Codec codec = image.layout().superblock().codec().orElseThrow();
      Supplier<RunReader> readers = readers(geometry, codec);
      ExtentScan scan =
          new ExtentScan(source, geometry, codec, readers, progress, findings).driver();
      LogicalDevice device =
          new InsituDevice(
              source,
              geometry,
              () -> new DriverReader(source, geometry, codec),
              readers,
              scan.notable(),
              new BlockList(),
              longItems);
      return recovery(device, image.variant(), scan, attach.outcome(), null);
    }

    Recovery salvage() {
      InsituImage image = open();
      InsituGeometry geometry = image.layout().geometry();
      image.examine(Depth.HEADERS, findings, progress);
      Codec codec = image.codec(progress);
      // One that names no compressor is not accepted, and then nothing is read with it.
      Codec driverCodec = image.layout().superblock().codec().orElse(codec);
      LongItems longItems = new LongItems();
      Bits bits = bits(geometry, longItems);
      DriverAttach attach = DriverAttach.construct(source).then(bits.outcome, bits.reason);
      Supplier<RunReader> readers = readers(geometry, codec);
      ExtentScan scan =
          new ExtentScan(source, geometry, codec, readers, progress, findings).salvage(driverCodec);
      LogicalDevice device =
          new InsituDevice(
              source,
              geometry,
              () -> new SalvageReader(source, geometry, codec),
              readers,
              new BlockList(),
              scan.notable(),
              longItems);
      Differences differences =
          new PolicyDifferences(
              source, geometry, driverCodec, readers, scan.notable(), longItems, attach.outcome());
      return recovery(device, image.variant(), scan, attach.outcome(), differences);
    }

    private Supplier<RunReader> readers(InsituGeometry geometry, Codec codec) {
      boolean uncommitted = request.selection().includeUncommitted();
      return () -> new RunReader(source, geometry, codec, uncommitted);
    }

    private InsituImage open() {
      return (InsituImage) new InsituFormat().open(images);
    }

    private DriverAttach attach(LongItems longItems) {
      DriverAttach attach = DriverAttach.construct(source);
      if (!attach.accepted()) {
        return attach;
      }
      Bits bits = bits(attach.geometry().orElseThrow(), longItems);
      return attach.then(bits.outcome, bits.reason);
    }

    /** What the first read of every block leads to, as far as the bitmap alone tells. */
    private record Bits(Outcome outcome, String reason) {}

    private Bits bits(InsituGeometry geometry, LongItems longItems) {
      progress.begin("reading the bitmap", geometry.bitmapBytes());
      Bits bits = new Bits(Outcome.ACCEPT, "");
      ExtentCursor cursor =
          new ExtentCursor(MetaWindow.large(source, geometry), 0, geometry.dataBlocks());
      for (long items = 1; cursor.next(); items++) {
        if (items % CHECK_ITEMS == 0) {
          progress.checkCancelled("reading the bitmap");
        }
        longItems.addIfLong(cursor);
        if (bits.outcome != Outcome.ACCEPT) {
          continue;
        }
        if (cursor.kind() == ExtentCursor.Kind.HEADLESS && cursor.first() == 0) {
          bits =
              new Bits(
                  Outcome.CRASH,
                  "block 0 is a tail: its first read looks for the head before the bitmap (rule"
                      + " I4)");
        } else if (cursor.kind() == ExtentCursor.Kind.EXTENT
            && cursor.blocks() >= InsituGeometry.COUNT_LIMIT) {
          bits =
              new Bits(
                  Outcome.HANG,
                  "an extent of %d blocks at block %d: its sectors are counted in 16 bits, and reads of its end never return (rule I8)"
                      .formatted(cursor.blocks(), cursor.first()));
        }
      }
      return bits;
    }

    /** The compressor's name, where no image could be opened. */
    private String variant() {
      try {
        return open().variant();
      } catch (UnsupportedImageException _) {
        return "too small";
      }
    }

    private Recovery recovery(
        @Nullable LogicalDevice device,
        String variant,
        @Nullable ExtentScan scan,
        DriverOutcome outcome,
        @Nullable Differences differences) {
      Facts position =
          scan == null
              ? Facts.builder().build()
              : Facts.builder()
                  .count("extents", scan.extents())
                  .count("rightExtents", scan.right())
                  .count("notableExtents", scan.extents() - scan.right())
                  .count("foundExtents", scan.found())
                  .build();
      return new Recovery(
          Optional.ofNullable(device),
          new ReplayReport(
              InsituFormat.NAME,
              variant,
              request.policy(),
              position,
              scan == null ? 0 : scan.appliedBlocks(),
              scan == null ? 0 : scan.appliedSectors(),
              new LossList(),
              scan == null ? new LossList() : scan.atRisk(),
              scan == null ? new LossList() : scan.lost(),
              findings,
              Optional.of(outcome),
              Optional.ofNullable(differences),
              Optional.empty()));
    }
  }
}
