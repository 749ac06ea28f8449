package org.dmsalvage.replay.writeboost;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;

/**
 * Which slots hold segments that a driver rebuilt from plogs, the last one written to each.
 *
 * @param bySlot numbers of rebuilt segments
 * @param table the headers as they are after that
 */
record PlogHolders(Map<Integer, Integer> bySlot, SegmentTable table) {

  /**
   * Writes segments over slots.
   *
   * @param table the headers as they were
   * @param rebuilt the segments, in the order written
   * @param firstNumber number of the first of them
   */
  static PlogHolders of(SegmentTable table, List<RebuiltSegment> rebuilt, int firstNumber) {
    Map<Integer, Integer> bySlot = new HashMap<>();
    SegmentTable after = table;
    for (int i = 0; i < rebuilt.size(); i++) {
      RebuiltSegment segment = rebuilt.get(i);
      int slot = (int) table.geometry().slotOf(segment.id());
      bySlot.put(slot, firstNumber + i);
      after =
          segment.empty()
              ? after.overwrite(slot, 0, 0, 0, SlotState.EMPTY)
              : after.overwrite(slot, segment.id(), 0, segment.length(), SlotState.SEALED);
    }
    return new PlogHolders(bySlot, after);
  }

  /** {@return whether a slot holds a rebuilt segment, so that what stood there counts no more} */
  boolean overwritten(int slot) {
    return bySlot.containsKey(slot);
  }
}
