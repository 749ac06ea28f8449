package org.dmsalvage.inspect.format.insitu;

import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Severity;

/** Findings about an insitu-comp device. */
public enum InsituCode implements FindingCode {
  /** The superblock cannot be read. */
  SUPERBLOCK_UNREADABLE(
      "IN-SUPERBLOCK-UNREADABLE",
      Severity.ERROR,
      "The superblock cannot be read: the driver refuses the device; the sizes follow from the"
          + " device's, the compressor is found by trying.",
      "Salvage onto a new image, or write the superblock anew on a copy."),
  /** The magic number is wrong. */
  MAGIC(
      "IN-MAGIC",
      Severity.ERROR,
      "The magic number is wrong: the driver formats the device without a word, and all data"
          + " becomes unreachable.",
      "Do not attach the device; restore the magic number first."),
  /** The version is not 1. */
  VERSION(
      "IN-VERSION",
      Severity.ERROR,
      "The version is none that any driver knows: it refuses the device.",
      "Restore version 1 if the rest of the superblock is right."),
  /** The superblock's counts are not those of the device's size. */
  GEOMETRY(
      "IN-GEOMETRY",
      Severity.ERROR,
      "The superblock does not fit the size of the device, which was cut, grown or damaged: the"
          + " driver refuses it.",
      "Image the whole device, or cut the image to the size that the superblock describes."),
  /** The driver cannot work with a device of this size. */
  SIZE_UNUSABLE(
      "IN-SIZE-UNUSABLE",
      Severity.ERROR,
      "For a device of this size the driver computes no bitmap that fits: it writes a"
          + " superblock and fails.",
      "Use a device that is larger or smaller by one block."),
  /** The driver gets the number of blocks of this size wrong, and works all the same. */
  SIZE_WRAPPED(
      "IN-SIZE-WRAPPED",
      Severity.WARNING,
      "The driver believes in 2^32 more blocks than there are: those behind the end fail.",
      "Keep the logical device's length to the blocks that exist."),
  /** comp_alg is none that exists. */
  ALGORITHM(
      "IN-ALGORITHM",
      Severity.ERROR,
      "The compressor's number is none that exists: the driver reads behind a table and"
          + " crashes.",
      "Restore the number of the compressor whose payloads the device holds."),
  /** The payloads are of the other compressor. */
  ALGORITHM_MISMATCH(
      "IN-ALGORITHM-MISMATCH",
      Severity.ERROR,
      "The payloads are those of the other compressor: the driver can read no compressed"
          + " extent.",
      "Restore the number of the compressor whose payloads the device holds."),
  /** Bits cannot be read. */
  BITMAP_UNREADABLE(
      "IN-BITMAP-UNREADABLE",
      Severity.ERROR,
      "The bits of these blocks cannot be read: the driver refuses the device, and nothing says"
          + " where their payloads begin.",
      "Image the device with ddrescue; payloads that prove themselves can be searched for."),
  /** The bitmap was never cleared. */
  INTERRUPTED_CREATION(
      "IN-INTERRUPTED-CREATION",
      Severity.ERROR,
      "The bitmap holds what stood there before the device was formatted: formatting wrote the"
          + " superblock and was cut off before the bitmap.",
      "Clear the bitmap if the device was never used; nothing is lost then."),
  /** Tails with no head before them. */
  TAIL_WITHOUT_HEAD(
      "IN-TAIL-WITHOUT-HEAD",
      Severity.ERROR,
      "These blocks continue an extent that has no beginning: reading block 0 as a tail crashes"
          + " the driver.",
      "Search for a payload at the first of these blocks."),
  /** An extent of more than 32 blocks. */
  TOO_LONG(
      "IN-EXTENT-TOO-LONG",
      Severity.ERROR,
      "No write makes an extent of more than 32 blocks: a head was lost in between, or the bits"
          + " are damaged.",
      "Search the aligned 128 KiB runs for payloads that prove themselves."),
  /** An extent of more than 8191 blocks. */
  ENDLESS(
      "IN-EXTENT-ENDLESS",
      Severity.ERROR,
      "The driver counts the sectors of an extent in 16 bits: reading the end of this one never"
          + " returns.",
      "Do not attach the device before the bitmap is repaired."),
  /** An extent crosses an aligned 128 KiB. */
  CROSSES(
      "IN-EXTENT-CROSSES",
      Severity.ERROR,
      "No write makes an extent that crosses an aligned 128 KiB: the head of the second part"
          + " was lost.",
      "Search for a payload at the border."),
  /** A block with more than 8 payload sectors. */
  NIBBLE(
      "IN-NIBBLE",
      Severity.ERROR,
      "A block cannot have more than 8 sectors of payload; the driver counts them as they"
          + " stand.",
      "Recompute the number from the payload."),
  /** More payload than the blocks have room for. */
  PAYLOAD_SUM(
      "IN-PAYLOAD-SUM",
      Severity.ERROR,
      "The payload is said to be larger than the extent: the driver reads into the next one.",
      "Recompute the numbers from the payload."),
  /** Payload sectors are not handed out from the head on. */
  PAYLOAD_SPREAD(
      "IN-PAYLOAD-SPREAD",
      Severity.WARNING,
      "The driver gives 8 payload sectors to each block from the head on; here a later block"
          + " has more than an earlier one, so a head may have been lost.",
      "Search the extent for payloads that prove themselves."),
  /** Tails but no payload. */
  EMPTY_EXTENT(
      "IN-EMPTY-EXTENT",
      Severity.WARNING,
      "An extent with tails and no payload reads as zeros, and no write leaves one: its head"
          + " was cleared.",
      "Search the extent for payloads that prove themselves."),
  /** Bits behind the last block are set. */
  BITS_BEHIND_END(
      "IN-BITS-BEHIND-END",
      Severity.NOTE,
      "Bits behind the last block are set: old contents or uninitialised memory that the driver"
          + " wrote. They mean nothing.",
      "Nothing needs to be done."),
  /** Payload and bitmap contradict each other. */
  STALE(
      "IN-STALE-BITMAP",
      Severity.ERROR,
      "A payload that proves itself stands here, but the bitmap describes another extent: one"
          + " of the two was not written. The driver fails, or returns memory it never wrote to.",
      "Describe the payload that is there; search for what else the extent held."),
  /** The trailing length is wrong. */
  TRAILER(
      "IN-TRAILER",
      Severity.ERROR,
      "The payload decompresses to exactly its extent, but the length behind it is another one:"
          + " the driver cannot read it with lzo; deflate ends by itself.",
      "Write the length that the payload has."),
  /** The payload ends early. */
  SHORT(
      "IN-SHORT",
      Severity.ERROR,
      "The payload decompresses to less than the extent: the driver does not notice and returns"
          + " memory it never wrote to for the rest.",
      "Search the extent for payloads that prove themselves."),
  /** The payload does not decompress. */
  UNDECODABLE(
      "IN-UNDECODABLE",
      Severity.ERROR,
      "The payload does not decompress: every read of the extent fails.",
      "Search the extent for payloads that prove themselves."),
  /** Part of a payload cannot be read. */
  EXTENT_UNREADABLE(
      "IN-EXTENT-UNREADABLE",
      Severity.ERROR,
      "Part of the payload cannot be read: the driver fails for the whole extent.",
      "Image the device with ddrescue; what decompresses before the gap can be kept."),
  /** Compressed bytes where plain ones should be. */
  STORED_COMPRESSED(
      "IN-STORED-COMPRESSED",
      Severity.WARNING,
      "A payload that proves itself stands where the bitmap says that the data is stored as it"
          + " is: the bitmap is probably older, and the driver returns compressed bytes.",
      "Describe the payload that is there, unless the device holds images of such devices."),
  /** A payload where the bitmap says that nothing was ever written. */
  UNDESCRIBED_PAYLOAD(
      "IN-UNDESCRIBED-PAYLOAD",
      Severity.WARNING,
      "A payload that proves itself stands in blocks that the bitmap calls never written: it is"
          + " newer than the bitmap, or older than the device's last formatting; the driver"
          + " returns zeros.",
      "Describe the payload, unless the device was formatted over an older one."),
  /** Bytes that prove nothing where the bitmap says that nothing was ever written. */
  UNDESCRIBED_DATA(
      "IN-UNDESCRIBED-DATA",
      Severity.NOTE,
      "Blocks that the bitmap calls never written hold bytes that nothing proves: data stored"
          + " without compression after the bitmap was written, or what stood there before the"
          + " device was formatted. They read as zeros.",
      "Nothing can be done."),
  /** Extents stored without compression. */
  STORED_UNPROVEN(
      "IN-STORED-UNPROVEN",
      Severity.NOTE,
      "Extents that are stored without compression carry no checksum: they can be read, but not"
          + " proved.",
      "Nothing can be done.");

  private final About about;

  InsituCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  /** {@return the code of an extent that is found in a state} */
  public static InsituCode of(ExtentState state) {
    return switch (state) {
      case UNWRITTEN -> EMPTY_EXTENT;
      case UNPROVEN, OK -> STORED_UNPROVEN;
      case STALE -> STALE;
      case DOUBTFUL -> TRAILER;
      case SHORT -> SHORT;
      case DAMAGED -> UNDECODABLE;
      case UNREADABLE -> EXTENT_UNREADABLE;
      case HEADLESS -> TAIL_WITHOUT_HEAD;
      case UNKNOWN -> BITMAP_UNREADABLE;
    };
  }

  @Override
  public About about() {
    return about;
  }
}
