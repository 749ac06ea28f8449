package org.dmsalvage.inspect.format.writeboost;

import java.util.ArrayList;
import java.util.List;

/**
 * How the driver goes through a plog device before it replays the cache (find_min_id_plog and
 * flush_plogs; rule P4): from the smallest head id on while each next plog segment has the next id.
 * Each one that it reaches is rebuilt and written over its slot, whatever the slot holds.
 *
 * @param reached the plog segments that it rebuilds, in its order
 */
public record PlogWalk(List<PlogSegment> reached) {

  /** Keeps a copy. */
  public PlogWalk {
    reached = List.copyOf(reached);
  }

  /** Walks through what a scan found. */
  public static PlogWalk of(PlogScan scan) {
    List<PlogSegment> ring =
        scan.segments().stream().filter(segment -> segment.place() < scan.ring()).toList();
    int start = -1;
    // The greatest id is what the driver begins its search for the smallest with.
    long smallest = -1;
    for (int i = 0; i < ring.size(); i++) {
      long id = ring.get(i).headId();
      if (id != 0 && Long.compareUnsigned(id, smallest) < 0) {
        smallest = id;
        start = i;
      }
    }
    List<PlogSegment> reached = new ArrayList<>();
    for (int i = 0; start >= 0 && i < ring.size(); i++) {
      PlogSegment segment = ring.get((start + i) % ring.size());
      if (segment.headId() != smallest + i) {
        break;
      }
      reached.add(segment);
    }
    return new PlogWalk(reached);
  }

  /** {@return whether the walk comes to a plog segment} */
  public boolean reaches(PlogSegment segment) {
    return reached.stream().anyMatch(other -> other.place() == segment.place());
  }

  /** {@return the plogs that the driver takes from a segment it reaches: those before any gap} */
  public static List<Plog> taken(PlogSegment segment) {
    return segment.plogs().stream()
        .filter(plog -> !plog.behindGap())
        .takeWhile(
            plog -> plog.state() == Plog.State.GOOD || plog.state() == Plog.State.IMPLAUSIBLE)
        .toList();
  }

  /** {@return the cache as it is after the driver wrote all rebuilt segments} */
  public SegmentTable applyTo(SegmentTable table) {
    SegmentTable after = table;
    for (PlogSegment segment : reached) {
      if (table.slots() == 0) {
        return table;
      }
      int slot = (int) table.geometry().slotOf(segment.headId());
      List<Plog> taken = taken(segment);
      int length = taken.stream().mapToInt(plog -> plog.meta().idx() + 1).max().orElse(0);
      after =
          taken.isEmpty()
              ? after.overwrite(slot, 0, 0, 0, SlotState.EMPTY)
              : after.overwrite(slot, segment.headId(), 0, length & 255, SlotState.SEALED);
    }
    return after;
  }
}
