package org.dmsalvage.gui.time;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.time.ByteChanges;

/** The disk at one point in time, and how it differs from another point. */
public final class Moment {

  /** Which other point the disk is compared with. */
  public enum Against {
    /** The point before: what this step did. */
    BEFORE("by this step"),
    /** The point behind: what the next step will do. */
    NEXT("by the next step"),
    /** Before the first step: what all steps so far did. */
    START("since the start");

    private final String label;

    Against(String label) {
      this.label = label;
    }

    /** {@return the words of buttons} */
    public String label() {
      return label;
    }
  }

  /** Changes beyond these are only counted. */
  static final int LISTED = 10_000;

  /** Ranges beyond these are widened to whole mebibytes. */
  private static final int FINE = 1 << 20;

  private static final long COARSE = 1L << 20;
  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final String TASK = "going back in time";

  private final Steps steps;
  private final int point;
  private final Against against;
  private final LogicalDevice device;
  private final RangeSet cached = new RangeSet();
  private final RangeSet changed = new RangeSet();
  private final RangeSet unknown = new RangeSet();
  private final List<Change> changes = new ArrayList<>();
  private long changedRanges;
  private long changedSectors;

  private Moment(Steps steps, int point, Against against) {
    this.steps = steps;
    this.point = point;
    this.against = against;
    this.device = steps.timeline().at(steps.id(point));
  }

  /**
   * Works out a point in time.
   *
   * @param progress checked for the wish to stop
   */
  static Moment of(Steps steps, int point, Against against, Progress progress) {
    Moment moment = new Moment(steps, point, against);
    moment.workOut(progress);
    return moment;
  }

  private void workOut(Progress progress) {
    Gathering below = new Gathering(cached, progress);
    device.forEachRun(
        (offset, length, origin) -> {
          if (origin instanceof Origin.Cached) {
            below.add(offset, length);
          }
        });
    Gathering doubts = new Gathering(unknown, progress);
    steps
        .timeline()
        .forEachUnknown(
            steps.id(point),
            (sector, sectors, _, _) -> doubts.add(sector * SECTOR, sectors * SECTOR));
    int from =
        switch (against) {
          case BEFORE -> Math.max(0, point - 1);
          case NEXT -> point;
          case START -> 0;
        };
    int to = against == Against.NEXT ? Math.min(steps.count(), point + 1) : point;
    RangeSet bytes = new RangeSet();
    boolean read = against != Against.START;
    if (read) {
      var _ =
          ByteChanges.forEach(
              steps.timeline(),
              steps.id(from),
              steps.id(to),
              progress,
              (sector, sectors, _, _) -> bytes.add(sector * SECTOR, sectors * SECTOR));
    }
    Gathering differences = new Gathering(changed, progress);
    steps
        .timeline()
        .forEachChange(
            steps.id(from),
            steps.id(to),
            (sector, sectors, known, by) -> {
              differences.add(sector * SECTOR, sectors * SECTOR);
              changedRanges++;
              changedSectors += sectors;
              if (changes.size() < LISTED) {
                long differing =
                    read ? inside(bytes, sector * SECTOR, sectors * SECTOR) / SECTOR : -1;
                long first = by.length == 0 ? 0 : by[0];
                long last = by.length == 0 ? 0 : by[by.length - 1];
                changes.add(new Change(sector, sectors, known, by.length, first, last, differing));
              }
            });
  }

  /** {@return how many bytes of a range are in a set} */
  private static long inside(RangeSet set, long offset, long length) {
    long sum = 0;
    for (int i = set.endingBehind(offset); i < set.size() && set.start(i) < offset + length; i++) {
      sum += Math.min(set.end(i), offset + length) - Math.max(set.start(i), offset);
    }
    return sum;
  }

  /** Gathers ascending ranges; too many of them as larger ones. */
  private static final class Gathering {
    private final RangeSet set;
    private final Progress progress;
    private int count;
    private long end;

    Gathering(RangeSet set, Progress progress) {
      this.set = set;
      this.progress = progress;
    }

    void add(long offset, long length) {
      if (++count % 1024 == 0) {
        progress.checkCancelled(TASK);
      }
      long from = count > FINE ? Math.max(end, offset / COARSE * COARSE) : offset;
      long to = offset + length;
      to = count > FINE ? (to + COARSE - 1) / COARSE * COARSE : to;
      if (to > from) {
        set.add(from, to - from);
        end = to;
      }
    }
  }

  /** {@return all points} */
  public Steps steps() {
    return steps;
  }

  /** {@return the number of this point} */
  public int point() {
    return point;
  }

  /** {@return what it is compared with} */
  public Against against() {
    return against;
  }

  /** {@return the disk at this point} */
  public LogicalDevice device() {
    return device;
  }

  /** {@return the differences, as many as are listed} */
  public List<Change> changes() {
    return List.copyOf(changes);
  }

  /** {@return how many differences there are} */
  public long changedRanges() {
    return changedRanges;
  }

  /** {@return how many sectors differ in where they come from} */
  public long changedSectors() {
    return changedSectors;
  }

  /** {@return how many bytes of a range came from the cache} */
  public long cachedBytes(ByteRange range) {
    return inside(cached, range.offset(), range.length());
  }

  /** {@return whether something in a range differs} */
  public boolean changed(ByteRange range) {
    return inside(changed, range.offset(), range.length()) > 0;
  }

  /** {@return whether something in a range cannot be known of this point} */
  public boolean unknown(ByteRange range) {
    return inside(unknown, range.offset(), range.length()) > 0;
  }

  /** {@return how many bytes of the disk cannot be known of this point} */
  public long unknownBytes() {
    return unknown.bytes();
  }

  /** {@return the point in a sentence} */
  public String sentence() {
    if (point == 0) {
      return "Before the first step of the log: the disk below shows.";
    }
    var step = steps.step(point);
    String first =
        step.missingBefore() == 0 ? "" : "%d missing before it; ".formatted(step.missingBefore());
    String what =
        step.applied()
            ? "%s, %d sectors changed, %d of them still show"
                .formatted(blocks(step.blocks()), step.changedSectors(), step.shownSectors())
            : "%s: not applied".formatted(step.state());
    String doubt =
        unknownBytes() == 0
            ? ""
            : ";  %d sectors of this point cannot be known".formatted(unknownBytes() / SECTOR);
    return first + what + doubt;
  }

  private static String blocks(long count) {
    return count == 1 ? "1 block" : count + " blocks";
  }
}
