package org.dmsalvage.replay.recovery;

import java.util.OptionalLong;
import org.dmsalvage.inspect.error.UsageException;

/**
 * Which of the writes that a cache holds are replayed.
 *
 * @param asOf the last point in the log's order that counts, unsigned; for writeboost a segment id,
 *     for writecache a sequence count; empty for the end of the log
 * @param olderLife whether the older of two lives of a log is wanted (writeboost)
 * @param includeUncommitted whether writes count that were never committed (writecache)
 */
public record Selection(OptionalLong asOf, boolean olderLife, boolean includeUncommitted) {

  /** Everything that was committed, up to the end of the log. */
  public static final Selection COMMITTED = new Selection(OptionalLong.empty(), false, false);

  /**
   * Refuses a point in time.
   *
   * @param reason why there is none to choose
   * @throws UsageException if one was chosen
   */
  public void refuseAsOf(String reason) {
    if (asOf.isPresent()) {
      throw new UsageException("--as-of: " + reason);
    }
  }

  /**
   * Refuses the choice of a life.
   *
   * @param reason why there is only one
   * @throws UsageException if the older one was chosen
   */
  public void refuseOlderLife(String reason) {
    if (olderLife) {
      throw new UsageException("--life: " + reason);
    }
  }

  /**
   * Refuses uncommitted writes.
   *
   * @param reason why there are none
   * @throws UsageException if they were asked for
   */
  public void refuseUncommitted(String reason) {
    if (includeUncommitted) {
      throw new UsageException("--include-uncommitted: " + reason);
    }
  }
}
