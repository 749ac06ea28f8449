package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.LongSupplier;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.live.engine.Threads;
import org.dmsalvage.live.insitu.Bitmap.Stored;
import org.dmsalvage.live.insitu.InsituOptions.Mode;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.jspecify.annotations.Nullable;

/**
 * A running insitu_comp device.
 *
 * <p>Blocks that are stored without compression are written at once, everything else with the next
 * commit: in mode writethrough before the write returns, in mode writeback with a flush, when the
 * commit delay is over, or when {@value #MOST_FRESH} blocks wait. See the package for the order of
 * writes, and for what a power cut can do.
 *
 * <p>Unlike the driver, it serves requests of any alignment and discards, makes durable what it
 * acknowledges a flush for, commits when it is suspended, and says when bits could not be written.
 * As there, a request fails if a device fails it, or if it would have to keep part of an extent
 * that cannot be read (rule I16), and others go on; what could not be written waits in memory, and
 * is tried again.
 */
public final class InsituEngine implements CacheEngine {

  /** So many blocks wait for a commit at most. */
  static final int MOST_FRESH = 4096;

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  private final InsituOptions options;
  private final BlockDevice device;
  private final LongSupplier millis;
  private final int mostFresh;
  private final long size;
  private final Commit.Counters counters = new Commit.Counters();

  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();

  /** Something is to be done in the background, or the state has changed. */
  private final Condition work = lock.writeLock().newCondition();

  private final Condition resumed = lock.writeLock().newCondition();

  private InsituGeometry geometry;
  private Compressor compressor;
  private Bitmap bitmap;
  private FreshBlocks fresh;
  private StoredExtents stored;
  private Commit commit;
  private long commitAt = Long.MAX_VALUE;
  private boolean suspended;
  private boolean closed;
  private @Nullable String error;
  private @Nullable Thread worker;

  private InsituEngine(
      InsituOptions options, BlockDevice device, LongSupplier millis, int mostFresh) {
    this.options = options;
    this.device = device;
    this.millis = millis;
    this.mostFresh = mostFresh;
    this.size = options.table().bytes();
    Attach attach = attach();
    geometry = attach.geometry();
    compressor = new Compressor(attach.codec());
    bitmap = Bitmap.read(device, geometry);
    fresh = new FreshBlocks();
    stored = new StoredExtents(device, geometry, attach.codec(), compressor);
    commit = new Commit(device, geometry, bitmap, fresh, stored, compressor, counters);
  }

  /**
   * Opens the device that a table line names; one that is blank is formatted.
   *
   * @param table the line
   * @throws UsageException if the driver would refuse the line
   * @throws UnsupportedImageException if it would refuse what the device holds, or destroy it
   * @throws OutputException if the device is in use or cannot be opened
   */
  public static InsituEngine open(DmTable table) {
    InsituOptions options = InsituOptions.parse(table);
    BlockDevice device = Targets.open(options.device(), false);
    try {
      InsituEngine engine =
          over(table, device, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()), MOST_FRESH);
      engine.start();
      return engine;
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  /**
   * Makes an engine over a device that is open; nothing happens in the background.
   *
   * @param millis a clock
   * @param mostFresh so many blocks wait for a commit at most
   */
  static InsituEngine over(DmTable table, BlockDevice device, LongSupplier millis, int mostFresh) {
    return new InsituEngine(InsituOptions.parse(table), device, millis, mostFresh);
  }

  private void start() {
    worker = Thread.ofPlatform().daemon().name("insitu_comp").start(this::workAlways);
  }

  private Attach attach() {
    long most = InsituGeometry.ofDevice(device.size()).map(g -> g.logicalBytes()).orElse(0L);
    if (size > most) {
      throw new UsageException(
          "the table line is for %d sectors, %s has room for %d"
              .formatted(options.table().sectors(), device.name(), most / SECTOR_BYTES));
    }
    return Attach.to(device);
  }

  // Requests.

  @Override
  public String name() {
    return device.name();
  }

  @Override
  public long size() {
    return size;
  }

  private void lockForReading() {
    lock.readLock().lock();
    while (suspended && !closed) {
      lock.readLock().unlock();
      lockForChange();
      lock.writeLock().unlock();
      lock.readLock().lock();
    }
    if (closed) {
      lock.readLock().unlock();
      throw removed();
    }
  }

  private void lockForChange() {
    lock.writeLock().lock();
    while (suspended && !closed) {
      resumed.awaitUninterruptibly();
    }
    if (closed) {
      lock.writeLock().unlock();
      throw removed();
    }
  }

  private OutputException removed() {
    return new OutputException(device.name(), "the device is being removed");
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, (long) target.remaining(), options.table().bytes());
    lockForReading();
    try {
      copy(offset, target);
    } finally {
      lock.readLock().unlock();
    }
  }

  /** Fills the rest of a buffer with what the device holds. */
  private void copy(long offset, ByteBuffer target) {
    int limit = target.limit();
    long at = offset;
    try {
      while (target.position() < limit) {
        long block = at / BLOCK;
        int before = target.position();
        long left = (long) limit - before;
        byte @Nullable [] here = fresh.get(block);
        if (here != null) {
          int inBlock = (int) (at % BLOCK);
          target.put(here, inBlock, (int) Math.min(left, BLOCK - inBlock));
        } else {
          long end = fresh.next(block, (at + left + BLOCK - 1) / BLOCK);
          Stored extent = bitmap.at(block);
          long extentEnd = Math.min(extent.end(), end) * BLOCK;
          copy(extent, at, target.limit(before + (int) Math.min(left, extentEnd - at)));
        }
        at += target.position() - before;
        target.limit(limit);
      }
    } finally {
      target.limit(limit);
    }
  }

  private void copy(Stored extent, long at, ByteBuffer target) {
    if (extent.isUnwritten()) {
      target.put(new byte[target.remaining()]);
    } else if (extent.isRaw()) {
      device.read(geometry.dataOffset(0) + at, target);
    } else {
      byte[] plain = stored.plain(extent);
      target.put(plain, (int) (at - extent.first() * BLOCK), target.remaining());
    }
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int limit = source.limit();
    Objects.checkFromIndexSize(offset, (long) source.remaining(), options.table().bytes());
    lockForChange();
    try {
      long end = offset + source.remaining();
      requireReadable(offset, end);
      long at = offset;
      while (at < end) {
        long block = at / BLOCK;
        if (!fresh.has(block) && bitmap.at(block).isRaw()) {
          long rawEnd = Math.min(rawUntil(block, (end + BLOCK - 1) / BLOCK) * BLOCK, end);
          source.limit(source.position() + (int) (rawEnd - at));
          device.write(geometry.dataOffset(0) + at, source);
          commit.wroteInPlace();
          at = rawEnd;
        } else {
          int part = (int) Math.min(end - at, BLOCK - at % BLOCK);
          makeRoom();
          freshen(at, source.limit(source.position() + part));
          at += part;
        }
        source.limit(limit);
      }
      afterChange();
    } finally {
      source.limit(limit);
      lock.writeLock().unlock();
    }
  }

  /** {@return where the blocks end that are written in place} */
  private long rawUntil(long block, long limit) {
    long at = block;
    while (at < limit && !fresh.has(at)) {
      Stored extent = bitmap.at(at);
      if (!extent.isRaw()) {
        break;
      }
      at = fresh.next(at, Math.min(limit, extent.end()));
    }
    return at;
  }

  /**
   * Finds out, before anything is changed, whether what will be left of extents can be read.
   *
   * @throws UnreadableException if not
   */
  private void requireReadable(long offset, long end) {
    long last = (end - 1) / BLOCK;
    for (long block = offset / BLOCK; block <= last; ) {
      Stored extent = bitmap.at(block);
      if (extent.isCompressed() && isPartlyKept(extent, offset, end)) {
        byte[] _ = stored.plain(extent);
      }
      block = extent.end();
    }
  }

  /** Tells whether some of an extent is older than a change, and none of it was changed before. */
  private boolean isPartlyKept(Stored extent, long offset, long end) {
    boolean whole = extent.first() * BLOCK >= offset && extent.end() * BLOCK <= end;
    return !whole && fresh.next(extent.first(), extent.end()) == extent.end();
  }

  private void makeRoom() {
    if (fresh.size() >= mostFresh) {
      commit();
    }
  }

  /** Takes bytes of one block. */
  private void freshen(long at, ByteBuffer part) {
    byte[] bytes = new byte[BLOCK];
    if (part.remaining() < BLOCK) {
      copy(at / BLOCK * BLOCK, ByteBuffer.wrap(bytes));
    }
    part.get(bytes, (int) (at % BLOCK), part.remaining());
    fresh.put(at / BLOCK, bytes);
  }

  /** Commits what is fresh now or later, as the mode has it. */
  private void afterChange() {
    if (fresh.isEmpty()) {
      return;
    }
    if (options.mode() == Mode.WRITETHROUGH) {
      commit();
    } else if (commitAt == Long.MAX_VALUE) {
      commitAt = millis.getAsLong() + options.delayMillis();
      work.signalAll();
    }
  }

  /** Brings all that is fresh to the device. */
  private void commit() {
    commitAt = Long.MAX_VALUE;
    attempt(commit::run);
  }

  private void attempt(Runnable deed) {
    try {
      deed.run();
      error = null;
    } catch (SalvageException e) {
      error = e.getMessage();
      throw e;
    }
  }

  @Override
  public void flush() {
    lockForChange();
    try {
      commit();
      attempt(commit::flush);
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void zero(long offset, long length, boolean mayFree) {
    Objects.checkFromIndexSize(offset, length, options.table().bytes());
    if (!mayFree) {
      CacheEngine.super.zero(offset, length, false);
      return;
    }
    long first = (offset + BLOCK - 1) / BLOCK;
    long last = (offset + length) / BLOCK;
    if (first >= last) {
      CacheEngine.super.zero(offset, length, false);
      return;
    }
    CacheEngine.super.zero(offset, first * BLOCK - offset, false);
    CacheEngine.super.zero(last * BLOCK, offset + length - last * BLOCK, false);
    lockForChange();
    try {
      requireReadable(first * BLOCK, last * BLOCK);
      clear(first, last, true);
    } finally {
      lock.writeLock().unlock();
    }
  }

  /**
   * Gives up whole blocks. An extent that would have to be made anew for that keeps what it holds.
   */
  @Override
  public void discard(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, options.table().bytes());
    long first = (offset + BLOCK - 1) / BLOCK;
    long last = (offset + length) / BLOCK;
    if (first >= last) {
      return;
    }
    lockForChange();
    try {
      clear(first, last, false);
    } finally {
      lock.writeLock().unlock();
    }
  }

  private void clear(long first, long last, boolean always) {
    for (long block = first; block < last; ) {
      Stored extent = bitmap.at(block);
      long end = Math.min(extent.end(), last);
      boolean rewritten = extent.isCompressed() && (extent.first() < first || extent.end() > last);
      for (; block < end; block++) {
        if (fresh.has(block) || (!extent.isUnwritten() && (always || !rewritten))) {
          makeRoom();
          fresh.put(block, FreshBlocks.NOTHING);
        }
      }
      if (extent.isUnwritten()) {
        block = Math.max(block, nextWritten(block, last));
      }
    }
    afterChange();
  }

  /** {@return the next block that is not as if never written, or was not on the device} */
  private long nextWritten(long from, long limit) {
    return bitmap.nextWritten(from, fresh.next(from, limit));
  }

  @Override
  public long nextData(long offset) {
    lockForReading();
    try {
      long blocks = size / BLOCK;
      long at = offset / BLOCK;
      while (at < blocks) {
        at = nextWritten(at, blocks);
        if (at == blocks || !fresh.hasNothing(at)) {
          break;
        }
        at++;
      }
      return Math.max(offset, at * BLOCK);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public long nextHole(long offset) {
    lockForReading();
    try {
      long at = offset / BLOCK;
      while (at < size / BLOCK) {
        boolean data = fresh.has(at) ? fresh.hasData(at) : !bitmap.at(at).isUnwritten();
        if (!data) {
          break;
        }
        at++;
      }
      return Math.max(offset, at * BLOCK);
    } finally {
      lock.readLock().unlock();
    }
  }

  // In the background.

  private void workAlways() {
    lock.writeLock().lock();
    try {
      while (!closed) {
        runDue();
        rest();
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Does what is due in the background; for engines that nothing else drives. */
  void runDue() {
    lock.writeLock().lock();
    try {
      if (!suspended && !closed && commitAt <= millis.getAsLong()) {
        commit();
      }
    } catch (SalvageException _) {
      // Tried again with the next write or flush; until then error() tells.
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Waits until something may be due; the caller looks in a loop. */
  @SuppressWarnings("WaitNotInLoop")
  private void rest() {
    try {
      if (commitAt == Long.MAX_VALUE || suspended) {
        work.await();
      } else {
        long left = Math.max(1, commitAt - millis.getAsLong());
        boolean _ = work.await(left, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; if somebody does, it looks again.
    }
  }

  // What dmsetup does.

  @Override
  public String status() {
    lock.readLock().lock();
    try {
      return "%d %d insitu_comp %s"
          .formatted(options.table().startSector(), options.table().sectors(), counters);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public Map<Measure, Long> measures() {
    Map<Measure, Long> measures = new EnumMap<>(Measure.class);
    lock.readLock().lock();
    try {
      measures.put(Measure.UNCOMMITTED, (long) fresh.size() * BLOCK);
      measures.put(Measure.LOGICAL, bitmap.storedBlocks() * BLOCK);
      measures.put(Measure.STORED, bitmap.storedSectors() * SECTOR_BYTES);
      measures.put(Measure.COMMITS, counters.commits());
    } finally {
      lock.readLock().unlock();
    }
    return measures;
  }

  @Override
  public Optional<String> error() {
    lock.readLock().lock();
    try {
      return Optional.ofNullable(error);
    } finally {
      lock.readLock().unlock();
    }
  }

  @Override
  public String table() {
    return options.line();
  }

  @Override
  public void message(List<String> words) {
    throw new UsageException(
        "insitu_comp knows no messages, not '%s' either".formatted(String.join(" ", words)));
  }

  @Override
  public void suspend() {
    lock.writeLock().lock();
    try {
      if (!suspended && !closed) {
        commit();
        attempt(commit::flush);
        suspended = true;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public void resume() {
    lock.writeLock().lock();
    try {
      if (!suspended || closed) {
        return;
      }
      Attach attach = attach();
      geometry = attach.geometry();
      compressor = new Compressor(attach.codec());
      bitmap = Bitmap.read(device, geometry);
      fresh = new FreshBlocks();
      stored = new StoredExtents(device, geometry, attach.codec(), compressor);
      commit = new Commit(device, geometry, bitmap, fresh, stored, compressor, counters);
      suspended = false;
      work.signalAll();
      resumed.signalAll();
    } finally {
      lock.writeLock().unlock();
    }
  }

  @Override
  public ExtentMap dirty() {
    return (offset, limit) -> {
      lock.readLock().lock();
      try {
        long block = offset / BLOCK;
        long end = (limit + BLOCK - 1) / BLOCK;
        boolean here = fresh.has(block);
        long at = here ? block + 1 : fresh.next(block, end);
        while (here && at < end && fresh.has(at)) {
          at++;
        }
        return new Extent(Math.min(at * BLOCK, size), here ? 1 : 0);
      } finally {
        lock.readLock().unlock();
      }
    };
  }

  /** Commits and closes the device; never throws: {@link #error} tells. */
  @Override
  public void close() {
    try {
      suspend();
    } catch (SalvageException _) {
      // Kept as the error.
    }
    lock.writeLock().lock();
    try {
      closed = true;
      work.signalAll();
      resumed.signalAll();
    } finally {
      lock.writeLock().unlock();
    }
    Thread thread = worker;
    if (thread != null) {
      Threads.join(thread);
    }
    compressor.close();
    device.close();
  }
}
