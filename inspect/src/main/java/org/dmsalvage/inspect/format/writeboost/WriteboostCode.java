package org.dmsalvage.inspect.format.writeboost;

import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Severity;

/** What can be found in a writeboost cache. Scripts rely on the ids. */
public enum WriteboostCode implements FindingCode {
  /** The magic number is wrong. (rule W9) */
  MAGIC(
      "WB-MAGIC",
      Severity.ERROR,
      "The magic number is wrong: a driver formats the cache without a word, and all that is on it"
          + " is gone.",
      "Repair the superblock before any driver sees the device; salvage reads the segments"
          + " anyway."),
  /** Byte 4 of the superblock does not name the order that the segments have. (rules W10, F23) */
  ORDER(
      "WB-ORDER",
      Severity.ERROR,
      "Byte 4 of the superblock does not name the order that the segments have: the driver refuses"
          + " the device or looks in the wrong places.",
      "Write the right order into the superblock."),
  /** The table line asks for another order than the segments have. (rules W10, F23) */
  TABLE_ORDER(
      "WB-TABLE-ORDER",
      Severity.ERROR,
      "The table line asks for another segment size order than the segments have: a driver that is"
          + " given it refuses the device; that of 2013 stops the kernel.",
      "Give the driver the order that the segments have, or look for the table line of this"
          + " device."),
  /** The image is not as long as the device on which the log was written. (rule W1) */
  RESIZED(
      "WB-RESIZED",
      Severity.ERROR,
      "The image is shorter or longer than the device on which the log was written: a driver works"
          + " out another number of segments from its size, looks for each id in the wrong place,"
          + " and drops the log.",
      "Salvage reads the log as it was written. For a driver or for repair, copy the image to the"
          + " length that is named; what was cut off reads as zeros then, and is lost."),
  /** The device has no room for a superblock and one segment. (rule W11) */
  TOO_SMALL(
      "WB-TOO-SMALL",
      Severity.ERROR,
      "The device has no room for a superblock and one segment: the driver fails or stops the"
          + " kernel.",
      "Make sure that the whole device was imaged."),
  /** The device has room for one segment only. (rule W11) */
  ONE_SEGMENT(
      "WB-ONE-SEGMENT",
      Severity.WARNING,
      "The device has room for one segment only: the driver hangs when it is suspended.",
      "Salvage it; do not attach it."),
  /**
   * The device reaches beyond 2 TiB, where the drivers' 32-bit arithmetic puts far segments over
   * near ones. (rule W8)
   */
  ALIASED(
      "WB-ALIASED",
      Severity.WARNING,
      "The device reaches beyond 2 TiB, where the drivers' 32-bit arithmetic puts far segments over"
          + " near ones.",
      "Salvage takes each segment from where it was found; do not attach the device."),
  /** The superblock records segments as written back. (rules W27, F18, F19) */
  RECORD(
      "WB-RECORD",
      Severity.WARNING,
      "The superblock records segments as written back: drivers then do not write them back again,"
          + " hang, stop the kernel, or show older data.",
      "Clear the record; writing the segments back once more is harmless unless blocks were"
          + " discarded since."),
  /**
   * The superblock records as written back what was never written, or is never replayed. (rules
   * W28, F20)
   */
  RECORD_BEYOND(
      "WB-RECORD-BEYOND",
      Severity.ERROR,
      "The superblock records as written back what was never written, or is never replayed: drivers"
          + " write back for ever or hang.",
      "Clear the record."),
  /** A part of a segment cannot be read. (rule W12) */
  UNREADABLE(
      "WB-UNREADABLE-SEGMENT",
      Severity.ERROR,
      "A part of a segment cannot be read: the driver refuses to attach, and what the segment held"
          + " may be lost.",
      "Image the device with ddrescue and work on the copy."),
  /** A segment does not fit its checksum or its laps. (rules W15, F6) */
  CHECKSUM(
      "WB-CHECKSUM",
      Severity.ERROR,
      "A segment does not fit its checksum or its laps: its blocks are at risk, and the driver"
          + " drops all segments behind it.",
      "Salvage applies the other segments; take the id out to let a driver do the same."),
  /** What a segment held before a bit or byte of it was changed can be proved. (rule W15) */
  CORRECTED(
      "WB-CORRECTED",
      Severity.WARNING,
      "A bit or byte of a segment was changed, and which one can be told.",
      "Salvage reads the segment with that byte corrected."),
  /** The rest of a segment proves its header wrong. (rule W4) */
  HEADER_CORRECTED(
      "WB-HEADER-CORRECTED",
      Severity.WARNING,
      "The header of a segment is damaged, and what it should say can be told.",
      "Salvage reads the segment with its header corrected."),
  /** The header of a segment is gone, and its metablocks stand. */
  CARVING_CANDIDATE(
      "WB-CARVING-CANDIDATE",
      Severity.WARNING,
      "The header of a segment is gone, zeroed or unreadable, and its metablocks stand: it was"
          + " damaged, or taken out on purpose.",
      "Salvage leaves the segment out; its blocks are listed by --list candidates."),
  /** The write of a newest segment was cut off by the crash. (rule W13) */
  TORN_NEWEST(
      "WB-TORN-NEWEST",
      Severity.NOTE,
      "The write of a newest segment was cut off by the crash: nothing in it was acknowledged as"
          + " durable.",
      "None needed."),
  /** The write of the next segment was cut off before its header arrived. (rule W14) */
  SLOT_REUSE(
      "WB-SLOT-REUSE-TEAR",
      Severity.ERROR,
      "The write of the next segment was cut off before its header arrived: no data is lost, but"
          + " the driver drops the whole log, at each attach.",
      "Salvage leaves the slot out; take its id out to let a driver do the same."),
  /** The driver stops on its way through the log (rules W12, W14, W15, F6, F14). */
  DRIVER_STOPS(
      "WB-DRIVER-STOPS",
      Severity.ERROR,
      "The driver would stop on its way through the log and drop whole segments behind that place.",
      "Salvage applies them; repair what it stops at before attaching the device."),
  /** A segment says that it has more blocks than fit. (rules W22, F7) */
  LENGTH(
      "WB-LENGTH",
      Severity.ERROR,
      "A segment says that it has more blocks than fit: its header is damaged and its blocks are at"
          + " risk.",
      "Salvage leaves the segment out."),
  /** The laps of a segment agree with each other but not with its id. (rule F6) */
  LAP(
      "WB-LAP",
      Severity.WARNING,
      "The laps of a segment agree with each other but not with its id.",
      "None needed: salvage goes by the id."),
  /** A segment has an id that belongs to another slot. (rules W4, F6) */
  MISPLACED(
      "WB-ID-SLOT",
      Severity.ERROR,
      "A segment has an id that belongs to another slot: the driver takes it as it is.",
      "Salvage leaves the segment out; correct the id if the log shows which it should be."),
  /** A segment has an id far ahead of the log. (rules W4, W19) */
  AHEAD(
      "WB-ID-AHEAD",
      Severity.ERROR,
      "A segment has an id far ahead of the log: the driver begins or ends its replay in the wrong"
          + " place.",
      "Salvage leaves the segment out; correct the id if the log shows which it should be."),
  /** A segment was lost and the slot still holds the one of a round before. (rules W17, F14) */
  STALE(
      "WB-STALE-SEGMENT",
      Severity.ERROR,
      "A segment was lost and the slot still holds the one of a round before: the driver applies it"
          + " after newer ones, so that data goes back in time.",
      "Salvage leaves it out; take its id out to let a driver do the same."),
  /** Several stale segments follow each other. (rule W18) */
  STALE_RUN(
      "WB-STALE-RUN",
      Severity.WARNING,
      "Several stale segments follow each other: left over from lost writes, or written after the"
          + " driver had gone back a lap; which cannot be told.",
      "Compare what both readings give."),
  /**
   * Segments that should be in the log are not on the device; what they held shows as it was
   * before. (rules W16, W34, F14)
   */
  LOST(
      "WB-LOST-SEGMENT",
      Severity.ERROR,
      "Segments that should be in the log are not on the device; what they held shows as it was"
          + " before.",
      "None: nothing is left of them."),
  /**
   * The slot of the next segment is empty, in a log that has gone round: what it held was written
   * back before. (rule W25)
   */
  SLOT_CLEARED(
      "WB-SLOT-CLEARED",
      Severity.NOTE,
      "The slot that is due for the next segment is empty, as repair leaves it; the segment that it"
          + " held had been written back before its slot came up for reuse.",
      "None needed."),
  /** What was asked for lies in the past, and later segments may have been written back since. */
  BEYOND_AS_OF(
      "WB-BEYOND-AS-OF",
      Severity.WARNING,
      "As of the point in time that was asked for, the log has no copy of a sector; segments"
          + " written later have, and may be on the backing device by now.",
      "None: the older contents are there only as long as nothing was written back over them."),
  /** The cache holds two logs. (rules W14, W18) */
  TWO_LIVES(
      "WB-TWO-LIVES",
      Severity.ERROR,
      "The cache holds two logs: the driver dropped the older one and began again at a lower id.",
      "Salvage shows the younger one; look at the older one separately."),
  /** A metablock without dirty bits. (rules W20, F17) */
  CLEAN_METABLOCK(
      "WB-CLEAN-METABLOCK", Severity.NOTE, "A metablock without dirty bits.", "None needed."),
  /** A metablock names an address that is no multiple of 8 sectors. (rule W21) */
  UNALIGNED(
      "WB-SECTOR-UNALIGNED",
      Severity.ERROR,
      "A metablock names an address that is no multiple of 8 sectors: reads never find the block,"
          + " but it is written back.",
      "Salvage leaves the block out."),
  /** A metablock names an address beyond the backing device. (rule W21) */
  BEYOND(
      "WB-SECTOR-BEYOND",
      Severity.ERROR,
      "A metablock names an address beyond the backing device: writing back fails and the driver"
          + " gives up.",
      "Salvage leaves out what lies beyond the end."),
  /** A segment holds the same block twice; the later one counts. (rule W21) */
  DUPLICATE(
      "WB-DUPLICATE",
      Severity.NOTE,
      "A segment holds the same block twice; the later one counts.",
      "None needed."),
  /** Partly dirty blocks. (rules W5, W24) */
  PARTIAL(
      "WB-PARTIAL-BLOCKS",
      Severity.NOTE,
      "Partly dirty blocks: only their dirty sectors are data, and older copies show in between.",
      "None needed."),
  /** The log holds data that may not be on the backing device yet. (rule W12) */
  DIRTY(
      "WB-DIRTY",
      Severity.NOTE,
      "The log holds data that may not be on the backing device yet.",
      "Attach the cache with its driver, or flush it to the backing device."),
  /** The newest segment has no checksum. (rule F12) */
  UNVERIFIABLE(
      "WB-UNVERIFIABLE",
      Severity.NOTE,
      "The newest segment has no checksum: if its write was cut off, nothing tells.",
      "Compare its blocks with the backing device if in doubt."),
  /**
   * The oldest segment of a full log was migrated before the newest was written. (rules F9, F13)
   */
  OLDEST(
      "WB-OLDEST-MIGRATED",
      Severity.NOTE,
      "The oldest segment of a full log was migrated before the newest was written.",
      "None needed: salvage leaves it out."),
  /** All dirty blocks of a segment are zeros. (rule F15) */
  ZEROED(
      "WB-ZEROED",
      Severity.ERROR,
      "All dirty blocks of a segment are zeros: it was migrated and discarded, and the driver would"
          + " write the zeros over good data.",
      "Salvage leaves the segment out."),
  /** The heads on the plog device do not fit the expected number of plog segments. (rule P1) */
  PLOG_RING(
      "WB-PLOG-RING",
      Severity.WARNING,
      "The heads on the plog device do not fit the expected number of plog segments.",
      "Give the right nr_rambuf_pool."),
  /** What a plog held before it was damaged can be proved. (rule P3) */
  PLOG_CORRECTED(
      "WB-PLOG-CORRECTED",
      Severity.WARNING,
      "A plog is damaged, and what it held can be told.",
      "Salvage reads the plog with its damage corrected."),
  /** The write of a plog was cut off by the crash. (rule P9) */
  PLOG_TORN(
      "WB-PLOG-TORN",
      Severity.NOTE,
      "The write of a plog was cut off by the crash: it was not acknowledged.",
      "None needed."),
  /** A plog in the middle of its segment is torn or lost. (rule P9) */
  PLOG_HOLE(
      "WB-PLOG-HOLE",
      Severity.ERROR,
      "A plog in the middle of its segment is torn or lost: the driver does not reach those behind"
          + " it.",
      "Salvage takes the plogs behind it."),
  /** A plog with a good checksum names a block or length that is not possible. (rule P3) */
  PLOG_FIELDS(
      "WB-PLOG-FIELDS",
      Severity.ERROR,
      "A plog with a good checksum names a block or length that is not possible.",
      "Salvage leaves the plog out."),
  /**
   * Plogs that the cache does not hold are not reached by the driver, which stops at a stale or
   * missing head. (rules P5, P14)
   */
  PLOG_IGNORED(
      "WB-PLOG-IGNORED",
      Severity.ERROR,
      "Plogs that the cache does not hold are not reached by the driver, which stops at a stale or"
          + " missing head: acknowledged data is lost.",
      "Salvage takes them by id; clear the first sector of the stale plog segments to let a driver"
          + " do the same."),
  /** The driver would write a segment from plogs over a newer or fuller one. (rules P6, P9) */
  PLOG_OVER_NEWER(
      "WB-PLOG-OVER-NEWER",
      Severity.ERROR,
      "The driver would write a segment from plogs over one that is newer or has more in it.",
      "Clear the first sector of these plog segments before attaching the cache with its plog"
          + " device."),
  /** Plog and cache have the same segment id with different contents. (rule P8) */
  PLOG_REUSED(
      "WB-PLOG-REUSED-ID",
      Severity.ERROR,
      "Plog and cache have the same segment id with different contents: the id was used twice.",
      "Salvage takes the cache segment."),
  /** Acknowledged data is on the plog device only. (rules P4, P12) */
  PLOG_ONLY(
      "WB-PLOG-ONLY",
      Severity.NOTE,
      "Acknowledged data is on the plog device only.",
      "Keep cache and plog device together."),
  /** A plog segment is full to its last sector. (rule P10) */
  PLOG_FULL(
      "WB-PLOG-FULL",
      Severity.NOTE,
      "A plog segment is full to its last sector: the driver reads behind its buffer when it"
          + " rebuilds it.",
      "None needed for salvage.");

  private final About about;

  WriteboostCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  @Override
  public About about() {
    return about;
  }
}
