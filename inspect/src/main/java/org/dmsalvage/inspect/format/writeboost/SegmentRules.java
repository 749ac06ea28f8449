package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;

/**
 * What a corrected segment must look like.
 *
 * @param log the log that it belongs to
 * @param newestWhole the newest id of which all is there, unsigned; what comes behind it may simply
 *     have been cut off
 * @param backingSectors size of the backing device; {@link Long#MAX_VALUE} if it is not known
 */
record SegmentRules(LogAnalysis log, long newestWhole, long backingSectors) {

  /** {@return whether a cut-off write explains that a segment is not whole} */
  boolean mayBeTorn(long id) {
    return Long.compareUnsigned(id, newestWhole) > 0;
  }

  /**
   * {@return whether all metablocks of a segment are possible: aligned, inside the backing device,
   * and not clean where the kernel would stop at a clean one (rule W20)}
   *
   * @param segment from its first byte at index 0
   * @param length how many metablocks count
   */
  boolean possible(ByteBuffer segment, int length) {
    Convention convention = log.table().convention();
    for (int i = 0; i < length; i++) {
      long sector = convention.sector(segment, 0, i);
      boolean clean = convention.dirtyBits(segment, 0, i) == 0;
      if (convention == Convention.LAPS && clean) {
        continue;
      }
      if (sector < 0 || sector % 8 != 0 || sector >= backingSectors) {
        return false;
      }
    }
    return true;
  }
}
