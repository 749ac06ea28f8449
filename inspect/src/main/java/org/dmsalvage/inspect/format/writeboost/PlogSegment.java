package org.dmsalvage.inspect.format.writeboost;

import java.util.List;

/**
 * A segment of a plog device.
 *
 * @param place its index on the device, from 0
 * @param offset its first byte on the device
 * @param headId the id in its first sector, unsigned; if that cannot be read, the greatest id of a
 *     whole plog behind it; 0 if it was never used or there is none
 * @param headReadable whether the first sector can be read
 * @param plogs what was found in it, in the order on the device
 */
public record PlogSegment(
    int place, long offset, long headId, boolean headReadable, List<Plog> plogs) {

  /** Keeps a copy of the plogs. */
  public PlogSegment {
    plogs = List.copyOf(plogs);
  }

  /** {@return the plogs of the head's id that are whole and possible, in the order written} */
  public List<Plog> good() {
    return plogs.stream().filter(plog -> plog.state() == Plog.State.GOOD).toList();
  }

  /** {@return how many plogs are in a state} */
  public long count(Plog.State state) {
    return plogs.stream().filter(plog -> plog.state() == state).count();
  }

  /** {@return whether its head stands where a ring of {@code ring} segments has it} */
  public boolean inPlace(long ring) {
    return headId != 0 && Long.remainderUnsigned(headId - 1, ring) == place;
  }
}
