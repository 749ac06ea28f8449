package org.dmsalvage.gui.map;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/** What the logical device takes from the cache, and from which cell of it. */
public final class DiskMap {

  /** Bytes of a cell. */
  public static final int BLOCK = 4096;

  /** Runs beyond these are joined with the one before. */
  private static final int MOST = 1 << 21;

  private final long bytes;
  private final ReplayReport report;
  private int count;
  private long[] starts = new long[64];
  private long[] ends = new long[64];
  private long[] places = new long[64];
  private int[] cells = new int[64];
  private @Nullable Source[] sources = new Source[64];
  private final RangeSet atRisk = new RangeSet();
  private final RangeSet differs = new RangeSet();

  private DiskMap(long bytes, ReplayReport report) {
    this.bytes = bytes;
    this.report = report;
  }

  /**
   * Replays a cache by the rules of salvage.
   *
   * @param session the cache
   * @param progress told about bytes; checked for the wish to stop
   */
  public static DiskMap of(Session session, Progress progress) {
    Recovery recovery =
        Replayers.replay(ReplayRequest.of(session.request(), Policy.SALVAGE, progress));
    Optional<LogicalDevice> logical = recovery.logical();
    DiskMap map = new DiskMap(logical.map(LogicalDevice::size).orElse(0L), recovery.report());
    logical.ifPresent(
        device ->
            device.forEachRun(
                (offset, length, origin) -> map.add(session, offset, length, origin)));
    map.atRisk.addAll(recovery.report().atRisk().ranges());
    map.atRisk.addAll(recovery.report().lost().ranges());
    recovery
        .report()
        .differences()
        .ifPresent(d -> d.forEach((offset, length, _, _) -> map.differs.add(offset, length)));
    return map;
  }

  private void add(Session session, long offset, long length, Origin origin) {
    if (!(origin instanceof Origin.Cached(String image, long place))) {
      return;
    }
    if (count == MOST) {
      ends[count - 1] = offset + length;
      return;
    }
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, 2 * count);
      ends = Arrays.copyOf(ends, 2 * count);
      places = Arrays.copyOf(places, 2 * count);
      cells = Arrays.copyOf(cells, 2 * count);
      sources = Arrays.copyOf(sources, 2 * count);
    }
    Source source = session.source(image).orElse(null);
    starts[count] = offset;
    ends[count] = offset + length;
    places[count] = place;
    sources[count] = source;
    cells[count] = source == null ? -1 : (int) cellAt(source, place);
    count++;
  }

  /** {@return the cell of the map that a byte of the cache belongs to, or -1} */
  public static long cellAt(Source source, long offset) {
    List<Structure> path = source.path(new ByteRange(offset, 1));
    for (Structure structure : path) {
      if (structure.cell() >= 0) {
        return structure.cell();
      }
    }
    return -1;
  }

  /** {@return the size of the logical device} */
  public long bytes() {
    return bytes;
  }

  /** {@return how many blocks it has} */
  public long blocks() {
    return (bytes + BLOCK - 1) / BLOCK;
  }

  /** {@return what the replay said} */
  public ReplayReport report() {
    return report;
  }

  /** {@return the number of the first run that ends behind an address} */
  private int firstRun(long address) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (ends[middle] > address) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** {@return how many bytes of a range come from the cache} */
  public long cachedBytes(ByteRange range) {
    long sum = 0;
    for (int i = firstRun(range.offset()); i < count && starts[i] < range.end(); i++) {
      sum += Math.min(ends[i], range.end()) - Math.max(starts[i], range.offset());
    }
    return sum;
  }

  /** {@return whether a cell of the cache has data for a range} */
  public boolean comesFrom(ByteRange range, long cell) {
    for (int i = firstRun(range.offset()); i < count && starts[i] < range.end(); i++) {
      if (cells[i] == cell) {
        return true;
      }
    }
    return false;
  }

  /** {@return the cells that have data for a range, at most as many as wanted} */
  public long[] cellsOf(ByteRange range, int most) {
    long[] found = new long[most];
    int n = 0;
    for (int i = firstRun(range.offset()); i < count && starts[i] < range.end(); i++) {
      int cell = cells[i];
      if (cell >= 0 && n < most && Arrays.stream(found, 0, n).noneMatch(c -> c == cell)) {
        found[n++] = cell;
      }
    }
    return Arrays.copyOf(found, n);
  }

  /** {@return where in the images the first cached bytes of a range stand} */
  public Optional<Location> place(ByteRange range) {
    int i = firstRun(range.offset());
    if (i == count || starts[i] >= range.end()) {
      return Optional.empty();
    }
    Source source = sources[i];
    long skipped = Math.max(0, range.offset() - starts[i]);
    return source == null
        ? Optional.empty()
        : Optional.of(Location.at(source, places[i] + skipped));
  }

  /** {@return whether the newest copy of something in a range is damaged} */
  public boolean isAtRisk(ByteRange range) {
    return touches(atRisk, range);
  }

  /** {@return whether the driver would show something else in a range} */
  public boolean driverDiffers(ByteRange range) {
    return touches(differs, range);
  }

  private static boolean touches(RangeSet set, ByteRange range) {
    int i = set.endingBehind(range.offset());
    return i < set.size() && set.start(i) < range.end();
  }
}
