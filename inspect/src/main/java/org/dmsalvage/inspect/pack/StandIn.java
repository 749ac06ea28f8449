package org.dmsalvage.inspect.pack;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.zip.CRC32C;

/**
 * Bytes that stand for others of which only the CRC-32C is known: a text with that checksum in
 * every sector, so that different contents stay different, and four bytes at the end that make it
 * true.
 *
 * <p>CRC-32C of a row of bytes depends on its parts by their checksums and lengths alone, so what
 * is computed over units with stand-ins is what was computed over the units.
 */
final class StandIn {

  private static final int POLYNOMIAL = 0x82f63b78;
  private static final int[] TABLE = new int[256];

  /** Which entry of the table has a top byte; there is one for each. */
  private static final int[] BY_TOP = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int value = i;
      for (int bit = 0; bit < 8; bit++) {
        value = (value >>> 1) ^ ((value & 1) == 0 ? 0 : POLYNOMIAL);
      }
      TABLE[i] = value;
      BY_TOP[value >>> 24] = i;
    }
  }

  private static final int SECTOR = 512;
  private static final int DIGITS = 8;

  private final byte[] unit;

  /** Prepares stand-ins of a length in bytes. */
  StandIn(int length) {
    byte[] text = "dmsalvage: contents are not in this pack. ".getBytes(StandardCharsets.US_ASCII);
    unit = new byte[length];
    for (int i = 0; i < length - 4; i++) {
      unit[i] = text[i % SECTOR % text.length];
    }
  }

  /** Puts the stand-in with a checksum into a buffer. */
  void put(int checksum, ByteBuffer target) {
    byte[] digits = HexFormat.of().toHexDigits(checksum).getBytes(StandardCharsets.US_ASCII);
    for (int at = 0; at + DIGITS <= unit.length - 4; at += SECTOR) {
      System.arraycopy(digits, 0, unit, at, DIGITS);
    }
    CRC32C crc = new CRC32C();
    crc.update(unit, 0, unit.length - 4);
    int register = ~checksum;
    for (int i = 0; i < 4; i++) {
      int entry = BY_TOP[register >>> 24];
      register = ((register ^ TABLE[entry]) << 8) | entry;
    }
    ByteBuffer end = ByteBuffer.wrap(unit).order(ByteOrder.LITTLE_ENDIAN);
    end.putInt(unit.length - 4, register ^ ~(int) crc.getValue());
    target.put(unit);
  }
}
