package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * A readable device of fixed size, addressed by bytes.
 *
 * <p>Safe for use by several threads. Reads beyond the end are a programming error: callers compare
 * with {@link #size()} first.
 */
public interface BlockSource extends AutoCloseable {

  /** Smallest unit that a device reads or writes, in bytes. */
  int SECTOR_BYTES = 512;

  /** {@return the name by which messages call this source: what the user typed} */
  String name();

  /** {@return the size in bytes; need not be a multiple of the sector size} */
  long size();

  /**
   * Fills the rest of a buffer.
   *
   * @param offset first byte to read
   * @param target filled from its position to its limit; on return its position is its limit
   * @throws UnreadableException if any of the bytes cannot be read; the contents of the buffer are
   *     then undefined
   * @throws IndexOutOfBoundsException if the range is not inside {@code [0, size())}
   */
  void read(long offset, ByteBuffer target);

  /**
   * Fills the rest of a buffer as far as possible: sectors that cannot be read become zeros.
   *
   * @param offset first byte to read
   * @param target filled from its position to its limit; on return its position is its limit
   * @return the unreadable ranges of this source in ascending order, adjacent ones joined, cut to
   *     the range asked for; empty if all went well
   */
  default List<ByteRange> readAround(long offset, ByteBuffer target) {
    int start = target.position();
    int limit = target.limit();
    try {
      read(offset, target);
      return List.of();
    } catch (UnreadableException _) {
      List<ByteRange> unreadable = new ArrayList<>();
      readHalves(offset, target, start, limit, unreadable);
      target.limit(limit).position(limit);
      return List.copyOf(unreadable);
    }
  }

  private void readHalves(
      long offset, ByteBuffer target, int from, int to, List<ByteRange> unreadable) {
    if ((offset / SECTOR_BYTES) == (offset + (to - from) - 1) / SECTOR_BYTES) {
      for (int i = from; i < to; i++) {
        target.put(i, (byte) 0);
      }
      int last = unreadable.size() - 1;
      if (last >= 0 && unreadable.get(last).end() == offset) {
        ByteRange before = unreadable.get(last);
        unreadable.set(last, new ByteRange(before.offset(), before.length() + (to - from)));
      } else {
        unreadable.add(new ByteRange(offset, to - from));
      }
      return;
    }
    long sectors = (offset + (to - from) - 1) / SECTOR_BYTES - offset / SECTOR_BYTES + 1;
    int middle = from + (int) ((offset / SECTOR_BYTES + sectors / 2) * SECTOR_BYTES - offset);
    readHalf(offset, target, from, middle, unreadable);
    readHalf(offset + (middle - from), target, middle, to, unreadable);
  }

  private void readHalf(
      long offset, ByteBuffer target, int from, int to, List<ByteRange> unreadable) {
    try {
      target.limit(to).position(from);
      read(offset, target);
    } catch (UnreadableException _) {
      readHalves(offset, target, from, to, unreadable);
    }
  }

  /**
   * Finds data behind a hole of a sparse file without reading it.
   *
   * @param offset 0 … size
   * @return the smallest position not before {@code offset} that may hold bytes other than zero, or
   *     {@link #size()} if there is none. A source that knows no holes returns {@code offset}.
   */
  default long nextData(long offset) {
    return offset;
  }

  /**
   * Finds the end of a run of data.
   *
   * @param offset 0 … size
   * @return the smallest position not before {@code offset} where a hole begins, or {@link
   *     #size()}. A hole reads as zeros.
   */
  default long nextHole(long offset) {
    return size();
  }

  /** Releases what the source holds; never throws. */
  @Override
  void close();
}
