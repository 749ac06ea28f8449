package org.dmsalvage.inspect.io;

import java.util.ArrayList;
import java.util.List;

/**
 * A half-open range of bytes.
 *
 * @param offset first byte, 0 or more
 * @param length number of bytes, 0 or more; {@code offset + length} does not overflow
 */
public record ByteRange(long offset, long length) {

  /** Checks the range. */
  public ByteRange {
    if (offset < 0 || length < 0 || offset + length < 0) {
      throw new IllegalArgumentException("range " + offset + "+" + length);
    }
  }

  /** {@return the range from {@code from} up to but without {@code to}} */
  public static ByteRange between(long from, long to) {
    return new ByteRange(from, to - from);
  }

  /** {@return the first byte behind the range} */
  public long end() {
    return offset + length;
  }

  /** {@return whether the two ranges share a byte} */
  public boolean intersects(ByteRange other) {
    return offset < other.end() && other.offset < end();
  }

  /**
   * {@return the same bytes in as few ranges: each that begins where the one before it ends is
   * joined to it}
   */
  public static List<ByteRange> joined(List<ByteRange> ranges) {
    List<ByteRange> joined = new ArrayList<>();
    for (ByteRange range : ranges) {
      if (!joined.isEmpty() && joined.getLast().end() == range.offset()) {
        joined.add(between(joined.removeLast().offset(), range.end()));
      } else {
        joined.add(range);
      }
    }
    return joined;
  }
}
