package org.dmsalvage.replay.recovery;

import java.util.Arrays;

/**
 * Ranges of bytes, gathered in any order and read as an ascending union: 16 bytes a range, no
 * object each.
 *
 * <p>Not safe for use by several threads until all ranges are in and one was asked for.
 */
public final class RangeSet {

  private long[] starts = {};
  private long[] ends = {};
  private int size;
  private boolean settled = true;

  /**
   * Adds a range; one that continues the last one added costs nothing.
   *
   * @param offset first byte, 0 or more
   * @param length bytes, 0 or more
   */
  public void add(long offset, long length) {
    long end = offset + length;
    if (offset < 0 || end < offset) {
      throw new IllegalArgumentException("range " + offset + "+" + length);
    }
    if (length == 0) {
      return;
    }
    if (size > 0 && ends[size - 1] == offset) {
      ends[size - 1] = end;
      return;
    }
    if (size == starts.length) {
      expect(Math.max(16, size / 4));
    }
    settled &= size == 0 || ends[size - 1] < offset;
    starts[size] = offset;
    ends[size] = end;
    size++;
  }

  /** Adds all ranges of another set. */
  public void addAll(RangeSet others) {
    for (int i = 0; i < others.size; i++) {
      add(others.starts[i], others.ends[i] - others.starts[i]);
    }
  }

  /** Makes room for further ranges, so that adding them needs no more than what they take. */
  public void expect(long ranges) {
    int capacity = (int) Math.min(Integer.MAX_VALUE - 8, size + ranges);
    if (capacity > starts.length) {
      starts = Arrays.copyOf(starts, capacity);
      ends = Arrays.copyOf(ends, capacity);
    }
  }

  /** {@return how many ranges there are once those that touch or overlap are joined} */
  public int size() {
    settle();
    return size;
  }

  /** {@return the first byte of the range at an index; ranges ascend} */
  public long start(int index) {
    settle();
    return starts[index];
  }

  /** {@return the byte behind the range at an index} */
  public long end(int index) {
    settle();
    return ends[index];
  }

  /** {@return the index of the first range that ends behind a byte; {@link #size()} if none} */
  public int endingBehind(long offset) {
    settle();
    int found = Arrays.binarySearch(ends, 0, size, offset);
    return found < 0 ? -found - 1 : found + 1;
  }

  /** {@return whether a byte is in one of the ranges} */
  public boolean contains(long offset) {
    int index = endingBehind(offset);
    return index < size && starts[index] <= offset;
  }

  /** {@return the bytes in all ranges, each counted once} */
  public long bytes() {
    settle();
    long sum = 0;
    for (int i = 0; i < size; i++) {
      sum += ends[i] - starts[i];
    }
    return sum;
  }

  /**
   * Sorts starts and ends on their own: the union has a gap exactly where as many ranges have ended
   * as have begun.
   */
  private void settle() {
    if (settled) {
      return;
    }
    Arrays.sort(starts, 0, size);
    Arrays.sort(ends, 0, size);
    int joined = 0;
    long start = size == 0 ? 0 : starts[0];
    for (int i = 0; i < size; i++) {
      if (i + 1 == size || starts[i + 1] > ends[i]) {
        long next = i + 1 == size ? 0 : starts[i + 1];
        starts[joined] = start;
        ends[joined] = ends[i];
        joined++;
        start = next;
      }
    }
    size = joined;
    settled = true;
  }
}
