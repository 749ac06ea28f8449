package org.dmsalvage.replay.writeboost;

import java.util.Objects;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Superblock;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;

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
          default -> Convention.COMPLEMENTED_CRC;
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
}
