package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.util.zip.Checksum;

/**
 * A reflected CRC of 32 bits that is fed bytes, and whole holes at once.
 *
 * <p>Bytes go through a checksum of the JDK. A hole of n zeros multiplies the register by x^(8n)
 * modulo the polynomial; so does whatever follows a part, in the CRC of both, as in zlib's {@code
 * crc32_combine}.
 */
final class RunningCrc {

  /** The polynomial of CRC-32C, of Castagnoli; its lowest bit belongs to the highest power. */
  static final int CASTAGNOLI = 0x82f63b78;

  /** The polynomial of CRC-32, of Ethernet and zip. */
  static final int ETHERNET = 0xedb88320;

  /** The polynomial 1. */
  private static final int ONE = 1 << 31;

  private final Checksum part;
  private final int polynomial;
  private int before;
  private long partBytes;

  /**
   * Makes the CRC of nothing.
   *
   * @param part computes the same CRC of bytes
   * @param polynomial of that CRC
   */
  RunningCrc(Checksum part, int polynomial) {
    this.part = part;
    this.polynomial = polynomial;
  }

  /** Goes on with the rest of a buffer. */
  void update(ByteBuffer bytes) {
    partBytes += bytes.remaining();
    part.update(bytes);
  }

  /** Goes on with so many zeros, however many they are. */
  void zeros(long count) {
    before = ~behind(~value(), count);
  }

  /** {@return the CRC of all so far} */
  int value() {
    if (partBytes > 0) {
      before = behind(before, partBytes) ^ (int) part.getValue();
      part.reset();
      partBytes = 0;
    }
    return before;
  }

  /** {@return what a register becomes behind so many zeros} */
  private int behind(int register, long bytes) {
    int power = ONE >>> Byte.SIZE;
    int result = register;
    for (long rest = bytes; rest > 0; rest >>= 1) {
      if ((rest & 1) != 0) {
        result = product(result, power);
      }
      power = product(power, power);
    }
    return result;
  }

  private int product(int a, int b) {
    int product = 0;
    int times = b;
    for (int bit = ONE; bit != 0; bit >>>= 1) {
      if ((a & bit) != 0) {
        product ^= times;
      }
      times = times >>> 1 ^ ((times & 1) == 0 ? 0 : polynomial);
    }
    return product;
  }
}
