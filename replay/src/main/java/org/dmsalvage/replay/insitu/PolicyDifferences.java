package org.dmsalvage.replay.insitu;

import java.util.Arrays;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.Difference.Kind;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;
import org.jspecify.annotations.Nullable;

/**
 * Where salvage and the driver disagree. Nothing is kept: the runs of blocks that are not simply
 * right are read again under both rules.
 *
 * @param source the image
 * @param geometry its sizes
 * @param codec the compressor that the driver uses: the one that the superblock names
 * @param readers make readers under the rules of salvage
 * @param runs first blocks of the aligned runs of 32 that are not simply right
 * @param longItems items of the bitmap that are longer than an extent can be
 * @param driver how the driver takes the device
 */
record PolicyDifferences(
    BlockSource source,
    InsituGeometry geometry,
    Codec codec,
    Supplier<RunReader> readers,
    BlockList runs,
    LongItems longItems,
    DriverOutcome driver)
    implements Differences {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  private static final String LOST = "zeros, lost";
  private static final String FAILS = "read error";
  private static final String UNINITIALISED = "memory never written to";
  private static final String NEVER_WRITTEN = "zeros, never written";
  private static final String DESCRIBED = "what the bitmap describes";
  private static final String TAKEN_AS_STORED = "bytes that the bitmap takes for uncompressed";

  @Override
  public void explain(Explanation visitor) {
    Joiner joiner = new Joiner(visitor);
    if (driver.outcome() == Outcome.ACCEPT) {
      try (Comparison comparison = new Comparison(joiner)) {
        for (int i = 0; i < runs.size(); i++) {
          comparison.run(runs.get(i));
        }
      }
    } else {
      everything(joiner);
    }
    joiner.end();
  }

  /** The driver shows nothing at all. */
  private void everything(Joiner joiner) {
    String there = driver.outcome() == Outcome.FORMAT ? "zeros" : "nothing: " + driver.outcome();
    ExtentCursor cursor =
        new ExtentCursor(MetaWindow.large(source, geometry), 0, geometry.dataBlocks());
    try (RunReader reader = readers.get()) {
      int run = 0;
      while (cursor.next()) {
        for (; run < runs.size() && runs.get(run) <= cursor.first(); run++) {
          everything(reader.read(runs.get(run)), there, joiner);
        }
        if (cursor.kind() == ExtentCursor.Kind.EXTENT
            && cursor.sectors() > 0
            && !runs.contains(RunReader.runOf(cursor.first()))) {
          joiner.range(
              cursor.first() * BLOCK,
              cursor.blocks() * BLOCK,
              dropped(shownAs(cursor.stored()), there));
        }
      }
      for (; run < runs.size(); run++) {
        everything(reader.read(runs.get(run)), there, joiner);
      }
    }
  }

  private void everything(ExtentSearch search, String there, Joiner joiner) {
    for (int piece = 0; piece < search.pieces(); piece++) {
      joiner.range(
          search.first(piece) * BLOCK,
          search.shown(piece),
          dropped(shownAs(search.kind(piece).stored()), there));
    }
  }

  private Difference dropped(String salvage, String there) {
    return new Difference(Kind.DROPPED, driver.rule(), salvage, there);
  }

  /** What the driver does to a sector that it reads by a bitmap that does not fit the data. */
  private static Difference mistake(String salvage, String driver) {
    return switch (driver) {
      case FAILS -> new Difference(Kind.UNREADABLE, Rule.I18, salvage, driver);
      case NEVER_WRITTEN -> new Difference(Kind.DROPPED, Rule.I18, salvage, driver);
      case UNINITIALISED -> new Difference(Kind.SPOILT, Rule.I12, salvage, driver);
      case TAKEN_AS_STORED -> new Difference(Kind.SPOILT, Rule.I18, salvage, driver);
      default -> new Difference(Kind.OLDER, Rule.I18, salvage, driver);
    };
  }

  private static String shownAs(boolean stored) {
    return stored ? "stored extent" : "decompressed extent";
  }

  /** Reads runs under both rules. */
  private final class Comparison implements AutoCloseable {
    private final Joiner joiner;
    private final RunReader salvage = readers.get();
    private final DriverReader reader = new DriverReader(source, geometry, codec);
    private final MetaWindow window = MetaWindow.small(source, geometry);
    private final String[] there =
        new String[ExtentSearch.RUN_BLOCKS * InsituGeometry.BLOCK_SECTORS];
    private final byte[] driven = new byte[ExtentSearch.RUN_BLOCKS * BLOCK];

    /** The item of the bitmap that the reader has read, and what it gave. */
    private long held = -1;

    private long shown;

    Comparison(Joiner joiner) {
      this.joiner = joiner;
    }

    void run(long run) {
      ExtentSearch search = salvage.read(run);
      int blocks = (int) Math.min(ExtentSearch.RUN_BLOCKS, geometry.dataBlocks() - run);
      for (int block = 0; block < blocks; ) {
        block = drive(run, block, blocks);
      }
      for (int sector = 0; sector < blocks * InsituGeometry.BLOCK_SECTORS; sector++) {
        int piece = search.pieceAt(run + sector / InsituGeometry.BLOCK_SECTORS);
        compare(search, piece, run, sector);
      }
    }

    /** Reads the item at a block as the driver does. Returns the block behind it. */
    private int drive(long run, int block, int blocks) {
      int item = longItems.find(run + block);
      ExtentCursor.Kind kind;
      long first;
      long count;
      long sectors;
      if (item >= 0) {
        kind = longItems.kind(item);
        first = longItems.first(item);
        count = longItems.blocks(item);
        sectors = longItems.sectors(item);
      } else {
        ExtentCursor cursor = ExtentCursor.at(window, run + block);
        kind = cursor.kind();
        first = cursor.first();
        count = cursor.blocks();
        sectors = cursor.sectors();
      }
      int end = (int) Math.min(blocks, first + count - run);
      int from = block * BLOCK;
      int to = end * BLOCK;
      Arrays.fill(driven, from, to, (byte) 0);
      if (kind != ExtentCursor.Kind.EXTENT || sectors == 0) {
        fill(from, to, NEVER_WRITTEN);
        return end;
      }
      if (held != first) {
        shown = reader.read(first, count, sectors);
        held = first;
      }
      long skip = (run + block - first) * BLOCK;
      int good = Math.clamp(shown / SECTOR * SECTOR - skip, 0, to - from);
      if (good > 0) {
        System.arraycopy(reader.plain(), (int) skip, driven, from, good);
      }
      boolean stored = sectors == InsituGeometry.BLOCK_SECTORS * count;
      fill(from, from + good, stored ? TAKEN_AS_STORED : DESCRIBED);
      fill(
          from + good, to, reader.outcome() == DriverReader.Outcome.FAILED ? FAILS : UNINITIALISED);
      return end;
    }

    private void fill(int from, int to, String what) {
      Arrays.fill(there, from / SECTOR, to / SECTOR, what);
    }

    private void compare(ExtentSearch search, int piece, long run, int sector) {
      String driver = there[sector];
      boolean bytes = !driver.equals(FAILS) && !driver.equals(UNINITIALISED);
      int at = sector * SECTOR;
      boolean unwritten = search.kind(piece) == ExtentSearch.Kind.UNWRITTEN;
      boolean known =
          unwritten || run * BLOCK + at < search.first(piece) * BLOCK + search.shown(piece);
      if (bytes && Arrays.equals(search.plain(), at, at + SECTOR, driven, at, at + SECTOR)) {
        return;
      }
      joiner.range(
          run * BLOCK + at,
          SECTOR,
          mistake(
              !known ? LOST : unwritten ? "zeros" : shownAs(search.kind(piece).stored()), driver));
    }

    @Override
    public void close() {
      salvage.close();
      reader.close();
    }
  }

  /** Joins ranges that adjoin and have one cause. */
  private static final class Joiner {
    private final Explanation visitor;
    private long from;
    private long to;
    private @Nullable Difference held;

    Joiner(Explanation visitor) {
      this.visitor = visitor;
    }

    void range(long offset, long length, Difference difference) {
      if (length == 0) {
        return;
      }
      if (offset != to || !difference.equals(held)) {
        end();
        from = offset;
        held = difference;
      }
      to = offset + length;
    }

    void end() {
      if (to > from && held != null) {
        visitor.range(from, to - from, held);
      }
      from = to;
    }
  }
}
