package org.dmsalvage.replay.recovery;

import java.util.List;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;

/**
 * The log of a cache as steps in time, and the logical device as it was after each of them, by the
 * rules of {@link Policy#SALVAGE}.
 *
 * <p>A point in time is an unsigned number in the log's own order: for writeboost the id of the
 * last segment that counts, for writecache the sequence count that the superblock had. It says
 * nothing about the time of day.
 *
 * <p>The log remembers its own blocks as of any point. What lay below them is taken from the
 * backing device as it is now, where later writes may have arrived since: {@link #forEachUnknown}
 * lists the sectors concerned. What left no trace in the log cannot be listed: discards, which go
 * to the backing device alone, and what a reused slot or entry had held.
 */
public interface Timeline {

  /** {@return the format, as {@code --format} takes it} */
  String format();

  /** {@return what distinguishes images of one format} */
  String variant();

  /** {@return the earliest point, unsigned: nothing of the log counts, the backing device shows} */
  long base();

  /** {@return the latest point, unsigned: all of the log counts} */
  long newest();

  /**
   * Tells whether the log reaches a point in time.
   *
   * @throws UsageException if the point lies outside {@link #base()} … {@link #newest()}; it names
   *     both
   */
  default void check(long point) {
    if (Long.compareUnsigned(point, base()) < 0 || Long.compareUnsigned(point, newest()) > 0) {
      throw new UsageException(
          "the log does not reach %s: it goes from %s (nothing applied) to %s"
              .formatted(
                  Long.toUnsignedString(point),
                  Long.toUnsignedString(base()),
                  Long.toUnsignedString(newest())));
    }
  }

  /**
   * {@return the steps of the log, oldest first; those that are not applied included}
   *
   * <p>Each step is made when it is asked for, from columns of primitive numbers.
   */
  List<TimelineStep> steps();

  /**
   * {@return the logical device as of a point} Its size does not depend on the point.
   *
   * @throws UsageException if the point lies outside {@link #base()} … {@link #newest()}
   */
  LogicalDevice at(long point);

  /**
   * Lists what can no longer be known of a point in time, in ascending order of address.
   *
   * @param point as for {@link #at}
   * @param visitor receives the ranges, neighbours with the same reason joined
   * @throws UsageException if the point lies outside the log
   */
  void forEachUnknown(long point, UnknownVisitor visitor);

  /**
   * Lists where the logical device differs between two points, in ascending order of address: the
   * sectors that come from another place at one than at the other.
   *
   * @param from the earlier point
   * @param to the later point
   * @param visitor receives the ranges, neighbours with the same history joined
   * @throws UsageException if a point lies outside the log or the first one is the later one
   */
  void forEachChange(long from, long to, ChangeVisitor visitor);

  /** Receives ranges that cannot be known. */
  @FunctionalInterface
  interface UnknownVisitor {

    /**
     * Takes a range.
     *
     * @param sector first sector of the logical device
     * @param sectors how many
     * @param step the first later step that may have changed it, by its id
     * @param why what may have happened to it
     */
    void range(long sector, long sectors, long step, Doubt why);
  }

  /** Why a sector of a point in time cannot be known. */
  enum Doubt {
    /** Only later steps name it, and they may have been written back over the older contents. */
    WRITTEN_BACK_SINCE,
    /** The block that holds it may have been overwritten in its place since. */
    OVERWRITTEN_IN_PLACE,
    /** The cache had it and wrote it back, no one knows when: before or after the point. */
    FREED
  }

  /** Receives ranges that differ. */
  @FunctionalInterface
  interface ChangeVisitor {

    /**
     * Takes a range.
     *
     * @param sector first sector of the logical device
     * @param sectors how many
     * @param known whether the contents at the earlier point are known; if not, the backing device
     *     may hold something later by now
     * @param steps the steps that changed it, by their ids, ascending; not empty
     */
    void range(long sector, long sectors, boolean known, long[] steps);
  }
}
