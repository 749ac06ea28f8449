package org.dmsalvage.repair.writeboost;

import java.util.List;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogCorrections;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrections;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.Repairer;
import org.dmsalvage.repair.plan.Wishes;

/**
 * Repairs of writeboost. The superblock comes first, since everything else is of no use before it
 * is right; then what can be proved of damaged plogs and segments; then the persistent log, which
 * decides what the log of the cache is; then the segments.
 */
public final class WriteboostRepairer implements Repairer {

  private static final List<FindingCode> ANSWERS =
      List.of(
          WriteboostCode.MAGIC,
          WriteboostCode.ORDER,
          WriteboostCode.RECORD,
          WriteboostCode.RECORD_BEYOND,
          WriteboostCode.UNREADABLE,
          WriteboostCode.CHECKSUM,
          WriteboostCode.TORN_NEWEST,
          WriteboostCode.SLOT_REUSE,
          WriteboostCode.LENGTH,
          WriteboostCode.MISPLACED,
          WriteboostCode.AHEAD,
          WriteboostCode.STALE,
          WriteboostCode.TWO_LIVES,
          WriteboostCode.LOST,
          WriteboostCode.OLDEST,
          WriteboostCode.ZEROED,
          WriteboostCode.CORRECTED,
          WriteboostCode.HEADER_CORRECTED,
          WriteboostCode.PLOG_CORRECTED,
          WriteboostCode.PLOG_HOLE,
          WriteboostCode.PLOG_IGNORED,
          WriteboostCode.PLOG_OVER_NEWER,
          WriteboostCode.PLOG_REUSED);

  @Override
  public String family() {
    return "writeboost";
  }

  @Override
  public List<FindingCode> answers() {
    return ANSWERS;
  }

  @Override
  public List<String> preferences() {
    return List.of(SegmentRepair.KEEP, SegmentRepair.STOP);
  }

  @Override
  public List<Action> next(
      OpenRequest images, Findings findings, Wishes wishes, Progress progress) {
    WriteboostImage image = WriteboostImage.open(images);
    WriteboostReading reading = image.reading();
    WriteboostGeometry geometry = reading.geometry();
    if (geometry.segmentCount() == 0) {
      return List.of();
    }
    if (reading.convention().hasChecksum() && geometry.wrapMatters()) {
      throw new UnsupportedImageException(
          images.cache().name(),
          "segments beyond 2 TiB: drivers put them over others, so no repair makes them right");
    }
    if (reading.resized()) {
      throw new UnsupportedImageException(
          images.cache().name(),
          "%d bytes, but the log was written on a device of %s%d: a driver looks for its segments"
                  .formatted(
                      reading.imageBytes(),
                      reading.imageBytes() < geometry.deviceBytes() ? "at least " : "",
                      geometry.deviceBytes())
              + " in other places. Copy it to that length (truncate --size=%d) and repair the copy"
                  .formatted(geometry.deviceBytes()));
    }
    ActionList actions = new ActionList(images, wishes);
    SuperblockRepair.of(reading, actions);
    if (!actions.isEmpty()) {
      return actions.list();
    }
    SuperblockRepair.ofRecord(reading, findings, actions);
    if (!actions.isEmpty()) {
      return actions.list();
    }
    Findings ignored = new Findings();
    SegmentTable table =
        SegmentTable.scan(
            images.cache(), geometry, reading.convention(), Depth.VERIFY, ignored, progress);
    BlockSource plog = images.plog();
    PlogScan plogs =
        plog == null
            ? null
            : PlogScan.scan(
                plog, geometry.blocksPerSegment(), image.rambufPool(), ignored, progress);
    int pool = image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL);
    LogAnalysis log = LogAnalysis.of(table, plogs, pool);
    if (plogs != null) {
      CorrectionRepair.ofPlogs(PlogCorrections.find(plogs), actions);
      if (!actions.isEmpty()) {
        return actions.list();
      }
    }
    SegmentCorrections corrections =
        SegmentCorrections.find(log, plogs, backingSectors(images), progress);
    CorrectionRepair.ofSegments(corrections, actions);
    if (!actions.isEmpty()) {
      return actions.list();
    }
    if (plogs != null) {
      new PlogRepair(log, plogs, actions).plan(findings);
      if (!actions.isEmpty()) {
        return actions.list();
      }
    }
    if (reading.convention().hasChecksum()) {
      boolean cleanAllowed = reading.format().equals(WriteboostReading.FORMAT_2);
      new SegmentRepair(log, actions, wishes, backingSectors(images), cleanAllowed)
          .plan(plogs, corrections);
    } else {
      LapRepair.plan(images, actions, progress);
    }
    return actions.list();
  }

  /** The size of the backing device in sectors as far as it is known. */
  private static long backingSectors(OpenRequest images) {
    if (images.backing() != null) {
      return images.backing().size() / BlockSource.SECTOR_BYTES;
    }
    return images.table() == null ? Long.MAX_VALUE : images.table().sectors();
  }
}
