package org.dmsalvage.replay.writecache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.LoggedVersions;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;
import org.dmsalvage.replay.recovery.Recovery.VersionVisitor;
import org.jspecify.annotations.Nullable;

/** The logical device: the backing device, or zeros, overlaid with cached blocks. */
final class WritecacheDevice implements LogicalDevice {

  private final long size;
  private final @Nullable BlockSource backing;
  private final @Nullable CachedView view;

  /**
   * Puts a device together.
   *
   * @param size in bytes
   * @param backing what lies below, null for zeros; beyond its end there are zeros, too
   * @param view what lies above, null for nothing
   */
  WritecacheDevice(long size, @Nullable BlockSource backing, @Nullable CachedView view) {
    this.size = size;
    this.backing = backing;
    this.view = view;
  }

  @Override
  public String name() {
    return "logical device";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int count = target.remaining();
    Objects.checkFromIndexSize(offset, count, size);
    long at = offset;
    long end = offset + count;
    int limit = target.limit();
    checkReadable(offset, count);
    int position = view == null ? 0 : view.from(offset / SECTOR_BYTES);
    while (at < end) {
      long cached = view == null ? end : Math.min(end, bytes(view.sector(position)));
      if (at < cached) {
        readBacking(at, target.limit(target.position() + (int) (cached - at)));
        at = cached;
      } else {
        CachedView v = Objects.requireNonNull(view);
        Run run = Run.at(v, position, end);
        int part = (int) (Math.min(end, run.end) - at);
        readCached(v, run.dataOffset + (at - run.offset), target, part);
        at += part;
        position = run.next;
      }
    }
    target.limit(limit);
  }

  private void checkReadable(long offset, int length) {
    if (view != null && length > 0) {
      long broken = bytes(view.brokenFrom(offset / SECTOR_BYTES));
      if (broken < offset + length) {
        throw new UnreadableException(
            name(),
            offset,
            length,
            new IOException("the driver fails reads of the block at " + broken));
      }
    }
  }

  private static void readCached(CachedView view, long from, ByteBuffer target, int length) {
    BlockSource cache = view.cache();
    if (from > cache.size() - length) {
      throw new UnreadableException(
          cache.name(), from, length, new IOException("the image ends at " + cache.size()));
    }
    cache.read(from, target.limit(target.position() + length));
  }

  private void readBacking(long offset, ByteBuffer target) {
    int limit = target.limit();
    if (backing != null && offset < backing.size()) {
      int present = (int) Math.min(target.remaining(), backing.size() - offset);
      backing.read(offset, target.limit(target.position() + present));
    }
    target.limit(limit);
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
  }

  /** {@return an address in bytes; the greatest number stays what it is} */
  private static long bytes(long sector) {
    return sector > Long.MAX_VALUE / SECTOR_BYTES ? Long.MAX_VALUE : sector * SECTOR_BYTES;
  }

  /**
   * Cached blocks that follow each other on the logical device and in the cache.
   *
   * @param offset first byte on the logical device
   * @param end first byte behind
   * @param dataOffset first byte in the cache image
   * @param next position behind the run
   */
  private record Run(long offset, long end, long dataOffset, int next) {

    /** Finds the run that begins at a position, no further than is needed to get to a limit. */
    static Run at(CachedView view, int position, long limit) {
      long offset = view.sector(position) * SECTOR_BYTES;
      int blockBytes = view.sectorsPerBlock() * SECTOR_BYTES;
      long end = offset + blockBytes;
      int last = position;
      int next = view.next(position);
      while (end < limit
          && view.sector(next) * SECTOR_BYTES == end
          && view.entry(next) == view.entry(last) + 1) {
        end += blockBytes;
        last = next;
        next = view.next(next);
      }
      return new Run(offset, end, view.dataOffset(position), next);
    }
  }

  @Override
  public Origin originOf(long sector) {
    Objects.checkIndex(sector, (size + SECTOR_BYTES - 1) / SECTOR_BYTES);
    if (view != null) {
      int position = view.from(sector);
      if (view.sector(position) <= sector) {
        long offset = view.dataOffset(position) + (sector - view.sector(position)) * SECTOR_BYTES;
        return new Origin.Cached(view.cache().name(), offset);
      }
      if (view.brokenFrom(sector) <= sector) {
        return new Origin.Zeros();
      }
    }
    return backing != null && sector * SECTOR_BYTES < backing.size()
        ? new Origin.Backing()
        : new Origin.Zeros();
  }

  @Override
  public void forEachRun(RunVisitor visitor) {
    if (view == null) {
      return;
    }
    int position = view.from(0);
    while (bytes(view.sector(position)) < size) {
      Run run = Run.at(view, position, size);
      visitor.run(
          run.offset,
          Math.min(run.end, size) - run.offset,
          new Origin.Cached(view.cache().name(), run.dataOffset));
      position = run.next;
    }
  }

  @Override
  public void forEachVersion(VersionVisitor visitor) {
    if (view != null) {
      CachedVersions.forEach(view, size, visitor);
    }
  }

  @Override
  public Optional<LoggedVersions> logged(Progress progress) {
    return Optional.of(view == null ? _ -> List.of() : EntryVersions.of(view, progress));
  }

  @Override
  public long nextData(long offset) {
    long below = backing == null ? size : backing.nextData(Math.min(offset, backing.size()));
    if (backing != null && below >= backing.size()) {
      below = size;
    }
    long above = view == null ? size : bytes(view.sector(view.from(offset / SECTOR_BYTES)));
    return Math.max(offset, Math.min(size, Math.min(below, above)));
  }

  @Override
  public long nextHole(long offset) {
    long at = offset;
    while (at < size) {
      int position = view == null ? 0 : view.from(at / SECTOR_BYTES);
      long cached = view == null ? Long.MAX_VALUE : bytes(view.sector(position));
      if (cached <= at) {
        at = Run.at(Objects.requireNonNull(view), position, size).end;
        continue;
      }
      long hole = backing == null || at >= backing.size() ? at : Math.max(at, backing.nextHole(at));
      if (hole < cached) {
        return Math.min(hole, size);
      }
      at = cached;
    }
    return size;
  }

  @Override
  public void close() {}
}
