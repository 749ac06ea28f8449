package org.dmsalvage.replay.crosscheck;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.LoggedVersions;
import org.dmsalvage.replay.recovery.LoggedVersions.Age;
import org.dmsalvage.replay.recovery.LoggedVersions.Version;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/**
 * Compares every sector that comes from the cache with the backing device.
 *
 * <p>Both sides are read once, in ascending order of address, in pieces of up to 512 KiB on all
 * cores; memory does not depend on their size. Only where they differ the other versions of the
 * sector are read, too.
 */
public final class CrossCheck {

  private static final String TASK = "comparing with the backing device";
  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Bytes of the device that one task spans. */
  private static final int SPAN = 512 << 10;

  /** Runs that are closer than this are read together. */
  private static final int GAP = 16 << 10;

  /** Tasks that are collected before they run. */
  private static final int BATCH = 256;

  private final LogicalDevice device;
  private final BlockSource backing;
  private final LoggedVersions versions;
  private final Progress progress;
  private final Joiner joiner;
  private final List<Span> batch = new ArrayList<>();

  /** What the backing device holds in place of a sector of the cache. */
  public enum Kind {
    /** The same: nothing needs to be written back. */
    SAME,
    /** An older version that the log still holds. */
    OLDER,
    /** A version of the log that is newer than the one that shows. */
    NEWER,
    /** Something that the log does not hold, as from before its oldest write: the normal case. */
    UNKNOWN,
    /** Something that contradicts the log: it was written past the cache. */
    FOREIGN,
    /** One of the two cannot be read. */
    UNREADABLE;

    /** {@return the word for reports} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Receives ranges in ascending order, adjacent ones of one kind and detail joined. */
  @FunctionalInterface
  public interface Visitor {

    /**
     * Takes a range.
     *
     * @param offset first byte on the logical device
     * @param length bytes
     * @param kind what stands on the backing device
     * @param detail which version that is; for {@link Kind#FOREIGN} what it contradicts; for {@link
     *     Kind#UNREADABLE} which side; else empty
     */
    void range(long offset, long length, Kind kind, String detail);
  }

  /** How many sectors are of each kind. */
  public static final class Result {
    private final Map<Kind, Long> sectors = new EnumMap<>(Kind.class);
    private final boolean proves;

    private Result(boolean proves) {
      this.proves = proves;
    }

    /** {@return the sectors of a kind} */
    public long sectors(Kind kind) {
      return sectors.getOrDefault(kind, 0L);
    }

    /** {@return whether writing back would, as far as can be known, destroy newer data} */
    public boolean endangers() {
      return sectors(Kind.FOREIGN) > 0;
    }

    /** {@return what follows, in words} */
    public String conclusion() {
      if (endangers()) {
        return "The backing device was probably written without its cache: %,d sectors contradict"
                .formatted(sectors(Kind.FOREIGN))
            + " the log. Writing back would overwrite newer data.";
      }
      if (sectors(Kind.NEWER) > 0) {
        return "The backing device holds newer versions of %,d sectors than those shown. Writing"
                .formatted(sectors(Kind.NEWER))
            + " back would take them back in time.";
      }
      long stale = sectors(Kind.OLDER) + sectors(Kind.UNKNOWN);
      if (sectors.isEmpty()) {
        return "The cache shows nothing that could be compared.";
      }
      if (stale == 0 && sectors(Kind.UNREADABLE) == 0) {
        return "The backing device already holds everything that the cache shows.";
      }
      return "Nothing contradicts the log. Writing back would bring %,d sectors up to date."
              .formatted(stale)
          + (proves
              ? ""
              : " But this log has nothing to prove what the backing device held: that it was used"
                  + " without its cache is seen only if a file system's superblock shows it.");
    }
  }

  /** Runs of cached sectors that are read together: offset and end of each, ascending. */
  @SuppressWarnings("ArrayRecordComponent") // Lives for one task, and nobody else sees it.
  private record Span(long[] runs) {

    long offset() {
      return runs[0];
    }

    long end() {
      return runs[runs.length - 1];
    }
  }

  private CrossCheck(
      LogicalDevice device, BlockSource backing, Visitor visitor, Progress progress) {
    this.device = device;
    this.backing = backing;
    this.progress = progress;
    this.versions =
        device
            .logged(progress)
            .orElseThrow(
                () -> new UsageException("there is no backing device to be checked against"));
    this.joiner = new Joiner(visitor, new Result(versions.proves()));
  }

  /**
   * Compares a recovered device with its backing device.
   *
   * @param device the recovered device
   * @param backing what lies below it
   * @param visitor receives what is found
   * @param progress told about bytes read
   * @throws UsageException if the device is not one over a backing device
   */
  public static Result run(
      LogicalDevice device, BlockSource backing, Visitor visitor, Progress progress) {
    return new CrossCheck(device, backing, visitor, progress).run();
  }

  /**
   * Compares, and adds findings for what endangers the data and for what cannot be read.
   *
   * @param device the recovered device
   * @param backing what lies below it
   * @param findings receives them
   * @param visitor receives what is found
   * @param progress told about bytes read
   * @throws UsageException if the device is not one over a backing device
   */
  public static Result run(
      LogicalDevice device,
      BlockSource backing,
      Findings findings,
      Visitor visitor,
      Progress progress) {
    return run(
        device,
        backing,
        (offset, length, kind, detail) -> {
          switch (kind) {
            case FOREIGN ->
                findings.add(
                    CrossCheckCode.FOREIGN_BACKING, backing.name(), offset, length, detail);
            case NEWER ->
                findings.add(
                    CrossCheckCode.NEWER_BACKING,
                    backing.name(),
                    offset,
                    length,
                    "holds what is in " + detail);
            case UNREADABLE -> {
              if (detail.equals(device.name())) {
                addUnreadable(device, offset, length, findings);
              } else {
                findings.addUnreadable(detail, List.of(new ByteRange(offset, length)));
              }
            }
            case SAME, OLDER, UNKNOWN -> {}
          }
          visitor.range(offset, length, kind, detail);
        },
        progress);
  }

  /** Names the places in the images that belong to a range of the recovered device. */
  private static void addUnreadable(
      LogicalDevice device, long offset, long length, Findings findings) {
    Map<String, List<ByteRange>> places = new LinkedHashMap<>();
    for (long at = offset; at < offset + length; ) {
      long end = Math.min(offset + length, (at / SECTOR + 1) * SECTOR);
      if (device.originOf(at / SECTOR) instanceof Origin.Cached cached) {
        places
            .computeIfAbsent(cached.image(), _ -> new ArrayList<>())
            .add(new ByteRange(cached.offset() + at % SECTOR, end - at));
      } else {
        places
            .computeIfAbsent(device.name(), _ -> new ArrayList<>())
            .add(new ByteRange(at, end - at));
      }
      at = end;
    }
    places.forEach((image, ranges) -> findings.addUnreadable(image, ByteRange.joined(ranges)));
  }

  /** Reads once more what could not be read: not every error of a medium or a link stays. */
  private static List<ByteRange> readTwice(BlockSource source, long offset, byte[] bytes) {
    List<ByteRange> still = new ArrayList<>();
    for (ByteRange bad : source.readAround(offset, ByteBuffer.wrap(bytes))) {
      ByteBuffer part = ByteBuffer.wrap(bytes, (int) (bad.offset() - offset), (int) bad.length());
      still.addAll(source.readAround(bad.offset(), part));
    }
    return still;
  }

  private Result run() {
    progress.begin(TASK, -1);
    Collector collector = new Collector();
    device.forEachRun((offset, length, _) -> collector.add(offset, offset + length));
    collector.endSpan();
    compareBatch();
    joiner.flush();
    return joiner.result;
  }

  /** Cuts runs into spans. */
  private final class Collector {
    private long[] runs = new long[16];
    private int count;

    void add(long offset, long end) {
      long limit = Math.min(end, Math.min(device.size(), backing.size()));
      long at = offset;
      while (at < limit) {
        if (count > 0 && (at - runs[count - 1] > GAP || at - runs[0] >= SPAN)) {
          endSpan();
        }
        long first = count == 0 ? at : runs[0];
        long to = Math.min(limit, first + SPAN);
        if (count > 0 && runs[count - 1] == at) {
          runs[count - 1] = to;
        } else {
          runs = count + 2 > runs.length ? Arrays.copyOf(runs, count * 2) : runs;
          runs[count++] = at;
          runs[count++] = to;
        }
        at = to;
      }
    }

    void endSpan() {
      if (count > 0) {
        batch.add(new Span(Arrays.copyOf(runs, count)));
        count = 0;
      }
      if (batch.size() == BATCH) {
        compareBatch();
      }
    }
  }

  private void compareBatch() {
    List<Span> spans = List.copyOf(batch);
    batch.clear();
    OrderedTasks.run(
        spans.size(), task -> new Comparison(spans.get((int) task)).run(), joiner::addAll);
  }

  /** A range of one kind, before it is joined with others. */
  private record Part(long offset, long end, Kind kind, String detail) {}

  /** Joins adjacent parts and counts them. */
  private static final class Joiner {
    private final Visitor visitor;
    private final Result result;
    private Part last = new Part(0, 0, Kind.SAME, "");

    Joiner(Visitor visitor, Result result) {
      this.visitor = visitor;
      this.result = result;
    }

    void addAll(List<Part> parts) {
      parts.forEach(this::add);
    }

    private void add(Part part) {
      result.sectors.merge(part.kind, (part.end - part.offset + SECTOR - 1) / SECTOR, Long::sum);
      if (part.offset == last.end && part.kind == last.kind && part.detail.equals(last.detail)) {
        last = new Part(last.offset, part.end, part.kind, part.detail);
        return;
      }
      flush();
      last = part;
    }

    void flush() {
      if (last.end > last.offset) {
        visitor.range(last.offset, last.end - last.offset, last.kind, last.detail);
      }
      last = new Part(last.end, last.end, Kind.SAME, "");
    }
  }

  /** One task. */
  private final class Comparison {
    private final Span span;
    private final byte[] shown;
    private final byte[] below;
    private final byte[] other = new byte[SECTOR];
    private final List<Part> parts = new ArrayList<>();

    Comparison(Span span) {
      this.span = span;
      this.shown = new byte[(int) (span.end() - span.offset())];
      this.below = new byte[shown.length];
    }

    List<Part> run() {
      progress.checkCancelled(TASK);
      List<ByteRange> badShown = readTwice(device, span.offset(), shown);
      List<ByteRange> badBelow = readTwice(backing, span.offset(), below);
      progress.advance(2L * shown.length);
      for (int run = 0; run < span.runs.length; run += 2) {
        compare(span.runs[run], span.runs[run + 1], badShown, badBelow);
      }
      return parts;
    }

    private void compare(long from, long to, List<ByteRange> badShown, List<ByteRange> badBelow) {
      ByteRange whole = ByteRange.between(from, to);
      if (!hits(badShown, whole) && !hits(badBelow, whole) && equal(from, to)) {
        parts.add(new Part(from, to, Kind.SAME, ""));
        return;
      }
      for (long at = from; at < to; ) {
        long end = Math.min(to, (at / SECTOR + 1) * SECTOR);
        ByteRange sector = ByteRange.between(at, end);
        if (hits(badShown, sector)) {
          parts.add(new Part(at, end, Kind.UNREADABLE, device.name()));
        } else if (hits(badBelow, sector)) {
          parts.add(new Part(at, end, Kind.UNREADABLE, backing.name()));
        } else if (equal(at, end)) {
          parts.add(new Part(at, end, Kind.SAME, ""));
        } else {
          parts.add(differing(at, end));
        }
        at = end;
      }
    }

    private boolean equal(long from, long to) {
      int a = (int) (from - span.offset());
      int b = (int) (to - span.offset());
      return Arrays.equals(shown, a, b, below, a, b);
    }

    private Part differing(long at, long end) {
      int place = (int) (at - span.offset());
      int length = (int) (end - at);
      boolean all = true;
      List<Version> found = versions.of(at / SECTOR);
      for (Version version : found) {
        if (version.age() == Age.SHOWN) {
          continue;
        }
        boolean readable = read(version, length);
        all &= readable;
        if (readable && Arrays.equals(other, 0, length, below, place, place + length)) {
          Kind kind = version.age() == Age.NEWER ? Kind.NEWER : Kind.OLDER;
          return new Part(at, end, kind, version.label());
        }
      }
      if (length == SECTOR) {
        Optional<String> stamp = newerFileSystem(at / SECTOR, place, found);
        if (stamp.isPresent()) {
          return new Part(at, end, Kind.FOREIGN, stamp.get());
        }
      }
      // A discard goes past the cache, and often leaves zeros.
      if (all && !zero(place, length)) {
        for (Version version : found) {
          if (version.held()) {
            return new Part(
                at,
                end,
                Kind.FOREIGN,
                "the backing device held the clean copy in "
                    + version.label()
                    + "; it holds neither that nor any later write of the log");
          }
        }
      }
      return new Part(at, end, Kind.UNKNOWN, "");
    }

    private boolean read(Version version, int length) {
      return version.offset() + length <= version.image().size()
          && version
              .image()
              .readAround(version.offset(), ByteBuffer.wrap(other, 0, length))
              .isEmpty();
    }

    private boolean zero(int place, int length) {
      for (int i = place; i < place + length; i++) {
        if (below[i] != 0) {
          return false;
        }
      }
      return true;
    }

    /** Whether the backing device has a later superblock than every version of the log. */
    private Optional<String> newerFileSystem(long sector, int place, List<Version> found) {
      if (!FileSystemStamp.possibleAt(sector)) {
        return Optional.empty();
      }
      Optional<FileSystemStamp> theirs = FileSystemStamp.read(sector, below, place);
      Optional<FileSystemStamp> newest = FileSystemStamp.read(sector, shown, place);
      if (theirs.isEmpty() || newest.isEmpty()) {
        return Optional.empty();
      }
      for (Version version : found) {
        if (read(version, SECTOR)) {
          FileSystemStamp stamp = FileSystemStamp.read(sector, other, 0).orElse(newest.get());
          if (stamp.laterThan(newest.get())) {
            newest = Optional.of(stamp);
          }
        }
      }
      return theirs.get().laterThan(newest.get())
          ? Optional.of(
              "%s superblock %s; the newest in the log is %s"
                  .formatted(theirs.get().kind(), theirs.get().describe(), newest.get().describe()))
          : Optional.empty();
    }

    private static boolean hits(List<ByteRange> ranges, ByteRange range) {
      for (ByteRange bad : ranges) {
        if (bad.intersects(range)) {
          return true;
        }
      }
      return false;
    }
  }
}
