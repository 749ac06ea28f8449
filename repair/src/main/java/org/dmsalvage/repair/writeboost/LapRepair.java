package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.Metablock2013;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader2013;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.ActionList;
import org.dmsalvage.repair.plan.ActionList.Why;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.dmsalvage.replay.writeboost.SalvagedSegments;

/**
 * Segments of 2013. That driver begins at the smallest id and goes on as long as ids rise and laps
 * agree; an id of 0 ends its walk, too (rule F6). So what salvage does not apply before its first
 * and behind its last segment gets the id 0, and in between an empty segment of the id that belongs
 * there, as the driver itself writes them: one metablock without dirty bits (rules F3, F7).
 */
final class LapRepair {

  /** Header and first metablock of a segment. */
  private static final int FILLER_BYTES = SegmentHeader2013.METABLOCKS + Metablock2013.BYTES;

  private final SalvagedSegments segments;
  private final SegmentTable table;
  private final ActionList actions;

  private LapRepair(SalvagedSegments segments, ActionList actions) {
    this.segments = segments;
    this.table = segments.log().table();
    this.actions = actions;
  }

  /** Plans, if the driver would show anything else than salvage. */
  static void plan(OpenRequest images, ActionList actions, Progress progress) {
    ReplayReport report =
        Replayers.replay(ReplayRequest.of(images, Policy.SALVAGE, progress)).report();
    boolean accepted = report.driver().filter(d -> d.outcome() == Outcome.ACCEPT).isPresent();
    boolean[] differs = {!accepted};
    report.differences().ifPresent(d -> d.forEach((_, _, _, _) -> differs[0] = true));
    if (differs[0]) {
      new LapRepair(SalvagedSegments.of(images, progress), actions).plan();
    }
  }

  private void plan() {
    WriteboostGeometry geometry = table.geometry();
    LogAnalysis log = segments.log();
    int[] applied =
        Arrays.stream(log.salvageOrder(log.shown())).filter(segments::applies).toArray();
    long first = applied.length == 0 ? 1 : table.id(applied[0]);
    long count = applied.length == 0 ? 0 : table.id(applied[applied.length - 1]) - first + 1;
    for (int slot = 0; slot < table.slots(); slot++) {
      if (segments.applies(slot)) {
        continue;
      }
      long ahead = Math.floorMod(slot - geometry.slotOf(first), table.slots());
      if (ahead < count) {
        fill(slot, first + ahead);
      } else if (table.state(slot) != SlotState.EMPTY) {
        clear(slot);
      }
    }
  }

  /** An empty segment in the middle of the log. */
  private void fill(int slot, long id) {
    int lap = (int) table.geometry().lapOf(id);
    byte[] bytes = header(slot, FILLER_BYTES);
    ByteBuffer filler = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    new SegmentHeader2013(id, 1, lap).encode(filler, 0);
    new Metablock2013(0, 0, lap).encode(filler, SegmentHeader2013.METABLOCKS);
    put(
        slot,
        bytes,
        "an empty segment %s takes its place, so that the driver goes on behind it"
            .formatted(Long.toUnsignedString(id)));
  }

  private void clear(int slot) {
    put(slot, header(slot, Long.BYTES), "the driver must not begin or go on with it");
  }

  /** A header that cannot be read is written as a whole sector, which may make it readable. */
  private byte[] header(int slot, int bytes) {
    boolean readable = table.state(slot) != SlotState.UNREADABLE;
    return new byte[readable ? bytes : BlockSource.SECTOR_BYTES];
  }

  private void put(int slot, byte[] header, String what) {
    boolean empty = table.state(slot) == SlotState.EMPTY;
    String segment = empty ? "slot " + slot : "segment " + Long.toUnsignedString(table.id(slot));
    actions.add(
        Role.CACHE,
        table.startByte(slot),
        header,
        new Why(
            segments.code(slot),
            "%s: %s; %s".formatted(segment, segments.reason(slot), what),
            empty
                ? "none: the slot holds no segment"
                : "if salvage is wrong about this segment, its blocks are needed",
            empty ? "" : "its blocks, which salvage does not take either"));
  }
}
