package org.dmsalvage.gui.live;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import org.dmsalvage.live.top.Interval;
import org.jspecify.annotations.Nullable;

/** What a running device has done of late. */
public final class DeviceHistory {

  /** How many intervals are remembered. */
  public static final int LENGTH = 120;

  /**
   * How much of the room of a cache is what, in bytes.
   *
   * @param size all of it
   * @param writeback dirty, and on its way to the backing device
   * @param dirty the rest of what is only in the cache
   * @param clean what could be taken for new writes after it was forgotten
   * @param high use at which write-back begins; 0 if unknown
   * @param low use at which it ends; 0 if unknown
   */
  public record Fill(long size, long writeback, long dirty, long clean, long high, long low) {}

  /**
   * Segments of a log.
   *
   * @param all how many there are
   * @param free how many a new write can take
   */
  public record Segments(long all, long free) {

    /** {@return how many hold data that is only there} */
    public long used() {
      return Math.max(0, all - free);
    }
  }

  private final String name;
  private final Deque<Interval> intervals = new ArrayDeque<>();
  private final ReadOnlyObjectWrapper<@Nullable Interval> latest = new ReadOnlyObjectWrapper<>();

  DeviceHistory(String name) {
    this.name = name;
  }

  /** {@return the name of the device} */
  public String name() {
    return name;
  }

  /** {@return what it did last, and is now} */
  public ReadOnlyObjectProperty<@Nullable Interval> latest() {
    return latest.getReadOnlyProperty();
  }

  void add(Interval interval) {
    intervals.addLast(interval);
    if (intervals.size() > LENGTH) {
      intervals.removeFirst();
    }
    latest.set(interval);
  }

  /** {@return a value of each interval, the oldest first} */
  public List<Double> values(ToDoubleFunction<Interval> value) {
    List<Double> values = new ArrayList<>();
    intervals.forEach(interval -> values.add(value.applyAsDouble(interval)));
    return values;
  }

  /** {@return how full the cache of a device is; all zeros if it has none} */
  public static Fill fill(Interval now) {
    long size = Math.max(0, now.now("cache_size_bytes").orElse(0));
    long dirty = Math.clamp(now.now("cache_dirty_bytes").orElse(0), 0, size);
    long writeback = Math.clamp(now.now("cache_writeback_bytes").orElse(0), 0, dirty);
    long free = Math.clamp(now.now("cache_free_bytes").orElse(size - dirty), 0, size - dirty);
    return new Fill(
        size,
        writeback,
        dirty - writeback,
        size - dirty - free,
        now.now("cache_high_watermark_bytes").orElse(0),
        now.now("cache_low_watermark_bytes").orElse(0));
  }

  /** {@return the segments of a device's log; none of none if it has no log} */
  public static Segments segments(Interval now) {
    OptionalLong all = now.now("log_segments");
    return new Segments(all.orElse(0), now.now("log_free_segments").orElse(0));
  }
}
