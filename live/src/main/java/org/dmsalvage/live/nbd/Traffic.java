package org.dmsalvage.live.nbd;

import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** What clients have asked of an export since it was made. Safe for use by several threads. */
public final class Traffic {

  /** Upper ends of the classes of duration: this, and each twice the one before. */
  public static final long FIRST_BOUND_MICROS = 2;

  /** So many classes have an upper end; one more has none. */
  public static final int BOUNDS = 23;

  /** What is counted. */
  public enum Operation {
    /** Reads. */
    READ,
    /** Writes. */
    WRITE,
    /** Flushes. */
    FLUSH,
    /** Discards. */
    TRIM,
    /** Writes of zeros. */
    ZERO;

    /** {@return its name in lower case} */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * The figures of one operation.
   *
   * @param durations how many requests took so long, by class
   * @param nanos how long they took together, from the request's arrival to the end of the answer
   * @param bytes that requests were about which did not fail
   * @param errors requests that failed
   */
  public record Figures(List<Long> durations, long nanos, long bytes, long errors) {

    /** {@return how many requests there were} */
    public long requests() {
      return durations.stream().mapToLong(Long::longValue).sum();
    }
  }

  private static final class Counter {
    final List<LongAdder> durations = Stream.generate(LongAdder::new).limit(BOUNDS + 1).toList();
    final LongAdder nanos = new LongAdder();
    final LongAdder bytes = new LongAdder();
    final LongAdder errors = new LongAdder();
  }

  private final Map<Operation, Counter> counters = new EnumMap<>(Operation.class);

  /** Makes one that has counted nothing. */
  public Traffic() {
    for (Operation operation : Operation.values()) {
      counters.put(operation, new Counter());
    }
  }

  private Counter counter(Operation operation) {
    return Objects.requireNonNull(counters.get(operation));
  }

  /** {@return the class of a duration: that of the smallest bound which is not below it} */
  private static int durationClass(long nanos) {
    long units = (nanos - 1) / (FIRST_BOUND_MICROS * 1000);
    return Math.min(BOUNDS, Long.SIZE - Long.numberOfLeadingZeros(units));
  }

  /** Counts a request. */
  void count(Operation operation, long bytes, long nanos, boolean failed) {
    Counter counter = counter(operation);
    counter.durations.get(durationClass(Math.max(nanos, 1))).increment();
    counter.nanos.add(nanos);
    if (failed) {
      counter.errors.increment();
    } else {
      counter.bytes.add(bytes);
    }
  }

  /** {@return the figures of an operation; requests that end meanwhile may be in it in part} */
  public Figures of(Operation operation) {
    Counter counter = counter(operation);
    return new Figures(
        counter.durations.stream().map(LongAdder::sum).toList(),
        counter.nanos.sum(),
        counter.bytes.sum(),
        counter.errors.sum());
  }
}
