package org.dmsalvage.replay.writecache;

import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.Difference.Kind;
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
  public void explain(Explanation visitor) {
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
      Difference difference =
          error == at
              ? new Difference(Kind.UNREADABLE, Rule.C7, shown(here, "backing device"), "I/O error")
              : here != there ? difference(at, s, here, there, without) : null;
      if (difference != null) {
        joiner.add(at, blockSectors, difference);
      }
      s = ours == at ? salvage.next(s) : s;
      d = driver != null && theirs == at ? driver.next(d) : d;
      b += error == at ? 1 : 0;
    }
    joiner.flush();
  }

  /**
   * Explains a block.
   *
   * @param sector of the block
   * @param ours position of what salvage shows, if it shows any there
   * @param here the entry that salvage shows; -1 for what lies below
   * @param there the entry that the driver shows; -1 for nothing from the cache
   * @param without what the driver shows of blocks that it does not have
   */
  private Difference difference(long sector, int ours, int here, int there, String without) {
    if (there < 0) {
      boolean accepts = outcome.outcome() == DriverOutcome.Outcome.ACCEPT;
      Rule rule = accepts ? missing() : outcome.rule();
      return new Difference(Kind.DROPPED, rule, shown(here, ""), without);
    }
    if (here < 0) {
      boolean wiped = wiped(sector, there);
      return new Difference(
          wiped ? Kind.SPOILT : Kind.RESURRECTED,
          wiped ? Rule.C5 : Rule.C6,
          "backing device",
          shown(there, ""));
    }
    if (salvage.tied(ours) || wiped(sector, there)) {
      Rule rule = salvage.tied(ours) ? Rule.C4 : Rule.C5;
      return new Difference(Kind.SPOILT, rule, "entry " + here, "entry " + there);
    }
    return new Difference(Kind.OLDER, missing(), "entry " + here, "entry " + there);
  }

  /** Why the driver misses an entry: it cannot read it, or it was never committed. */
  private Rule missing() {
    return Rule.citedBy(outcome.reason()).contains(Rule.C6) ? Rule.C6 : Rule.C3;
  }

  /** Whether an entry is all zeros: salvage does not take such a one for a copy of sector 0. */
  private boolean wiped(long sector, int entry) {
    return sector == 0 && salvage.table().sequences(new int[] {entry})[0] == 0;
  }

  private static String shown(int entry, String otherwise) {
    return entry >= 0 ? "cached block" : otherwise;
  }

  /** Joins adjacent ranges with the same cause. */
  private static final class Joiner {
    private final Explanation visitor;
    private final long size;
    private long from;
    private long end;
    private @Nullable Difference held;

    Joiner(Explanation visitor, long size) {
      this.visitor = visitor;
      this.size = size;
    }

    void add(long sector, long sectors, Difference difference) {
      if (sector != end || !difference.equals(held)) {
        flush();
        from = sector;
        held = difference;
      }
      end = sector + sectors;
    }

    void flush() {
      if (end > from && held != null) {
        long offset = from * BlockSource.SECTOR_BYTES;
        long length = Math.min(size, end * BlockSource.SECTOR_BYTES) - offset;
        visitor.range(offset, length, held);
      }
      from = end;
    }
  }
}
