package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * The superblock: the magic number and the order as the segments prove them, and the record, which
 * is only ever cleared (rules W9, W10, W27, W28, F19, F20).
 */
final class SuperblockRepair {

  private static final String AGAIN =
      "segments that were written back are written back once more, in order: harmless unless blocks"
          + " were discarded since";

  private SuperblockRepair() {}

  /** Magic and order. Without a whole segment nothing proves them, and nothing would be lost. */
  static void of(WriteboostReading reading, ActionList actions) {
    if (reading.wholeSegments() == 0) {
      return;
    }
    SuperblockHeader found = reading.superblock().header();
    boolean readable = !unreadable(reading, 0);
    byte[] bytes = new byte[readable ? SuperblockHeader.ORDER + 1 : BlockSource.SECTOR_BYTES];
    ByteBuffer right = ByteBuffer.wrap(bytes);
    new SuperblockHeader(SuperblockHeader.MAGIC, reading.geometry().order())
        .encode(right.order(ByteOrder.LITTLE_ENDIAN), 0);
    String evidence = String.join("; ", reading.evidence());
    String risk =
        reading.wholeSegments() > 1
            ? "none: %d whole segments prove it".formatted(reading.wholeSegments())
            : "only one segment proves it; of two readings it could be the other";
    if (!readable) {
      // A whole sector can be written where none can be read.
      actions.add(
          Role.CACHE,
          0,
          bytes,
          new Why(
              WriteboostCode.MAGIC,
              "the first sector cannot be read: drivers refuse the cache; " + evidence,
              risk,
              ""));
      return;
    }
    if (!found.magicRight()) {
      actions.add(
          Role.CACHE,
          0,
          Arrays.copyOf(bytes, SuperblockHeader.ORDER),
          new Why(
              WriteboostCode.MAGIC,
              "without the magic number drivers format the cache; " + evidence,
              risk,
              ""));
    }
    boolean stored = !reading.format().equals(WriteboostReading.FORMAT_2);
    // Of a superblock that is lost nobody can tell whether it was one of 2014 or of 2.0.0, which
    // does not look at the order.
    boolean maybe = !found.magicRight() && reading.convention() == Convention.RAW_CRC;
    if ((stored || maybe) && found.order() != reading.geometry().order()) {
      actions.add(
          Role.CACHE,
          SuperblockHeader.ORDER,
          new byte[] {bytes[SuperblockHeader.ORDER]},
          new Why(
              WriteboostCode.ORDER,
              "with order %d instead of %d drivers refuse the cache; %s"
                  .formatted(found.order(), reading.geometry().order(), evidence),
              risk,
              ""));
    }
  }

  /** The record, where the check objects to it. */
  static void ofRecord(WriteboostReading reading, Findings findings, ActionList actions) {
    if (unreadable(reading, SuperblockRecord.SECTOR)) {
      actions.add(
          Role.CACHE,
          SuperblockRecord.SECTOR * BlockSource.SECTOR_BYTES,
          new byte[BlockSource.SECTOR_BYTES],
          new Why(WriteboostCode.RECORD, "the record cannot be read: drivers refuse", AGAIN, ""));
      return;
    }
    long record = reading.superblock().record().lastWritebackId();
    Optional<Finding> objection =
        findings.kept().stream().filter(SuperblockRepair::aboutRecord).findFirst();
    if (record == 0 || objection.isEmpty()) {
      return;
    }
    FindingCode code = objection.get().code();
    actions.add(
        Role.CACHE,
        SuperblockRecord.SECTOR * BlockSource.SECTOR_BYTES,
        new byte[Long.BYTES],
        new Why(code, objection.get().message(), AGAIN, ""));
  }

  private static boolean unreadable(WriteboostReading reading, long sector) {
    ByteRange range = new ByteRange(sector * BlockSource.SECTOR_BYTES, BlockSource.SECTOR_BYTES);
    return reading.superblock().unreadable().stream().anyMatch(range::intersects);
  }

  private static boolean aboutRecord(Finding finding) {
    boolean record =
        finding.code() == WriteboostCode.RECORD || finding.code() == WriteboostCode.RECORD_BEYOND;
    return record && finding.severity() != Severity.NOTE;
  }
}
