package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.live.engine.Threads;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;
import org.jspecify.annotations.Nullable;

/**
 * A running writeboost: the device as its clients and dmsetup(8) see it, and what goes on in the
 * background: the flusher, the writeback daemon, its modulator, the superblock recorder and the
 * sync daemon.
 *
 * <p>As with the driver, an I/O error of anything that the cache does by itself makes the device
 * dead: every request fails from then on. A read that the cache or the backing device alone cannot
 * answer fails by itself.
 *
 * <p>Unlike the drivers, it serves requests of any alignment; it formats a device whose first
 * sector is zeros only; it writes no empty segments; it stages nothing when it reads
 * (read_cache_threshold of 2.x is taken and printed).
 */
public final class WriteboostEngine implements CacheEngine {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;

  /** So much is discarded before others get their turn. */
  private static final long DISCARD_BYTES = 1L << 30;

  private static final long SECOND = 1000;

  private final WriteboostOptions options;
  private final MeteredDevice backing;
  private final BlockDevice cacheDevice;
  private final @Nullable BlockDevice plog;
  private final LongSupplier millis;
  private final Tunables tunables;
  private final Statistics statistics = new Statistics();
  private final List<Thread> threads = new ArrayList<>();

  private final Guard guard;
  private WriteboostCache cache;

  /** Requests under way, and background work that does I/O. */
  private int active;

  private boolean suspended;
  private boolean closed;
  private long tickAt;
  private long busyBefore;
  private long recordAt;
  private long syncAt;

  private WriteboostEngine(
      WriteboostOptions options,
      BlockDevice backing,
      BlockDevice cacheDevice,
      @Nullable BlockDevice plog,
      LongSupplier millis) {
    this.options = options;
    this.backing = new MeteredDevice(backing);
    this.cacheDevice = cacheDevice;
    this.plog = options.plog().isPresent() ? plog : null;
    this.millis = millis;
    this.tunables = options.startTunables();
    if (options.table().bytes() > backing.size()) {
      throw new UsageException(
          "the table line is for %d bytes, %s has %d"
              .formatted(options.table().bytes(), backing.name(), backing.size()));
    }
    this.guard = new Guard(cacheDevice.name());
    this.cache = attach();
  }

  private WriteboostCache attach() {
    return Attachment.open(options, backing, cacheDevice, plog, guard, statistics, tunables::batch);
  }

  /**
   * Opens the devices that a table line names and starts the cache; a cache device whose first
   * sector is zeros is formatted.
   *
   * @param table the line
   * @throws UsageException if the driver would refuse the line
   * @throws UnsupportedImageException if it would refuse what the cache device holds, or format it
   *     although it holds something
   * @throws OutputException if a device is in use or cannot be opened
   */
  public static WriteboostEngine open(DmTable table) {
    WriteboostOptions options = WriteboostOptions.parse(table);
    List<BlockDevice> opened = new ArrayList<>();
    try {
      opened.add(Targets.open(options.backing(), false));
      opened.add(Targets.open(options.cache(), false));
      options.plog().ifPresent(name -> opened.add(Targets.open(name, false)));
      WriteboostEngine engine =
          over(
              table,
              opened.get(0),
              opened.get(1),
              opened.size() > 2 ? opened.get(2) : null,
              () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()));
      engine.start();
      return engine;
    } catch (RuntimeException e) {
      opened.forEach(BlockDevice::close);
      throw e;
    }
  }

  /**
   * Makes a cache over devices that are open; nothing happens in the background.
   *
   * @param plog the plog device of type 1, else null
   * @param millis a clock
   */
  static WriteboostEngine over(
      DmTable table,
      BlockDevice backing,
      BlockDevice cache,
      @Nullable BlockDevice plog,
      LongSupplier millis) {
    return new WriteboostEngine(WriteboostOptions.parse(table), backing, cache, plog, millis);
  }

  // In the background.

  private void start() {
    threads.add(daemon("writeboost-flusher", () -> cache.log().writeNext()));
    threads.add(daemon("writeboost-writeback", this::writeBack));
    threads.add(daemon("writeboost-timer", this::tick));
  }

  /** Something to do, with the guard's lock held. */
  @FunctionalInterface
  private interface Work {
    /** {@return whether there was anything to do} */
    boolean once();
  }

  private Thread daemon(String name, Work work) {
    return Thread.ofPlatform().daemon().name(name).start(() -> repeat(work));
  }

  private void repeat(Work work) {
    guard.lock();
    try {
      while (!closed) {
        if (!tryOnce(work)) {
          guard.await(SECOND);
        }
      }
    } finally {
      guard.unlock();
    }
  }

  private boolean tryOnce(Work work) {
    if (suspended || guard.failure() != null) {
      return false;
    }
    active++;
    try {
      return work.once();
    } catch (SalvageException _) {
      // The status tells it, and every request from now on.
      return false;
    } finally {
      active--;
      wakeSuspend();
    }
  }

  /** Wakes whoever waits until nothing is under way. */
  private void wakeSuspend() {
    if (active == 0 && suspended) {
      guard.changed();
    }
  }

  private boolean writeBack() {
    return tunables.allowsWriteback() && cache.writeback().step(tunables.batch());
  }

  /** What modulator, recorder and sync daemon do each second, if it is time. */
  private boolean tick() {
    long now = millis.getAsLong();
    if (now < tickAt) {
      return false;
    }
    long elapsed = Math.max(SECOND, now - tickAt + SECOND);
    tickAt = now + SECOND;
    modulate(elapsed);
    if (tunables.recordInterval() > 0 && now >= recordAt) {
      recordAt = now + tunables.recordInterval() * SECOND;
      cache.log().record();
    }
    if (tunables.syncInterval() > 0 && now >= syncAt) {
      syncAt = now + tunables.syncInterval() * SECOND;
      cache.sync();
    }
    return true;
  }

  /** Allows writeback as long as the backing device has time (modulator_proc). */
  private void modulate(long elapsed) {
    long busy = backing.busyMillis();
    if (tunables.modulates()) {
      tunables.allowWriteback(100 * (busy - busyBefore) / elapsed < tunables.threshold());
    }
    busyBefore = busy;
  }

  /** Does what is due in the background; for engines that nothing else drives. */
  void runDue() {
    guard.lock();
    try {
      while (tryOnce(this::tick)
          || tryOnce(() -> cache.log().writeNext())
          || tryOnce(this::writeBack)) {
        // Until there is nothing left to do.
      }
    } finally {
      guard.unlock();
    }
  }

  // Requests.

  /** Does something for a client while the device runs. */
  private void request(Runnable deed) {
    guard.lock();
    try {
      while (suspended && !closed) {
        guard.pause();
      }
      if (closed) {
        throw new OutputException(name(), "the device is being removed");
      }
      guard.check();
      active++;
      try {
        deed.run();
      } finally {
        active--;
        wakeSuspend();
      }
    } finally {
      guard.unlock();
    }
  }

  @Override
  public String name() {
    return cacheDevice.name();
  }

  @Override
  public long size() {
    return options.table().bytes();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, (long) target.remaining(), size());
    request(() -> cache.read(offset, target));
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    Objects.checkFromIndexSize(offset, (long) source.remaining(), size());
    request(() -> cache.write(offset, source));
  }

  @Override
  public void flush() {
    request(() -> cache.flush());
  }

  @Override
  public void discard(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, options.table().bytes());
    long end = offset + length;
    for (long at = offset; at < end; ) {
      long from = at;
      long to = Math.min(end, (at / DISCARD_BYTES + 1) * DISCARD_BYTES);
      request(() -> cache.discard(from, to - from));
      at = to;
    }
  }

  // What dmsetup does.

  /** The driver's line; Fail instead of its numbers if the device is dead. */
  @Override
  public String status() {
    guard.lock();
    try {
      String start =
          "%d %d writeboost".formatted(options.table().startSector(), options.table().sectors());
      if (guard.failure() != null) {
        return start + " Fail";
      }
      SegmentLog log = cache.log();
      WriteboostGeometry geometry = cache.geometry();
      SegmentBuffer current = log.current();
      long id = log.queued() + 1;
      int cursor =
          cache.index().place(geometry.slotOf(id), 0) + (current == null ? 0 : current.length());
      return "%s %d %d %d %d %d %d %d %s %s"
          .formatted(
              start,
              cursor,
              cache.index().places(),
              geometry.segmentCount(),
              id,
              log.written(),
              cache.writeback().last(),
              cache.index().dirtyCount(),
              statistics,
              tunables.line(cache.writeback().lastBatch()));
    } finally {
      guard.unlock();
    }
  }

  @Override
  public Map<Measure, Long> measures() {
    Map<Measure, Long> measures = new EnumMap<>(Measure.class);
    guard.lock();
    try {
      long segments = cache.geometry().segmentCount();
      long used = Math.min(segments, cache.log().queued() - cache.writeback().last());
      measures.put(Measure.SIZE, (long) cache.index().places() * BLOCK);
      measures.put(Measure.DIRTY, (long) cache.index().dirtyCount() * BLOCK);
      measures.put(Measure.SEGMENTS, segments);
      measures.put(Measure.FREE_SEGMENTS, segments - used);
      measures.put(Measure.READ_HITS, statistics.sum(false, true));
      measures.put(Measure.READ_MISSES, statistics.sum(false, false));
      measures.put(Measure.WRITE_HITS, statistics.sum(true, true));
      measures.put(Measure.WRITE_MISSES, statistics.sum(true, false));
    } finally {
      guard.unlock();
    }
    return measures;
  }

  @Override
  public Optional<String> error() {
    guard.lock();
    try {
      return Optional.ofNullable(guard.failure());
    } finally {
      guard.unlock();
    }
  }

  @Override
  public String table() {
    guard.lock();
    try {
      return options.line(tunables);
    } finally {
      guard.unlock();
    }
  }

  @Override
  public void message(List<String> words) {
    String first = words.isEmpty() ? "" : words.getFirst().toLowerCase(Locale.ROOT);
    switch (first) {
      case "clear_stat", "clear_stats" -> {
        guard.lock();
        statistics.clear();
        guard.unlock();
      }
      case "drop_caches" -> {
        if (isSuspended()) {
          throw new UsageException("the device is suspended");
        }
        request(() -> cache.dropCaches());
      }
      default -> setTunable(words);
    }
  }

  private boolean isSuspended() {
    guard.lock();
    try {
      return suspended;
    } finally {
      guard.unlock();
    }
  }

  private void setTunable(List<String> words) {
    if (words.size() != 2) {
      throw new UsageException(
          "writeboost knows the messages clear_stat, drop_caches and KEY VALUE, not '%s'"
              .formatted(String.join(" ", words)));
    }
    guard.lock();
    try {
      tunables.set(words.get(0), words.get(1));
      guard.changed();
    } finally {
      guard.unlock();
    }
  }

  @Override
  public void suspend() {
    guard.lock();
    try {
      if (suspended || closed) {
        return;
      }
      suspended = true;
      while (active > 0) {
        guard.pause();
      }
      if (guard.failure() == null) {
        cache.end();
      }
    } finally {
      guard.unlock();
    }
  }

  @Override
  public void resume() {
    guard.lock();
    try {
      if (!suspended || closed) {
        return;
      }
      guard.revive();
      cache = attach();
      suspended = false;
      guard.changed();
    } finally {
      guard.unlock();
    }
  }

  @Override
  public ExtentMap dirty() {
    return (offset, limit) -> {
      guard.lock();
      try {
        boolean dirty = isDirty(offset / BLOCK);
        long end = offset / BLOCK * BLOCK + BLOCK;
        while (end < limit && isDirty(end / BLOCK) == dirty) {
          end += BLOCK;
        }
        return new Extent(Math.min(end, size()), dirty ? 1 : 0);
      } finally {
        guard.unlock();
      }
    };
  }

  private boolean isDirty(long block) {
    int place = cache.index().find(block);
    return place != CacheIndex.NONE && cache.index().isDirty(place);
  }

  /** Suspends the cache and closes the devices; never throws: {@link #error} tells. */
  @Override
  public void close() {
    try {
      suspend();
    } catch (SalvageException _) {
      // Kept as the failure.
    }
    guard.lock();
    closed = true;
    guard.changed();
    guard.unlock();
    threads.forEach(Threads::join);
    if (plog != null) {
      plog.close();
    }
    cacheDevice.close();
    backing.close();
  }
}
