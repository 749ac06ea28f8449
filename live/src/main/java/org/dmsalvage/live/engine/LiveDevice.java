package org.dmsalvage.live.engine;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.replay.device.BlockDevice;

/** A device that clients may write. Safe for use by several threads. */
public interface LiveDevice extends BlockDevice {

  /** How many zeros are written at once where a device has no better way. */
  int ZERO_BYTES = 1 << 16;

  /**
   * Makes a range read as zeros.
   *
   * @param offset first byte
   * @param length bytes
   * @param mayFree whether the space of the range may be given up
   * @throws OutputException if that fails; what the range holds is then unknown
   */
  default void zero(long offset, long length, boolean mayFree) {
    ByteBuffer zeros = ByteBuffer.allocateDirect((int) Math.min(length, ZERO_BYTES));
    for (long done = 0; done < length; done += zeros.limit()) {
      zeros.clear().limit((int) Math.min(length - done, zeros.capacity()));
      write(offset + done, zeros);
    }
  }
}
