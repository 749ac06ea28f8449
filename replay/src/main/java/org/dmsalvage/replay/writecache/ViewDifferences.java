package org.dmsalvage.replay.writecache;

import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;
import org.jspecify.annotations.Nullable;

/**
 * Blocks where salvage and driver show different copies.
 *
 * @param salvage what salvage shows
 * @param driver what the driver shows; null if it shows no cached block
 * @param outcome of the driver's attach
 * @param size of the logical device in bytes
 */
record ViewDifferences(
    CachedView salvage, @Nullable CachedView driver, DriverOutcome outcome, long size)
    implements Differences {

  @Override
  public void forEach(Visitor visitor) {
    String without =
        switch (outcome.outcome()) {
          case ACCEPT, FORMAT -> "backing device";
          default -> "nothing: the driver would " + outcome.outcome();
        };
    Joiner joiner = new Joiner(visitor, size);
    int blockSectors = salvage.sectorsPerBlock();
    int s = salvage.from(0);
    int d = driver == null ? 0 : driver.from(0);
    int b = 0;
    long[] broken = driver == null ? new long[0] : driver.broken();
    while (true) {
      long ours = salvage.sector(s);
      long theirs = driver == null ? Long.MAX_VALUE : driver.sector(d);
      long error = b < broken.length ? broken[b] : Long.MAX_VALUE;
      long at = Math.min(ours, Math.min(theirs, error));
      if (at >= (size + BlockSource.SECTOR_BYTES - 1) / BlockSource.SECTOR_BYTES) {
        break;
      }
      int here = ours == at ? salvage.entry(s) : -1;
      int there = driver != null && theirs == at ? driver.entry(d) : -1;
      if (error == at) {
        joiner.add(at, blockSectors, shown(here, "backing device"), "I/O error");
      } else if (here >= 0 && there >= 0 && here != there) {
        joiner.add(at, blockSectors, "entry " + here, "entry " + there);
      } else if (here != there) {
        joiner.add(at, blockSectors, shown(here, "backing device"), shown(there, without));
      }
      s = ours == at ? salvage.next(s) : s;
      d = driver != null && theirs == at ? driver.next(d) : d;
      b += error == at ? 1 : 0;
    }
    joiner.flush();
  }

  private static String shown(int entry, String otherwise) {
    return entry >= 0 ? "cached block" : otherwise;
  }

  /** Joins adjacent ranges with the same words. */
  private static final class Joiner {
    private final Visitor visitor;
    private final long size;
    private long from;
    private long end;
    private String salvage = "";
    private String driver = "";

    Joiner(Visitor visitor, long size) {
      this.visitor = visitor;
      this.size = size;
    }

    void add(long sector, long sectors, String ours, String theirs) {
      if (sector != end || !ours.equals(salvage) || !theirs.equals(driver)) {
        flush();
        from = sector;
        salvage = ours;
        driver = theirs;
      }
      end = sector + sectors;
    }

    void flush() {
      if (end > from) {
        long offset = from * BlockSource.SECTOR_BYTES;
        long length = Math.min(size, end * BlockSource.SECTOR_BYTES) - offset;
        visitor.range(offset, length, salvage, driver);
      }
      from = end;
    }
  }
}
