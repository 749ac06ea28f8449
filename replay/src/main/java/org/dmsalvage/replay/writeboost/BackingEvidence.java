package org.dmsalvage.replay.writeboost;

import java.util.BitSet;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What a log says about the backing device.
 *
 * <p>A clean copy (2.x) was read from the backing device when its segment was built, and a write
 * that comes in between cancels it (inject_read_cache). From then on every write to the block goes
 * through the log, reads of the RAM buffer write nothing, and what is written back is written with
 * FUA. So the backing device holds the clean copy or a newer one of the log, as long as no segment
 * since is missing. What remains is a cache device that lost the newest segments after they were
 * written back.
 *
 * <p>The other generations leave no such evidence: they stage no reads, their record and the tail
 * rule speak of segments and not of blocks (a block that was overwritten in the RAM buffer is never
 * written back, rule F19), and their reads of buffered blocks put data on the backing device that
 * the log never gets (rules W29, F26).
 *
 * @param pointInTime whether segments are left out because they are newer than what is wanted
 * @param since segments behind this place in the log are all there; clean copies in them count
 * @param torn blocks that the torn end of the log names: they may have been written back
 */
record BackingEvidence(boolean pointInTime, int since, Set<Long> torn) {

  /** A log that says nothing. */
  static final BackingEvidence NONE = new BackingEvidence(false, Integer.MAX_VALUE, Set.of());

  /** A log that is not replayed to its end. */
  static final BackingEvidence PAST = new BackingEvidence(true, Integer.MAX_VALUE, Set.of());

  /** Keeps a copy. */
  BackingEvidence {
    torn = Set.copyOf(torn);
  }

  /**
   * Looks for holes in a log that is replayed to its end.
   *
   * @param plan of the salvage
   * @param segments what the numbers mean
   * @param ranks by segment: its place in the log, from 1; 0 if it is not applied
   * @param progress told about bytes read
   */
  static BackingEvidence of(
      SalvagePlan plan, LogSegments segments, int[] ranks, Progress progress) {
    if (plan.newestWhole() == 0) {
      return NONE;
    }
    BitSet applied = new BitSet();
    for (int rank : ranks) {
      applied.set(rank);
    }
    int hole = applied.previousClearBit(plan.place(plan.newestWhole()));
    Set<Long> torn = new HashSet<>();
    int[] tail =
        IntStream.range(0, segments.inSlots())
            .filter(s -> plan.verdict(segments.slot(s)) == SegmentVerdict.TORN_NEWEST)
            .toArray();
    segments.readMetablocks(tail, progress, (_, _, sector, _) -> torn.add(sector >>> 3));
    return new BackingEvidence(false, Math.max(0, hole), torn);
  }

  /** {@return whether any clean copy counts} */
  boolean any() {
    return since != Integer.MAX_VALUE;
  }

  /** {@return whether it is known that the backing device held a clean copy or a newer one} */
  boolean holds(int rank, long block) {
    return rank > since && !torn.contains(block);
  }
}
