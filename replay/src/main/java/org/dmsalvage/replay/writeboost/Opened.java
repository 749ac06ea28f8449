package org.dmsalvage.replay.writeboost;

import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.Superblock;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.progress.Progress;

/**
 * As what a cache is read.
 *
 * @param format its name
 * @param variant the convention of its segments
 * @param geometry where the slots stand
 * @param convention how segments say that they are whole
 * @param superblock what the superblock says
 */
record Opened(
    String format,
    String variant,
    WriteboostGeometry geometry,
    Convention convention,
    Superblock superblock) {
  static Opened of(OpenRequest request) {
    Superblock superblock = Superblock.read(request.cache());
    String format = Objects.requireNonNull(request.format());
    Convention convention =
        switch (format) {
          case "writeboost-2013" -> Convention.LAPS;
          case "writeboost-2014" -> Convention.RAW_CRC;
          default -> conventionOf2(request);
        };
    int order = superblock.header().order();
    if (format.equals("writeboost-2") || order < 4 || order > 11) {
      order = 10;
    }
    return new Opened(
        format,
        convention.label(),
        WriteboostGeometry.of(request.cache().size(), order),
        convention,
        superblock);
  }

  /** 2.0.0 and 2.0.1 did not complement the checksum. */
  private static Convention conventionOf2(OpenRequest request) {
    WriteboostGeometry geometry = WriteboostGeometry.of(request.cache().size(), 10);
    for (Convention convention : List.of(Convention.COMPLEMENTED_CRC, Convention.RAW_CRC)) {
      SegmentTable table =
          SegmentTable.scan(
              request.cache(), geometry, convention, Depth.VERIFY, new Findings(), Progress.NONE);
      if (table.count(SlotState.SEALED) > 0) {
        return convention;
      }
    }
    return Convention.COMPLEMENTED_CRC;
  }
}
