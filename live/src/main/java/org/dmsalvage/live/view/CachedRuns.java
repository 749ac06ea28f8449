package org.dmsalvage.live.view;

import java.util.Arrays;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/** Which parts of a recovered device come from the cache: 16 bytes a run. */
public final class CachedRuns implements ExtentMap {

  private final int flag;
  private long[] starts = new long[16];
  private long[] ends = new long[16];
  private int count;

  private CachedRuns(int flag) {
    this.flag = flag;
  }

  /**
   * Lists the runs of a device.
   *
   * @param device a recovered device
   * @param flag what the map says of a byte that comes from the cache; of others it says 0
   */
  public static CachedRuns of(LogicalDevice device, int flag) {
    CachedRuns runs = new CachedRuns(flag);
    device.forEachRun(
        (offset, length, origin) -> {
          if (origin instanceof Origin.Cached) {
            runs.add(offset, offset + length);
          }
        });
    return runs;
  }

  private void add(long start, long end) {
    if (count > 0 && ends[count - 1] == start) {
      ends[count - 1] = end;
      return;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
    }
    starts[count] = start;
    ends[count++] = end;
  }

  @Override
  public Extent at(long offset, long limit) {
    int found = Arrays.binarySearch(starts, 0, count, offset);
    int before = found >= 0 ? found : -found - 2;
    if (before >= 0 && offset < ends[before]) {
      return new Extent(ends[before], flag);
    }
    return new Extent(before + 1 < count ? starts[before + 1] : Math.max(limit, offset + 1), 0);
  }
}
