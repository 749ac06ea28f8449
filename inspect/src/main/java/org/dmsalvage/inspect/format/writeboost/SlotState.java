package org.dmsalvage.inspect.format.writeboost;

/** What is known of the segment in a slot, taken for itself. */
public enum SlotState {
  /** The id is 0: never written, or taken out. */
  EMPTY,
  /** The first sector cannot be read. */
  UNREADABLE,
  /** There is an id; nobody has looked at the checksum. */
  UNCHECKED,
  /** The checksum is right, or the laps agree. */
  SEALED,
  /** The checksum is wrong, or the laps disagree, or the length is impossible. */
  TORN,
  /** There is an id, but not all that the checksum covers can be read. */
  PARTLY_READABLE
}
