package org.dmsalvage.repair.writeboost;

import java.util.Arrays;
import java.util.BitSet;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogWalk;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrections;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/**
 * Segments of the formats with a checksum. If a driver would not apply exactly the segments that
 * salvage applies, in the same order, the ids of all others become 0: a driver skips them and comes
 * to everything behind them (rules W14 to W19).
 */
final class SegmentRepair {

  /** Choice: damaged segments stay in the log with what is left of them. */
  static final String KEEP = "keep-damaged";

  /** Choice: damaged segments stay as they are, so that a driver stops at the first. */
  static final String STOP = "stop-at-damaged";

  private final LogAnalysis log;
  private final ActionList actions;
  private final Wishes wishes;
  private final long backingSectors;
  private final boolean cleanAllowed;

  /**
   * Prepares.
   *
   * @param log of the cache and the plog device
   * @param actions receives the actions
   * @param wishes what is to be done with damaged segments
   * @param backingSectors size of the backing device as far as it is known
   * @param cleanAllowed whether the driver knows metablocks without dirty bits
   */
  SegmentRepair(
      LogAnalysis log,
      ActionList actions,
      Wishes wishes,
      long backingSectors,
      boolean cleanAllowed) {
    this.log = log;
    this.actions = actions;
    this.wishes = wishes;
    this.backingSectors = backingSectors;
    this.cleanAllowed = cleanAllowed;
  }

  /**
   * Plans.
   *
   * @param plogs the plog device; null if there is none
   * @param corrections what can be proved of damaged segments: those are not taken out, even if
   *     their correction is not wanted
   */
  void plan(@Nullable PlogScan plogs, SegmentCorrections corrections) {
    SegmentTable table = log.table();
    LogAnalysis seen = log;
    if (plogs != null) {
      SegmentTable flushed = PlogWalk.of(plogs).applyTo(table);
      seen = LogAnalysis.of(flushed, plogs, log.rambufPool());
    }
    int[] wanted = seen.salvageOrder(seen.shown());
    if (Arrays.equals(wanted, seen.driverOrder())) {
      return;
    }
    BitSet kept = new BitSet();
    Arrays.stream(wanted).forEach(kept::set);
    corrections.corrections().forEach(correction -> kept.set(correction.slot()));
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (table.state(slot) == SlotState.UNREADABLE) {
        clearUnreadable(slot);
      } else if (!kept.get(slot)) {
        treat(slot);
      }
    }
  }

  /** A whole sector can be written where none can be read. */
  private void clearUnreadable(int slot) {
    actions.add(
        Role.CACHE,
        log.table().startByte(slot),
        new byte[BlockSource.SECTOR_BYTES],
        why(
            WriteboostCode.UNREADABLE,
            "the header in slot %d cannot be read: the attach fails".formatted(slot),
            "a further reading of the medium may still bring the header back",
            "what the slot holds, which nobody can tell without its header"));
  }

  private void treat(int slot) {
    SegmentTable table = log.table();
    boolean damaged =
        table.inSlot(slot)
            && log.shown().contains(table.id(slot))
            && table.state(slot) != SlotState.SEALED
            && slot != log.slotReuseTear()
            && table.id(slot) != log.newestId();
    if (damaged && wishes.prefers(STOP)) {
      return;
    }
    boolean possible = table.length(slot) <= table.geometry().blocksPerSegment();
    if (damaged && possible && wishes.prefers(KEEP)) {
      keep(slot);
    } else {
      actions.add(Role.CACHE, table.startByte(slot), new byte[Long.BYTES], why(log, slot));
    }
  }

  private void keep(int slot) {
    DamagedSegment segment = new DamagedSegment(log.table(), slot);
    byte[] sealed = segment.seal(backingSectors, cleanAllowed);
    int blocks = DamagedSegment.blocks(sealed);
    Why why = why(log, slot);
    actions.add(
        Role.CACHE,
        log.table().startByte(slot),
        sealed,
        new Why(
            why.code(),
            "segment %s is damaged: it is sealed anew with %d of its %d blocks"
                .formatted(Long.toUnsignedString(log.table().id(slot)), blocks, segment.length()),
            "some bytes in these blocks are wrong, and nothing says which",
            blocks < segment.length() ? "the other blocks, which cannot be read or told" : ""));
  }

  private static Why why(LogAnalysis log, int slot) {
    SegmentTable table = log.table();
    String id = "segment " + Long.toUnsignedString(table.id(slot));
    if (slot == log.slotReuseTear()) {
      return why(
          WriteboostCode.SLOT_REUSE,
          id + " was being overwritten: a driver begins here and drops the whole log",
          "none: it was written back before its slot was given to the next segment",
          "");
    }
    return switch (log.role(slot)) {
      case STALE ->
          why(
              WriteboostCode.STALE,
              id + " was written back a lap ago: a driver would apply it over newer data",
              log.ambiguousRun().filter(run -> run.contains(table.id(slot))).isPresent()
                  ? "it may belong to a younger life of the log, after a driver fell back a lap"
                  : "none: it was written back before its slot was given to the segment that is"
                      + " missing there",
              "");
      case AHEAD ->
          why(
              WriteboostCode.AHEAD,
              id + " is farther ahead than the log can be: a driver would begin behind it",
              "if its id is right, the log that salvage shows is not the newest one",
              "its blocks, which salvage does not take either");
      case MISPLACED ->
          why(
              WriteboostCode.MISPLACED,
              id + " belongs to another slot",
              "if nothing but its id is wrong, it is a segment of the log, and its blocks are"
                  + " needed",
              "its blocks, which salvage does not take either");
      case OTHER_LIFE ->
          why(
              WriteboostCode.TWO_LIVES,
              id + " belongs to the older log, which a driver dropped before it began again",
              "if the older log is the wanted one: 'replay --life older' shows what it gives",
              "the older life of the log, as far as it stands here");
      default -> damaged(table, slot, id, log);
    };
  }

  private static Why damaged(SegmentTable table, int slot, String id, LogAnalysis log) {
    String again = "a further reading of the medium may still bring it back";
    String wrong = "if nothing but its length is wrong, its blocks are needed";
    String acknowledged =
        "none for data whose flush was acknowledged, unless the device lost what it had confirmed";
    String lost = "its blocks, as far as they could be carved; salvage does not take them";
    if (table.state(slot) == SlotState.PARTLY_READABLE) {
      return why(WriteboostCode.UNREADABLE, id + " cannot be read: the attach fails", again, lost);
    }
    if (table.length(slot) > table.geometry().blocksPerSegment()) {
      return why(
          WriteboostCode.LENGTH, id + " has an impossible length: a driver stops", wrong, lost);
    }
    return table.id(slot) == log.newestId()
        ? why(
            WriteboostCode.TORN_NEWEST,
            id + " was cut off while it was written",
            acknowledged,
            lost)
        : why(
            WriteboostCode.CHECKSUM,
            id + " is damaged: a driver stops here",
            "older versions of its blocks show; --prefer %s keeps them as they are".formatted(KEEP),
            lost);
  }

  private static Why why(FindingCode code, String reason, String risk, String lost) {
    return new Why(code, reason, risk, lost);
  }
}
