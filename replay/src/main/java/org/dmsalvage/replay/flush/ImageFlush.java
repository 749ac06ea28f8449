package org.dmsalvage.replay.flush;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.Posix;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.DeviceWriter;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.jspecify.annotations.Nullable;

/**
 * Writes the recovered disk to a new image, or over a device as a whole.
 *
 * <p>Where the file system can, the image begins as a copy of the backing image that shares all its
 * blocks, and only what differs is written. Elsewhere all data is written once, in ascending order;
 * what comes from the backing image is copied by the kernel unless it has to be hashed. Holes stay
 * holes.
 */
public final class ImageFlush {

  /** Most that the kernel copies between two looks at the wish to stop. */
  private static final long FETCH_BYTES = 16 << 20;

  private final LogicalDevice logical;
  private final BlockSource shown;
  private final @Nullable Path backing;
  private final long base;
  private final Cloner cloner;

  /** Makes a file share the blocks of another one. */
  @FunctionalInterface
  interface Cloner {
    /** {@return whether it could} */
    boolean reflink(Path from, Path to);
  }

  /**
   * Prepares a flush.
   *
   * @param logical what the image shall hold
   * @param disk what the image has where cached data cannot be read; null for zeros
   * @param backing the file or device that the logical device lies over; null if there is none or
   *     it consists of several
   * @param base where the logical device begins there, in bytes
   */
  public ImageFlush(
      LogicalDevice logical, @Nullable BlockSource disk, @Nullable Path backing, long base) {
    this(logical, disk, backing, base, Posix::reflink);
  }

  ImageFlush(
      LogicalDevice logical,
      @Nullable BlockSource disk,
      @Nullable Path backing,
      long base,
      Cloner cloner) {
    this.logical = logical;
    this.shown = disk == null ? logical : new OverDisk(logical, disk);
    this.backing = backing;
    this.base = base;
    this.cloner = cloner;
  }

  /**
   * Writes the image; it has to be completed afterwards.
   *
   * @param writer the image
   * @param hash whether the SHA-256 of the image is wanted
   * @param progress told about bytes; checked for the wish to stop
   */
  public FlushResult write(ImageWriter writer, boolean hash, Progress progress) {
    if (backing != null && canBeCloned(backing) && cloner.reflink(backing, writer.partial())) {
      return overClone(writer, hash, progress);
    }
    AtomicLong written = new AtomicLong();
    DeviceCopier.Target target =
        (offset, piece) -> {
          written.addAndGet(piece.remaining());
          writer.write(offset, piece);
        };
    DeviceCopier.Result result;
    if (hash || backing == null) {
      result = DeviceCopier.copy(shown, target, hash, progress);
    } else {
      try (Posix.RangeCopy kernel = new Posix.RangeCopy(backing, writer.partial())) {
        KernelCopy shortcut = new KernelCopy(kernel, writer, target, written);
        result = DeviceCopier.copy(shown, target, shortcut, progress);
      }
    }
    return new FlushResult(
        written.get(), result.sha256(), lost(result.unreadable()), new LossList());
  }

  /**
   * Overwrites a device; it has to be completed afterwards.
   *
   * @param writer the device
   * @param hash whether the SHA-256 of the recovered disk is wanted
   * @param progress told about bytes; checked for the wish to stop
   */
  public FlushResult write(DeviceWriter writer, boolean hash, Progress progress) {
    DeviceCopier.Result result = DeviceCopier.copy(shown, writer, hash, progress);
    return new FlushResult(
        writer.written(), result.sha256(), lost(result.unreadable()), new LossList());
  }

  private boolean canBeCloned(Path path) {
    return base == 0 && Files.isRegularFile(path) && path.toFile().length() == logical.size();
  }

  private FlushResult overClone(ImageWriter writer, boolean hash, Progress progress) {
    FlushPlan plan = FlushPlan.of(logical, 0);
    try (Hashing hashing = Hashing.of(logical, hash, progress)) {
      progress.begin("flushing to a clone of the backing image", plan.bytes());
      InPlaceWriter.Result result =
          new InPlaceWriter(writer.device(), null, 0, InPlaceWriter.BATCH_BYTES)
              .apply(new CachedChanges(logical), progress, "nothing was left behind");
      boolean asPlanned = result.notWritten().count() == 0;
      String sha256 = asPlanned ? hashing.result() : hashing.again(writer.device());
      return new FlushResult(result.written(), sha256, result.notWritten(), new LossList());
    }
  }

  /** What comes from the backing image alone. */
  private final class KernelCopy implements DeviceCopier.Shortcut {
    private final Posix.RangeCopy kernel;
    private final ImageWriter writer;
    private final DeviceCopier.Target target;
    private final AtomicLong written;
    private final CachedPieces cached = CachedPieces.of(logical);

    KernelCopy(
        Posix.RangeCopy kernel,
        ImageWriter writer,
        DeviceCopier.Target target,
        AtomicLong written) {
      this.kernel = kernel;
      this.writer = writer;
      this.target = target;
      this.written = written;
    }

    @Override
    public long length(long offset, long dataEnd) {
      return Math.min(Math.min(cached.next(offset), dataEnd) - offset, FETCH_BYTES);
    }

    @Override
    public List<ByteRange> fetch(long offset, long length) {
      long done = 0;
      while (done < length) {
        long copied = kernel.copy(base + offset + done, offset + done, length - done);
        if (copied == 0) {
          return read(offset + done, length - done);
        }
        written.addAndGet(copied);
        done += copied;
        writer.written(offset + done);
      }
      return List.of();
    }

    /** Does what the kernel would not: another kind of file, or one that has bad sectors. */
    private List<ByteRange> read(long offset, long length) {
      List<ByteRange> unreadable = new ArrayList<>();
      for (long at = offset; at < offset + length; ) {
        ByteBuffer piece = ByteBuffer.allocate((int) Math.min(1 << 20, offset + length - at));
        unreadable.addAll(shown.readAround(at, piece));
        target.write(at, piece.flip());
        at += piece.limit();
      }
      return unreadable;
    }
  }

  /**
   * The logical device, with what its disk has where the cache cannot be read.
   *
   * @param logical the logical device
   * @param disk its disk, of the same size
   */
  private record OverDisk(LogicalDevice logical, BlockSource disk) implements BlockSource {
    @Override
    public String name() {
      return logical.name();
    }

    @Override
    public long size() {
      return logical.size();
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      logical.read(offset, target);
    }

    @Override
    public List<ByteRange> readAround(long offset, ByteBuffer target) {
      int start = target.position();
      List<ByteRange> unreadable = logical.readAround(offset, target);
      for (ByteRange range : unreadable) {
        int from = start + (int) (range.offset() - offset);
        ByteBuffer part = target.duplicate().limit(from + (int) range.length()).position(from);
        List<ByteRange> _ = disk.readAround(range.offset(), part);
      }
      return unreadable;
    }

    @Override
    public long nextData(long offset) {
      return logical.nextData(offset);
    }

    @Override
    public long nextHole(long offset) {
      return logical.nextHole(offset);
    }

    @Override
    public void close() {}
  }

  private static LossList lost(List<ByteRange> unreadable) {
    LossList list = new LossList();
    for (ByteRange range : unreadable) {
      long sectors = (range.length() + BlockSource.SECTOR_BYTES - 1) / BlockSource.SECTOR_BYTES;
      list.add(
          new Loss(
              "FL-SOURCE-UNREADABLE",
              "logical device",
              range.offset(),
              range.length(),
              sectors,
              "what belongs here cannot be read; the image has what the disk had, or zeros",
              Facts.builder().build()));
    }
    return list;
  }

  /** {@return bytes that a device's data takes, holes not counted} */
  public static long dataBytes(BlockSource device) {
    long sum = 0;
    long at = device.nextData(0);
    while (at < device.size()) {
      long end = device.nextHole(at);
      sum += end - at;
      at = device.nextData(end);
    }
    return sum;
  }
}
