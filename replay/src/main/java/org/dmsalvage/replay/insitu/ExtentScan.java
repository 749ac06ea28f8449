package org.dmsalvage.replay.insitu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.ExtentSearch.Kind;
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

/**
 * Reads every extent once, on all cores, and keeps what is not simply right: under the driver's
 * rules extents, under those of salvage aligned runs of 32 blocks.
 */
final class ExtentScan {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Blocks whose extents are read as one task. */
  private static final int TASK_BLOCKS = 8192;

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final Codec codec;
  private final Supplier<RunReader> readers;
  private final Progress progress;
  private final Findings findings;

  private final BlockList notable = new BlockList();
  private final LossList atRisk = new LossList();
  private final LossList lost = new LossList();
  private final Counts counts = new Counts();

  /**
   * Starts with nothing read.
   *
   * @param readers make readers under the rules of salvage
   * @param findings receives what is noticed about blocks that were never written
   */
  ExtentScan(
      BlockSource source,
      InsituGeometry geometry,
      Codec codec,
      Supplier<RunReader> readers,
      Progress progress,
      Findings findings) {
    this.source = source;
    this.geometry = geometry;
    this.codec = codec;
    this.readers = readers;
    this.progress = progress;
    this.findings = findings;
  }

  /** What was counted. */
  private static final class Counts {
    private long extents;
    private long right;
    private long appliedBlocks;
    private long appliedSectors;
    private long found;

    void add(Counts other) {
      extents += other.extents;
      right += other.right;
      found += other.found;
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

    /** First block and number of blocks of ranges that nothing describes or proves. */
    private final List<Long> unproved = new ArrayList<>();

    private long blocks;
  }

  /** Reads the device under the driver's rules. */
  ExtentScan driver() {
    MetaWindow window = MetaWindow.large(source, geometry);
    run(last -> nextTask(window, last, false), this::driverBatch);
    return this;
  }

  /**
   * Reads the device under the rules of salvage.
   *
   * @param driverCodec what the driver takes for the compressor; if it is wrong, no run that holds
   *     anything is simply right
   */
  ExtentScan salvage(Codec driverCodec) {
    MetaWindow window = MetaWindow.large(source, geometry);
    boolean agreed = driverCodec == codec;
    run(last -> nextTask(window, last, true), (from, to) -> salvageBatch(from, to, agreed));
    return this;
  }

  private void run(LongUnaryOperator next, BiFunction<Long, Long, Batch> work) {
    progress.begin("decompressing extents", geometry.logicalBytes());
    OrderedTasks.run(
        next,
        task -> {
          progress.checkCancelled("decompressing extents");
          long from = task * TASK_BLOCKS;
          return work.apply(from, Math.min(geometry.dataBlocks(), from + TASK_BLOCKS));
        },
        this::take);
  }

  /**
   * {@return the next task with anything to read; -1 if there is none}
   *
   * @param data whether there may be something to read where the bitmap describes nothing
   */
  private long nextTask(MetaWindow window, long last, boolean data) {
    long from = (last + 1) * TASK_BLOCKS;
    long blocks = geometry.dataBlocks();
    if (from >= blocks) {
      return -1;
    }
    long next = window.nextExtent(from, blocks);
    long offset = geometry.dataOffset(from);
    if (data && next > from && offset < source.size()) {
      next = Math.min(next, from + (source.nextData(offset) - offset) / BLOCK);
    }
    return next < blocks ? next / TASK_BLOCKS : -1;
  }

  private Batch driverBatch(long from, long to) {
    Batch batch = new Batch();
    batch.blocks = to - from;
    ExtentCursor cursor = new ExtentCursor(MetaWindow.small(source, geometry), from, to);
    try (DriverReader reader = new DriverReader(source, geometry, codec)) {
      while (cursor.next()) {
        driver(cursor, reader, batch);
      }
    }
    return batch;
  }

  private Batch salvageBatch(long from, long to, boolean agreed) {
    Batch batch = new Batch();
    batch.blocks = to - from;
    try (RunReader reader = readers.get()) {
      for (long run = from; run < to; run += ExtentSearch.RUN_BLOCKS) {
        ExtentSearch search = reader.read(run);
        unproved(run, search.unprovedData(), batch);
        boolean right = true;
        long reach = run;
        for (int piece = 0; piece < search.pieces(); piece++) {
          boolean unwritten = search.kind(piece) == Kind.UNWRITTEN;
          // To the bitmap, a block without bits is the head of tails behind the run's border.
          right &= unwritten ? !search.irregular(piece) : agreed;
          if (unwritten || salvage(search, piece, reader, batch)) {
            reachedOver(search, piece, reach, batch);
          } else {
            right = false;
          }
          if (search.kind(piece) == Kind.UNDESCRIBED) {
            reach = search.first(piece) + search.payloadBlocks(piece);
          }
        }
        if (!right) {
          batch.notable.add(run);
        }
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
    for (int i = 0; i < batch.unproved.size(); i += 2) {
      long count = batch.unproved.get(i + 1);
      findings.add(
          InsituCode.UNDESCRIBED_DATA,
          source.name(),
          geometry.dataOffset(batch.unproved.get(i)),
          count * BLOCK,
          () ->
              "%d blocks that were never written, as the bitmap says, hold bytes".formatted(count));
    }
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

  /**
   * Takes blocks that are as the bits describe them, but that a payload of which the bits know
   * nothing reaches over: it may be newer.
   */
  private void reachedOver(ExtentSearch search, int piece, long reach, Batch batch) {
    long blocks = Math.min(reach - search.first(piece), search.blocks(piece));
    if (blocks > 0) {
      batch.rangesAtRisk.add(search.first(piece) * BLOCK, blocks * BLOCK);
      batch.atRisk.add(
          loss(
              InsituCode.UNDESCRIBED_PAYLOAD,
              search,
              piece,
              blocks * InsituGeometry.BLOCK_SECTORS,
              "shown as described, but a payload that the bitmap does not describe reaches over"
                  + " it"));
    }
  }

  private static void unproved(long run, int blocks, Batch batch) {
    int left = blocks;
    while (left != 0) {
      int from = Integer.numberOfTrailingZeros(left);
      int count = Integer.numberOfTrailingZeros(~(left >>> from));
      batch.unproved.add(run + from);
      batch.unproved.add((long) count);
      left &= count == Integer.SIZE ? 0 : -1 << from << count;
    }
  }

  /** Takes a piece of a run. Returns whether it is right. */
  private boolean salvage(ExtentSearch search, int piece, RunReader reader, Batch batch) {
    Kind kind = search.kind(piece);
    int shown = search.shown(piece);
    batch.counts.applied(shown);
    batch.counts.extents += search.head(piece) >= 0 ? 1 : 0;
    batch.counts.found += kind == Kind.FOUND || kind == Kind.UNDESCRIBED ? 1 : 0;
    int gaps = kind == Kind.STORED ? gaps(search, piece) : 0;
    boolean irregular = kind == Kind.STORED && search.irregular(piece);
    if (kind == Kind.EXTENT || (kind == Kind.STORED && gaps == 0 && !irregular)) {
      batch.counts.right++;
      return true;
    }
    doubt(search, piece, gaps, batch);
    InsituCode code = code(search, piece, reader, gaps);
    String reason = reason(search, piece, reader, gaps);
    int known = (shown - gaps) / SECTOR;
    int unknown = search.blocks(piece) * InsituGeometry.BLOCK_SECTORS - known;
    if (known > 0 && (gaps == 0 || irregular)) {
      batch.atRisk.add(loss(code, search, piece, known, reason));
    }
    if (unknown > 0) {
      batch.lost.add(loss(code, search, piece, kind == Kind.UNKNOWN ? -1 : unknown, reason));
    }
    return false;
  }

  /**
   * Tells which bytes of the logical device a piece that is not right leaves in doubt or unknown.
   */
  private void doubt(ExtentSearch search, int piece, int gaps, Batch batch) {
    long start = search.first(piece) * BLOCK;
    int length = search.blocks(piece) * BLOCK;
    int shown = search.shown(piece);
    boolean whole = search.kind(piece) != Kind.STORED || search.irregular(piece);
    if (whole) {
      batch.rangesAtRisk.add(start, shown);
    }
    batch.rangesLost.add(start + shown, length - shown);
    if (gaps > 0) {
      long offset = geometry.dataOffset(search.first(piece));
      long missing = Math.clamp(offset + length - source.size(), 0, length);
      batch.rangesLost.add(start + length - missing, missing);
      for (ByteRange range : search.prover().window().unreadable(offset, length)) {
        batch.rangesLost.add(start + range.offset() - offset, range.length());
      }
    }
  }

  private InsituCode code(ExtentSearch search, int piece, RunReader reader, int gaps) {
    return switch (search.kind(piece)) {
      case FOUND, REST, REWRITTEN, OVERWRITTEN -> InsituCode.STALE;
      case GUESSED -> InsituCode.UNDESCRIBED_DATA;
      case UNDESCRIBED -> InsituCode.UNDESCRIBED_PAYLOAD;
      case BEGINNING ->
          readable(search, piece) ? InsituCode.UNDECODABLE : InsituCode.EXTENT_UNREADABLE;
      case UNPROVEN -> InsituCode.of(reader.state(piece));
      case HEADLESS -> InsituCode.TAIL_WITHOUT_HEAD;
      case UNKNOWN -> InsituCode.BITMAP_UNREADABLE;
      case UNWRITTEN, EXTENT, STORED ->
          gaps > 0 ? InsituCode.EXTENT_UNREADABLE : InsituCode.CROSSES;
    };
  }

  private String reason(ExtentSearch search, int piece, RunReader reader, int gaps) {
    return switch (search.kind(piece)) {
      case FOUND ->
          "a payload of %d sectors proves itself; the bitmap describes another extent"
              .formatted(search.sectors(piece));
      case UNDESCRIBED ->
          "a payload of %d sectors and %d blocks proves itself in blocks that the bitmap calls never written"
              .formatted(search.sectors(piece), search.payloadBlocks(piece));
      case REST ->
          "the rest of the extent at block %d, of which other blocks were written since"
              .formatted(search.head(piece));
      case BEGINNING ->
          "the payload is good up to bytes that %s"
              .formatted(
                  readable(search, piece)
                      ? "were overwritten or are zeros where none can be"
                      : "cannot be read");
      case REWRITTEN ->
          "the extent described was overwritten and no payload begins here: taken as stored without"
              + " compression";
      case GUESSED -> "nothing describes or proves these bytes; included because asked for";
      case UNPROVEN -> reader.detail(piece);
      case OVERWRITTEN ->
          "the extent described was overwritten, and nothing proves what stands here now";
      case HEADLESS -> "tails without a head: nothing says where their payload begins";
      case UNKNOWN -> "the bits cannot be read: nothing says which extents there are";
      case UNWRITTEN, EXTENT, STORED ->
          gaps > 0
              ? "%d bytes cannot be read".formatted(gaps)
              : "stored as it is; the bits join it to blocks that no write joins it to, or to bits"
                  + " that cannot be read";
    };
  }

  private boolean readable(ExtentSearch search, int piece) {
    long offset = geometry.dataOffset(search.head(piece));
    int length = search.sectors(piece) * SECTOR;
    return search.prover().window().readable(offset, length) == length;
  }

  /** Counts the bytes of a stored piece that cannot be read, in whole sectors. */
  private int gaps(ExtentSearch search, int piece) {
    long offset = geometry.dataOffset(search.first(piece));
    int length = search.blocks(piece) * BLOCK;
    long bytes = Math.clamp(offset + length - source.size(), 0, length);
    for (ByteRange range : search.prover().window().unreadable(offset, length)) {
      bytes += range.length();
    }
    return (int) ((bytes + SECTOR - 1) / SECTOR * SECTOR);
  }

  private Loss loss(InsituCode code, ExtentSearch search, int piece, long sectors, String reason) {
    boolean payload = search.head(piece) >= 0 && search.kind(piece) != Kind.STORED;
    return new Loss(
        code.id(),
        source.name(),
        geometry.dataOffset(payload ? search.head(piece) : search.first(piece)),
        payload ? search.sectors(piece) * (long) SECTOR : search.blocks(piece) * (long) BLOCK,
        sectors,
        reason,
        Facts.builder()
            .bytes("logicalOffset", search.first(piece) * BLOCK)
            .count("blocks", (long) search.blocks(piece))
            .build());
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

  /**
   * {@return the first blocks of what is not simply right, ascending: of extents under the driver's
   * rules, of aligned runs of 32 blocks under those of salvage}
   */
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

  /** {@return the payloads that the bitmap does not describe} */
  long found() {
    return counts.found;
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
