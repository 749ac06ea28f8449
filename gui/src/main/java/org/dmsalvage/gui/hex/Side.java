package org.dmsalvage.gui.hex;

import java.util.Arrays;

/** Bytes that are compared with others beside them. */
public final class Side {

  /** What {@link #at} gives where there is no byte. */
  public static final int NONE = -1;

  private final String title;
  private final String missing;
  private final byte[] bytes;

  private Side(String title, String missing, byte[] bytes) {
    this.title = title;
    this.missing = missing;
    this.bytes = bytes;
  }

  /** {@return a side with bytes} */
  public static Side of(String title, byte[] bytes) {
    return new Side(title, "", bytes.clone());
  }

  /** {@return a side without bytes, and why it has none} */
  public static Side missing(String title, String why) {
    return new Side(title, why, new byte[0]);
  }

  /** {@return what stands above the bytes} */
  public String title() {
    return title;
  }

  /** {@return why there are no bytes; empty if there are} */
  public String missing() {
    return missing;
  }

  /** {@return how many bytes there are} */
  public int length() {
    return bytes.length;
  }

  /** {@return a byte, 0 … 255, or {@link #NONE}} */
  public int at(int index) {
    return index < bytes.length ? Byte.toUnsignedInt(bytes[index]) : NONE;
  }

  /** {@return whether a byte is another than on the other side; not if either side has none} */
  public boolean differs(Side other, int index) {
    return index < bytes.length && index < other.bytes.length && bytes[index] != other.bytes[index];
  }

  /** {@return how many bytes differ from another side's; -1 if either has none} */
  public int differences(Side other) {
    if (bytes.length == 0 || other.bytes.length == 0) {
      return -1;
    }
    if (Arrays.equals(bytes, other.bytes)) {
      return 0;
    }
    int differences = Math.abs(bytes.length - other.bytes.length);
    for (int i = 0; i < Math.min(bytes.length, other.bytes.length); i++) {
      differences += bytes[i] == other.bytes[i] ? 0 : 1;
    }
    return differences;
  }
}
