package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.replay.device.BlockDevice;
import org.jspecify.annotations.Nullable;

/**
 * A log that is in use: what is written goes into the segment in memory, what is read comes from
 * there, from the cache device or from the backing device. Called with the guard's lock held, which
 * is let go during most I/O.
 *
 * <p>A partial write over an older copy that is dirty takes the older copy's other sectors with it,
 * so that the newest copy of a block holds all that the backing device does not have.
 */
final class WriteboostCache {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int SECTOR = 512;
  private static final int ALL = 0xff;
  private static final int ALL_SECTORS = 8;

  private final Guard guard;
  private final WriteboostGeometry geometry;
  private final BlockDevice cache;
  private final BlockDevice backing;
  private final CacheIndex index;
  private final SegmentLog log;
  private final @Nullable PlogWriter plog;
  private final Writeback writeback;
  private final Statistics statistics;
  private final IntSupplier batch;
  private boolean preparing;

  /**
   * Takes up a log.
   *
   * @param plog null without a plog device
   * @param batch most segments to write back at once
   */
  WriteboostCache(
      Guard guard,
      WriteboostGeometry geometry,
      BlockDevice cache,
      BlockDevice backing,
      CacheIndex index,
      SegmentLog log,
      @Nullable PlogWriter plog,
      Statistics statistics,
      IntSupplier batch) {
    this.guard = guard;
    this.geometry = geometry;
    this.cache = cache;
    this.backing = backing;
    this.index = index;
    this.log = log;
    this.plog = plog;
    this.writeback = new Writeback(guard, log, index, geometry, backing, log.cleared());
    this.statistics = statistics;
    this.batch = batch;
  }

  WriteboostGeometry geometry() {
    return geometry;
  }

  CacheIndex index() {
    return index;
  }

  SegmentLog log() {
    return log;
  }

  Writeback writeback() {
    return writeback;
  }

  // Room.

  /** {@return the segment in memory, with room for a block, and for a plog of some bytes} */
  private SegmentBuffer room(int bytes) {
    while (true) {
      guard.check();
      SegmentBuffer current = log.current();
      if (current == null) {
        beginSegment();
      } else if (!current.isFull() && (plog == null || plog.hasRoom(bytes / SECTOR))) {
        return current;
      } else {
        log.queueCurrent();
      }
    }
  }

  /** Begins a segment, or waits until another thread has (acquire_new_seg). */
  private void beginSegment() {
    if (preparing) {
      guard.await();
      return;
    }
    preparing = true;
    try {
      long id = log.queued() + 1;
      long old = id - geometry.segmentCount();
      if (old > log.cleared()) {
        freeSlots(old);
      }
      if (plog != null) {
        plog.prepare(id, log);
      }
      log.begin();
      if (plog != null) {
        plog.begin(id);
      }
    } finally {
      preparing = false;
      guard.changed();
    }
  }

  /** Frees the slot of an old segment, and those of some that follow it. */
  private void freeSlots(long old) {
    // A newer copy counts as the only one as soon as it is in memory; now it must be durable.
    log.awaitDurable(log.queued());
    if (plog != null) {
      // And its plogs, which the driver's replay writes over it, must not be torn.
      plog.flush();
    }
    while (writeback.last() < old) {
      if (!writeback.step(batch.getAsInt())) {
        guard.await();
      }
    }
    // The newest segment stays, so that the log always says where it ends.
    long most = Math.min(writeback.last(), old + batch.getAsInt() - 1);
    long upTo = Math.max(old, Math.min(most, log.queued() - 1));
    if (plog != null) {
      plog.clearHeads(upTo);
    }
    log.clear(old, upTo, index);
  }

  // Requests.

  /** Receives the part of a request that concerns one block. */
  @FunctionalInterface
  private interface BlockPart {
    void part(long block, int from, int count);
  }

  private static void forEachBlock(long offset, long length, BlockPart sink) {
    long end = offset + length;
    for (long at = offset; at < end; ) {
      int from = (int) (at % BLOCK);
      int count = (int) Math.min(BLOCK - from, end - at);
      sink.part(at / BLOCK, from, count);
      at += count;
    }
  }

  /** Writes the rest of a buffer. */
  void write(long offset, ByteBuffer source) {
    int limit = source.limit();
    try {
      forEachBlock(
          offset,
          source.remaining(),
          (block, from, count) -> {
            source.limit(source.position() + count);
            if (from % SECTOR == 0 && count % SECTOR == 0) {
              writePart(block, from, source);
            } else {
              writeBytes(block, from, source);
            }
            source.position(source.limit()).limit(limit);
          });
    } finally {
      source.limit(limit);
    }
  }

  /** Writes what begins or ends within a sector, together with the rest of that sector. */
  private void writeBytes(long block, int from, ByteBuffer data) {
    int first = from / SECTOR * SECTOR;
    int end = (from + data.remaining() + SECTOR - 1) / SECTOR * SECTOR;
    ByteBuffer whole = ByteBuffer.allocate(end - first);
    // From now on the lock is not let go.
    SegmentBuffer _ = room(BLOCK);
    long at = block * BLOCK + first;
    ByteBuffer inside = whole.slice(0, (int) Math.min(whole.capacity(), backing.size() - at));
    guard.doing(() -> readPieces(plan(at, inside, false), inside));
    whole.put(from - first, data, data.position(), data.remaining());
    writePart(block, first, whole.clear());
  }

  /** Writes whole sectors of one block (process_write). */
  private void writePart(long block, int from, ByteBuffer data) {
    int sectors = SegmentBuffer.mask(from, data.remaining());
    SegmentBuffer buffer = room(data.remaining());
    int kept = kept(block, buffer, sectors);
    if (kept != 0 && plog != null && !plog.hasRoom(ALL_SECTORS)) {
      log.queueCurrent();
      buffer = room(BLOCK);
      kept = kept(block, buffer, sectors);
    }
    int place = index.find(block);
    boolean hit = place != CacheIndex.NONE;
    boolean onBuffer = hit && isIn(buffer, place);
    statistics.count(true, hit, onBuffer, sectors == ALL);
    int at;
    if (onBuffer) {
      at = index.indexOf(place);
      buffer.write(at, from, data);
      index.add(place, sectors);
    } else {
      at = append(buffer, block, place, from, data, kept);
    }
    if (plog != null) {
      appendPlogs(plog, buffer, block, at, sectors | kept);
    }
  }

  private boolean isIn(SegmentBuffer buffer, int place) {
    return log.buffered(index.slotOf(place)) == buffer;
  }

  /** Which sectors of an older copy a write must take with it: those that only that one has. */
  private int kept(long block, SegmentBuffer buffer, int sectors) {
    int place = index.find(block);
    return place == CacheIndex.NONE || !index.isDirty(place) || isIn(buffer, place)
        ? 0
        : index.held(place) & ~sectors;
  }

  /** Logs runs of sectors of a block in memory; with their metas these are never more than 9. */
  private static void appendPlogs(
      PlogWriter plog, SegmentBuffer buffer, long block, int at, int sectors) {
    for (int sector = 0; sector < ALL_SECTORS; ) {
      int end = sector;
      while (end < ALL_SECTORS && ((sectors >> end) & 1) != 0) {
        end++;
      }
      if (end > sector) {
        ByteBuffer run = buffer.part(at, sector * SECTOR, (end - sector) * SECTOR);
        plog.append(buffer.id(), block * ALL_SECTORS + sector, at, run);
      }
      sector = end + 1;
    }
  }

  /** Writes to a new block of the segment, which takes the place of an older copy, if any. */
  private int append(
      SegmentBuffer buffer, long block, int old, int from, ByteBuffer data, int kept) {
    int at;
    int sectors = SegmentBuffer.mask(from, data.remaining());
    if (sectors == ALL) {
      at = buffer.appendWhole(block * ALL_SECTORS, data);
    } else {
      at = buffer.append(block * ALL_SECTORS);
      if (kept != 0) {
        keep(buffer, at, old, kept);
      }
      buffer.write(at, from, data);
    }
    if (old != CacheIndex.NONE) {
      index.outdate(old);
    }
    index.put(index.place(geometry.slotOf(buffer.id()), at), block, sectors | kept, true);
    return at;
  }

  /** Copies sectors of an older copy. */
  private void keep(SegmentBuffer buffer, int at, int old, int kept) {
    ByteBuffer copy = ByteBuffer.allocate(BLOCK);
    load(old, copy);
    for (int sector = 0; sector < ALL_SECTORS; sector++) {
      if (((kept >> sector) & 1) != 0) {
        int from = sector * SECTOR;
        buffer.write(at, from, copy.clear().limit(from + SECTOR).position(from));
      }
    }
  }

  /** Reads a whole copy, wherever it is. */
  private void load(int place, ByteBuffer target) {
    long slot = index.slotOf(place);
    SegmentBuffer buffer = log.buffered(slot);
    if (buffer == null) {
      guard.doing(() -> log.read(slot, index.indexOf(place), 0, target));
    } else {
      target.put(buffer.part(index.indexOf(place), 0, BLOCK));
    }
  }

  /**
   * A stretch of a read that comes from one place of a device.
   *
   * @param id of the segment on the cache device; 0 for the backing device
   * @param at first byte on that device
   * @param from first byte in the target
   * @param to byte behind the last in the target
   */
  private record Piece(long id, long at, int from, int to) {}

  /** Fills the rest of a buffer. What the devices cannot read fails, but not the cache. */
  void read(long offset, ByteBuffer target) {
    int start = target.position();
    while (true) {
      guard.check();
      List<Piece> pieces = plan(offset, target, true);
      if (pieces.isEmpty()) {
        break;
      }
      guard.unlock();
      try {
        readPieces(pieces, target);
      } finally {
        guard.lock();
      }
      // Else a slot was used again while it was read.
      if (pieces.stream().noneMatch(piece -> piece.id != 0 && piece.id <= log.cleared())) {
        break;
      }
      target.position(start);
    }
    target.position(target.limit());
  }

  /** Copies what is in memory, and says where the rest is to be read. */
  private List<Piece> plan(long offset, ByteBuffer target, boolean counted) {
    List<Piece> pieces = new ArrayList<>();
    int start = target.position();
    forEachBlock(
        offset,
        target.remaining(),
        (block, from, count) -> {
          int to = start + (int) (block * BLOCK + from - offset);
          int place = index.find(block);
          boolean hit = place != CacheIndex.NONE;
          SegmentBuffer buffer = hit ? log.buffered(index.slotOf(place)) : null;
          if (counted) {
            boolean onBuffer = buffer != null && buffer == log.current();
            statistics.count(false, hit, onBuffer, count == BLOCK);
          }
          if (!hit) {
            add(pieces, new Piece(0, block * BLOCK + from, to, to + count));
          } else {
            planHit(pieces, target, block, place, buffer, from, count, to);
          }
        });
    return pieces;
  }

  private void planHit(
      List<Piece> pieces,
      ByteBuffer target,
      long block,
      int place,
      @Nullable SegmentBuffer buffer,
      int from,
      int count,
      int to) {
    long slot = index.slotOf(place);
    int held = index.held(place);
    for (int at = from; at < from + count; ) {
      boolean here = ((held >> (at / SECTOR)) & 1) != 0;
      int end = at;
      while (end < from + count && (((held >> (end / SECTOR)) & 1) != 0) == here) {
        end = Math.min(end / SECTOR * SECTOR + SECTOR, from + count);
      }
      int first = to + (at - from);
      int last = to + (end - from);
      if (!here) {
        add(pieces, new Piece(0, block * BLOCK + at, first, last));
      } else if (buffer == null) {
        long where = geometry.blockByte(slot, index.indexOf(place)) + at;
        add(pieces, new Piece(log.idIn(slot), where, first, last));
      } else {
        ByteBuffer part = buffer.part(index.indexOf(place), at, end - at);
        target.put(first, part, 0, part.remaining());
      }
      at = end;
    }
  }

  /** Adds a piece, or makes the last one longer. */
  private static void add(List<Piece> pieces, Piece piece) {
    if (!pieces.isEmpty()) {
      Piece last = pieces.getLast();
      boolean follows = last.to == piece.from && last.at + (last.to - last.from) == piece.at;
      if (follows && last.id == piece.id) {
        pieces.set(pieces.size() - 1, new Piece(last.id, last.at, last.from, piece.to));
        return;
      }
    }
    pieces.add(piece);
  }

  private void readPieces(List<Piece> pieces, ByteBuffer target) {
    for (Piece piece : pieces) {
      ByteBuffer part = target.duplicate().limit(piece.to).position(piece.from);
      (piece.id == 0 ? backing : cache).read(piece.at, part);
    }
  }

  /** Makes all that was written durable. */
  void flush() {
    if (plog != null) {
      // What is not durable on the cache is in the ring.
      plog.flush();
      return;
    }
    SegmentBuffer current = log.current();
    if (current != null && current.length() > 0) {
      statistics.countPartialFlush();
      log.queueCurrent();
    }
    log.awaitDurable(log.queued());
  }

  /** Makes all that was written durable on the cache device. */
  void sync() {
    log.queueCurrent();
    log.awaitDurable(log.queued());
  }

  /** Makes all that was written durable, and the plog device empty. */
  void end() {
    sync();
    if (plog != null) {
      plog.clearHeads(log.queued());
    }
  }

  /**
   * Discards whole blocks. On the backing device alone this would not last: what the log holds of a
   * block comes back when it is replayed (rule W31). So that is overwritten with zeros.
   */
  void discard(long offset, long length) {
    long last = (offset + length) / BLOCK;
    long run = (offset + BLOCK - 1) / BLOCK;
    for (long block = run; block < last; block++) {
      if (index.find(block) != CacheIndex.NONE) {
        discardBacking(run, block);
        run = block + 1;
        writePart(block, 0, ByteBuffer.allocate(BLOCK));
      }
    }
    discardBacking(run, last);
  }

  private void discardBacking(long first, long end) {
    if (first < end) {
      guard.doing(() -> backing.discard(first * BLOCK, (end - first) * BLOCK));
    }
  }

  /** Writes everything back that was written before (drop_caches). */
  void dropCaches() {
    log.queueCurrent();
    long target = log.queued();
    log.awaitWritten(target);
    while (writeback.last() < target) {
      if (!writeback.step(batch.getAsInt())) {
        guard.await();
      }
    }
  }
}
