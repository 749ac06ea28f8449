package org.dmsalvage.inspect.format.writeboost;

/** Finds out about single slots of a table whose checksums were not looked at. */
final class SlotVerifier {

  private final SegmentTable table;

  SlotVerifier(SegmentTable table) {
    this.table = table;
  }

  /** {@return the state of a slot, never {@link SlotState#UNCHECKED}; reads the segment} */
  SlotState state(int slot) {
    SlotState state = table.state(slot);
    if (state != SlotState.UNCHECKED) {
      return state;
    }
    Integer computed = table.computeChecksum(slot);
    if (computed == null) {
      return SlotState.PARTLY_READABLE;
    }
    return computed == table.mark(slot) ? SlotState.SEALED : SlotState.TORN;
  }
}
