package org.dmsalvage.replay.insitu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.ExtentState;
import org.dmsalvage.inspect.format.insitu.InsituCode;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.RangeSet;

/** Reads every extent once, on all cores, and keeps what is not simply right. */
final class ExtentScan {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Blocks whose extents are read as one task. */
  private static final int TASK_BLOCKS = 8192;

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final Codec codec;
  private final Progress progress;

  private final BlockList notable = new BlockList();
  private final LossList atRisk = new LossList();
  private final LossList lost = new LossList();
  private final Counts counts = new Counts();

  ExtentScan(BlockSource source, InsituGeometry geometry, Codec codec, Progress progress) {
    this.source = source;
    this.geometry = geometry;
    this.codec = codec;
    this.progress = progress;
  }

  /** What was counted. */
  private static final class Counts {
    private long extents;
    private long right;
    private long appliedBlocks;
    private long appliedSectors;

    void add(Counts other) {
      extents += other.extents;
      right += other.right;
      appliedBlocks += other.appliedBlocks;
      appliedSectors += other.appliedSectors;
    }

    void applied(long shown) {
      appliedBlocks += (shown + BLOCK - 1) / BLOCK;
      appliedSectors += (shown + SECTOR - 1) / SECTOR;
    }
  }

  /** What the extents of one task showed. */
  private static final class Batch {
    private final BlockList notable = new BlockList();
    private final List<Loss> atRisk = new ArrayList<>();
    private final List<Loss> lost = new ArrayList<>();
    private final RangeSet rangesAtRisk = new RangeSet();
    private final RangeSet rangesLost = new RangeSet();
    private final Counts counts = new Counts();
    private long blocks;

    /** The item that a cursor stands at is lost from some byte on, and in doubt before it. */
    void doubt(ExtentCursor cursor, long shown) {
      long start = cursor.first() * BLOCK;
      rangesAtRisk.add(start, shown);
      rangesLost.add(start + shown, cursor.blocks() * BLOCK - shown);
    }
  }

  /** Reads one item of the bitmap. */
  private interface Judge<R extends ExtentReader> {
    void item(ExtentCursor cursor, R reader, Batch batch);
  }

  /** Reads the device under the driver's rules. */
  ExtentScan driver() {
    run(() -> new DriverReader(source, geometry, codec), this::driver);
    return this;
  }

  /** Reads the device under the rules of salvage. */
  ExtentScan salvage() {
    run(() -> new SalvageReader(source, geometry, codec), this::salvage);
    return this;
  }

  private <R extends ExtentReader> void run(Supplier<R> readers, Judge<R> judge) {
    long blocks = geometry.dataBlocks();
    MetaWindow window = MetaWindow.large(source, geometry);
    progress.begin("decompressing extents", geometry.logicalBytes());
    OrderedTasks.run(
        last -> nextTask(window, last),
        task -> {
          progress.checkCancelled("decompressing extents");
          long from = task * TASK_BLOCKS;
          return batch(from, Math.min(blocks, from + TASK_BLOCKS), readers, judge);
        },
        this::take);
  }

  /** {@return the next task with anything to read; -1 if there is none} */
  private static long nextTask(MetaWindow window, long last) {
    long from = (last + 1) * TASK_BLOCKS;
    long next = from < window.blocks() ? window.nextExtent(from, window.blocks()) : from;
    return next < window.blocks() ? next / TASK_BLOCKS : -1;
  }

  private <R extends ExtentReader> Batch batch(
      long from, long to, Supplier<R> readers, Judge<R> judge) {
    Batch batch = new Batch();
    batch.blocks = to - from;
    MetaWindow window = MetaWindow.small(source, geometry);
    ExtentCursor cursor = new ExtentCursor(window, from, to);
    try (R reader = readers.get()) {
      while (cursor.next()) {
        judge.item(cursor, reader, batch);
      }
    }
    return batch;
  }

  private void take(Batch batch) {
    progress.advance(batch.blocks * BLOCK);
    notable.addAll(batch.notable);
    batch.atRisk.forEach(atRisk::add);
    batch.lost.forEach(lost::add);
    atRisk.ranges().addAll(batch.rangesAtRisk);
    lost.ranges().addAll(batch.rangesLost);
    counts.add(batch.counts);
  }

  private void driver(ExtentCursor cursor, DriverReader reader, Batch batch) {
    if (cursor.kind() != ExtentCursor.Kind.EXTENT || cursor.sectors() == 0) {
      return;
    }
    long shown = reader.read(cursor.first(), cursor.blocks(), cursor.sectors());
    batch.counts.extents++;
    batch.counts.applied(shown);
    if (reader.outcome() == DriverReader.Outcome.WHOLE) {
      batch.counts.right++;
      return;
    }
    batch.notable.add(cursor.first());
    long missing = (cursor.blocks() * BLOCK - shown + SECTOR - 1) / SECTOR;
    long whole = shown / SECTOR * SECTOR;
    batch.rangesLost.add(cursor.first() * BLOCK + whole, cursor.blocks() * BLOCK - whole);
    boolean ended = reader.outcome() == DriverReader.Outcome.SHORT;
    batch.lost.add(
        loss(
            ended ? InsituCode.SHORT : InsituCode.UNDECODABLE,
            cursor,
            missing,
            ended
                ? "decompresses to %d bytes of %d: the rest is memory that was never written to"
                    .formatted(shown, cursor.blocks() * BLOCK)
                : "every read of the extent fails"));
  }

  private void salvage(ExtentCursor cursor, SalvageReader reader, Batch batch) {
    switch (cursor.kind()) {
      case UNWRITTEN -> {}
      case HEADLESS -> {
        batch.doubt(cursor, 0);
        batch.lost.add(
            loss(
                InsituCode.TAIL_WITHOUT_HEAD,
                cursor,
                cursor.regular() ? cursor.blocks() * InsituGeometry.BLOCK_SECTORS : -1,
                "tails without a head: nothing says where their payload begins"));
      }
      case UNKNOWN -> {
        batch.doubt(cursor, 0);
        batch.lost.add(
            loss(
                InsituCode.BITMAP_UNREADABLE,
                cursor,
                -1,
                "the bits cannot be read: nothing says which extents there are"));
      }
      case EXTENT -> {
        if (cursor.sectors() > 0) {
          extent(cursor, reader, batch);
        }
      }
    }
  }

  private void extent(ExtentCursor cursor, SalvageReader reader, Batch batch) {
    long shown = reader.read(cursor.first(), cursor.blocks(), cursor.sectors());
    ExtentState state = reader.state();
    batch.counts.extents++;
    batch.counts.applied(shown);
    boolean plain = state == ExtentState.OK || state == ExtentState.UNPROVEN;
    boolean cutOff = cursor.stored() && cursor.endsAtUnknown();
    if (plain && cursor.regular() && !cutOff) {
      batch.counts.right++;
      return;
    }
    batch.notable.add(cursor.first());
    long extent = cursor.blocks() * BLOCK;
    if (cursor.stored() && state == ExtentState.UNREADABLE) {
      long gaps = gaps(cursor, reader, batch.rangesLost);
      batch.lost.add(loss(InsituCode.EXTENT_UNREADABLE, cursor, gaps, reader.detail()));
      return;
    }
    String reason =
        state != ExtentState.UNPROVEN
            ? reader.detail()
            : cursor.regular()
                ? "stored as it is; the bits of the blocks behind it cannot be read"
                : "stored as it is, but no write makes such an extent";
    batch.doubt(cursor, shown);
    InsituCode code = plain && !cursor.regular() ? irregular(cursor) : InsituCode.of(state);
    if (shown > 0) {
      batch.atRisk.add(loss(code, cursor, shown / SECTOR, reason));
    }
    if (shown < extent) {
      batch.lost.add(loss(code, cursor, (extent - shown) / SECTOR, reason));
    }
  }

  private static InsituCode irregular(ExtentCursor cursor) {
    return cursor.blocks() > InsituGeometry.MAX_EXTENT_BLOCKS
        ? InsituCode.TOO_LONG
        : InsituCode.CROSSES;
  }

  /**
   * Counts the sectors of a stored extent that cannot be read, as far as they were looked at.
   *
   * @param ranges receives them as ranges of the logical device
   */
  private long gaps(ExtentCursor cursor, SalvageReader reader, RangeSet ranges) {
    long offset = geometry.dataOffset(cursor.first());
    long blocks = Math.min(cursor.blocks(), InsituGeometry.MAX_EXTENT_BLOCKS);
    int length = (int) blocks * BLOCK;
    long bytes = Math.clamp(offset + length - source.size(), 0, length);
    long logical = cursor.first() * BLOCK;
    ranges.add(logical + length - bytes, bytes);
    for (ByteRange range : reader.prover().window().unreadable(offset, length)) {
      bytes += range.length();
      ranges.add(logical + range.offset() - offset, range.length());
    }
    return (bytes + SECTOR - 1) / SECTOR;
  }

  private Loss loss(InsituCode code, ExtentCursor cursor, long sectors, String reason) {
    return new Loss(
        code.id(),
        source.name(),
        geometry.dataOffset(cursor.first()),
        cursor.sectors() * SECTOR,
        sectors,
        reason,
        Facts.builder()
            .bytes("logicalOffset", cursor.first() * BLOCK)
            .count("blocks", cursor.blocks())
            .build());
  }

  /** {@return heads of the extents that are not simply right, ascending} */
  BlockList notable() {
    return notable;
  }

  LossList atRisk() {
    return atRisk;
  }

  LossList lost() {
    return lost;
  }

  long extents() {
    return counts.extents;
  }

  /** {@return the extents with which there is nothing the matter} */
  long right() {
    return counts.right;
  }

  long appliedBlocks() {
    return counts.appliedBlocks;
  }

  long appliedSectors() {
    return counts.appliedSectors;
  }
}
