package org.dmsalvage.replay.device;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * A device that can be read and written.
 *
 * <p>A read sees every write that ended before it began. Nothing is promised about what survives a
 * crash until {@link #flush} has returned.
 */
public interface BlockDevice extends BlockSource {

  /**
   * Writes the rest of a buffer.
   *
   * @param offset first byte to write
   * @param source written from its position to its limit; on return its position is its limit
   * @throws OutputException if any of the bytes cannot be written; which of them were is then
   *     unknown. Its cause is a {@link NoSpaceException} if there is no room.
   * @throws IndexOutOfBoundsException if the range is not inside {@code [0, size())}
   */
  void write(long offset, ByteBuffer source);

  /**
   * Writes zeros.
   *
   * @param offset first byte
   * @param length bytes
   * @throws OutputException if any of the bytes cannot be written
   * @throws IndexOutOfBoundsException if the range is not inside {@code [0, size())}
   */
  default void zero(long offset, long length) {
    long capacity = size();
    Objects.checkFromIndexSize(offset, length, capacity);
    ByteBuffer zeros = ByteBuffer.allocate((int) Math.min(length, 1 << 20));
    for (long done = 0; done < length; done += zeros.limit()) {
      write(offset + done, zeros.clear().limit((int) Math.min(zeros.capacity(), length - done)));
    }
  }

  /**
   * Makes everything durable that was written before.
   *
   * @throws OutputException if that fails; every byte that was written since the last success is
   *     then in doubt
   */
  void flush();

  /**
   * Gives up the contents of a range. A hint: the range reads as zeros afterwards, or as before.
   *
   * @param offset first byte
   * @param length bytes
   */
  void discard(long offset, long length);
}
