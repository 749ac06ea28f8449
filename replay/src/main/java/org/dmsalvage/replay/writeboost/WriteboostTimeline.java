package org.dmsalvage.replay.writeboost;

import java.util.AbstractList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;

/**
 * The log as segments in the order of their ids, which is the order in which they were written.
 *
 * <p>As of segment id K, what counts is every whole segment of the log up to K. A sector that none
 * of them names was on the backing device then; if a later segment names it, whole or not, that may
 * have been written back over it. Not even the log's latest state says what a driver had in its RAM
 * buffer, which a read can bring to the backing device before it is logged (rule W29).
 */
final class WriteboostTimeline implements Timeline {

  private static final int BLOCK_SECTORS = 8;

  private final String format;
  private final String variant;
  private final SalvagePlan plan;
  private final BlockVersions versions;
  private final int[] ranks;
  private final int[] times;
  private final LogView.Rule rule;
  private final Function<LogView, OverlayDevice> devices;
  private final long sectors;

  /**
   * Makes a timeline.
   *
   * @param format as {@code --format} takes it
   * @param variant what distinguishes images of one format
   * @param plan what salvage applies
   * @param versions the copies of all segments that have a time
   * @param ranks by segment: its place in the order of replay from 1; 0 if it is not applied
   * @param times by segment: see {@link SalvagePlan#times}
   * @param rule how copies are put together
   * @param devices puts a view on top of the backing device
   */
  WriteboostTimeline(
      String format,
      String variant,
      SalvagePlan plan,
      BlockVersions versions,
      int[] ranks,
      int[] times,
      LogView.Rule rule,
      Function<LogView, OverlayDevice> devices) {
    this.format = format;
    this.variant = variant;
    this.plan = plan;
    this.versions = versions;
    this.ranks = ranks;
    this.times = times;
    this.rule = rule;
    this.devices = devices;
    this.sectors = devices.apply(view(newest())).size() / OverlayDevice.SECTOR_BYTES;
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
    return plan.base();
  }

  @Override
  public long newest() {
    return plan.life().newestId();
  }

  /** {@return what salvage applies} */
  SalvagePlan plan() {
    return plan;
  }

  /** {@return all copies} */
  BlockVersions versions() {
    return versions;
  }

  /** {@return the places of segments in the order of replay if only ids up to a point count} */
  int[] ranks(long point) {
    check(point);
    int last = plan.place(point);
    return Arrays.stream(ranks).map(rank -> rank > last ? 0 : rank).toArray();
  }

  private LogView view(long point) {
    return new LogView(versions, ranks(point), rule, _ -> false);
  }

  @Override
  public OverlayDevice at(long point) {
    return devices.apply(view(point));
  }

  @Override
  public void forEachUnknown(long point, UnknownVisitor visitor) {
    LogView view = view(point);
    int last = plan.place(point);
    AddressIndex blocks = versions.blocks();
    int[] shown = new int[BLOCK_SECTORS];
    int[] later = new int[BLOCK_SECTORS];
    UnknownJoiner joiner = new UnknownJoiner(visitor);
    for (int position = 0, next; position < blocks.size(); position = next) {
      next = blocks.nextAddress(position);
      view.resolve(position, next, shown);
      Arrays.fill(later, -1);
      for (int p = position; p < next; p++) {
        int copy = blocks.ordinal(p);
        int segment = versions.segmentOf(copy);
        if (times[segment] > last) {
          noteFirst(later, segment, versions.dirtyBits(copy));
        }
      }
      long first = blocks.address(position) * BLOCK_SECTORS;
      for (int i = 0; i < BLOCK_SECTORS && first + i < sectors; i++) {
        if (shown[i] == LogView.BELOW && later[i] >= 0) {
          joiner.add(first + i, times[later[i]], versions.segments().id(later[i]));
        }
      }
    }
    joiner.flush();
  }

  /** Keeps for each dirty sector the segment that was written first. */
  private void noteFirst(int[] earliest, int segment, int dirtyBits) {
    for (int i = 0; i < BLOCK_SECTORS; i++) {
      boolean dirty = (dirtyBits >> i & 1) != 0;
      if (dirty && (earliest[i] < 0 || times[segment] < times[earliest[i]])) {
        earliest[i] = segment;
      }
    }
  }

  /** Joins neighbours, whichever segment came first. */
  private static final class UnknownJoiner {
    private final UnknownVisitor visitor;
    private long start;
    private long count;
    private int time;
    private long id;

    UnknownJoiner(UnknownVisitor visitor) {
      this.visitor = visitor;
    }

    void add(long sector, int when, long segmentId) {
      if (count == 0 || sector != start + count) {
        flush();
        start = sector;
        time = Integer.MAX_VALUE;
        id = segmentId;
      }
      count++;
      if (when < time) {
        time = when;
        id = segmentId;
      }
    }

    void flush() {
      if (count > 0) {
        visitor.range(start, count, id, Doubt.WRITTEN_BACK_SINCE);
      }
      count = 0;
    }
  }

  @Override
  public void forEachChange(long from, long to, ChangeVisitor visitor) {
    if (Long.compareUnsigned(from, to) > 0) {
      throw new UsageException(
          "segment id %s is later than %s"
              .formatted(Long.toUnsignedString(from), Long.toUnsignedString(to)));
    }
    LogView before = view(from);
    LogView after = view(to);
    AddressIndex blocks = versions.blocks();
    int[] shownBefore = new int[BLOCK_SECTORS];
    int[] shownAfter = new int[BLOCK_SECTORS];
    ChangeJoiner joiner = new ChangeJoiner(visitor);
    for (int position = 0, next; position < blocks.size(); position = next) {
      next = blocks.nextAddress(position);
      before.resolve(position, next, shownBefore);
      after.resolve(position, next, shownAfter);
      if (Arrays.equals(shownBefore, shownAfter)) {
        continue;
      }
      long first = blocks.address(position) * BLOCK_SECTORS;
      for (int i = 0; i < BLOCK_SECTORS && first + i < sectors; i++) {
        if (shownBefore[i] != shownAfter[i]) {
          long[] ids = between(position, next, 1 << i, plan.place(from), plan.place(to));
          joiner.add(first + i, shownBefore[i] != LogView.BELOW, ids);
        }
      }
    }
    joiner.flush();
  }

  /**
   * The ids of the segments that write a sector between two places. If there is none, a copy of the
   * other sectors of the block has done it: it displaces a clean copy.
   */
  private long[] between(int from, int to, int bit, int behind, int last) {
    long[] ids = between(from, to, bit, 0, behind, last);
    return ids.length > 0 ? ids : between(from, to, 0xff, 0xff, behind, last);
  }

  private long[] between(int from, int to, int bit, int clean, int behind, int last) {
    return IntStream.range(from, to)
        .map(versions.blocks()::ordinal)
        .filter(
            copy -> {
              int bits = versions.dirtyBits(copy);
              return ((bits == 0 ? clean : bits) & bit) != 0;
            })
        .map(versions::segmentOf)
        .filter(segment -> ranks[segment] > behind && ranks[segment] <= last)
        .sorted()
        .distinct()
        .mapToObj(segment -> segment)
        .sorted((a, b) -> Integer.compare(ranks[a], ranks[b]))
        .mapToLong(versions.segments()::id)
        .toArray();
  }

  /** Joins neighbours with the same history. */
  private static final class ChangeJoiner {
    private final ChangeVisitor visitor;
    private long start;
    private long count;
    private boolean known;
    private long[] ids = {};

    ChangeJoiner(ChangeVisitor visitor) {
      this.visitor = visitor;
    }

    void add(long sector, boolean isKnown, long[] by) {
      if (count == 0 || sector != start + count || isKnown != known || !Arrays.equals(by, ids)) {
        flush();
        start = sector;
        known = isKnown;
        ids = by;
      }
      count++;
    }

    void flush() {
      if (count > 0) {
        visitor.range(start, count, known, ids);
      }
      count = 0;
    }
  }

  @Override
  public List<TimelineStep> steps() {
    return new Columns().steps();
  }

  /** What is counted of each segment. */
  private final class Columns {
    private final LogSegments segments = versions.segments();
    private final int[] blocks = new int[segments.count()];
    private final int[] dirty = new int[segments.count()];
    private final int[] changed = new int[segments.count()];
    private final int[] shown = new int[segments.count()];
    private final long[] first = new long[segments.count()];
    private final long[] last = new long[segments.count()];
    private final int[] order;

    Columns() {
      Arrays.fill(first, -1);
      Arrays.fill(last, -1);
      countBlocks();
      countStrays();
      this.order =
          IntStream.range(0, segments.count())
              .filter(segment -> times[segment] > 0 && plan.life().contains(segments.id(segment)))
              .mapToLong(segment -> (long) times[segment] << 32 | segment)
              .sorted()
              .mapToInt(packed -> (int) packed)
              .toArray();
    }

    /** Copies of one segment and address follow each other. */
    private void countBlocks() {
      LogView newest = view(newest());
      AddressIndex index = versions.blocks();
      int[] copies = new int[BLOCK_SECTORS];
      for (int position = 0, next; position < index.size(); position = next) {
        next = index.nextAddress(position);
        newest.resolve(position, next, copies);
        long address = index.address(position) * BLOCK_SECTORS;
        int inside = (1 << Math.clamp(sectors - address, 0, BLOCK_SECTORS)) - 1;
        for (int i = 0; i < BLOCK_SECTORS; i++) {
          if (copies[i] != LogView.BELOW
              && (inside & versions.dirtyBits(copies[i]) & 1 << i) != 0) {
            shown[versions.segmentOf(copies[i])]++;
          }
        }
        countBlock(position, next, address, inside);
      }
    }

    private void countBlock(int from, int to, long address, int inside) {
      int segment = -1;
      int counted = 0;
      for (int p = from; p < to; p++) {
        int copy = versions.blocks().ordinal(p);
        int bits = versions.dirtyBits(copy);
        int holder = versions.segmentOf(copy);
        counted = holder == segment ? counted : 0;
        segment = holder;
        count(segment, bits);
        if (bits != 0) {
          long low = address + Integer.numberOfTrailingZeros(bits);
          first[segment] = first[segment] < 0 ? low : Math.min(first[segment], low);
          last[segment] =
              Math.max(last[segment], address + 31 - Integer.numberOfLeadingZeros(bits));
        }
        if (ranks[segment] > 0) {
          changed[segment] += Integer.bitCount(bits & inside & ~counted);
          counted |= bits;
        }
      }
    }

    private void countStrays() {
      AddressIndex strays = versions.strays();
      for (int p = 0; p < strays.size(); p++) {
        int copy = strays.ordinal(p);
        count(versions.segmentOf(copy), versions.dirtyBits(copy));
      }
    }

    private void count(int segment, int bits) {
      blocks[segment] += bits == 0 ? 0 : 1;
      dirty[segment] += Integer.bitCount(bits);
    }

    List<TimelineStep> steps() {
      return new AbstractList<>() {
        @Override
        public TimelineStep get(int index) {
          return step(index);
        }

        @Override
        public int size() {
          return order.length;
        }
      };
    }

    private TimelineStep step(int index) {
      int segment = order[index];
      int expected = plan.place(plan.base()) + 1;
      if (index > 0) {
        expected = Math.max(expected, times[order[index - 1]] + 1);
      }
      return new TimelineStep(
          segments.id(segment),
          state(segment),
          ranks[segment] > 0,
          blocks[segment],
          dirty[segment],
          first[segment],
          last[segment],
          changed[segment],
          shown[segment],
          Math.max(0, times[segment] - expected),
          segments.fromPlog(segment) ? plogName() : segments.table().source().name(),
          segments.startByte(segment));
    }

    private String plogName() {
      var plogs = plan.plogs();
      return plogs == null ? "" : plogs.source().name();
    }

    private String state(int segment) {
      if (segments.fromPlog(segment)) {
        return "plog";
      }
      SegmentVerdict verdict = plan.verdict(segments.slot(segment));
      return switch (verdict) {
        case APPLY -> "sealed";
        case BROKEN, TORN_NEWEST -> "torn";
        default -> verdict.name().toLowerCase(Locale.ROOT).replace('_', '-');
      };
    }
  }
}
