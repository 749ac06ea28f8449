package org.dmsalvage.inspect.format.writeboost;

/** What a slot is to the log. */
public enum Role {
  /** Never written. */
  EMPTY,
  /** The first sector cannot be read. */
  UNREADABLE,
  /** The id belongs to the slot and to the log that is shown. */
  CURRENT,
  /**
   * The id belongs to the slot, but to a round before: the segment that should stand here was lost.
   * Written back long ago, and possibly older than what the backing device holds (rule W17).
   */
  STALE,
  /** The id belongs to the slot, but is farther ahead than the log can have been. */
  AHEAD,
  /** The id belongs to another slot. */
  MISPLACED,
  /** The id belongs to the slot and to another life of the log than the one that is shown. */
  OTHER_LIFE
}
