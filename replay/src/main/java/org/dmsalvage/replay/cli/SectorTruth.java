package org.dmsalvage.replay.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * What was written to one sector before the demo's cache crashed. Writes are numbered in their
 * order.
 *
 * @param sector address on the logical device
 * @param durable last write that a flush had made durable
 * @param acknowledged last write that the writer was told had been done
 * @param issued last write that was begun
 * @param discarded whether the sector was discarded later, so that any content is right
 */
record SectorTruth(long sector, long durable, long acknowledged, long issued, boolean discarded) {

  /** First bytes of every sector of the demo; its sector and write numbers follow at 8 and 16. */
  private static final int STAMP = 'O' | 'R' << 8 | 'C' << 16 | '1' << 24;

  private static final int STAMP_SECTOR = 8;
  private static final int STAMP_WRITE = 16;

  /**
   * How a device agrees with the truth, in sectors.
   *
   * @param latest holding the last acknowledged write
   * @param older holding an earlier write, or a later one, that a crash may leave behind
   * @param lost holding something older than their last durable write
   * @param foreign holding none of their own writes
   */
  record Verdict(long latest, long older, long lost, long foreign) {
    String text() {
      return "%,d sectors hold their last write, %,d one that a crash may leave; %,d durable lost%s"
          .formatted(latest, older, lost, foreign == 0 ? "" : ", %,d foreign".formatted(foreign));
    }
  }

  static List<SectorTruth> read(Path table) throws IOException {
    List<SectorTruth> sectors = new ArrayList<>();
    for (String line : Files.readAllLines(table)) {
      if (!line.startsWith("#")) {
        String[] words = line.strip().split("\\s+", -1);
        sectors.add(
            new SectorTruth(
                Long.parseLong(words[0]),
                Long.parseLong(words[1]),
                Long.parseLong(words[2]),
                Long.parseLong(words[3]),
                words[4].equals("1")));
      }
    }
    return sectors;
  }

  static Verdict judge(List<SectorTruth> sectors, BlockSource device) {
    long latest = 0;
    long older = 0;
    long lost = 0;
    long foreign = 0;
    ByteBuffer bytes = ByteBuffer.allocate(BlockSource.SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (SectorTruth truth : sectors) {
      if (truth.discarded()) {
        continue;
      }
      device.read(truth.sector() * BlockSource.SECTOR_BYTES, bytes.clear());
      long write = bytes.getLong(STAMP_WRITE);
      if (bytes.getInt(0) != STAMP
          || bytes.getLong(STAMP_SECTOR) != truth.sector()
          || write > truth.issued()) {
        foreign++;
      } else if (write == truth.acknowledged()) {
        latest++;
      } else if (write < truth.durable()) {
        lost++;
      } else {
        older++;
      }
    }
    return new Verdict(latest, older, lost, foreign);
  }
}
