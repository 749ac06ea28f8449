package org.dmsalvage.replay.writeboost;

import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.LogAnalysis;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.progress.Progress;

/** What salvage makes of each slot of a cache, for whoever wants a driver to do the same. */
public final class SalvagedSegments {

  private final SalvagePlan plan;

  SalvagedSegments(SalvagePlan plan) {
    this.plan = plan;
  }

  /**
   * Decides about all slots, as a replay under the policy salvage does.
   *
   * @param images the cache, its companions and what is known of them
   * @param progress told about bytes read
   */
  public static SalvagedSegments of(OpenRequest images, Progress progress) {
    return WriteboostReplayer.segments(images, progress);
  }

  /** {@return the log, with all damage corrected that can be} */
  public LogAnalysis log() {
    return plan.analysis();
  }

  /** {@return whether the segment in a slot is applied} */
  public boolean applies(int slot) {
    return plan.verdict(slot) == SegmentVerdict.APPLY;
  }

  /** {@return what is to be reported of a slot that is not applied} */
  public WriteboostCode code(int slot) {
    return plan.verdict(slot).code();
  }

  /** {@return why a slot is not applied, a main clause} */
  public String reason(int slot) {
    return plan.verdict(slot).reason();
  }
}
