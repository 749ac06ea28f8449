package org.dmsalvage.replay.writeboost;

import java.util.HashSet;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.format.writeboost.DriverWalk;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;

/**
 * Which segments the driver applies when it replays the log, in which order, and what becomes of
 * it.
 *
 * <p>Sources: find_max_id, apply_valid_segments, infer_last_writeback_id and acquire_new_seg since
 * 2014; recover_cache of 2013; mark_clean_seg of 2.2.4 and later.
 */
final class DriverPlan {

  /** Ids that a loop of the kernel may go through before we call it a hang: hours. */
  private static final long ENDLESS = 1L << 32;

  private final DriverGeneration driver;
  private final boolean recordMarksClean;
  private final LogSegments segments;
  private final DriverWalk walk;
  private final WriteboostGeometry geometry;
  private final int slots;
  private final int[] ranks;
  private final Set<Long> rebuiltIds = new HashSet<>();
  private final long record;
  private final long lastFlushed;

  /** last_writeback_segment_id as far as the newest id tells. */
  private final long inferred;

  private final long lastWriteback;

  /**
   * Makes the plan.
   *
   * @param driver which one
   * @param recordMarksClean whether segments up to the record are marked clean (2.2.4 and later)
   * @param segments what can be applied
   * @param holders for each slot that a rebuilt segment was written to, the number of that segment
   * @param walk how replay goes round, with rebuilt segments in their slots; at least one slot
   * @param record the superblock's record, 0 if it cannot be read
   */
  DriverPlan(
      DriverGeneration driver,
      boolean recordMarksClean,
      LogSegments segments,
      PlogHolders holders,
      DriverWalk walk,
      long record) {
    this.driver = driver;
    this.recordMarksClean = recordMarksClean;
    this.segments = segments;
    this.walk = walk;
    this.geometry = segments.table().geometry();
    this.slots = segments.table().slots();
    this.record = record;
    this.lastFlushed = walk.lastFlushed();
    this.inferred = Long.compareUnsigned(lastFlushed, slots) > 0 ? lastFlushed - slots : 0;
    this.lastWriteback = Long.compareUnsigned(record, inferred) > 0 ? record : inferred;
    this.ranks = new int[segments.count()];
    if (driver == DriverGeneration.LAPS_2013) {
      rankByMigration();
    } else {
      rankByWalk(holders);
    }
  }

  private void rankByWalk(PlogHolders holders) {
    for (int segment = 0; segment < segments.inSlots(); segment++) {
      int slot = segments.slot(segment);
      if (!holders.overwritten(slot)) {
        rankByWalk(segment, slot);
      }
    }
    holders
        .bySlot()
        .forEach(
            (slot, segment) -> {
              rankByWalk(segment, slot);
              rebuiltIds.add(segments.id(segment));
            });
  }

  private void rankByWalk(int segment, int slot) {
    if (segments.id(segment) != 0 && walk.visits(slot)) {
      ranks[segment] = walk.positionOf(slot) + 1;
    }
  }

  /**
   * In 2013 a segment comes into the place of its id, whatever slot its header stood in, and is
   * migrated when the count of ids passes that place. Of several for one place, the last counts.
   */
  private void rankByMigration() {
    // Place, position in the walk and thus the last of each place in order; ids rise on the way.
    long[] places =
        IntStream.range(0, segments.count())
            .filter(segment -> walk.visits(segments.slot(segment)))
            .filter(segment -> Long.compareUnsigned(segments.id(segment), record) > 0)
            .mapToLong(
                segment ->
                    geometry.slotOf(segments.id(segment)) << 32
                        | walk.positionOf(segments.slot(segment)))
            .sorted()
            .toArray();
    for (int i = 0; i < places.length; i++) {
      int place = (int) (places[i] >>> 32);
      if (i + 1 == places.length || places[i + 1] >>> 32 != place) {
        int slot = walk.slotAt((int) places[i]);
        ranks[segments.inSlot(slot)] = 1 + passedAfter(place);
      }
    }
  }

  /** How many slots write-back passes before it comes to this one. */
  private int passedAfter(int slot) {
    return (int) Long.remainderUnsigned(slot - geometry.slotOf(lastWriteback + 1) + slots, slots);
  }

  /** {@return by segment: its place in the order, from 1; 0 if it is not applied} */
  int[] ranks() {
    return ranks.clone();
  }

  /** {@return whether a segment is applied} */
  boolean applies(int segment) {
    return ranks[segment] > 0;
  }

  /** {@return whether the driver writes a segment of this id to the cache from plogs} */
  boolean rebuilds(long id) {
    return rebuiltIds.contains(id);
  }

  /** {@return how replay goes round the slots} */
  DriverWalk walk() {
    return walk;
  }

  /** {@return the superblock's record, unsigned} */
  long record() {
    return record;
  }

  /** {@return how several copies of a block are put together} */
  LogView.Rule rule() {
    return driver == DriverGeneration.LAPS_2013 ? LogView.Rule.LAST : LogView.Rule.ATTACH;
  }

  /** {@return the segments that the driver believes to be written back because of the record} */
  IntPredicate markedClean() {
    if (!recordMarksClean || Long.compareUnsigned(record, inferred) <= 0) {
      return _ -> false;
    }
    long marked = record - inferred;
    long first = geometry.slotOf(inferred + 1);
    return segment ->
        Long.compareUnsigned(marked, slots) >= 0
            || (segments.slot(segment) - first + slots) % slots < marked;
  }

  /** {@return the greatest id of all headers, unsigned} */
  long maxId() {
    return walk.maxId();
  }

  /** {@return the last id applied, unsigned; 0 if none} */
  long lastFlushed() {
    return lastFlushed;
  }

  /** {@return up to where segments count as written back, unsigned} */
  long lastWriteback() {
    return lastWriteback;
  }

  /**
   * Works out how it ends.
   *
   * @param versions all copies that the plan applies, and possibly others
   * @param backingSectors size of the backing device; -1 if it is not known
   */
  DriverOutcome outcome(BlockVersions versions, long backingSectors) {
    return new Ending(versions, backingSectors).outcome();
  }

  private static DriverOutcome ends(Outcome outcome, String reason) {
    return new DriverOutcome(outcome, reason, Writeback.FAILS);
  }

  private static String unsigned(long id) {
    return Long.toUnsignedString(id);
  }

  /** What follows from the metablocks. */
  private final class Ending {
    private final BlockVersions versions;
    private final long backingSectors;
    private final IntPredicate markedClean = markedClean();
    private final NewestCopies newest;

    Ending(BlockVersions versions, long backingSectors) {
      this.versions = versions;
      this.newest = new NewestCopies(versions, ranks);
      this.backingSectors = backingSectors;
    }

    DriverOutcome outcome() {
      if (driver == DriverGeneration.STAGING_2014) {
        int clean = firstClean();
        if (clean >= 0) {
          return ends(
              Outcome.CRASH,
              "segment %s has a metablock without dirty bits: a kernel BUG at attach (rule W20)"
                  .formatted(unsigned(segments.id(clean))));
        }
      }
      if (walk.stop() == DriverWalk.Stop.READ_ERROR) {
        return ends(Outcome.REFUSE, "slot %d cannot be read".formatted(walk.stopSlot()));
      }
      if (driver == DriverGeneration.MODULE_2 && readsBehindBuffer()) {
        return ends(
            Outcome.CRASH,
            "slot %d says %d metablocks: the checksum is computed behind the buffer (rule W22)"
                .formatted(walk.stopSlot(), segments.table().length(walk.stopSlot())));
      }
      return driver == DriverGeneration.LAPS_2013 ? migrated() : attached();
    }

    private DriverOutcome migrated() {
      if (Long.compareUnsigned(record, lastFlushed) > 0) {
        return ends(
            Outcome.HANG,
            "the record %s lies beyond the newest id %s: migration never ends (rule F20)"
                .formatted(unsigned(record), unsigned(lastFlushed)));
      }
      return accept(
          strayBeyond(-1)
              ? new Verdict(
                  Writeback.HANGS, "an address beyond the backing device is tried forever")
              : Verdict.FINE);
    }

    private DriverOutcome attached() {
      if (driver == DriverGeneration.MODULE_2) {
        if (rewritesBeyond()) {
          return ends(
              Outcome.REFUSE,
              "a partly overwritten block lies beyond the backing device (rule W21)");
        }
        if (recordMarksClean
            && Long.compareUnsigned(record, inferred) > 0
            && Long.compareUnsigned(record - inferred, ENDLESS) > 0) {
          return ends(
              Outcome.HANG,
              "the attach counts from id %s to the record %s (rule W28)"
                  .formatted(unsigned(inferred), unsigned(record)));
        }
      }
      long next = lastFlushed + 1;
      long needed = Long.compareUnsigned(next, slots) > 0 ? next - slots : 0;
      boolean waits = Long.compareUnsigned(lastWriteback, needed) < 0;
      int slot = (int) geometry.slotOf(next);
      if (!waits && dirtyRemains(segment -> segments.slot(segment) == slot)) {
        return ends(
            Outcome.CRASH,
            "the slot of the next segment %s still holds dirty blocks, and the record %s says that"
                    .formatted(unsigned(next), unsigned(record))
                + " they were written back: a kernel BUG at attach (rule W27)");
      }
      if (waits && driver == DriverGeneration.MODULE_2 && strayBeyond(slot)) {
        return ends(
            Outcome.HANG,
            "the oldest segment has an address beyond the backing device and cannot be written"
                + " back (rule W21)");
      }
      return accept(writeback());
    }

    private record Verdict(Writeback writeback, String reason) {
      static final Verdict FINE = new Verdict(Writeback.COMPLETES, "");
    }

    private Verdict writeback() {
      if (slots == 1) {
        return new Verdict(Writeback.HANGS, "one segment only: suspend never ends (rule W11)");
      }
      if (strayBeyond(-1)) {
        return driver == DriverGeneration.MODULE_2
            ? new Verdict(Writeback.HANGS, "an address beyond the backing device is tried forever")
            : new Verdict(
                Writeback.FAILS, "an address beyond the backing device kills it (rule W21)");
      }
      if (lastWriteback != -1 && Long.compareUnsigned(lastWriteback, lastFlushed) > 0) {
        return new Verdict(
            Writeback.HANGS,
            "the record %s lies beyond the newest id %s (rule W28)"
                .formatted(unsigned(lastWriteback), unsigned(lastFlushed)));
      }
      long covered = lastFlushed - lastWriteback;
      boolean all = Long.compareUnsigned(covered, slots) >= 0;
      if (!all && dirtyRemains(segment -> passedAfter(segments.slot(segment)) >= covered)) {
        return new Verdict(
            Writeback.HANGS,
            "dirty blocks that are never written back, as the record says they were: drop_caches"
                + " waits for ever (rule W27)");
      }
      return Verdict.FINE;
    }

    private DriverOutcome accept(Verdict verdict) {
      String stop =
          switch (walk.stop()) {
            case END, READ_ERROR -> "";
            case TORN ->
                "replay stops at slot %d, id %s, which is not whole; what follows is dropped"
                        .formatted(walk.stopSlot(), unsigned(segments.table().id(walk.stopSlot())))
                    + (walk.applied() == 0
                        ? " (rule W14)"
                        : driver == DriverGeneration.LAPS_2013 ? " (rule F6)" : " (rule W15)");
            case NOT_RISING -> "";
          };
      String both = stop.isEmpty() || verdict.reason.isEmpty() ? "" : "; ";
      return new DriverOutcome(Outcome.ACCEPT, stop + both + verdict.reason, verdict.writeback);
    }

    private boolean readsBehindBuffer() {
      int slot = walk.stopSlot();
      return slot >= 0
          && walk.stop() == DriverWalk.Stop.TORN
          && segments.table().length(slot) > geometry.blocksPerSegment();
    }

    /** The first segment applied that has a metablock without dirty bits; -1 if none. */
    private int firstClean() {
      for (int segment = 0; segment < ranks.length; segment++) {
        if (ranks[segment] > 0) {
          int first = versions.firstCopy(segment);
          for (int i = 0; i < segments.metablocks(segment); i++) {
            if (versions.dirtyBits(first + i) == 0) {
              return segment;
            }
          }
        }
      }
      return -1;
    }

    private boolean dirty(int copy) {
      int segment = versions.segmentOf(copy);
      return ranks[segment] > 0 && versions.dirtyBits(copy) != 0 && !markedClean.test(segment);
    }

    /**
     * Whether a dirty copy beyond the backing device was applied, in one slot or, for -1, in any.
     */
    private boolean strayBeyond(int slot) {
      AddressIndex strays = versions.strays();
      int position = backingSectors < 0 ? strays.size() : strays.lowerBound(backingSectors - 7);
      for (; position < strays.size(); position++) {
        int copy = strays.ordinal(position);
        if (dirty(copy)
            && beyond(strays.address(position), versions.dirtyBits(copy))
            && (slot < 0 || segments.slot(versions.segmentOf(copy)) == slot)) {
          return true;
        }
      }
      return false;
    }

    private boolean beyond(long sector, int bits) {
      int last = 31 - Integer.numberOfLeadingZeros(bits);
      return sector + last >= backingSectors || sector + last < 0;
    }

    /** Whether replay itself writes a replaced copy beyond the backing device. */
    private boolean rewritesBeyond() {
      AddressIndex strays = versions.strays();
      int position = backingSectors < 0 ? strays.size() : strays.lowerBound(backingSectors - 7);
      while (position < strays.size()) {
        int end = strays.nextAddress(position);
        int dirtyCopies = 0;
        boolean partial = false;
        for (; position < end; position++) {
          int copy = strays.ordinal(position);
          if (ranks[versions.segmentOf(copy)] > 0) {
            int bits = versions.dirtyBits(copy);
            dirtyCopies += bits != 0 ? 1 : 0;
            partial |= bits != 0 && bits != 0xff;
          }
        }
        if (dirtyCopies > 1 && partial && strays.address(end - 1) >= backingSectors) {
          return true;
        }
      }
      return false;
    }

    /** Whether any of some segments holds a dirty block that no later copy replaced. */
    private boolean dirtyRemains(IntPredicate which) {
      int[] chosen =
          IntStream.range(0, ranks.length)
              .filter(s -> ranks[s] > 0 && which.test(s) && !markedClean.test(s))
              .toArray();
      boolean[] remains = {false};
      segments.readMetablocks(
          chosen,
          Progress.NONE,
          (segment, index, sector, bits) -> {
            if (bits != 0 && !remains[0]) {
              remains[0] = !replaced(segment, index, sector);
            }
          });
      return remains[0];
    }

    private boolean replaced(int segment, int index, long sector) {
      int copy = versions.firstCopy(segment) + index;
      AddressIndex holder = versions.strays();
      long address = sector & Long.MAX_VALUE;
      if (sector >= 0 && sector % 8 == 0 && versions.isBlock(sector / 8, copy)) {
        holder = versions.blocks();
        address = sector / 8;
      }
      return newest.of(holder, address, NewestCopies.ANY)
          > NewestCopies.order(ranks[segment], copy);
    }
  }
}
