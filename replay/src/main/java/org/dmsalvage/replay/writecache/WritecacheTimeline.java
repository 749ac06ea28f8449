package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;
import org.jspecify.annotations.Nullable;

/**
 * The commits of a writecache, told apart by the seq_count of the entries that are still there.
 *
 * <p>As of sequence count N, what counts is what would count if the superblock said N: every entry
 * with a seq_count below N. A writecache is no log, and forgets:
 *
 * <ul>
 *   <li>On an SSD a committed block is overwritten in its place (writecache_map), so that any block
 *       may hold more than its entry's commit. In persistent memory an overwrite takes a new entry,
 *       and a block is as its commit left it.
 *   <li>The commit of a newer copy frees the older one (writecache_flush), so that a sector whose
 *       entry is later than N may have had another block at N, or none.
 *   <li>A block that was written back is freed, too, and keeps its address but not its seq_count
 *       (writecache_free_entry): whether it was in the cache at N, and whether the backing device
 *       held at N what it holds now, cannot be told.
 *   <li>When a freed entry is used again, nothing is left of what it stood for.
 * </ul>
 *
 * <p>So the latest point, which is the present, is the only one of which all is known. Of an
 * earlier one, persistent memory knows the blocks that it still has from before; an SSD knows what
 * it had, not what was in it.
 */
final class WritecacheTimeline implements Timeline {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final String format;
  private final String variant;
  private final BlockSource cache;
  private final WritecacheLayout layout;
  private final EntryTable entries;
  private final long sequenceCount;
  private final boolean inPlace;
  private final EntryMap.TieBreaker ties;
  private final Progress progress;
  private final Commits commits;
  private final long size;
  private final @Nullable BlockSource backing;

  /** Says how large the logical device is, given all that is cached. */
  @FunctionalInterface
  interface Size {
    /** {@return the size in bytes} */
    long of(CachedView view);
  }

  /**
   * Makes a timeline.
   *
   * @param format as {@code --format} takes it
   * @param variant what distinguishes images of one format
   * @param cache the cache image
   * @param backing the backing device, null for zeros
   * @param layout where things are in the cache
   * @param entries the entry table
   * @param sequenceCount below which entries are committed
   * @param inPlace whether committed blocks may have been overwritten in their places
   * @param ties chooses between entries of one sector and sequence
   * @param size of the logical device
   * @param progress told about bytes read
   */
  WritecacheTimeline(
      String format,
      String variant,
      BlockSource cache,
      @Nullable BlockSource backing,
      WritecacheLayout layout,
      EntryTable entries,
      long sequenceCount,
      boolean inPlace,
      EntryMap.TieBreaker ties,
      Size size,
      Progress progress) {
    this.format = format;
    this.variant = variant;
    this.cache = cache;
    this.backing = backing;
    this.layout = layout;
    this.entries = entries;
    this.sequenceCount = sequenceCount;
    this.inPlace = inPlace;
    this.ties = ties;
    this.progress = progress;
    this.commits = Commits.read(entries, progress);
    this.size = size.of(view(sequenceCount, shown(sequenceCount)));
  }

  @Override
  public String format() {
    return format;
  }

  @Override
  public String variant() {
    return variant;
  }

  @Override
  public long base() {
    boolean any = commits.count() > 0 && Entry.committed(commits.sequence(0), sequenceCount);
    return any ? commits.sequence(0) : sequenceCount;
  }

  @Override
  public long newest() {
    return sequenceCount;
  }

  /** {@return the size of the logical device in bytes, at any point} */
  long size() {
    return size;
  }

  /** {@return the entries with a lower sequence, ties broken} */
  EntryMap shown(EntryReader reader) {
    EntryMap map = reader.read(progress);
    return map.nextTied(0) < 0 ? map : map.breakTies(entries, ties);
  }

  private EntryMap shown(long point) {
    return shown(new EntryReader(cache.name(), entries, point, false, EntryReader.Losses.NONE));
  }

  /** {@return what shows if these entries count, those with a lower sequence than the point} */
  CachedView view(long point, EntryMap map) {
    return new CachedView(cache, layout.start(), layout.geometry(), point, map, false);
  }

  @Override
  public LogicalDevice at(long point) {
    check(point);
    return new WritecacheDevice(size, backing, view(point, shown(point)));
  }

  private long sectors() {
    return (size + SECTOR - 1) / SECTOR;
  }

  private int blockSectors() {
    return layout.geometry().sectorsPerBlock();
  }

  @Override
  public void forEachUnknown(long point, UnknownVisitor visitor) {
    check(point);
    if (point == sequenceCount) {
      return;
    }
    CachedView view = view(point, shown(point));
    AddressIndex others = named(point);
    UnknownJoiner joiner = new UnknownJoiner(visitor, sectors());
    int position = view.from(0);
    int other = 0;
    while (position < view.end() || other < others.size()) {
      long cached = view.sector(position);
      long named = other < others.size() ? others.address(other) : Long.MAX_VALUE;
      long sector = Math.min(cached, named);
      int next = named == sector ? others.nextAddress(other) : other;
      if (cached != sector) {
        doubt(joiner, others, other, next);
      } else if (inPlace) {
        joiner.add(sector, blockSectors(), point + 1, Doubt.OVERWRITTEN_IN_PLACE);
      }
      position = cached == sector ? view.next(position) : position;
      other = next;
    }
    joiner.flush();
  }

  /** A sector of which only later commits and freed entries tell. */
  private void doubt(UnknownJoiner joiner, AddressIndex others, int from, int to) {
    int first = Integer.MAX_VALUE;
    for (int p = from; p < to; p++) {
      int commit = commits.of(others.ordinal(p));
      first = commit < 0 ? first : Math.min(first, commit);
    }
    if (first < Integer.MAX_VALUE) {
      joiner.add(
          others.address(from),
          blockSectors(),
          commits.sequence(first) + 1,
          Doubt.WRITTEN_BACK_SINCE);
    } else {
      joiner.add(others.address(from), blockSectors(), sequenceCount, Doubt.FREED);
    }
  }

  /** The entries that a point does not show: those of later commits, and freed ones. */
  private AddressIndex named(long point) {
    AddressIndex.Builder index = new AddressIndex.Builder(cache.name(), 0, entries.count());
    entries.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int n, ByteBuffer bytes, int at) {
            for (int i = 0; i < n; i++) {
              long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
              long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
              boolean later =
                  !Entry.committed(sequence, point) && Entry.committed(sequence, sequenceCount);
              if ((later || sequence == Entry.NONE) && shows(original)) {
                index.add(original, first + i);
              }
            }
          }

          @Override
          public void zeroed(int first, int n) {}

          @Override
          public void unreadable(int first, int n) {}
        },
        progress);
    return index.build();
  }

  private boolean shows(long original) {
    return Entry.possible(original) && layout.geometry().aligned(original) && original < sectors();
  }

  /** Joins neighbours with the same doubt. */
  private static final class UnknownJoiner {
    private final UnknownVisitor visitor;
    private final long end;
    private long start;
    private long count;
    private long step;
    private Doubt doubt = Doubt.FREED;

    UnknownJoiner(UnknownVisitor visitor, long end) {
      this.visitor = visitor;
      this.end = end;
    }

    void add(long sector, int sectors, long id, Doubt why) {
      if (sector >= end) {
        return;
      }
      if (count == 0 || sector != start + count || why != doubt) {
        flush();
        start = sector;
        step = id;
        doubt = why;
      }
      step = Long.compareUnsigned(id, step) < 0 ? id : step;
      count += Math.min(sectors, end - sector);
    }

    void flush() {
      if (count > 0) {
        visitor.range(start, count, step, doubt);
      }
      count = 0;
    }
  }

  @Override
  public void forEachChange(long from, long to, ChangeVisitor visitor) {
    check(from);
    check(to);
    if (Long.compareUnsigned(from, to) > 0) {
      throw new UsageException(
          "sequence count %s is later than %s"
              .formatted(Long.toUnsignedString(from), Long.toUnsignedString(to)));
    }
    EntryMap before = shown(from);
    EntryMap after = shown(to);
    int firstCommit = commits.before(from);
    ChangeJoiner joiner = new ChangeJoiner(visitor, sectors());
    for (int position = 0, next; position < after.size(); position = next) {
      next = group(after, position);
      long sector = after.sector(position);
      int was = before.find(sector);
      int is = after.find(sector);
      boolean same = was >= 0 && before.entry(was) == after.entry(is);
      if (!same && shows(sector)) {
        long[] steps =
            IntStream.range(position, next)
                .map(p -> commits.of(after.entry(p)))
                .filter(commit -> commit >= firstCommit)
                .sorted()
                .distinct()
                .mapToLong(commit -> commits.sequence(commit) + 1)
                .toArray();
        joiner.add(sector, blockSectors(), was >= 0 && !inPlace, steps);
      }
    }
    joiner.flush();
  }

  /** The position behind the entries of one sector. */
  private static int group(EntryMap map, int position) {
    int next = position + 1;
    while (next < map.size() && map.sector(next) == map.sector(position)) {
      next++;
    }
    return next;
  }

  /** Joins neighbours with the same history. */
  private static final class ChangeJoiner {
    private final ChangeVisitor visitor;
    private final long end;
    private long start;
    private long count;
    private boolean known;
    private long[] steps = {};

    ChangeJoiner(ChangeVisitor visitor, long end) {
      this.visitor = visitor;
      this.end = end;
    }

    void add(long sector, int sectors, boolean isKnown, long[] by) {
      if (count == 0 || sector != start + count || isKnown != known || !Arrays.equals(by, steps)) {
        flush();
        start = sector;
        known = isKnown;
        steps = by;
      }
      count += Math.min(sectors, end - sector);
    }

    void flush() {
      if (count > 0) {
        visitor.range(start, count, known, steps);
      }
      count = 0;
    }
  }

  @Override
  public List<TimelineStep> steps() {
    Columns columns = new Columns();
    return new AbstractList<>() {
      @Override
      public TimelineStep get(int index) {
        return columns.step(index);
      }

      @Override
      public int size() {
        return commits.count();
      }
    };
  }

  /** What is counted of each commit: 40 bytes. */
  private final class Columns {
    private final int[] blocks = new int[commits.count()];
    private final int[] firstEntry = new int[commits.count()];
    private final long[] first = new long[commits.count()];
    private final long[] last = new long[commits.count()];
    private final long[] changed = new long[commits.count()];
    private final long[] shown = new long[commits.count()];

    Columns() {
      Arrays.fill(first, -1);
      Arrays.fill(last, -1);
      countEntries();
      countSectors();
    }

    private void countEntries() {
      entries.scan(
          new EntryTable.Visitor() {
            @Override
            public void entries(int start, int n, ByteBuffer bytes, int at) {
              for (int i = 0; i < n; i++) {
                count(start + i, Entry.originalSector(bytes, at + i * Entry.BYTES));
              }
            }

            @Override
            public void zeroed(int start, int n) {}

            @Override
            public void unreadable(int start, int n) {}
          },
          progress);
    }

    private void count(int entry, long original) {
      int commit = commits.of(entry);
      if (commit < 0) {
        return;
      }
      firstEntry[commit] = blocks[commit] == 0 ? entry : firstEntry[commit];
      blocks[commit]++;
      if (shows(original)) {
        first[commit] = first[commit] < 0 ? original : Math.min(first[commit], original);
        last[commit] = Math.max(last[commit], original + inside(original) - 1);
      }
    }

    private long inside(long original) {
      return Math.min(blockSectors(), sectors() - original);
    }

    private void countSectors() {
      EntryMap map = WritecacheTimeline.this.shown(sequenceCount);
      int[] counted = new int[commits.count()];
      for (int position = 0, next; position < map.size(); position = next) {
        next = group(map, position);
        for (int p = position; p < next && shows(map.sector(position)); p++) {
          int commit = commits.of(map.entry(p));
          if (commit >= 0 && counted[commit] != position + 1) {
            counted[commit] = position + 1;
            changed[commit] += inside(map.sector(position));
          }
          if (commit >= 0 && !map.superseded(p)) {
            shown[commit] += inside(map.sector(position));
          }
        }
      }
    }

    TimelineStep step(int commit) {
      boolean committed = Entry.committed(commits.sequence(commit), sequenceCount);
      return new TimelineStep(
          commits.sequence(commit) + 1,
          committed ? "committed" : "uncommitted",
          committed,
          blocks[commit],
          (long) blocks[commit] * blockSectors(),
          first[commit],
          last[commit],
          changed[commit],
          shown[commit],
          0,
          cache.name(),
          entries.offset(firstEntry[commit]));
    }
  }
}
