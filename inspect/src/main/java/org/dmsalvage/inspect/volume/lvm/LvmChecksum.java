package org.dmsalvage.inspect.volume.lvm;

import java.nio.ByteBuffer;

/**
 * The checksum of everything LVM2 writes: CRC-32 with the usual polynomial (reflected 0xEDB88320),
 * but another first value and no complement at the end (calc_crc).
 */
final class LvmChecksum {

  private static final int START = 0xf597a6cf;
  private static final int[] TABLE = new int[256];

  static {
    for (int i = 0; i < TABLE.length; i++) {
      int value = i;
      for (int bit = 0; bit < 8; bit++) {
        value = (value & 1) == 0 ? value >>> 1 : value >>> 1 ^ 0xedb88320;
      }
      TABLE[i] = value;
    }
  }

  private LvmChecksum() {}

  /** {@return the checksum of some bytes of a buffer} */
  static int of(ByteBuffer bytes, int from, int to) {
    int value = START;
    for (int i = from; i < to; i++) {
      value = value >>> 8 ^ TABLE[(value ^ bytes.get(i)) & 0xff];
    }
    return value;
  }
}
