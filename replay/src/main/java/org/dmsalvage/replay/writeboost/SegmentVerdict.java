package org.dmsalvage.replay.writeboost;

import org.dmsalvage.inspect.format.writeboost.WriteboostCode;

/** What salvage makes of the segment in a slot. */
enum SegmentVerdict {
  /** It is whole and part of the log. */
  APPLY(WriteboostCode.DIRTY, ""),
  /** Nothing was ever written there. */
  EMPTY(WriteboostCode.LOST, "nothing was ever written there"),
  /** The first sector cannot be read. */
  UNREADABLE(WriteboostCode.UNREADABLE, "its header cannot be read"),
  /** It is part of the log, and not all of it can be read; nothing says that it is torn. */
  PARTLY_READABLE(
      WriteboostCode.UNREADABLE, "not all of it can be read: its blocks may show an older version"),
  /** It is part of the log, and not whole. */
  BROKEN(WriteboostCode.CHECKSUM, "it is not whole: its blocks may show an older version"),
  /** The last write of all, cut short: nothing in it was ever flushed. */
  TORN_NEWEST(
      WriteboostCode.TORN_NEWEST, "the last write before the crash did not arrive as a whole"),
  /** It is part of the log, and not whole; the plog device has its contents. */
  REPLACED_BY_PLOG(
      WriteboostCode.CHECKSUM, "it is not whole: its contents come from the plog device"),
  /** Older than the log's window. */
  STALE(WriteboostCode.STALE, "it is more than a lap old and was written back long ago (rule W17)"),
  /** The oldest segment, whose slot was being overwritten when the machine died. */
  REUSED(
      WriteboostCode.SLOT_REUSE,
      "it was written back, and its slot was being overwritten at the crash (rule W14)"),
  /** Farther ahead than the log can be. */
  AHEAD(WriteboostCode.AHEAD, "its id is farther ahead than the log can be (rule W19)"),
  /** Its id belongs to another slot. */
  MISPLACED(WriteboostCode.MISPLACED, "its id belongs to another slot (rule W4)"),
  /** Part of the life of the log that is not shown. */
  OTHER_LIFE(WriteboostCode.TWO_LIVES, "it belongs to the other life of the log"),
  /** 2013: a driver attached after it was written and did not replay it. */
  DROPPED_BY_DRIVER(
      WriteboostCode.TWO_LIVES,
      "a driver that attached later dropped it, and wrote on (rules F14, F17)"),
  /** 2013: certainly migrated. */
  WRITTEN_BACK(
      WriteboostCode.OLDEST, "the oldest of a full log has always been migrated (rule F9)"),
  /** 2013: nothing but zeros in all of its dirty blocks. */
  ZEROS(WriteboostCode.ZEROED, "all its data is zeros: discarded after migration (rule F15)");

  private final WriteboostCode code;
  private final String reason;

  SegmentVerdict(WriteboostCode code, String reason) {
    this.code = code;
    this.reason = reason;
  }

  /** {@return the finding code for a segment that is not applied} */
  WriteboostCode code() {
    return code;
  }

  /** {@return why it is not applied, as the end of a sentence} */
  String reason() {
    return reason;
  }
}
