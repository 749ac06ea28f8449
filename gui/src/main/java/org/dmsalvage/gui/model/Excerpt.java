package org.dmsalvage.gui.model;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.report.Values;

/** Selected bytes as they are written elsewhere: as digits or as text. */
public enum Excerpt {
  /** Two digits a byte. */
  HEXADECIMAL {
    @Override
    String write(byte[] bytes) {
      return HexFormat.ofDelimiter(" ").formatHex(bytes);
    }
  },

  /** One letter a byte, as beside the digits: a dot for what is none. */
  TEXT {
    @Override
    String write(byte[] bytes) {
      StringBuilder text = new StringBuilder(bytes.length);
      for (byte b : bytes) {
        text.append(b >= ' ' && b < 0x7f ? (char) b : '.');
      }
      return text.toString();
    }
  };

  /** The longest selection that is written, in bytes. */
  public static final int MOST = 1 << 20;

  abstract String write(byte[] bytes);

  /**
   * Reads bytes and writes them.
   *
   * @throws UsageException if they are more than {@link #MOST}
   * @throws org.dmsalvage.inspect.error.UnreadableException if one cannot be read
   */
  public String of(Location where) {
    long length = where.range().length();
    if (length > MOST) {
      throw new UsageException(
          "%s are selected: at most %s can be copied"
              .formatted(Values.binary(length), Values.binary(MOST)));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) length);
    where.source().bytes().read(where.range().offset(), bytes);
    return write(bytes.array());
  }
}
