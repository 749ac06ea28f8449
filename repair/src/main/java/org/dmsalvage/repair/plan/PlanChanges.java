package org.dmsalvage.repair.plan;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.undo.Changes;

/** The sectors that a run of actions touches, as they will be when the whole plan is done. */
public final class PlanChanges implements Changes {

  private static final long SECTOR = BlockSource.SECTOR_BYTES;

  private final BlockSource repaired;
  private final long base;

  /** Ends of the ranges by their starts, in bytes of the image; in whole sectors, apart. */
  private final NavigableMap<Long, Long> ranges = new TreeMap<>();

  /**
   * Gathers sectors.
   *
   * @param actions on one image
   * @param repaired the image with the plan done
   * @param base where it begins on the device that is written, in bytes, a multiple of 512
   */
  public PlanChanges(List<Action> actions, BlockSource repaired, long base) {
    this.repaired = repaired;
    this.base = base;
    for (Action action : actions) {
      long start = action.offset() / SECTOR * SECTOR;
      long end = (action.end() + SECTOR - 1) / SECTOR * SECTOR;
      add(start, Math.min(end, repaired.size()));
    }
  }

  private void add(long from, long to) {
    long start = from;
    long end = to;
    Map.Entry<Long, Long> other = ranges.floorEntry(end);
    while (other != null && other.getValue() >= start) {
      start = Math.min(start, other.getKey());
      end = Math.max(end, other.getValue());
      ranges.remove(other.getKey());
      other = ranges.floorEntry(end);
    }
    ranges.put(start, end);
  }

  /** {@return the bytes of all ranges} */
  public long bytes() {
    return ranges.entrySet().stream().mapToLong(e -> e.getValue() - e.getKey()).sum();
  }

  @Override
  public void forEachRange(Ranges sink) {
    ranges.forEach((start, end) -> sink.range(base + start, end - start));
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    return repaired.readAround(offset - base, target).stream()
        .map(range -> new ByteRange(range.offset() + base, range.length()))
        .toList();
  }
}
