package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;

/** What a device shall hold in some of its ranges. */
public interface Changes {

  /** Receives ranges. */
  @FunctionalInterface
  interface Ranges {
    /**
     * Takes a range.
     *
     * @param offset first byte on the device, a multiple of 512
     * @param length bytes, a multiple of 512 unless the range ends where the device ends
     */
    void range(long offset, long length);
  }

  /** Gives every range once, best in ascending order; they do not overlap. */
  void forEachRange(Ranges sink);

  /**
   * Fills the rest of a buffer with what a part of the ranges shall hold. Called by several
   * threads.
   *
   * @param offset first byte on the device; the whole part lies in ranges that were given, one or
   *     several that follow each other
   * @param target filled from its position to its limit; on return its position is its limit
   * @return what is not known of it, as {@link
   *     org.dmsalvage.inspect.io.BlockSource#readAround(long, ByteBuffer)} gives it; the device
   *     keeps what it has there
   */
  List<ByteRange> readAround(long offset, ByteBuffer target);
}
