package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.LoggedVersions;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;
import org.dmsalvage.replay.recovery.Recovery.VersionVisitor;
import org.jspecify.annotations.Nullable;

/**
 * The logical device: the backing device, or zeros, under the copies that a {@link LogView} shows.
 * Put together while it is read; safe for use by several threads.
 */
final class OverlayDevice implements LogicalDevice {

  private static final int SECTOR = SECTOR_BYTES;
  private static final int BLOCK_SECTORS = 8;
  private static final int BLOCK_BYTES = BLOCK_SECTORS * SECTOR_BYTES;

  /** Where the bytes of a run stand. */
  enum Place {
    BACKING,
    ZEROS,
    CACHE,
    PLOG
  }

  /** Receives runs in ascending order, without gaps. */
  @FunctionalInterface
  interface Runs {
    /**
     * Takes a run.
     *
     * @param sector its first sector on the logical device
     * @param count its sectors
     * @param place the image that holds it
     * @param offset of its first byte in that image; 0 for zeros
     */
    void run(long sector, long count, Place place, long offset);
  }

  private final String name;
  private final LogView view;
  private final BlockSource cache;
  private final @Nullable BlockSource plog;
  private final @Nullable BlockSource backing;
  private final long size;
  private final Supplier<BackingEvidence> evidence;

  /**
   * Makes a device.
   *
   * @param name for messages
   * @param view which copies show
   * @param cache the cache image
   * @param plog the plog image, if any segment was rebuilt
   * @param backing the backing image; null for zeros
   * @param size in bytes
   */
  OverlayDevice(
      String name,
      LogView view,
      BlockSource cache,
      @Nullable BlockSource plog,
      @Nullable BlockSource backing,
      long size) {
    this(name, view, cache, plog, backing, size, () -> BackingEvidence.NONE);
  }

  private OverlayDevice(
      String name,
      LogView view,
      BlockSource cache,
      @Nullable BlockSource plog,
      @Nullable BlockSource backing,
      long size,
      Supplier<BackingEvidence> evidence) {
    this.evidence = evidence;
    this.name = name;
    this.view = view;
    this.cache = cache;
    this.plog = plog;
    this.backing = backing;
    this.size = size;
  }

  /** {@return the same device, with what the log says about the backing device} */
  OverlayDevice with(Supplier<BackingEvidence> found) {
    return new OverlayDevice(name, view, cache, plog, backing, size, found);
  }

  @Override
  public Optional<LoggedVersions> logged(Progress progress) {
    return Optional.of(new CopyVersions(this, evidence.get()));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  /** Does nothing: the images belong to whoever opened them. */
  @Override
  public void close() {}

  /** {@return whether segments have checksums, for which all of them is read} */
  @Override
  public boolean dataWasRead() {
    return view.versions().segments().table().convention().hasChecksum();
  }

  /** {@return what decides about each block} */
  LogView view() {
    return view;
  }

  private long sectors() {
    return (size + SECTOR - 1) / SECTOR;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int count = target.remaining();
    Objects.checkFromIndexSize(offset, count, size);
    if (count == 0) {
      return;
    }
    int start = target.position();
    long end = offset + count;
    runs(
        offset / SECTOR,
        (end + SECTOR - 1) / SECTOR,
        (sector, sectors, place, at) -> {
          long from = Math.max(sector * SECTOR, offset);
          long to = Math.min((sector + sectors) * SECTOR, end);
          ByteBuffer part = target.slice(start + (int) (from - offset), (int) (to - from));
          fill(place, at + (from - sector * SECTOR), part);
        });
    target.position(target.limit());
  }

  private void fill(Place place, long offset, ByteBuffer part) {
    @Nullable BlockSource source =
        switch (place) {
          case BACKING -> backing;
          case CACHE -> cache;
          case PLOG -> plog;
          case ZEROS -> null;
        };
    if (source != null) {
      long readable = Math.clamp(source.size() - offset, 0, part.remaining());
      int limit = part.limit();
      part.limit(part.position() + (int) readable);
      source.read(offset, part);
      part.limit(limit);
    }
    while (part.hasRemaining()) {
      part.put((byte) 0);
    }
  }

  @Override
  public long nextData(long offset) {
    long below = backing == null ? size : nextBackingData(offset);
    AddressIndex blocks = view.versions().blocks();
    int position = blocks.lowerBound(offset / BLOCK_BYTES);
    long cached = position == blocks.size() ? size : blocks.address(position) * BLOCK_BYTES;
    return Math.clamp(Math.min(below, cached), Math.min(offset, size), size);
  }

  private long nextBackingData(long offset) {
    return backing == null || offset >= backing.size() ? size : backing.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    AddressIndex blocks = view.versions().blocks();
    long at = offset;
    while (at < size) {
      long hole = backing == null || at >= backing.size() ? at : backing.nextHole(at);
      long block = hole / BLOCK_BYTES;
      int position = blocks.lowerBound(block);
      long next = block;
      // The system is not asked about holes below blocks that follow each other.
      while (position < blocks.size() && blocks.address(position) == next) {
        position = blocks.nextAddress(position);
        next++;
      }
      if (next == block) {
        return Math.min(hole, size);
      }
      at = next * BLOCK_BYTES;
    }
    return size;
  }

  @Override
  public Origin originOf(long sector) {
    Objects.checkIndex(sector, sectors());
    Origin[] origin = {new Origin.Zeros()};
    runs(sector, sector + 1, (_, _, place, offset) -> origin[0] = origin(place, offset));
    return origin[0];
  }

  Origin origin(Place place, long offset) {
    return switch (place) {
      case BACKING -> new Origin.Backing();
      case ZEROS -> new Origin.Zeros();
      case CACHE -> new Origin.Cached(cache.name(), offset);
      case PLOG -> new Origin.Cached(Objects.requireNonNull(plog).name(), offset);
    };
  }

  @Override
  public void forEachRun(RunVisitor visitor) {
    runs(
        0,
        sectors(),
        (sector, count, place, offset) -> {
          // Over a backing device, zeros are a copy whose bytes are not to be had.
          if (place != Place.BACKING && (place != Place.ZEROS || backing != null)) {
            long from = sector * SECTOR;
            visitor.run(from, Math.min(count * SECTOR, size - from), origin(place, offset));
          }
        });
  }

  @Override
  public void forEachVersion(VersionVisitor visitor) {
    BlockVersions versions = view.versions();
    AddressIndex blocks = versions.blocks();
    VersionJoiner joiner = new VersionJoiner(this, visitor);
    int[] shown = new int[BLOCK_SECTORS];
    for (int position = 0; position < blocks.size(); ) {
      int next = blocks.nextAddress(position);
      view.resolve(position, next, shown);
      long first = blocks.address(position) * BLOCK_SECTORS;
      for (int i = 0; i < BLOCK_SECTORS && first + i < sectors(); i++) {
        if (shown[i] != LogView.BELOW) {
          joiner.add(first + i, place(first + i, shown[i]));
        }
      }
      position = next;
    }
    joiner.flush();
  }

  /**
   * Walks over a part of the device.
   *
   * @param from first sector
   * @param to sector behind the last one
   * @param sink receives the runs, joined where both sides continue
   */
  void runs(long from, long to, Runs sink) {
    AddressIndex blocks = view.versions().blocks();
    int[] shown = new int[BLOCK_SECTORS];
    Joiner joiner = new Joiner(sink);
    int position = blocks.lowerBound(from / BLOCK_SECTORS);
    long sector = from;
    while (sector < to) {
      long block = position < blocks.size() ? blocks.address(position) * BLOCK_SECTORS : to;
      if (block > sector) {
        long end = Math.min(block, to);
        below(joiner, sector, end - sector);
        sector = end;
        continue;
      }
      int next = blocks.nextAddress(position);
      view.resolve(position, next, shown);
      long end = Math.min(block + BLOCK_SECTORS, to);
      for (; sector < end; sector++) {
        cached(joiner, sector, shown[(int) (sector - block)]);
      }
      position = next;
    }
    joiner.flush();
  }

  /**
   * What shows in one sector.
   *
   * @param copy the copy, or {@link LogView#BELOW}
   * @param place the image that holds the bytes
   * @param offset of them in that image; 0 for zeros
   */
  record Shown(int copy, Place place, long offset) {
    /** {@return whether both come from the same place} */
    boolean sameBytes(Shown other) {
      return place == other.place && offset == other.offset;
    }
  }

  /** {@return the image that bytes of a place stand in} */
  BlockSource image(Place place) {
    return switch (place) {
      case CACHE -> cache;
      case PLOG -> Objects.requireNonNull(plog);
      case BACKING, ZEROS -> Objects.requireNonNull(backing);
    };
  }

  /** {@return where the bytes of a sector stand, given the copy that shows there} */
  Shown place(long sector, int copy) {
    if (copy != LogView.BELOW) {
      BlockVersions versions = view.versions();
      int segment = versions.segmentOf(copy);
      long at = versions.place(copy, segment, (int) (sector % BLOCK_SECTORS));
      if (at < 0) {
        return new Shown(copy, Place.ZEROS, 0);
      }
      return new Shown(copy, versions.segments().fromPlog(segment) ? Place.PLOG : Place.CACHE, at);
    }
    return backing == null
        ? new Shown(copy, Place.ZEROS, 0)
        : new Shown(copy, Place.BACKING, sector * SECTOR);
  }

  /** {@return where a sector comes from, for people} */
  String describe(Shown shown) {
    if (shown.copy == LogView.BELOW) {
      return backing == null ? "zeros" : "backing device";
    }
    BlockVersions versions = view.versions();
    int segment = versions.segmentOf(shown.copy);
    String id = Long.toUnsignedString(versions.segments().id(segment));
    return (versions.segments().fromPlog(segment) ? "plog of segment id " : "segment id ") + id;
  }

  private void cached(Joiner joiner, long sector, int copy) {
    Shown shown = place(sector, copy);
    joiner.add(sector, 1, shown.place, shown.offset);
  }

  private void below(Joiner joiner, long sector, long count) {
    if (backing == null) {
      joiner.add(sector, count, Place.ZEROS, 0);
    } else {
      joiner.add(sector, count, Place.BACKING, sector * SECTOR);
    }
  }

  /** Joins runs that continue each other. */
  private static final class Joiner {
    private final Runs sink;
    private Place place = Place.ZEROS;
    private long start;
    private long count;
    private long offset;

    Joiner(Runs sink) {
      this.sink = sink;
    }

    void add(long sector, long sectors, Place at, long from) {
      long expected = place == Place.ZEROS ? 0 : offset + count * SECTOR;
      if (count > 0 && at == place && from == expected) {
        count += sectors;
        return;
      }
      flush();
      place = at;
      start = sector;
      count = sectors;
      offset = from;
    }

    void flush() {
      if (count > 0) {
        sink.run(start, count, place, offset);
      }
      count = 0;
    }
  }
}
