package org.dmsalvage.live.top;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * What one device did between two moments, and what it is at the second.
 *
 * @param name of the device
 * @param target what it is
 * @param seconds between the two
 * @param before its figures then; those of a device that was made meanwhile are zero
 * @param after its figures now
 */
public record Interval(
    String name, String target, double seconds, Figures.Device before, Figures.Device after) {

  private static final double MICROS = 1e6;

  /** {@return what each device did} */
  public static List<Interval> between(Figures before, Figures after) {
    Figures.Device nothing = new Figures.Device("", Map.of(), Map.of());
    double seconds = Math.max((after.nanos() - before.nanos()) / 1e9, 1e-9);
    List<Interval> intervals = new ArrayList<>();
    after
        .devices()
        .forEach(
            (name, device) ->
                intervals.add(
                    new Interval(
                        name,
                        device.target(),
                        seconds,
                        before.devices().getOrDefault(name, nothing),
                        device)));
    return intervals;
  }

  /** {@return a value as it is now; empty if the device does not tell it} */
  public OptionalLong now(String sample) {
    var value = after.value(sample);
    return value.isPresent() ? OptionalLong.of((long) value.getAsDouble()) : OptionalLong.empty();
  }

  /** {@return how much a counter went up; empty if the device does not tell it} */
  public OptionalLong change(String sample) {
    OptionalLong now = now(sample + "_total");
    if (now.isEmpty()) {
      return now;
    }
    long then = (long) before.value(sample + "_total").orElse(0);
    // A device of the same name may have begun anew.
    return OptionalLong.of(now.getAsLong() < then ? now.getAsLong() : now.getAsLong() - then);
  }

  /** {@return a count of this interval as one of a second} */
  public double rate(long count) {
    return count / seconds;
  }

  /** {@return bytes that requests of one kind were about} */
  public long bytes(String operation) {
    return changeOf("io_bytes_total " + operation);
  }

  /** {@return requests of one kind that failed} */
  public long errors(String operation) {
    return changeOf("io_errors_total " + operation);
  }

  /** {@return requests of one kind} */
  public long requests(String operation) {
    return changeOf("io_duration_seconds_count " + operation);
  }

  private long changeOf(String value) {
    double now = after.value(value).orElse(0);
    double then = before.value(value).orElse(0);
    return (long) (now < then ? now : now - then);
  }

  /**
   * Estimates how long all but a few requests of one kind took at most.
   *
   * @param share of the requests, 0 … 1
   * @return in microseconds; empty if there were none
   */
  public OptionalLong micros(String operation, double share) {
    List<Figures.Bucket> now = after.durations().getOrDefault(operation, List.of());
    List<Figures.Bucket> then = before.durations().getOrDefault(operation, List.of());
    boolean anew = then.size() != now.size() || last(now) < last(then);
    long wanted = (long) Math.ceil(share * (last(now) - (anew ? 0 : last(then))));
    if (wanted <= 0) {
      return OptionalLong.empty();
    }
    double lower = 0;
    long below = 0;
    for (int i = 0; i < now.size(); i++) {
      long upTo = now.get(i).requests() - (anew ? 0 : then.get(i).requests());
      double upper = now.get(i).seconds();
      if (upTo >= wanted) {
        double within = (double) (wanted - below) / (upTo - below);
        double seconds = Double.isInfinite(upper) ? lower : lower + within * (upper - lower);
        return OptionalLong.of(Math.round(seconds * MICROS));
      }
      below = upTo;
      lower = upper;
    }
    return OptionalLong.empty();
  }

  private static long last(List<Figures.Bucket> buckets) {
    return buckets.isEmpty() ? 0 : buckets.getLast().requests();
  }

  /** {@return whether the cache has failed for good} */
  public boolean failed() {
    return now("device_failed").orElse(0) != 0;
  }
}
