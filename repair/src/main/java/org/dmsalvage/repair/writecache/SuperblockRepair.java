package org.dmsalvage.repair.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.format.writecache.SequenceSurvey;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * The superblock: its fixed values, the block size and number of blocks from the device's size and
 * the shape of the entry table, and the sequence count from the entries.
 *
 * <p>Nothing on the medium says whether the last commit was completed, if the superblock does not.
 * Its entries count, as salvage has it, unless the user prefers them uncommitted: only entries that
 * no flush had acknowledged could then be too much, while none is missing.
 */
final class SuperblockRepair {

  private static final String KNOWN =
      "none: the driver takes no other value, and the rest is as a driver makes it";
  private static final String TABLE =
      "if the entry table is read in the wrong way, the driver finds no block in its place";

  private static final int AT_VERSION = 4;
  private static final int AT_BLOCK_SIZE = 8;
  private static final int AT_PAD = 12;
  private static final int AT_BLOCK_COUNT = 16;
  private static final int AT_SEQUENCE_COUNT = 24;
  private static final int AT_RESERVED = 32;

  private final WritecacheLayout layout;
  private final Superblock found;
  private final WritecacheGeometry geometry;
  private final Wishes wishes;
  private final ActionList actions;
  private final SequenceSurvey survey;

  SuperblockRepair(WritecacheImage image, Wishes wishes, ActionList actions, Progress progress) {
    this.layout = image.layout();
    this.found = layout.superblock();
    this.geometry = layout.geometry();
    this.wishes = wishes;
    this.actions = actions;
    this.survey = image.sequences(progress);
  }

  void plan() {
    if (layout.trusted()) {
      marks();
      sizes();
      sequence();
      reserved();
    } else {
      rebuild();
    }
  }

  private void rebuild() {
    long count = countFromEntries();
    WritecacheCode code = layout.readable() ? marksCode() : WritecacheCode.SUPERBLOCK_UNREADABLE;
    field(
        0,
        bytes(Superblock.of(geometry, count), 0, Superblock.BYTES),
        new Why(
            code,
            "the driver does not take the cache without its superblock; the entry table has the"
                + " shape of one for %d blocks of %d bytes, as many as the device has room for; "
                    .formatted(geometry.blockCount(), geometry.blockSize())
                + commitReason(count),
            commitRisk(),
            commitLoss()));
  }

  private WritecacheCode marksCode() {
    if (found.unformatted()) {
      return WritecacheCode.WOULD_FORMAT;
    }
    return found.initialisationInterrupted()
        ? WritecacheCode.INTERRUPTED_INIT
        : WritecacheCode.MAGIC;
  }

  /** Magic number and version. */
  private void marks() {
    byte[] right = bytes(Superblock.of(geometry, 0), 0, AT_BLOCK_SIZE);
    if (found.unformatted()) {
      field(
          0,
          right,
          new Why(
              WritecacheCode.WOULD_FORMAT,
              "with magic and version zero the driver formats the cache; the rest of the superblock"
                  + " stands, and fits the device",
              KNOWN,
              ""));
      return;
    }
    String refuses = "the driver refuses the cache; the rest of the superblock fits the device";
    // Entries left over from before are freed first: with the magic number there again they would
    // convict the superblock.
    if (!survey.formatBegun() || survey.greatest() < 0) {
      field(
          0,
          part(right, 0, AT_VERSION),
          new Why(
              marksCode(),
              survey.formatBegun() ? "a format was begun and not ended: this ends it" : refuses,
              survey.formatBegun() ? "none: no entry is left of what was there before" : KNOWN,
              ""));
    }
    field(
        AT_VERSION,
        part(right, AT_VERSION, AT_BLOCK_SIZE),
        new Why(WritecacheCode.VERSION, refuses, KNOWN, ""));
  }

  /** Block size and number of blocks. */
  private void sizes() {
    field(
        AT_BLOCK_SIZE,
        bytes(Superblock.of(geometry, 0), AT_BLOCK_SIZE, AT_PAD),
        new Why(
            WritecacheCode.BLOCK_SIZE,
            "no driver takes a block size of %s; the entry table is one for %d bytes"
                .formatted(Integer.toUnsignedString(found.blockSize()), geometry.blockSize()),
            TABLE,
            ""));
    long count = geometry.blockCount();
    if (WritecacheGeometry.fits(count, layout.bytes(), geometry.blockSize())) {
      blockCount(
          count,
          new Why(
              WritecacheCode.BLOCK_COUNT,
              "%s blocks do not agree with the entry table in %d bytes, which is one for %d"
                  .formatted(Long.toUnsignedString(found.blockCount()), layout.bytes(), count),
              TABLE,
              ""));
      return;
    }
    long shorter = countOfCutImage();
    if (shorter > 0) {
      blockCount(
          shorter,
          new Why(
              WritecacheCode.BEYOND_DEVICE,
              "the driver refuses %d blocks in %d bytes; there is room for %d"
                  .formatted(count, layout.bytes(), shorter),
              "if this is not the whole device, what is missing is needed: look for it first",
              "the blocks from %d on, which the image does not hold".formatted(shorter)
                  + partOf(shorter)));
    }
  }

  /** A driver can be given whole blocks only. */
  private String partOf(long block) {
    long part = layout.start() + layout.bytes() - layout.dataOffset(block);
    return part <= 0
        ? ""
        : "; of block %d it holds %d bytes, which salvage shows: flush first"
            .formatted(block, part);
  }

  private void blockCount(long count, Why why) {
    WritecacheGeometry right = new WritecacheGeometry(geometry.blockSize(), count);
    field(AT_BLOCK_COUNT, bytes(Superblock.of(right, 0), AT_BLOCK_COUNT, AT_SEQUENCE_COUNT), why);
  }

  /**
   * A shorter table moves all blocks, unless it needs as much room as before.
   *
   * @return the number of blocks of the image if the table can be shortened to it; 0 if not
   */
  private long countOfCutImage() {
    long present = layout.presentBlocks();
    boolean stays =
        present > 0
            && new WritecacheGeometry(geometry.blockSize(), present).metadataBytes()
                == geometry.metadataBytes();
    return stays ? present : 0;
  }

  private void sequence() {
    boolean counts = wishes.prefers(WritecacheRepairer.COMMITTED) && survey.greatest() >= 0;
    if (survey.absurd()) {
      count(WritecacheCode.SEQUENCE_ABSURD, "no cache gets to 2^48 commits; ");
    } else if (survey.behind()) {
      count(
          WritecacheCode.SEQUENCE_BEHIND,
          "%d entries have sequences beyond the superblock's %d, which they can only get when it"
                  .formatted(survey.ahead(), found.sequenceCount())
              + " has them; ");
    } else if (survey.formatBegun() && counts) {
      count(WritecacheCode.INTERRUPTED_INIT, "what was there before the format is wanted; ");
    } else if (survey.ahead() > 0 && counts) {
      count(WritecacheCode.SEQUENCE_AHEAD, "the entry that is ahead is taken for right; ");
    }
  }

  private void count(WritecacheCode code, String reason) {
    long count = countFromEntries();
    field(
        AT_SEQUENCE_COUNT,
        bytes(Superblock.of(geometry, count), AT_SEQUENCE_COUNT, AT_RESERVED),
        new Why(code, reason + commitReason(count), commitRisk(), commitLoss()));
  }

  private long countFromEntries() {
    return lastCounts() ? survey.greatest() + 1 : Math.max(0, survey.greatest());
  }

  private boolean lastCounts() {
    return !wishes.prefers(WritecacheRepairer.UNCOMMITTED);
  }

  private String commitReason(long count) {
    if (survey.greatest() < 0) {
      return "no entry is in use, so the sequence count can be 0";
    }
    return "the sequence count becomes %d: the %d entries of the greatest sequence, %d, count as %s"
        .formatted(
            count,
            survey.ofGreatest(),
            survey.greatest(),
            lastCounts() ? WritecacheRepairer.COMMITTED : WritecacheRepairer.UNCOMMITTED);
  }

  private String commitRisk() {
    if (survey.greatest() < 0) {
      return "none: no entry is in use";
    }
    return lastCounts()
        ? "whether the last commit was completed is unknown; --prefer %s leaves its entries out"
            .formatted(WritecacheRepairer.UNCOMMITTED)
        : "whether the last commit was completed is unknown";
  }

  private String commitLoss() {
    return lastCounts() || survey.greatest() < 0
        ? ""
        : "the %d blocks of sequence %d".formatted(survey.ofGreatest(), survey.greatest());
  }

  /** The drivers leave these bytes zero and do not look at them. */
  private void reserved() {
    Why why =
        new Why(
            WritecacheCode.RESERVED,
            "every known driver leaves these bytes zero",
            "none: no known driver looks at them",
            "");
    field(AT_PAD, new byte[AT_BLOCK_COUNT - AT_PAD], why);
    field(AT_RESERVED, new byte[Superblock.BYTES - AT_RESERVED], why);
  }

  private void field(int at, byte[] after, Why why) {
    actions.add(Role.CACHE, layout.start() + at, after, why);
  }

  private static byte[] bytes(Superblock superblock, int from, int to) {
    ByteBuffer all = ByteBuffer.allocate(Superblock.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    superblock.encode(all, 0);
    return part(all.array(), from, to);
  }

  private static byte[] part(byte[] bytes, int from, int to) {
    return Arrays.copyOfRange(bytes, from, to);
  }
}
