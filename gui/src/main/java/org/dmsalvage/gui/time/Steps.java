package org.dmsalvage.gui.time;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.gui.map.Look;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;

/**
 * The points in time of a log, by number: point 0 is before its first step, point n after its n-th.
 */
public final class Steps {

  private static final String TASK = "reading the log";

  private final Timeline timeline;
  private final List<TimelineStep> all;
  private final int[] chosen;
  private final long[] ids;
  private final int[] sectors;
  private final Look[] looks;
  private final int beyond;
  private final int most;

  private Steps(Timeline timeline, List<TimelineStep> all, Progress progress) {
    this.timeline = timeline;
    this.all = all;
    int[] found = new int[all.size()];
    long[] points = new long[all.size() + 1];
    int[] changed = new int[all.size()];
    Look[] states = new Look[all.size()];
    points[0] = timeline.base();
    int n = 0;
    int outside = 0;
    for (int i = 0; i < all.size(); i++) {
      if (i % 4096 == 0) {
        progress.checkCancelled(TASK);
      }
      TimelineStep step = all.get(i);
      if (Long.compareUnsigned(step.id(), points[n]) <= 0
          || Long.compareUnsigned(step.id(), timeline.newest()) > 0) {
        outside++;
        continue;
      }
      found[n] = i;
      changed[n] = (int) Math.min(Integer.MAX_VALUE, step.changedSectors());
      states[n] =
          step.applied() ? Look.GOOD : step.state().equals("torn") ? Look.DAMAGED : Look.STALE;
      points[++n] = step.id();
    }
    chosen = Arrays.copyOf(found, n);
    ids = Arrays.copyOf(points, n + 1);
    sectors = Arrays.copyOf(changed, n);
    looks = Arrays.copyOf(states, n);
    beyond = outside;
    most = Math.max(1, Arrays.stream(sectors).max().orElse(1));
  }

  /** Reads the steps of a timeline. */
  static Steps of(Timeline timeline, Progress progress) {
    return new Steps(timeline, timeline.steps(), progress);
  }

  /** {@return where they come from} */
  Timeline timeline() {
    return timeline;
  }

  /** {@return how many steps there are; the last point has this number} */
  public int count() {
    return chosen.length;
  }

  /** {@return the id of a point, as {@code --as-of} takes it, unsigned} */
  public long id(int point) {
    return ids[point];
  }

  /** {@return the step that leads to a point from 1 on} */
  public TimelineStep step(int point) {
    return all.get(chosen[point - 1]);
  }

  /** {@return how many sectors the step to a point changed} */
  public int changedSectors(int point) {
    return sectors[point - 1];
  }

  /** {@return how many sectors the step changed that changed most; at least 1} */
  int most() {
    return most;
  }

  /** {@return how the step to a point is drawn} */
  public Look look(int point) {
    return looks[point - 1];
  }

  /** {@return how many steps lead to no point: never committed, or ids met twice} */
  public int beyond() {
    return beyond;
  }

  /** {@return the last point whose id is not greater} */
  public int pointOf(long id) {
    int low = 0;
    int high = ids.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (Long.compareUnsigned(ids[middle], id) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }
}
