package org.dmsalvage.inspect.format.writeboost;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.progress.Progress;

/** Finds every copy of one sector in the log, on cache and plog, whole or not. */
final class SectorHistory {

  private final WriteboostImage image;
  private final long sector;
  private final Progress progress;

  SectorHistory(WriteboostImage image, long sector, Progress progress) {
    this.image = image;
    this.sector = sector;
    this.progress = progress;
  }

  /** A copy in a segment. */
  private record Copy(int slot, int index, int dirtyBits) {}

  List<SectorVersion> find() {
    SegmentTable table = image.scan(Depth.HEADERS, new Findings(), progress);
    PlogScan plogs = image.scanPlogs(new Findings(), progress);
    int pool = image.rambufPool().orElse(PlogGeometry.DEFAULT_POOL);
    LogAnalysis log = LogAnalysis.of(table, plogs, pool);
    List<SectorVersion> versions = new ArrayList<>();
    if (plogs != null) {
      plogs.segments().forEach(segment -> fromPlog(plogs, segment, versions));
    }
    List<Copy> copies = new ArrayList<>();
    MetablockReader.read(table, usedSlots(table), progress, this::copies, copies::addAll);
    SlotVerifier verifier = new SlotVerifier(table);
    for (Copy copy : copies) {
      versions.add(version(table, log, verifier, copy));
    }
    // Stable: what the plog holds of an id was written before the segment.
    versions.sort(Comparator.comparing(SectorVersion::order, Long::compareUnsigned));
    return List.copyOf(versions);
  }

  private static int[] usedSlots(SegmentTable table) {
    int used = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      used++;
    }
    int[] slots = new int[used];
    int count = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      slots[count++] = slot;
    }
    return slots;
  }

  private List<Copy> copies(MetablockBatch batch) {
    List<Copy> found = new ArrayList<>();
    for (int p = 0; p < batch.slots(); p++) {
      for (int row = batch.firstRow(p); row < batch.endRow(p); row++) {
        int index = row - batch.firstRow(p);
        if (batch.sector(row) == (sector & ~7L) && holds(index, batch.dirtyBits(row))) {
          found.add(new Copy(batch.slot(p), index, batch.dirtyBits(row)));
        }
      }
    }
    return found;
  }

  /** Whether the sector of a block is data: the clean sectors of a partly dirty one are rubbish. */
  private boolean holds(int index, int dirtyBits) {
    if (dirtyBits == 0) {
      // The first metablock of 2013 is skipped after a flush; its address is left over.
      return index > 0 || image.reading().convention() != Convention.LAPS;
    }
    return (dirtyBits >> (sector & 7) & 1) != 0;
  }

  private SectorVersion version(
      SegmentTable table, LogAnalysis log, SlotVerifier verifier, Copy copy) {
    long id = table.id(copy.slot);
    return new SectorVersion(
        table.source().name(),
        table.geometry().blockByte(copy.slot, copy.index) + (sector & 7) * 512,
        id,
        "segment id %s (slot %d), metablock %d"
            .formatted(Long.toUnsignedString(id), copy.slot, copy.index),
        WriteboostListings.word(verifier.state(copy.slot)),
        Facts.builder()
            .text("role", WriteboostListings.word(log.role(copy.slot)))
            .count("dirtyBits", (long) copy.dirtyBits)
            .build());
  }

  private void fromPlog(PlogScan scan, PlogSegment segment, List<SectorVersion> versions) {
    for (Plog plog : segment.plogs()) {
      PlogMeta meta = plog.meta();
      long at = sector - meta.sector();
      if (at >= 0 && at < meta.len()) {
        versions.add(
            new SectorVersion(
                scan.source().name(),
                plog.dataOffset() + at * 512,
                meta.id(),
                "plog of segment id %s (plog segment %d), metablock %d"
                    .formatted(Long.toUnsignedString(meta.id()), segment.place(), meta.idx()),
                WriteboostListings.word(plog.state()),
                Facts.builder().flag("behindGap", plog.behindGap()).build()));
      }
    }
  }
}
