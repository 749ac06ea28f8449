package org.dmsalvage.replay.recovery;

import java.util.Locale;
import java.util.OptionalLong;
import org.dmsalvage.inspect.error.UsageException;

/**
 * Which of the writes that a cache holds are replayed.
 *
 * @param asOf the last point in the log's order that counts, unsigned; for writeboost a segment id,
 *     for writecache a sequence count; empty for the end of the log
 * @param life which life of the log is wanted (writeboost)
 * @param includeUncommitted whether writes count that were never committed (writecache), or that
 *     the bitmap knows nothing of (insitu)
 */
public record Selection(OptionalLong asOf, Life life, boolean includeUncommitted) {

  /**
   * A cache can hold two logs, if a driver dropped the one that was there and began anew. Whether
   * it did is not always certain: then the one with the greater ids is believed.
   */
  public enum Life {
    /** The younger one if there certainly are two, else the one with the greater ids. */
    BELIEVED,
    /** The younger one, also if it may be no log but segments left from lost writes. */
    YOUNGER,
    /** The one that was there first. */
    OLDER;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Everything that was committed, up to the end of the log. */
  public static final Selection COMMITTED =
      new Selection(OptionalLong.empty(), Life.BELIEVED, false);

  /**
   * Makes a selection.
   *
   * @param asOf the last point in the log's order that counts; empty for its end
   * @param olderLife whether the older of two lives of a log is wanted, else the believed one
   * @param includeUncommitted whether writes count that were never committed
   */
  public Selection(OptionalLong asOf, boolean olderLife, boolean includeUncommitted) {
    this(asOf, olderLife ? Life.OLDER : Life.BELIEVED, includeUncommitted);
  }

  /** {@return whether the older of two lives of a log is wanted} */
  public boolean olderLife() {
    return life == Life.OLDER;
  }

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
   * @throws UsageException if one was chosen
   */
  public void refuseOlderLife(String reason) {
    if (life != Life.BELIEVED) {
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
