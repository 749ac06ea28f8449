package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Reads payloads into an array, ahead while they are asked for in order. What cannot be read, or
 * stands behind the end of a cut image, is zeros and counts as unreadable. Not safe for use by
 * several threads.
 */
public final class PayloadWindow {

  private static final int MAX_AHEAD = 1 << 20;

  private final BlockSource source;
  private byte[] bytes = new byte[0];
  private long start;
  private int length;
  private int ahead;
  private List<ByteRange> unreadable = List.of();

  /** Starts without anything read. */
  public PayloadWindow(BlockSource source) {
    this.source = source;
  }

  /**
   * Makes bytes available.
   *
   * @param offset first byte in the image
   * @param count how many, 0 or more
   * @return where they begin in {@link #bytes()}; valid until the next call
   */
  public int load(long offset, int count) {
    if (offset < start || offset + count > start + length) {
      boolean near = offset >= start && offset <= start + length + MAX_AHEAD;
      ahead = near ? Math.min(MAX_AHEAD, Math.max(ahead, 1 << 16) * 2) : 0;
      read(offset, Math.max(count, ahead));
      if (offset + count > start + length) {
        // The image ends before.
        missing(count);
      }
    }
    return (int) (offset - start);
  }

  private void read(long offset, int wanted) {
    int present = Math.clamp(source.size() - offset, 0, wanted);
    if (bytes.length < wanted) {
      bytes = new byte[wanted];
    }
    start = offset;
    length = present;
    unreadable =
        present == 0 ? List.of() : source.readAround(offset, ByteBuffer.wrap(bytes, 0, present));
  }

  private void missing(int count) {
    Arrays.fill(bytes, length, count, (byte) 0);
    length = count;
  }

  /** {@return the array that {@link #load} fills; another one after each call} */
  public byte[] bytes() {
    return bytes;
  }

  /**
   * Counts the bytes up to the first one that cannot be read.
   *
   * @param offset first byte in the image; has been loaded
   * @param count how many
   * @return 0 … count; count if all could be read
   */
  public int readable(long offset, int count) {
    int good = Math.clamp(source.size() - offset, 0, count);
    for (ByteRange range : unreadable) {
      if (range.end() > offset && range.offset() < offset + good) {
        good = (int) Math.max(0, range.offset() - offset);
      }
    }
    return good;
  }

  /** {@return the unreadable ranges among bytes that have been loaded, without those missing} */
  public List<ByteRange> unreadable(long offset, int count) {
    ByteRange asked = new ByteRange(offset, count);
    return unreadable.stream()
        .filter(asked::intersects)
        .map(
            range ->
                ByteRange.between(
                    Math.max(offset, range.offset()), Math.min(asked.end(), range.end())))
        .toList();
  }
}
