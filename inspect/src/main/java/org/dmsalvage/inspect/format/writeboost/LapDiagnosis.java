package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection.Kind;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteChange;

/**
 * What the laps of 2013 prove about one segment. The lap stands in the header and once more in each
 * metablock, and with the slot gives the id: (lap - 1) * S + slot + 1.
 *
 * <ul>
 *   <li>All laps agree, and the id is not in its place: the laps are right.
 *   <li>All laps of the metablocks fit the id, but not the header's: that one is damaged.
 *   <li>All laps fit the id but that of one metablock, which differs within one byte: that one is
 *       damaged, if it stands in a sector of which something else has arrived. Otherwise it may be
 *       what was there before a write that was cut off (rule F12).
 * </ul>
 *
 * <p>Of the data nothing can be proved in 2013.
 */
final class LapDiagnosis {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final LogAnalysis log;
  private final SegmentTable table;
  private final SegmentRules rules;
  private final int slot;
  private final ByteBuffer header;
  private final int length;

  /**
   * Prepares.
   *
   * @param log the log
   * @param rules what is possible
   * @param slot where the segment stands
   * @param header the header area, from index 0, little-endian
   */
  LapDiagnosis(LogAnalysis log, SegmentRules rules, int slot, ByteBuffer header) {
    this.log = log;
    this.table = log.table();
    this.rules = rules;
    this.slot = slot;
    this.header = header;
    this.length = table.length(slot);
  }

  SegmentDiagnosis diagnose() {
    int most = Math.min(table.geometry().blocksPerSegment(), Convention.LAPS.metablocksInHeader());
    if (length == 0 || length > most) {
      return open("its length is impossible, and nothing says what it was");
    }
    if (!rules.possible(header, length)) {
      return open("its metablocks are not possible");
    }
    return log.role(slot) == Role.CURRENT ? laps() : id();
  }

  private SegmentDiagnosis open(String remark) {
    return SegmentDiagnosis.open(slot, remark);
  }

  private SegmentDiagnosis id() {
    if (table.state(slot) != SlotState.SEALED) {
      return open("nor do its laps agree");
    }
    long lap = Integer.toUnsignedLong(table.mark(slot));
    long id = (lap - 1) * table.slots() + slot + 1;
    long newest = log.newestId();
    boolean inLog = lap > 0 && newest != 0 && (log.shown().contains(id) || id == newest + 1);
    if (!inLog) {
      return open("its laps do not fit the log either");
    }
    SegmentHeader2013 right = new SegmentHeader2013(id, length, table.mark(slot));
    return correct(
        Kind.ID, right, "all its %d laps say so, and the slot fits".formatted(length + 1));
  }

  private SegmentDiagnosis laps() {
    int right = (int) table.geometry().lapOf(table.id(slot));
    int wrong = 0;
    int last = -1;
    for (int i = 0; i < length; i++) {
      if (Convention.LAPS.lap(header, 0, i) != right) {
        wrong++;
        last = i;
      }
    }
    boolean headerRight = table.mark(slot) == right;
    if (wrong == 0) {
      SegmentHeader2013 corrected = new SegmentHeader2013(table.id(slot), length, right);
      return correct(
          Kind.LAP, corrected, "the laps of all its %d metablocks fit the id".formatted(length));
    }
    if (!headerRight || wrong > 1) {
      return open(
          "%d of its %d laps do not fit".formatted(wrong + (headerRight ? 0 : 1), length + 1));
    }
    List<ByteChange> changes = lapChanges(last, right);
    if (changes.size() != 1 || length < 2 || !arrived(last, right)) {
      return open("the lap of its metablock %d may be what was there before".formatted(last));
    }
    return SegmentDiagnosis.proved(
        new SegmentCorrection(
            slot,
            Kind.METABLOCK_LAP,
            table.id(slot),
            length,
            right,
            changes,
            "the lap of metablock %d; all others fit the id".formatted(last)));
  }

  /** Whether all sectors that hold the lap of a metablock hold something else that is right. */
  private boolean arrived(int metablock, int right) {
    int lap = lapOffset(metablock);
    for (int sector = lap / SECTOR; sector <= (lap + 3) / SECTOR; sector++) {
      boolean seen = sector == 0;
      for (int i = 0; i < length && !seen; i++) {
        int other = lapOffset(i);
        seen =
            i != metablock
                && other / SECTOR == sector
                && (other + 3) / SECTOR == sector
                && Convention.LAPS.lap(header, 0, i) == right;
      }
      if (!seen) {
        return false;
      }
    }
    return true;
  }

  private static int lapOffset(int metablock) {
    return Convention.LAPS.metablockOffset(metablock) + Metablock2013.BYTES - Integer.BYTES;
  }

  private List<ByteChange> lapChanges(int metablock, int right) {
    ByteBuffer corrected = ByteBuffer.allocate(header.limit()).order(header.order());
    corrected.put(0, header, 0, header.limit());
    corrected.putInt(lapOffset(metablock), right);
    return changes(corrected);
  }

  private SegmentDiagnosis correct(Kind kind, SegmentHeader2013 right, String reason) {
    ByteBuffer corrected = ByteBuffer.allocate(header.limit()).order(header.order());
    corrected.put(0, header, 0, header.limit());
    right.encode(corrected, 0);
    return SegmentDiagnosis.proved(
        new SegmentCorrection(
            slot, kind, right.id(), length, right.lap(), changes(corrected), reason));
  }

  private List<ByteChange> changes(ByteBuffer right) {
    return SegmentCorrection.differences(header, right, table.startByte(slot));
  }
}
