package org.dmsalvage.live.nbd;

import java.nio.ByteBuffer;

/**
 * A request as it came.
 *
 * @param flags of the command
 * @param command what is to be done
 * @param cookie which the reply repeats
 * @param offset first byte, unsigned
 * @param length bytes, 0 … 2^32-1
 */
record Request(int flags, int command, long cookie, long offset, long length) {

  /** Decodes a request; its magic is not judged. */
  static Request decode(ByteBuffer bytes) {
    return new Request(
        Short.toUnsignedInt(bytes.getShort(4)),
        Short.toUnsignedInt(bytes.getShort(6)),
        bytes.getLong(8),
        bytes.getLong(16),
        Integer.toUnsignedLong(bytes.getInt(24)));
  }

  boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** {@return whether the range lies inside a device of that size} */
  boolean fits(long size) {
    return offset >= 0 && length <= size && offset <= size - length;
  }

  /** {@return first byte behind the range} */
  long end() {
    return offset + length;
  }
}
