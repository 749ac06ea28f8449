package org.dmsalvage.live.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.live.engine.Threads;
import org.dmsalvage.live.writecache.Statistics.Write;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.jspecify.annotations.Nullable;

/**
 * A running writecache, on an SSD or in persistent memory: requests, write-back, and what dmsetup
 * does. {@link CacheDevice} says in which order the cache device is written. An entry is freed only
 * once what it held is durable on the backing device.
 *
 * <p>Unlike the driver, it serves requests of any alignment; it discards on the backing device
 * before it frees what was cached, and waits for copies under way, so that no discarded block comes
 * back; and it makes direct writes to the backing device durable with each flush.
 */
public final class WritecacheEngine implements CacheEngine {

  /** So many blocks are looked at before the lock is let go (WRITEBACK_LATENCY). */
  private static final int WRITEBACK_LATENCY = 64;

  /** So many are copied in one piece at most (BIO_MAX_VECS). */
  private static final int MAX_RUN = 256;

  /** Part of max_age by which write-back comes early (MAX_AGE_DIV). */
  private static final int MAX_AGE_DIV = 16;

  private final WritecacheOptions options;
  private final BlockDevice backing;
  private final BlockDevice cache;
  private final LongSupplier millis;
  private final long size;

  private final ReentrantLock lock = new ReentrantLock();

  /** Something is to be done in the background, or the state has changed. */
  private final Condition work = lock.newCondition();

  /** Blocks were freed, a copy ended, or the state has changed. */
  private final Condition progress = lock.newCondition();

  private CacheDevice blocks;
  private WritecacheGeometry geometry;
  private Entries entries;
  private long highWatermark;
  private long lowWatermark;
  private boolean cleaner;
  private boolean flushOnSuspend;
  private boolean backingWritten;
  private long commitAt = Long.MAX_VALUE;
  private int underWriteback;
  private final Statistics statistics = new Statistics();
  private long commits;
  private long writtenBack;
  private int writebackAll;
  private boolean suspended;
  private boolean closed;
  private @Nullable String error;
  private @Nullable Thread worker;

  private WritecacheEngine(
      WritecacheOptions options, BlockDevice backing, BlockDevice cache, LongSupplier millis) {
    this.options = options;
    this.backing = backing;
    this.cache = cache;
    this.millis = millis;
    this.size = options.table().bytes();
    if (size > backing.size()) {
      throw new UsageException(
          "the table line is for %d bytes, %s has %d"
              .formatted(size, backing.name(), backing.size()));
    }
    this.cleaner = options.cleaner();
    this.blocks = new CacheDevice(options, cache, backing.size(), millis.getAsLong());
    this.geometry = blocks.geometry();
    this.entries = blocks.entries();
    begin();
  }

  /**
   * Opens the devices that a table line names and starts the cache; a cache device that is not
   * formatted is.
   *
   * @param table the line
   * @throws UsageException if the driver would refuse the line
   * @throws UnsupportedImageException if it would refuse what the cache device holds
   * @throws OutputException if a device is in use or cannot be opened
   */
  public static WritecacheEngine open(DmTable table) {
    WritecacheOptions options = WritecacheOptions.parse(table);
    BlockDevice backing = Targets.open(options.backing(), false);
    try {
      BlockDevice cache =
          options.isPmem()
              ? MappedDevice.open(options.cache())
              : Targets.open(options.cache(), false);
      try {
        WritecacheEngine engine =
            over(table, backing, cache, () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
        engine.start();
        return engine;
      } catch (RuntimeException e) {
        cache.close();
        throw e;
      }
    } catch (RuntimeException e) {
      backing.close();
      throw e;
    }
  }

  /**
   * Makes a cache over devices that are open; nothing happens in the background.
   *
   * @param millis a clock
   */
  static WritecacheEngine over(
      DmTable table, BlockDevice backing, BlockDevice cache, LongSupplier millis) {
    return new WritecacheEngine(WritecacheOptions.parse(table), backing, cache, millis);
  }

  private void start() {
    worker = Thread.ofPlatform().daemon().name("writecache").start(this::workAlways);
  }

  /** Begins with what the cache device holds. */
  private void begin() {
    error = blocks.contradiction().orElse(null);
    highWatermark = options.freeAtHighWatermark(geometry);
    lowWatermark = options.freeAtLowWatermark(geometry);
    if (cleaner) {
      clean();
    }
  }

  private void commit() {
    commitAt = Long.MAX_VALUE;
    if (blocks.commit()) {
      commits++;
      progress.signalAll();
    }
  }

  // Requests.

  /** What is done while the cache is held, and may find that a device fails. */
  @FunctionalInterface
  private interface Deed {
    void run();
  }

  /** Runs something that changes the cache; a device that fails ends all changes for good. */
  private void change(Deed deed) {
    lock.lock();
    try {
      awaitRunning();
      checkError();
      guard(deed);
    } finally {
      lock.unlock();
    }
  }

  private void guard(Deed deed) {
    try {
      deed.run();
    } catch (OutputException e) {
      // What cannot be read is known to the one who asked; what cannot be written is in doubt.
      fail(e);
      throw e;
    }
  }

  private void fail(SalvageException e) {
    if (error == null) {
      error = e.getMessage();
      work.signalAll();
      progress.signalAll();
    }
  }

  private void checkError() {
    if (error != null) {
      throw new OutputException(cache.name(), "the cache has failed: " + error);
    }
  }

  private void awaitRunning() {
    while (suspended && !closed) {
      progress.awaitUninterruptibly();
    }
    if (closed) {
      throw new OutputException(cache.name(), "the device is being removed");
    }
  }

  @Override
  public String name() {
    return cache.name();
  }

  @Override
  public long size() {
    return size;
  }

  private long sectorOf(long offset) {
    return offset / geometry.blockSize() * geometry.sectorsPerBlock();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int limit = target.limit();
    Objects.checkFromIndexSize(offset, (long) target.remaining(), options.table().bytes());
    List<ByteBuffer> missing = new ArrayList<>();
    List<Long> places = new ArrayList<>();
    lock.lock();
    try {
      awaitRunning();
      long at = offset;
      while (target.position() < limit) {
        int inBlock = (int) (at % geometry.blockSize());
        int part = Math.min(geometry.blockSize() - inBlock, limit - target.position());
        target.limit(target.position() + part);
        int entry = entries.find(sectorOf(at));
        statistics.countRead(entry != Entries.NONE);
        if (entry != Entries.NONE) {
          // Under the lock: else the block could be freed and used for another one.
          blocks.read(entry, inBlock, target);
        } else {
          int last = missing.size() - 1;
          if (last >= 0 && missing.get(last).limit() == target.position()) {
            ByteBuffer before = missing.get(last);
            before.limit(target.limit());
          } else {
            missing.add(target.duplicate());
            places.add(at);
          }
          target.position(target.limit());
        }
        at += part;
        target.limit(limit);
      }
    } finally {
      target.limit(limit);
      lock.unlock();
    }
    for (int i = 0; i < missing.size(); i++) {
      backing.read(places.get(i), missing.get(i));
    }
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int limit = source.limit();
    Objects.checkFromIndexSize(offset, (long) source.remaining(), options.table().bytes());
    change(
        () -> {
          try {
            long at = offset;
            while (source.position() < limit) {
              int inBlock = (int) (at % geometry.blockSize());
              int part = Math.min(geometry.blockSize() - inBlock, limit - source.position());
              writeBlock(at - inBlock, inBlock, source.limit(source.position() + part));
              source.limit(limit);
              at += part;
            }
          } finally {
            source.limit(limit);
          }
          if (blocks.uncommitted() >= options.autocommitBlocks()) {
            commitAt = millis.getAsLong();
            work.signalAll();
          } else if (commitAt == Long.MAX_VALUE) {
            commitAt = millis.getAsLong() + options.autocommitMillis();
            work.signalAll();
          }
        });
  }

  /** Writes to one block, or a part of it (writecache_map). */
  private void writeBlock(long block, int inBlock, ByteBuffer part) {
    long sector = sectorOf(block);
    while (true) {
      checkError();
      int entry = entries.find(sector);
      if (entry != Entries.NONE && blocks.mayOverwrite(entry)) {
        boolean committed = blocks.isCommitted(entry);
        statistics.countWrite(committed ? Write.HIT_COMMITTED : Write.HIT_UNCOMMITTED);
        blocks.overwrite(entry, inBlock, part);
        return;
      }
      boolean mayAdd = entry != Entries.NONE || !cleaner;
      if (mayAdd && entries.freeCount() > 0) {
        writeNew(entry, block, inBlock, part);
        return;
      }
      if (entry == Entries.NONE && (cleaner || !options.isPmem())) {
        backing.write(block + inBlock, part);
        backingWritten = true;
        statistics.countWrite(Write.AROUND);
        return;
      }
      statistics.countBlocked();
      awaitProgress();
    }
  }

  private void writeNew(int before, long block, int inBlock, ByteBuffer part) {
    boolean all = part.remaining() == geometry.blockSize();
    ByteBuffer whole = all ? part : merged(before, block, inBlock, part);
    blocks.add(sectorOf(block), whole, millis.getAsLong());
    statistics.countWrite(before == Entries.NONE ? Write.ALLOCATED : Write.REPLACED);
    wakeAtWatermark();
  }

  /** {@return a block as it is, with a part of it new} */
  private ByteBuffer merged(int before, long block, int inBlock, ByteBuffer part) {
    ByteBuffer whole = ByteBuffer.allocate(geometry.blockSize());
    if (before != Entries.NONE) {
      blocks.read(before, 0, whole);
    } else {
      backing.read(block, whole.limit((int) Math.min(whole.capacity(), backing.size() - block)));
    }
    whole.clear().position(inBlock);
    return whole.put(part).clear();
  }

  private void wakeAtWatermark() {
    if (entries.freeCount() + underWriteback <= highWatermark) {
      work.signalAll();
    }
  }

  /** Waits until it is worth looking again; callers do so in a loop. */
  @SuppressWarnings("WaitNotInLoop")
  private void awaitProgress() {
    work.signalAll();
    if (worker == null) {
      writeBackSome(false);
    } else {
      progress.awaitUninterruptibly();
    }
    awaitRunning();
  }

  @Override
  public void flush() {
    change(
        () -> {
          statistics.countFlush();
          commit();
          if (backingWritten) {
            backing.flush();
            backingWritten = false;
          }
        });
  }

  @Override
  public void discard(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, options.table().bytes());
    long block = geometry.blockSize();
    long first = (offset + block - 1) / block * block;
    long last = offset + length == size ? size : (offset + length) / block * block;
    if (first >= last) {
      return;
    }
    change(
        () -> {
          statistics.countDiscard((last - first) / block);
          while (underWriteback > 0) {
            awaitProgress();
            checkError();
          }
          backing.discard(first, last - first);
          List<Integer> found = cachedBetween(first, last);
          if (!found.isEmpty()) {
            // What was cached must not go before what takes its place is durable.
            backing.flush();
            blocks.free(found);
            progress.signalAll();
          }
        });
  }

  private List<Integer> cachedBetween(long first, long last) {
    List<Integer> found = new ArrayList<>();
    long blocks = (last - first) / geometry.blockSize();
    if (blocks <= entries.inUse()) {
      for (long at = first; at < last; at += geometry.blockSize()) {
        int entry = entries.find(sectorOf(at));
        while (entry != Entries.NONE) {
          found.add(entry);
          entry = entries.olderVersion(entry);
        }
      }
    } else {
      for (int e = entries.newest(); e != Entries.NONE; e = entries.olderThan(e)) {
        long at = entries.sector(e) * SECTOR_BYTES;
        if (at >= first && at < last) {
          found.add(e);
        }
      }
    }
    return found;
  }

  // Write-back.

  private boolean wantsWriteback() {
    if (entries.oldest() == Entries.NONE) {
      return false;
    }
    return writebackAll > 0
        || entries.freeCount() + underWriteback <= highWatermark
        || isTooOld(entries.oldest());
  }

  private boolean isTooOld(int entry) {
    long age = options.maxAgeMillis();
    return age != WritecacheOptions.NO_AGE
        && millis.getAsLong() - entries.born(entry) >= age - age / MAX_AGE_DIV;
  }

  /** {@return when the oldest block will be too old, or the end of time} */
  private long oldAt() {
    long age = options.maxAgeMillis();
    return age == WritecacheOptions.NO_AGE || entries.oldest() == Entries.NONE
        ? Long.MAX_VALUE
        : entries.born(entries.oldest()) + age - age / MAX_AGE_DIV;
  }

  /**
   * Copies some blocks to the backing device and frees them (writecache_writeback). The lock is let
   * go meanwhile.
   *
   * @param all whether all is to be written back
   * @return whether there was anything to do
   */
  private boolean writeBackSome(boolean all) {
    if (underWriteback > 0) {
      return false;
    }
    List<Integer> chosen = choose(all);
    if (chosen.isEmpty()) {
      return false;
    }
    underWriteback = chosen.size();
    lock.unlock();
    @Nullable SalvageException failure = null;
    try {
      copy(chosen);
      backing.flush();
    } catch (SalvageException e) {
      failure = e;
    } finally {
      lock.lock();
    }
    try {
      if (failure != null) {
        fail(failure);
        throw failure;
      }
      guard(
          () -> {
            blocks.free(chosen);
            writtenBack += chosen.size();
          });
    } finally {
      underWriteback = 0;
      progress.signalAll();
    }
    return true;
  }

  private List<Integer> choose(boolean all) {
    List<Integer> chosen = new ArrayList<>();
    long most = options.writebackJobs() == 0 ? Long.MAX_VALUE : options.writebackJobs();
    int walked = 0;
    while (entries.oldest() != Entries.NONE
        && chosen.size() < most
        && (all
            || entries.freeCount() + chosen.size() <= lowWatermark
            || isTooOld(entries.oldest()))) {
      if (walked++ >= (all ? MAX_RUN : WRITEBACK_LATENCY)) {
        break;
      }
      int entry = entries.oldest();
      if (!blocks.isCommitted(entry)) {
        guard(this::commit);
      }
      entries.makeBusy(entry);
      chosen.add(entry);
      // Neighbours cost no further seek.
      for (int run = 1; run < MAX_RUN && chosen.size() < most; run++) {
        int next = entries.find(entries.sector(entry) + (long) run * geometry.sectorsPerBlock());
        if (next == Entries.NONE || entries.isBusy(next) || !blocks.isCommitted(next)) {
          break;
        }
        entries.makeBusy(next);
        chosen.add(next);
      }
    }
    return chosen;
  }

  /** Copies blocks, in the order of their addresses; what lies behind the backing device, not. */
  private void copy(List<Integer> chosen) {
    int block = geometry.blockSize();
    Integer[] sorted = chosen.toArray(Integer[]::new);
    Arrays.sort(sorted, Comparator.comparingLong(entries::sector));
    ByteBuffer run = ByteBuffer.allocateDirect(Math.min(sorted.length, MAX_RUN) * block);
    for (int i = 0; i < sorted.length; ) {
      long start = entries.sector(sorted[i]) * SECTOR_BYTES;
      run.clear();
      int from = i;
      while (i < sorted.length
          && i - from < MAX_RUN
          && entries.sector(sorted[i]) * SECTOR_BYTES == start + (long) (i - from) * block) {
        blocks.read(sorted[i], 0, run.limit(run.position() + block));
        i++;
      }
      run.flip();
      if (start < backing.size()) {
        backing.write(start, run.limit((int) Math.min(run.limit(), backing.size() - start)));
      }
    }
  }

  /** Writes everything back, while holding the cache. */
  private void writeBackAll() {
    guard(this::commit);
    writebackAll++;
    try {
      while (entries.oldest() != Entries.NONE || underWriteback > 0) {
        checkError();
        if (!writeBackSome(true) && underWriteback > 0) {
          progress.awaitUninterruptibly();
        }
      }
    } finally {
      writebackAll--;
    }
  }

  private void workAlways() {
    lock.lock();
    try {
      while (!closed) {
        try {
          if (!workOnce()) {
            rest();
          }
        } catch (SalvageException _) {
          // The status tells it, and every request from now on.
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean workOnce() {
    if (suspended || error != null) {
      return false;
    }
    if (commitAt <= millis.getAsLong()) {
      guard(this::commit);
    }
    return wantsWriteback() && writeBackSome(false);
  }

  /** Waits until something may be due; the caller looks in a loop. */
  @SuppressWarnings("WaitNotInLoop")
  private void rest() {
    long until = suspended || error != null ? Long.MAX_VALUE : Math.min(commitAt, oldAt());
    try {
      if (until == Long.MAX_VALUE) {
        work.await();
      } else {
        long left = Math.max(1, until - millis.getAsLong());
        boolean _ = work.await(left, TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException _) {
      // Nobody interrupts this thread; if somebody does, it looks again.
    }
  }

  /** Does what is due in the background; for engines that nothing else drives. */
  void runDue() {
    lock.lock();
    try {
      while (workOnce()) {
        // Until there is nothing left to do.
      }
    } finally {
      lock.unlock();
    }
  }

  // What dmsetup does.

  /** The driver's line, with the counters that it has since Linux 5.15. */
  @Override
  public String status() {
    lock.lock();
    try {
      return "%d %d writecache %d %d %d %d %s"
          .formatted(
              options.table().startSector(),
              options.table().sectors(),
              error == null ? 0 : 1,
              geometry.blockCount(),
              entries.freeCount(),
              underWriteback,
              statistics);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public Map<Measure, Long> measures() {
    Map<Measure, Long> measures = new EnumMap<>(Measure.class);
    lock.lock();
    try {
      long block = geometry.blockSize();
      measures.put(Measure.SIZE, entries.count() * block);
      measures.put(Measure.FREE, entries.freeCount() * block);
      measures.put(Measure.DIRTY, entries.inUse() * block);
      measures.put(Measure.UNCOMMITTED, blocks.uncommitted() * block);
      measures.put(Measure.WRITEBACK, underWriteback * block);
      measures.put(Measure.HIGH_WATERMARK, (entries.count() - highWatermark) * block);
      measures.put(Measure.LOW_WATERMARK, (entries.count() - lowWatermark) * block);
      measures.put(Measure.READ_HITS, statistics.readHits());
      measures.put(Measure.READ_MISSES, statistics.readMisses());
      measures.put(Measure.WRITE_HITS, statistics.writeHits());
      measures.put(Measure.WRITE_MISSES, statistics.writeMisses());
      measures.put(Measure.COMMITS, commits);
      measures.put(Measure.WRITTEN_BACK, writtenBack * block);
    } finally {
      lock.unlock();
    }
    return measures;
  }

  @Override
  public Optional<String> error() {
    lock.lock();
    try {
      return Optional.ofNullable(error);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String table() {
    return options.line();
  }

  /** Writes all back from now on, and lets nothing new in (activate_cleaner). */
  private void clean() {
    flushOnSuspend = true;
    cleaner = true;
    highWatermark = entries.count();
    lowWatermark = entries.count();
  }

  @Override
  public void message(List<String> words) {
    lock.lock();
    try {
      switch (String.join(" ", words).toLowerCase(Locale.ROOT)) {
        case "flush" -> {
          if (suspended) {
            throw new UsageException("the device is suspended");
          }
          checkError();
          writeBackAll();
        }
        case "flush_on_suspend" -> flushOnSuspend = true;
        case "cleaner" -> {
          clean();
          work.signalAll();
        }
        case "clear_stats" -> statistics.clear();
        default ->
            throw new UsageException(
                "writecache knows the messages flush, flush_on_suspend, cleaner and clear_stats,"
                    + " not '%s'".formatted(String.join(" ", words)));
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void suspend() {
    lock.lock();
    try {
      if (suspended || closed) {
        return;
      }
      while (underWriteback > 0) {
        progress.awaitUninterruptibly();
      }
      if (error == null) {
        guard(this::commit);
        if (flushOnSuspend) {
          flushOnSuspend = false;
          writeBackAll();
        }
        guard(
            () -> {
              if (backingWritten) {
                backing.flush();
                backingWritten = false;
              }
            });
      }
      suspended = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void resume() {
    lock.lock();
    try {
      if (!suspended || closed) {
        return;
      }
      blocks = new CacheDevice(options, cache, backing.size(), millis.getAsLong());
      geometry = blocks.geometry();
      entries = blocks.entries();
      begin();
      suspended = false;
      work.signalAll();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public ExtentMap dirty() {
    return (offset, limit) -> {
      lock.lock();
      try {
        boolean cached = entries.find(sectorOf(offset)) != Entries.NONE;
        long block = geometry.blockSize();
        long end = offset / block * block + block;
        while (end < limit && (entries.find(sectorOf(end)) != Entries.NONE) == cached) {
          end += block;
        }
        return new Extent(Math.min(end, size), cached ? 1 : 0);
      } finally {
        lock.unlock();
      }
    };
  }

  /** Suspends the cache and closes the devices; never throws: {@link #error} tells. */
  @Override
  public void close() {
    try {
      suspend();
    } catch (SalvageException _) {
      // Kept as the error.
    }
    lock.lock();
    try {
      closed = true;
      work.signalAll();
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    Thread thread = worker;
    if (thread != null) {
      Threads.join(thread);
    }
    cache.close();
    backing.close();
  }
}
