package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogSegment;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.replay.undo.UndoTarget.Role;

/**
 * The persistent log. A driver begins at the smallest head, and stops at the first that is not the
 * next one; whatever it reaches it writes over its slot (rules P4 to P6). So the heads of all plog
 * segments that are not needed are cleared, which the driver of 2014 was seen to accept. If what is
 * needed is still not all reached, it is written to the cache as the driver would, without its
 * gaps, and those heads are cleared, too.
 */
final class PlogRepair {

  /** What makes it necessary. */
  private static final List<FindingCode> TROUBLE =
      List.of(
          WriteboostCode.PLOG_IGNORED,
          WriteboostCode.PLOG_OVER_NEWER,
          WriteboostCode.PLOG_REUSED,
          WriteboostCode.PLOG_HOLE);

  private static final String REPLACED =
      "none: the segment is made of all that is whole in these plogs";

  private final LogAnalysis log;
  private final PlogScan plogs;
  private final ActionList actions;

  PlogRepair(LogAnalysis log, PlogScan plogs, ActionList actions) {
    this.log = log;
    this.plogs = plogs;
    this.actions = actions;
  }

  void plan(Findings findings) {
    FindingCode trouble =
        findings.kept().stream()
            .filter(finding -> finding.severity() != Severity.NOTE)
            .map(Finding::code)
            .filter(TROUBLE::contains)
            .findFirst()
            .orElse(null);
    if (trouble == null || !actions.wants(trouble)) {
      return;
    }
    List<PlogSegment> needed = new ArrayList<>();
    for (PlogSegment segment : plogs.segments()) {
      if (needed(segment)) {
        needed.add(segment);
      } else if (segment.headId() != 0) {
        clearHead(segment, why(segment, trouble));
      }
    }
    if (!actions.isEmpty()) {
      return;
    }
    for (PlogSegment segment : needed) {
      rebuild(segment, trouble);
    }
    for (PlogSegment segment : needed) {
      clearHead(
          segment,
          new Why(trouble, "the segment of these plogs is on the cache now", REPLACED, ""));
    }
  }

  private Why why(PlogSegment segment, FindingCode trouble) {
    String id = Long.toUnsignedString(segment.headId());
    return sealed(segment)
        ? new Why(
            trouble,
            "segment %s is whole on the cache: a driver must not take its plogs".formatted(id),
            "none: the checksum of the segment fits, and covers all that its plogs hold",
            "")
        : new Why(
            trouble,
            "id %s is no part of the log: a driver must not take its plogs".formatted(id),
            "if the log went on after its newest segment, these plogs are of it",
            "these plogs, which salvage does not take either");
  }

  /** As salvage decides. */
  private boolean needed(PlogSegment segment) {
    long id = segment.headId();
    boolean inRing = segment.place() < plogs.ring() && segment.inPlace(plogs.ring());
    if (!inRing || !log.shown().contains(id) || segment.good().isEmpty()) {
      return false;
    }
    return !sealed(segment);
  }

  private boolean sealed(PlogSegment segment) {
    int slot = log.table().slotHolding(segment.headId());
    return slot >= 0 && log.table().state(slot) == SlotState.SEALED;
  }

  /** The id, of which a driver takes 0 for an empty plog segment. */
  private void clearHead(PlogSegment segment, Why why) {
    actions.add(Role.PLOG, segment.offset(), new byte[Long.BYTES], why);
  }

  private void rebuild(PlogSegment segment, FindingCode code) {
    SegmentBuilder builder = new SegmentBuilder(segment.headId());
    segment.good().forEach(plog -> builder.add(plogs.source(), plog));
    SegmentTable table = log.table();
    int slot = (int) table.geometry().slotOf(segment.headId());
    ByteBuffer built = builder.build();
    byte[] bytes = new byte[built.remaining()];
    built.get(bytes);
    boolean used = table.state(slot) != SlotState.EMPTY;
    String old = Long.toUnsignedString(table.id(slot));
    actions.add(
        Role.CACHE,
        table.startByte(slot),
        bytes,
        new Why(
            code,
            "segment %s, put together from its %d plogs, which a driver does not all reach"
                .formatted(Long.toUnsignedString(segment.headId()), segment.good().size()),
            "none for data whose flush was acknowledged: only plogs that are not whole are left"
                + " out",
            used ? "what the slot holds of id " + old + ", which salvage does not take" : ""));
  }
}
