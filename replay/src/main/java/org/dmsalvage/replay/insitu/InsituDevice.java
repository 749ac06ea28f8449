package org.dmsalvage.replay.insitu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.dmsalvage.inspect.format.insitu.ExtentCursor;
import org.dmsalvage.inspect.format.insitu.ExtentSearch;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.inspect.format.insitu.MetaWindow;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;
import org.dmsalvage.replay.recovery.Recovery.Standing;
import org.dmsalvage.replay.recovery.Recovery.Version;
import org.dmsalvage.replay.recovery.Recovery.VersionVisitor;
import org.jspecify.annotations.Nullable;

/**
 * The logical device: extents are found in the bitmap and decompressed as they are read.
 *
 * <p>Each thread that reads borrows a session with decoder and buffers. Extents of which only a
 * part was asked for are kept for a while, one for each of some runs of 128 KiB.
 */
final class InsituDevice implements LogicalDevice {

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int KEPT_EXTENTS = 32;
  private static final byte[] ZEROS = new byte[1 << 16];

  /** What one thread reads at once. */
  private static final int PART_BYTES = ExtentSearch.RUN_BLOCKS * BLOCK;

  /** From this size on, all cores take part in a read. */
  private static final int PARALLEL_BYTES = 4 * PART_BYTES;

  private final BlockSource source;
  private final InsituGeometry geometry;
  private final Supplier<? extends ExtentReader> readers;
  private final Supplier<RunReader> runReaders;
  private final BlockList notable;
  private final BlockList runs;
  private final LongItems longItems;
  private final ConcurrentLinkedDeque<Session> idle = new ConcurrentLinkedDeque<>();
  private final AtomicReferenceArray<@Nullable Kept> kept =
      new AtomicReferenceArray<>(KEPT_EXTENTS);
  private volatile Run run = new Run(0, 0);
  private volatile boolean closed;

  /**
   * Makes a device.
   *
   * @param source the image
   * @param geometry its sizes
   * @param readers make readers of the policy
   * @param runReaders make readers of runs
   * @param notable heads of the extents that are not simply right
   * @param runs first blocks of aligned runs of 32 that are read by a {@link RunReader} instead,
   *     whatever the bitmap says
   * @param longItems items of the bitmap that are longer than an extent can be
   */
  InsituDevice(
      BlockSource source,
      InsituGeometry geometry,
      Supplier<? extends ExtentReader> readers,
      Supplier<RunReader> runReaders,
      BlockList notable,
      BlockList runs,
      LongItems longItems) {
    this.source = source;
    this.geometry = geometry;
    this.runReaders = runReaders;
    this.readers = readers;
    this.notable = notable;
    this.runs = runs;
    this.longItems = longItems;
  }

  /** A decompressed extent; {@code filling} stands behind its bytes. */
  private static final class Kept {
    private final long first;
    private final byte[] plain;
    private final byte filling;

    Kept(long first, byte[] plain, byte filling) {
      this.first = first;
      this.plain = plain;
      this.filling = filling;
    }
  }

  /** Blocks that belong to extents, up to the next unwritten one. */
  private record Run(long from, long to) {}

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long size() {
    return geometry.logicalBytes();
  }

  /** {@return true: each extent was decompressed to judge it} */
  @Override
  public boolean dataWasRead() {
    return true;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    if (target.remaining() < PARALLEL_BYTES) {
      readPart(offset, target);
      return;
    }
    // No extent is decompressed by two: the parts end at borders that none crosses.
    int start = target.position();
    long from = offset / PART_BYTES;
    long to = (offset + target.remaining() + PART_BYTES - 1) / PART_BYTES;
    LongStream.range(from, to)
        .parallel()
        .forEach(
            part -> {
              long partOffset = Math.max(offset, part * PART_BYTES);
              long partEnd = Math.min(offset + target.limit() - start, (part + 1) * PART_BYTES);
              int at = start + (int) (partOffset - offset);
              readPart(partOffset, target.slice(at, (int) (partEnd - partOffset)));
            });
    target.position(target.limit());
  }

  private void readPart(long offset, ByteBuffer target) {
    Session session = take();
    try {
      session.read(offset, target);
    } finally {
      giveBack(session);
    }
  }

  private Session take() {
    Session session = idle.pollFirst();
    return session == null ? new Session() : session;
  }

  private void giveBack(Session session) {
    idle.addFirst(session);
    if (closed) {
      close();
    }
  }

  @Override
  public long nextData(long offset) {
    if (offset >= size()) {
      return size();
    }
    Session session = take();
    try {
      long from = offset / BLOCK;
      long block = session.window.nextExtent(from, geometry.dataBlocks());
      int run = runs.ceiling(RunReader.runOf(from));
      if (run < runs.size()) {
        block = Math.min(block, runs.get(run));
      }
      return Math.clamp(block * BLOCK, offset, size());
    } finally {
      giveBack(session);
    }
  }

  @Override
  public long nextHole(long offset) {
    if (offset >= size()) {
      return size();
    }
    long block = offset / BLOCK;
    Run known = run;
    if (block < known.from || block >= known.to) {
      Session session = take();
      try {
        known = new Run(block, session.nextUnwritten(block));
        run = known;
      } finally {
        giveBack(session);
      }
    }
    return Math.max(offset, known.to * BLOCK);
  }

  @Override
  public Origin originOf(long sector) {
    Session session = take();
    try {
      long block = sector / InsituGeometry.BLOCK_SECTORS;
      if (runs.contains(RunReader.runOf(block))) {
        return session.origin(sector);
      }
      session.locate(block);
      long at = sector * SECTOR_BYTES - session.first * BLOCK;
      if (session.kind != ExtentCursor.Kind.EXTENT
          || session.sectors == 0
          || at >= session.shown()) {
        return new Origin.Zeros();
      }
      return new Origin.Cached(
          source.name(), geometry.dataOffset(session.first) + (session.stored() ? at : 0));
    } finally {
      giveBack(session);
    }
  }

  @Override
  public void forEachRun(RunVisitor visitor) {
    forEachVersion((offset, length, version) -> visitor.run(offset, length, version.place()));
  }

  @Override
  public void forEachVersion(VersionVisitor visitor) {
    ExtentCursor cursor =
        new ExtentCursor(MetaWindow.large(source, geometry), 0, geometry.dataBlocks());
    Session session = take();
    try {
      int run = 0;
      while (cursor.next()) {
        for (; run < runs.size() && runs.get(run) <= cursor.first(); run++) {
          session.forEachVersion(runs.get(run), visitor);
        }
        if (cursor.kind() == ExtentCursor.Kind.EXTENT
            && cursor.sectors() > 0
            && !runs.contains(RunReader.runOf(cursor.first()))) {
          session.stand(cursor);
          long shown = session.shown();
          if (shown > 0) {
            long payload = geometry.dataOffset(cursor.first());
            Origin.Cached place = new Origin.Cached(source.name(), payload);
            boolean compressed = !session.stored();
            long stored = compressed ? session.sectors * SECTOR_BYTES : shown;
            visitor.version(
                cursor.first() * BLOCK,
                shown,
                new Version(place, stored, compressed, OptionalLong.empty(), Standing.DIRTY));
          }
        }
      }
      for (; run < runs.size(); run++) {
        session.forEachVersion(runs.get(run), visitor);
      }
    } finally {
      giveBack(session);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (Session session = idle.pollFirst(); session != null; session = idle.pollFirst()) {
      session.close();
    }
  }

  /** What one thread needs, and the item of the bitmap that it stands at. */
  private final class Session {
    private final MetaWindow window = MetaWindow.small(source, geometry);
    private final ExtentReader reader = readers.get();
    private final RunReader runReader = runReaders.get();
    private ExtentCursor.Kind kind = ExtentCursor.Kind.UNWRITTEN;
    private long first;
    private long blocks;
    private long sectors;

    /** The extent that the reader holds; -1 if none. */
    private long held = -1;

    private long heldBytes;

    void read(long offset, ByteBuffer target) {
      long at = offset;
      while (target.hasRemaining()) {
        long run = RunReader.runOf(at / BLOCK);
        if (runs.contains(run)) {
          int skip = (int) (at - run * BLOCK);
          int count = (int) Math.min(target.remaining(), runBytes(run) - skip);
          target.put(runReader.read(run).plain(), skip, count);
          at += count;
          continue;
        }
        locate(at / BLOCK);
        long itemEnd = (first + blocks) * BLOCK;
        int count;
        if (kind == ExtentCursor.Kind.EXTENT && sectors > 0) {
          count = (int) Math.min(target.remaining(), itemEnd - at);
          extent(at, count, target);
        } else {
          long wanted = (at + target.remaining() + BLOCK - 1) / BLOCK;
          int next = runs.ceiling(run);
          if (next < runs.size()) {
            wanted = Math.min(wanted, runs.get(next));
            itemEnd = Math.min(itemEnd, runs.get(next) * BLOCK);
          }
          long end =
              kind == ExtentCursor.Kind.UNWRITTEN && first + blocks < wanted
                  ? window.nextExtent(first + blocks, wanted) * BLOCK
                  : itemEnd;
          count = (int) Math.min(target.remaining(), end - at);
          fill(target, count, (byte) 0);
        }
        at += count;
      }
    }

    private long runBytes(long run) {
      return Math.min(ExtentSearch.RUN_BLOCKS, geometry.dataBlocks() - run) * BLOCK;
    }

    /** Says where a sector of a run that was searched comes from. */
    Origin origin(long sector) {
      long block = sector / InsituGeometry.BLOCK_SECTORS;
      ExtentSearch search = runReader.read(RunReader.runOf(block));
      int piece = search.pieceAt(block);
      long at = sector * SECTOR_BYTES - search.first(piece) * BLOCK;
      return at < search.shown(piece) ? origin(search, piece, at) : new Origin.Zeros();
    }

    private Origin.Cached origin(ExtentSearch search, int piece, long at) {
      boolean stored = search.kind(piece).stored();
      long offset =
          stored
              ? geometry.dataOffset(search.first(piece)) + at
              : geometry.dataOffset(search.head(piece));
      return new Origin.Cached(source.name(), offset);
    }

    void forEachVersion(long run, VersionVisitor visitor) {
      ExtentSearch search = runReader.read(run);
      for (int piece = 0; piece < search.pieces(); piece++) {
        int shown = search.shown(piece);
        if (shown > 0) {
          boolean compressed = !search.kind(piece).stored();
          long stored = compressed ? search.sectors(piece) * (long) SECTOR_BYTES : shown;
          visitor.version(
              search.first(piece) * BLOCK,
              shown,
              new Version(
                  origin(search, piece, 0),
                  stored,
                  compressed,
                  OptionalLong.empty(),
                  search.kind(piece) == ExtentSearch.Kind.GUESSED
                      ? Standing.UNCOMMITTED
                      : Standing.DIRTY));
        }
      }
    }

    void close() {
      reader.close();
      runReader.close();
    }

    private void extent(long at, int count, ByteBuffer target) {
      if (stored() && !notable.contains(first)) {
        raw(at, count, target);
        return;
      }
      long skip = at - first * BLOCK;
      Kept found = kept.get(slot());
      if (held != first && found != null && found.first == first) {
        copy(found.plain, found.plain.length, found.filling, skip, count, target);
        return;
      }
      hold();
      if (stored() && heldBytes == blocks * BLOCK) {
        raw(at, count, target);
        return;
      }
      copy(reader.plain(), heldBytes, reader.filling(), skip, count, target);
      if (count < blocks * BLOCK && blocks <= InsituGeometry.MAX_EXTENT_BLOCKS) {
        byte[] plain = Arrays.copyOf(reader.plain(), (int) heldBytes);
        kept.set(slot(), new Kept(first, plain, reader.filling()));
      }
    }

    private int slot() {
      return (int) (first / InsituGeometry.MAX_EXTENT_BLOCKS % KEPT_EXTENTS);
    }

    private void hold() {
      if (held != first) {
        held = -1;
        heldBytes = reader.read(first, blocks, sectors);
        held = first;
      }
    }

    /** {@return how many bytes of the extent are shown} */
    long shown() {
      if (!notable.contains(first)) {
        return blocks * BLOCK;
      }
      hold();
      return heldBytes;
    }

    boolean stored() {
      return sectors == blocks * InsituGeometry.BLOCK_SECTORS;
    }

    /** Reads bytes that are stored as they are; what cannot be read was reported as lost. */
    private void raw(long at, int count, ByteBuffer target) {
      long offset = geometry.dataOffset(0) + at;
      int present = Math.clamp(source.size() - offset, 0, count);
      int limit = target.limit();
      target.limit(target.position() + present);
      if (present > 0) {
        source.readAround(offset, target);
      }
      target.limit(limit);
      fill(target, count - present, (byte) 0);
    }

    private static void copy(
        byte[] plain, long bytes, byte filling, long skip, int count, ByteBuffer target) {
      int good = Math.clamp(bytes - skip, 0, count);
      if (good > 0) {
        target.put(plain, (int) skip, good);
      }
      fill(target, count - good, filling);
    }

    private static void fill(ByteBuffer target, int count, byte value) {
      if (value == 0) {
        for (int left = count; left > 0; left -= ZEROS.length) {
          target.put(ZEROS, 0, Math.min(left, ZEROS.length));
        }
      } else {
        for (int i = 0; i < count; i++) {
          target.put(value);
        }
      }
    }

    /** Goes to the item that a block belongs to; of a run of blocks without data, to its part. */
    void locate(long block) {
      if (block >= first && block < first + blocks) {
        return;
      }
      int item = longItems.find(block);
      if (item >= 0) {
        kind = longItems.kind(item);
        first = longItems.first(item);
        blocks = longItems.blocks(item);
        sectors = longItems.sectors(item);
        return;
      }
      stand(ExtentCursor.at(window, block));
    }

    void stand(ExtentCursor cursor) {
      kind = cursor.kind();
      first = cursor.first();
      blocks = cursor.blocks();
      sectors = cursor.sectors();
    }

    private boolean tail(long block) {
      return (window.meta(block) & MetaBitmap.TAIL) != 0;
    }

    /** {@return the first block from here on that is unwritten; the number of blocks if none} */
    long nextUnwritten(long block) {
      long end = geometry.dataBlocks();
      for (long b = block; b < end; b++) {
        if (runs.contains(RunReader.runOf(b))) {
          b = Math.min(end, RunReader.runOf(b) + ExtentSearch.RUN_BLOCKS) - 1;
        } else if (window.meta(b) == 0 && (b + 1 == end || !tail(b + 1))) {
          return b;
        }
      }
      return end;
    }
  }
}
