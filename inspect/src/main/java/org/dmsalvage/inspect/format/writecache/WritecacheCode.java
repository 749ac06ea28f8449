package org.dmsalvage.inspect.format.writecache;

import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Severity;

/** Findings about a writecache. */
public enum WritecacheCode implements FindingCode {
  /** The superblock cannot be read. */
  SUPERBLOCK_UNREADABLE(
      "WC-SUPERBLOCK-UNREADABLE",
      Severity.ERROR,
      "The superblock cannot be read: the driver refuses, size and commit point are guessed from"
          + " the entry table.",
      "Salvage onto a copy; give the table line so that the block size is known."),
  /** Neither 0 nor the magic number stands at offset 0. */
  MAGIC(
      "WC-MAGIC",
      Severity.ERROR,
      "The magic number is wrong: the driver refuses the cache although its blocks may be whole.",
      "Restore the magic number if the rest of the superblock is right."),
  /** The version is not 1. */
  VERSION(
      "WC-VERSION",
      Severity.ERROR,
      "The version is none that any driver knows: it refuses the cache.",
      "Restore version 1 if the rest of the superblock is right."),
  /** Magic and version are zero although the table holds entries. */
  WOULD_FORMAT(
      "WC-WOULD-FORMAT",
      Severity.ERROR,
      "Magic and version are zero: the driver formats the cache without a word and all cached"
          + " blocks are gone.",
      "Do not attach the cache; restore the superblock first."),
  /** The magic number is missing behind a begun format. */
  INTERRUPTED_INIT(
      "WC-INTERRUPTED-INIT",
      Severity.ERROR,
      "Formatting was begun and not ended: the driver refuses the cache, entries may be left over"
          + " from before.",
      "Zero the first sector to have it formatted anew, or salvage the entries that are left."),
  /** The block size is none, or not the table line's. */
  BLOCK_SIZE(
      "WC-BLOCK-SIZE",
      Severity.ERROR,
      "The superblock's block size is impossible or not that of the table line: the driver refuses"
          + " the cache.",
      "Use the block size that fits the device and the entry table."),
  /** The superblock does not stand where the table line says. */
  START_SECTOR(
      "WC-START-SECTOR",
      Severity.WARNING,
      "The superblock stands at the start of the image and not at the table line's start_sector:"
          + " the image was cut out, or the line is that of another device.",
      "Nothing needs to be done if the image begins at start_sector; else look for the table line"
          + " of this device."),
  /** The cache was found by searching for it. */
  START_FOUND(
      "WC-START-FOUND",
      Severity.NOTE,
      "The cache does not begin at the start of the image, and nothing but its own structure says"
          + " where it does.",
      "Give its driver a table line with this start_sector."),
  /** More blocks than the image has room for. */
  BEYOND_DEVICE(
      "WC-BEYOND-DEVICE",
      Severity.ERROR,
      "The image is too small for the superblock's number of blocks: it was cut, or the number is"
          + " wrong; the driver refuses the cache.",
      "Image the whole device."),
  /** The table ends elsewhere than the superblock says. */
  BLOCK_COUNT(
      "WC-BLOCK-COUNT",
      Severity.ERROR,
      "The superblock's number of blocks is not that of the entry table, which goes on or ends"
          + " before: the driver refuses the cache, or takes all blocks from wrong places.",
      "Use the number that fits the device and the entry table."),
  /** Fewer blocks than the image has room for. */
  SPARE_ROOM(
      "WC-SPARE-ROOM",
      Severity.NOTE,
      "The device has room for more blocks than the cache uses; it may have grown.",
      "Nothing needs to be done."),
  /** The commit counter is beyond anything a cache reaches. */
  SEQUENCE_ABSURD(
      "WC-SEQUENCE-ABSURD",
      Severity.WARNING,
      "The superblock's sequence count is higher than any cache can reach: it may be damaged, and"
          + " uncommitted entries may pass for committed ones.",
      "Compare it with the greatest sequence in the entry table."),
  /** The commit counter is lower than what entries have. */
  SEQUENCE_BEHIND(
      "WC-SEQUENCE-BEHIND",
      Severity.ERROR,
      "Several entries belong to commits that the superblock has not begun: its sequence count went"
          + " back in time, and the driver discards what was committed since.",
      "Raise the sequence count above the greatest one of an entry."),
  /** Reserved superblock bytes are not zero. */
  RESERVED(
      "WC-RESERVED",
      Severity.WARNING,
      "Reserved bytes of the superblock are not zero, which no known driver writes.",
      "Look for other damage in the first sector."),
  /** Something stands between the entry table and the first block. */
  PADDING(
      "WC-PADDING",
      Severity.NOTE,
      "Bytes behind the entry table are not zero; the driver never clears them, they hold whatever"
          + " was there before.",
      "Nothing needs to be done."),
  /** A part of the table that is all zeros. */
  ENTRIES_ZEROED(
      "WC-ENTRIES-ZEROED",
      Severity.ERROR,
      "A part of the entry table was wiped; which sectors its blocks hold is lost, and the driver"
          + " takes them all for copies of sector 0.",
      "Nothing can be done for the blocks; clear the entries before the cache is attached."),
  /** A part of the table that cannot be read. */
  ENTRIES_UNREADABLE(
      "WC-ENTRIES-UNREADABLE",
      Severity.ERROR,
      "A part of the entry table cannot be read: which sectors its blocks hold is unknown, and the"
          + " driver shows none of the cached blocks.",
      "Image the device with ddrescue and work on the copy."),
  /** Two copies with one sequence. */
  TWINS(
      "WC-TWINS",
      Severity.ERROR,
      "Two committed entries name the same sector with the same sequence: which is newer is"
          + " unknown; the driver takes the later one and then fails all writes and write-back.",
      "'dmsalvage repair' frees all but one where the blocks tell which; else its --prefer earlier,"
          + " later or entry=INDEX does."),
  /** Two copies with different sequences. */
  SUPERSEDED(
      "WC-SUPERSEDED",
      Severity.NOTE,
      "An older committed copy of a sector is still there, as when a write-back was under way; the"
          + " newer one counts.",
      "Nothing needs to be done; the driver frees it."),
  /** Written and not committed. */
  UNCOMMITTED(
      "WC-UNCOMMITTED",
      Severity.NOTE,
      "Entries were written and never committed, so no flush had acknowledged them; the driver"
          + " discards them.",
      "Nothing needs to be done."),
  /** An entry of a commit that the superblock has not begun. */
  SEQUENCE_AHEAD(
      "WC-SEQUENCE-AHEAD",
      Severity.ERROR,
      "An entry belongs to a later commit than the superblock's: the superblock went back in time"
          + " or the entry is damaged; the driver discards it.",
      "Compare the superblock with the greatest sequence in the entry table."),
  /** An address inside a block. */
  UNALIGNED(
      "WC-UNALIGNED",
      Severity.ERROR,
      "A committed entry's address is no multiple of the block size: reads of that block fail, and"
          + " write-back would write across two blocks.",
      "Free the entry."),
  /** An address behind the end of the origin. */
  BEYOND_BACKING(
      "WC-BEYOND-BACKING",
      Severity.WARNING,
      "A committed entry's address is behind the end of the backing device: nothing can read it,"
          + " write-back drops it (before version 1.4.0: fails).",
      "Make sure that this is the right backing device, whole."),
  /** An address that no device has. */
  ADDRESS_ABSURD(
      "WC-ADDRESS-ABSURD",
      Severity.ERROR,
      "A committed entry's address is beyond what any device can have.",
      "Free the entry."),
  /** A free entry with rubbish in it. */
  FREE_ADDRESS(
      "WC-FREE-ADDRESS",
      Severity.NOTE,
      "A free entry keeps an address that it cannot have had.",
      "Nothing needs to be done."),
  /** A block of a committed entry is outside the image. */
  DATA_MISSING(
      "WC-DATA-MISSING",
      Severity.ERROR,
      "The block of a committed entry lies beyond the end of the image.",
      "Image the whole device."),
  /** A block of a committed entry cannot be read. */
  DATA_UNREADABLE(
      "WC-DATA-UNREADABLE",
      Severity.ERROR,
      "The block of a committed entry cannot be read; its newest contents are lost.",
      "Image the device with ddrescue and work on the copy."),
  /** What was asked for lies in the past, of which a cache forgets most. */
  BEYOND_AS_OF(
      "WC-BEYOND-AS-OF",
      Severity.WARNING,
      "As of the point in time that was asked for, it cannot be known what the sectors held: a"
          + " later commit has them, they were overwritten in place, or written back since.",
      "None: nothing else is left of them."),
  /** There is nothing to verify. */
  NO_CHECKSUMS(
      "WC-NO-CHECKSUMS",
      Severity.NOTE,
      "This format has no checksums: the blocks were read, but their contents cannot be proved.",
      "Nothing can be done.");

  private final About about;

  WritecacheCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  @Override
  public About about() {
    return about;
  }
}
