package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import org.dmsalvage.inspect.error.UsageException;

/** Bytes to look for, at least one. */
public final class Pattern {

  private final byte[] bytes;
  private final boolean text;

  private Pattern(byte[] bytes, boolean text) {
    this.bytes = bytes;
    this.text = text;
  }

  /**
   * Reads what the user typed: pairs of hexadecimal digits are bytes, "sector 10360" is that number
   * as the caches store it, eight bytes, the lowest first; anything else, and anything in quotation
   * marks, is text.
   *
   * @throws UsageException if nothing was typed
   */
  public static Pattern parse(String typed) {
    if (typed.isBlank()) {
      throw new UsageException("nothing to look for");
    }
    String digits = typed.replaceAll("\\s", "").replaceFirst("^0x", "");
    if (digits.matches("([0-9a-fA-F]{2})+")) {
      return new Pattern(HexFormat.of().parseHex(digits), false);
    }
    if (typed.matches("\\s*sector\\s+[0-9]{1,18}\\s*")) {
      long sector = Long.parseLong(typed.replaceAll("[^0-9]", ""));
      ByteBuffer stored = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      return new Pattern(stored.putLong(sector).array(), false);
    }
    String text = typed.matches("\".+\"") ? typed.substring(1, typed.length() - 1) : typed;
    return new Pattern(text.getBytes(StandardCharsets.UTF_8), true);
  }

  /** {@return whether the user wrote them as text} */
  public boolean isText() {
    return text;
  }

  /** {@return how many bytes they are} */
  public int length() {
    return bytes.length;
  }

  /** {@return whether all of them are zero} */
  boolean isZeros() {
    return indexIn(new byte[bytes.length], 0, bytes.length) == 0;
  }

  /** {@return the first place of the pattern in an array, or -1} */
  int indexIn(byte[] where, int from, int to) {
    for (int i = from; i + bytes.length <= to; i++) {
      int n = 0;
      while (n < bytes.length && where[i + n] == bytes[n]) {
        n++;
      }
      if (n == bytes.length) {
        return i;
      }
    }
    return -1;
  }
}
