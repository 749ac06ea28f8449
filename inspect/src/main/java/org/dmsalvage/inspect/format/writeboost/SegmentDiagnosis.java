package org.dmsalvage.inspect.format.writeboost;

import org.jspecify.annotations.Nullable;

/**
 * What was found out about a segment that is not whole or not in its place.
 *
 * @param slot where it stands
 * @param correction what it should be; null if that cannot be proved
 * @param remark why there is no correction, a main clause; empty if there is one
 */
public record SegmentDiagnosis(int slot, @Nullable SegmentCorrection correction, String remark) {

  static SegmentDiagnosis proved(SegmentCorrection correction) {
    return new SegmentDiagnosis(correction.slot(), correction, "");
  }

  static SegmentDiagnosis open(int slot, String remark) {
    return new SegmentDiagnosis(slot, null, remark);
  }
}
