package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workload.Request;
import org.dmsalvage.fixtures.pattern.SectorPattern;
import org.dmsalvage.fixtures.pattern.Stamp;

/**
 * Every write and discard of a workload: what a sector of its device can ever have held.
 *
 * @param writes by sequence number less 1: first sector, number of sectors
 * @param discards likewise, without numbers
 */
record Writes(List<int[]> writes, List<int[]> discards) {
  private static final int SECTOR = 512;

  /** Of a driver that widens writes to whole blocks of so many sectors. */
  static Writes of(Workload workload, int blockSectors) {
    List<int[]> writes = new ArrayList<>();
    List<int[]> discards = new ArrayList<>();
    for (Request request : workload.requests()) {
      switch (request) {
        case Request.Write(int sector, int count, _) -> {
          int from = sector / blockSectors * blockSectors;
          int to = (sector + count + blockSectors - 1) / blockSectors * blockSectors;
          writes.add(new int[] {from, to - from});
        }
        case Request.Discard(int sector, int count) -> discards.add(new int[] {sector, count});
        case Request.Flush() -> {}
      }
    }
    return new Writes(writes, discards);
  }

  /**
   * Each sector is, to the last byte, what one of its writes or the first filling made it, or was
   * discarded; and none is older than what its backing device holds.
   *
   * @param logical the recovered device
   * @param backing its backing device after the crash
   * @param mayBeOlder sectors that may be older than there
   */
  void assertNothingInvented(byte[] logical, byte[] backing, BitSet mayBeOlder) {
    byte[] bytes = new byte[SECTOR];
    for (int sector = 0; sector < logical.length / SECTOR; sector++) {
      System.arraycopy(logical, sector * SECTOR, bytes, 0, SECTOR);
      Stamp stamp = SectorPattern.ORC1.read(bytes, 0);
      int at = sector;
      if (stamp == null) {
        assertTrue(
            Arrays.equals(bytes, new byte[SECTOR]) && wasDiscarded(sector),
            () -> "sector " + at + " holds no write and was not discarded");
      } else {
        assertTrue(
            stamp.sector() == sector
                && SectorPattern.ORC1.isWhole(stamp, bytes, 0)
                && stamp.seed() == CrashedImages.SEED
                && wasWritten(sector, stamp.sequence()),
            () -> "sector " + at + " holds " + stamp + ", which was never written there");
        Stamp below = SectorPattern.ORC1.read(backing, sector * SECTOR);
        assertTrue(
            below == null || below.sequence() <= stamp.sequence() || mayBeOlder.get(at),
            () -> "sector " + at + " holds " + stamp + ", older than the backing's " + below);
      }
    }
  }

  private boolean wasWritten(int sector, long sequence) {
    return sequence == 0
        || (sequence > 0
            && sequence <= writes.size()
            && contains(writes.get((int) sequence - 1), sector));
  }

  private boolean wasDiscarded(int sector) {
    return discards.stream().anyMatch(discard -> contains(discard, sector));
  }

  private static boolean contains(int[] range, int sector) {
    return sector >= range[0] && sector < range[0] + range[1];
  }
}
