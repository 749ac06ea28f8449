package org.dmsalvage.replay.map;

import java.util.EnumMap;
import java.util.Map;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;

/**
 * What became of each range of a logical device, put together as it is walked over: it takes no
 * memory of its own.
 *
 * <p>Structures whose addresses are unknown ({@code LossList.unplaced()}) do not show.
 */
public final class RecoveryMap {

  private final LogicalDevice device;
  private final RangeSet atRisk;
  private final RangeSet lost;

  /** Makes the map of a device from what its replay reports. */
  public RecoveryMap(LogicalDevice device, ReplayReport report) {
    this.device = device;
    this.atRisk = report.atRisk().ranges();
    this.lost = report.lost().ranges();
  }

  /** Receives ranges. */
  @FunctionalInterface
  public interface Visitor {

    /**
     * Takes a range.
     *
     * @param offset first byte on the logical device
     * @param length bytes, 1 or more
     * @param status what became of it
     */
    void range(long offset, long length, RangeStatus status);
  }

  /**
   * Walks over the whole device: each byte is in one range, ranges ascend, and neighbours differ in
   * status.
   */
  public void forEach(Visitor visitor) {
    Joiner joiner = new Joiner(visitor);
    device.forEachRun(
        (offset, length, _) -> {
          split(joiner.end, offset, RangeStatus.UNTOUCHED, joiner);
          split(offset, offset + length, RangeStatus.RECOVERED, joiner);
        });
    split(joiner.end, device.size(), RangeStatus.UNTOUCHED, joiner);
    joiner.flush();
  }

  /**
   * Cuts a range where doubts begin and end.
   *
   * @param from first byte
   * @param to the byte behind the last one
   * @param otherwise the status where there is no doubt
   * @param visitor receives the parts in ascending order
   */
  public void split(long from, long to, RangeStatus otherwise, Visitor visitor) {
    long at = from;
    int l = lost.endingBehind(at);
    int r = atRisk.endingBehind(at);
    while (at < to) {
      while (l < lost.size() && lost.end(l) <= at) {
        l++;
      }
      while (r < atRisk.size() && atRisk.end(r) <= at) {
        r++;
      }
      long nextLost = l < lost.size() ? lost.start(l) : to;
      long nextRisk = r < atRisk.size() ? atRisk.start(r) : to;
      RangeStatus status;
      long end;
      if (nextLost <= at && l < lost.size()) {
        status = RangeStatus.LOST;
        end = lost.end(l);
      } else if (nextRisk <= at && r < atRisk.size()) {
        status = RangeStatus.AT_RISK;
        end = Math.min(nextLost, atRisk.end(r));
      } else {
        status = otherwise;
        end = Math.min(nextLost, nextRisk);
      }
      end = Math.min(end, to);
      visitor.range(at, end - at, status);
      at = end;
    }
  }

  /** {@return how many bytes of the device have each status; those that none has are left out} */
  public Map<RangeStatus, Long> bytes() {
    Map<RangeStatus, Long> sums = new EnumMap<>(RangeStatus.class);
    forEach((_, length, status) -> sums.merge(status, length, Long::sum));
    return sums;
  }

  /** Joins ranges that adjoin and have one status. */
  private static final class Joiner implements Visitor {
    private final Visitor sink;
    private long start;
    private long end;
    private RangeStatus held = RangeStatus.UNTOUCHED;

    Joiner(Visitor sink) {
      this.sink = sink;
    }

    @Override
    public void range(long offset, long length, RangeStatus status) {
      if (status != held) {
        flush();
        held = status;
      }
      end = offset + length;
    }

    void flush() {
      if (end > start) {
        sink.range(start, end - start, held);
      }
      start = end;
    }
  }
}
