package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.report.Values;

/**
 * One way to read the bytes at the cursor.
 *
 * @param name of the way
 * @param little the value with the lowest byte first, or the only value
 * @param big the value with the highest byte first; empty if there is no such thing
 */
public record Reading(String name, String little, String big) {

  private static final int BITS = 8;
  private static final String UNREAD = "…";
  private static final String NO_LETTER = "·";

  /**
   * {@return what the bytes from the cursor on may mean; with a sign only where it matters}
   *
   * @param bytes some from the cursor on: eight for numbers, the more for text
   */
  public static List<Reading> of(byte[] bytes) {
    List<Reading> readings = new ArrayList<>();
    for (int width = 1; width <= Math.min(BITS, bytes.length); width *= 2) {
      long little = number(bytes, width, ByteOrder.LITTLE_ENDIAN);
      long big = number(bytes, width, ByteOrder.BIG_ENDIAN);
      String bits = String.valueOf(width * BITS);
      readings.add(
          new Reading(
              "u" + bits,
              Long.toUnsignedString(little),
              width == 1 ? "" : Long.toUnsignedString(big)));
      boolean negative = signed(little, width) < 0 || signed(big, width) < 0;
      if (negative) {
        readings.add(
            new Reading(
                "i" + bits,
                Long.toString(signed(little, width)),
                width == 1 ? "" : Long.toString(signed(big, width))));
      }
    }
    if (bytes.length > 0) {
      String binary = Integer.toBinaryString(1 << BITS | Byte.toUnsignedInt(bytes[0])).substring(1);
      readings.add(new Reading("bits", binary, ""));
    }
    if (bytes.length > 0) {
      readings.add(new Reading("text", text(bytes), ""));
    }
    if (bytes.length >= Long.BYTES) {
      long sector = number(bytes, Long.BYTES, ByteOrder.LITTLE_ENDIAN);
      boolean possible = sector >= 0 && sector <= Long.MAX_VALUE >> 9;
      readings.add(
          new Reading(
              "as sector", possible ? "0x%x  %s".formatted(sector << 9, size(sector)) : "–", ""));
    }
    return readings;
  }

  /** {@return the same of bytes that are still being read} */
  public static List<Reading> ofUnread() {
    return List.of(
        new Reading("u8", UNREAD, ""),
        new Reading("u16", UNREAD, UNREAD),
        new Reading("u32", UNREAD, UNREAD),
        new Reading("u64", UNREAD, UNREAD),
        new Reading("bits", UNREAD, ""),
        new Reading("text", UNREAD, ""),
        new Reading("as sector", UNREAD, ""));
  }

  /** {@return bytes as UTF-8, with a dot for whatever is no letter or sign, but not at the end} */
  private static String text(byte[] bytes) {
    String text =
        new String(bytes, StandardCharsets.UTF_8).replaceAll("[^\\P{C}]|\ufffd|\\R", NO_LETTER);
    String end = text.replaceAll(NO_LETTER + "+$", "");
    return end.isEmpty() ? "–" : end;
  }

  private static String size(long sector) {
    return Values.binary(sector << 9);
  }

  /** {@return what can be computed of a selection} */
  static List<Reading> ofSelection(long length, Checksums sums) {
    int crc = sums.castagnoli();
    return ofSelection(length, hex(crc), hex(~crc), hex(sums.ethernet()));
  }

  /**
   * {@return the same of bytes that are still being read, so that it has its place}
   *
   * @param fraction how many of them were read, 0 … 1; less if nobody knows
   */
  static List<Reading> ofUnread(long length, double fraction) {
    String some = fraction > 0 ? "%s %.0f %%".formatted(UNREAD, 100 * fraction) : UNREAD;
    return ofSelection(length, some, UNREAD, UNREAD);
  }

  /** {@return the same of bytes of which nothing will be known} */
  static List<Reading> ofUnreadable(long length) {
    return ofSelection(length, "–", "–", "–");
  }

  private static List<Reading> ofSelection(long length, String crc, String raw, String ethernet) {
    return List.of(
        new Reading("length", "%,d bytes".formatted(length), ""),
        new Reading("CRC-32C", crc, ""),
        new Reading("CRC-32C raw", raw, ""),
        new Reading("CRC-32", ethernet, ""));
  }

  private static String hex(int value) {
    return String.format(Locale.ROOT, "0x%08x", value);
  }

  private static long number(byte[] bytes, int width, ByteOrder order) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(order);
    return switch (width) {
      case 1 -> Byte.toUnsignedLong(buffer.get(0));
      case 2 -> Short.toUnsignedLong(buffer.getShort(0));
      case 4 -> Integer.toUnsignedLong(buffer.getInt(0));
      default -> buffer.getLong(0);
    };
  }

  private static long signed(long value, int width) {
    int unused = Long.SIZE - width * BITS;
    return value << unused >> unused;
  }
}
