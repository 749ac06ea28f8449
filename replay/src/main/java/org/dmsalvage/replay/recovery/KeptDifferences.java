package org.dmsalvage.replay.recovery;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.replay.recovery.ReplayReport.Differences;

/**
 * Differences as they were at one time, in bounded memory: the first ones are kept, all are
 * counted.
 *
 * @param kept the first ranges
 * @param omittedRanges how many more there were
 * @param omittedBytes how many bytes these are
 */
record KeptDifferences(List<Range> kept, long omittedRanges, long omittedBytes)
    implements Differences {

  /**
   * A range of the logical device.
   *
   * @param offset first byte
   * @param length bytes
   * @param difference what each side shows there, and why
   */
  record Range(long offset, long length, Difference difference) {}

  static KeptDifferences of(Differences differences) {
    List<Range> kept = new ArrayList<>();
    long[] omitted = {differences.omittedRanges(), differences.omittedBytes()};
    differences.explain(
        (offset, length, difference) -> {
          if (kept.size() < LossList.KEPT) {
            kept.add(new Range(offset, length, difference));
          } else {
            omitted[0]++;
            omitted[1] += length;
          }
        });
    return new KeptDifferences(List.copyOf(kept), omitted[0], omitted[1]);
  }

  @Override
  public void explain(Explanation explanation) {
    kept.forEach(range -> explanation.range(range.offset, range.length, range.difference));
  }
}
