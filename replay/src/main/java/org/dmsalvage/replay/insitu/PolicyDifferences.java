package org.dmsalvage.replay.insitu;

import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;

/**
 * Where salvage and the driver disagree. Nothing is kept: the notable extents are read again under
 * both rules.
 *
 * @param source the image
 * @param geometry its sizes
 * @param codec the compressor of the payloads
 * @param notable heads of the extents that are not simply right
 * @param driver how the driver takes the device
 */
record PolicyDifferences(
    BlockSource source,
    InsituGeometry geometry,
    Codec codec,
    BlockList notable,
    DriverOutcome driver)
    implements Differences {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  private static final String LOST = "zeros, lost";
  private static final String FAILS = "read error";
  private static final String UNINITIALISED = "memory never written to";

  @Override
  public void forEach(Visitor visitor) {
    Joiner joiner = new Joiner(visitor);
    ExtentCursor cursor =
        new ExtentCursor(MetaWindow.large(source, geometry), 0, geometry.dataBlocks());
    boolean accepted = driver.outcome() == Outcome.ACCEPT;
    String nothing = driver.outcome() == Outcome.FORMAT ? "zeros" : "nothing: " + driver.outcome();
    try (SalvageReader reader = new SalvageReader(source, geometry, codec)) {
      for (int i = 0; !accepted ? cursor.next() : i < notable.size() && cursor.next(); ) {
        boolean isNotable = i < notable.size() && cursor.first() == notable.get(i);
        i += isNotable ? 1 : 0;
        if (cursor.kind() != ExtentCursor.Kind.EXTENT || cursor.sectors() == 0) {
          continue;
        }
        long start = cursor.first() * BLOCK;
        long extent = cursor.blocks() * BLOCK;
        if (!accepted) {
          long shown =
              isNotable ? reader.read(cursor.first(), cursor.blocks(), cursor.sectors()) : extent;
          joiner.range(start, shown, shownAs(cursor), nothing);
        } else if (isNotable) {
          both(cursor, reader, joiner);
        }
      }
    }
    joiner.end();
  }

  private void both(ExtentCursor cursor, SalvageReader reader, Joiner joiner) {
    long start = cursor.first() * BLOCK;
    long extent = cursor.blocks() * BLOCK;
    long salvaged = reader.read(cursor.first(), cursor.blocks(), cursor.sectors());
    long driven = reader.driver().read(cursor.first(), cursor.blocks(), cursor.sectors());
    long same = Math.min(salvaged, driven / SECTOR * SECTOR);
    String there = reader.driver().outcome() == DriverReader.Outcome.FAILED ? FAILS : UNINITIALISED;
    joiner.range(start + same, salvaged - same, shownAs(cursor), there);
    joiner.range(start + salvaged, extent - salvaged, LOST, there);
  }

  private static String shownAs(ExtentCursor cursor) {
    return cursor.stored() ? "stored extent" : "decompressed extent";
  }

  /** Joins ranges that adjoin and say the same. */
  private static final class Joiner {
    private final Visitor visitor;
    private long from;
    private long to;
    private String salvage = "";
    private String driver = "";

    Joiner(Visitor visitor) {
      this.visitor = visitor;
    }

    void range(long offset, long length, String newSalvage, String newDriver) {
      if (length == 0) {
        return;
      }
      if (offset != to || !salvage.equals(newSalvage) || !driver.equals(newDriver)) {
        end();
        from = offset;
        salvage = newSalvage;
        driver = newDriver;
      }
      to = offset + length;
    }

    void end() {
      if (to > from) {
        visitor.range(from, to - from, salvage, driver);
      }
      from = to;
    }
  }
}
