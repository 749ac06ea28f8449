package org.dmsalvage.inspect.format.writeboost;

/** What is known of the segment in a slot, taken for itself. */
public enum SlotState {
  /** The id is 0: never written, or taken out. */
  EMPTY(0),
  /** The first sector cannot be read. */
  UNREADABLE(1),
  /** There is an id; nobody has looked at the checksum. */
  UNCHECKED(2),
  /** The checksum is right, or the laps agree. */
  SEALED(3),
  /** The checksum is wrong, or the laps disagree, or the length is impossible. */
  TORN(4),
  /** There is an id, but not all that the checksum covers can be read. */
  PARTLY_READABLE(5);

  private static final SlotState[] BY_CODE = values();

  /** Index among the values, for columns of bytes. */
  private final byte code;

  SlotState(int code) {
    this.code = (byte) code;
  }

  byte code() {
    return code;
  }

  static SlotState of(byte code) {
    return BY_CODE[code];
  }
}
