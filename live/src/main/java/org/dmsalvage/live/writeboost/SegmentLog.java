package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.replay.device.BlockDevice;
import org.jspecify.annotations.Nullable;

/**
 * The segments on their way from memory to the cache device. Ids ascend along
 *
 * <pre>
 * cleared ≤ written back ≤ durable ≤ written ≤ queued &lt; current
 * </pre>
 *
 * <p>Up to the one that is cleared, slots hold no segment any more. What is queued is written in
 * order (flush_proc); whoever waits for it helps. No more than nr_rambuf_pool are written and not
 * durable, which is how far the drivers' logs have holes after a crash. All is called with the
 * guard's lock held, which is let go during I/O.
 */
final class SegmentLog {

  private static final int SECTOR = 512;

  /** Memory that RAM buffers take at most, however many the table line asks for. */
  private static final long MAX_BUFFER_BYTES = 64 << 20;

  private final Guard guard;
  private final BlockDevice cache;
  private final WriteboostGeometry geometry;
  private final Convention convention;
  private final int maxBuffers;
  private final long maxInFlight;
  private final ArrayDeque<SegmentBuffer> queue = new ArrayDeque<>();
  private final ArrayDeque<SegmentBuffer> unused = new ArrayDeque<>();
  private int buffers;
  private @Nullable SegmentBuffer current;
  private long queued;
  private long written;
  private long durable;
  private long cleared;
  private boolean writing;
  private boolean syncing;

  /**
   * Goes on behind a log that is durable.
   *
   * @param last its newest id
   * @param cleared greatest id that is not there, as are all below it
   * @param rambufPool nr_rambuf_pool
   */
  SegmentLog(
      Guard guard,
      BlockDevice cache,
      WriteboostGeometry geometry,
      Convention convention,
      long last,
      long cleared,
      long rambufPool) {
    this.guard = guard;
    this.cache = cache;
    this.geometry = geometry;
    this.convention = convention;
    this.maxBuffers =
        (int) Math.clamp(rambufPool, 1, Math.max(2, MAX_BUFFER_BYTES / geometry.segmentBytes()));
    // Readers take ids farther ahead than the pool, or than its default, for no part of the log.
    this.maxInFlight = Math.clamp(rambufPool, 1, PlogGeometry.DEFAULT_POOL);
    this.queued = last;
    this.written = last;
    this.durable = last;
    this.cleared = cleared;
  }

  long queued() {
    return queued;
  }

  long written() {
    return written;
  }

  long durable() {
    return durable;
  }

  long cleared() {
    return cleared;
  }

  /** {@return the segment that is being built; null between two} */
  @Nullable SegmentBuffer current() {
    return current;
  }

  /** Begins the next segment, whose slot is free. Waits for a RAM buffer; one thread at a time. */
  void begin() {
    SegmentBuffer buffer = unused.poll();
    while (buffer == null) {
      if (buffers < maxBuffers) {
        buffers++;
        buffer = new SegmentBuffer(geometry);
      } else {
        if (!writeNext()) {
          guard.await();
        }
        buffer = unused.poll();
      }
    }
    buffer.begin(queued + 1);
    current = buffer;
  }

  /** Hands the current segment over to be written, if it holds anything. */
  void queueCurrent() {
    SegmentBuffer full = current;
    if (full == null || full.length() == 0) {
      return;
    }
    current = null;
    queued = full.id();
    queue.add(full);
    guard.changed();
  }

  /** {@return the segment in memory that stands for a slot; null if the device has it} */
  @Nullable SegmentBuffer buffered(long slot) {
    if (idIn(slot) <= written) {
      return null;
    }
    SegmentBuffer building = current;
    if (building != null && geometry.slotOf(building.id()) == slot) {
      return building;
    }
    for (SegmentBuffer buffer : queue) {
      if (geometry.slotOf(buffer.id()) == slot) {
        return buffer;
      }
    }
    return null;
  }

  /** {@return the id of the segment whose slot this is, written or still in memory} */
  long idIn(long slot) {
    return geometry.expectedId(slot, current == null ? queued : current.id());
  }

  /**
   * Writes the next queued segment.
   *
   * @return false if there is none, or another thread is writing one
   */
  boolean writeNext() {
    if (queue.isEmpty() || writing) {
      return false;
    }
    SegmentBuffer next = queue.getFirst();
    writing = true;
    try {
      if (written - durable >= maxInFlight) {
        sync();
      }
      guard.unlocked(
          () -> {
            ByteBuffer bytes = next.seal(convention);
            cache.write(geometry.startByte(geometry.slotOf(next.id())), bytes);
          });
      queue.removeFirst();
      written = next.id();
      unused.push(next);
    } finally {
      writing = false;
      guard.changed();
    }
    return true;
  }

  /** Waits until a segment, which is queued, has been written. */
  void awaitWritten(long id) {
    while (written < id) {
      if (!writeNext()) {
        guard.await();
      }
    }
  }

  /** Waits until a segment, which is queued, is durable (process_deferred_barriers). */
  void awaitDurable(long id) {
    awaitWritten(id);
    while (durable < id) {
      if (syncing) {
        guard.await();
        continue;
      }
      sync();
    }
  }

  private void sync() {
    long covered = written;
    syncing = true;
    try {
      guard.unlocked(cache::flush);
      durable = Math.max(durable, covered);
    } finally {
      syncing = false;
      guard.changed();
    }
  }

  /** Reads from a place on the device. Without the lock. */
  void read(long slot, int index, int from, ByteBuffer target) {
    cache.read(geometry.blockByte(slot, index) + from, target);
  }

  /**
   * Clears the ids of old segments, durably, so that their slots can be used again.
   *
   * <p>A segment must not outlast a newer one that has a later version of one of its blocks: the
   * older version would come back. So nothing is cleared together with one that has such blocks but
   * what is older.
   *
   * @param needed greatest id that must be cleared
   * @param most greatest id that may be cleared; it and all below are written back, durable and not
   *     in memory
   * @param index forgets what was in the slots
   */
  void clear(long needed, long most, CacheIndex index) {
    while (cleared < needed) {
      long first = cleared + 1;
      long last = first;
      while (last < most && index.isAllNewest(geometry.slotOf(last))) {
        last++;
      }
      long end = last;
      guard.unlocked(() -> clearDurably(first, end));
      cleared = end;
      for (long id = first; id <= end; id++) {
        index.removeSlot(geometry.slotOf(id));
      }
    }
  }

  private void clearDurably(long first, long last) {
    ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    new SegmentHeader(0, SegmentHeader.CLEARED, 0).encode(sector, 0);
    for (long id = first; id <= last; id++) {
      cache.write(geometry.startByte(geometry.slotOf(id)), sector.clear());
    }
    cache.flush();
  }

  /**
   * Writes into the superblock up to where segments were written back (update_superblock_record).
   * Only those count that are not there any more: of others, the drivers never write anything back
   * again, and fail when their slots are used (rule W27).
   */
  void record() {
    long id = cleared;
    if (id < durable) {
      guard.unlocked(
          () -> {
            ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
            new SuperblockRecord(id).encode(sector, 0);
            cache.write(SuperblockRecord.SECTOR * SECTOR, sector);
            cache.flush();
          });
    }
  }
}
