package org.dmsalvage.live.writeboost;

import java.util.Arrays;

/** What the status line counts (inc_stat). */
final class Statistics {

  private static final int WRITE = 8;
  private static final int HIT = 4;
  private static final int ON_BUFFER = 2;
  private static final int FULL_SIZE = 1;

  private final long[] counts = new long[16];
  private long partialFlushes;

  /** Counts a request for a block or a part of one. */
  void count(boolean write, boolean hit, boolean onBuffer, boolean fullSize) {
    int kind =
        (write ? WRITE : 0)
            | (hit ? HIT : 0)
            | (onBuffer ? ON_BUFFER : 0)
            | (fullSize ? FULL_SIZE : 0);
    counts[kind]++;
  }

  /** {@return how many blocks were read, or written, that were in the cache, or not} */
  long sum(boolean write, boolean hit) {
    long sum = 0;
    for (int kind = 0; kind < counts.length; kind++) {
      if (((kind & WRITE) != 0) == write && ((kind & HIT) != 0) == hit) {
        sum += counts[kind];
      }
    }
    return sum;
  }

  void countPartialFlush() {
    partialFlushes++;
  }

  void clear() {
    Arrays.fill(counts, 0);
  }

  /** {@return the sixteen counts, then the flushes of segments that were not full} */
  @Override
  public String toString() {
    StringBuilder line = new StringBuilder();
    for (long count : counts) {
      line.append(count).append(' ');
    }
    return line.append(partialFlushes).toString();
  }
}
