package org.dmsalvage.inspect.io;

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
}
