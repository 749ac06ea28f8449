package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/**
 * What the ids and states of all slots say about the log.
 *
 * <p><b>Newest.</b> Only ids in their own slots count. The sealed id whose window of one lap holds
 * most sealed ids is the base; from there the log goes on to the next id, sealed or torn, on the
 * cache or at the head of a plog segment, as long as it is at most nr_rambuf_pool ahead. A single
 * forged id, however great, changes nothing.
 *
 * <p><b>Window.</b> The log is newest - S + 1 … newest, one id a slot. What is older was written
 * back long ago.
 *
 * <p><b>Two lives.</b> When a slot-reuse tear makes the driver drop the whole log (rule W14), it
 * begins again at id 1. The run 1 … m that it then writes, below the window of the old log, is the
 * younger life; once it outgrows the old one, the old one's ids are those that are ahead.
 *
 * <p>If checksums were not looked at, all ids count as sealed, and what depends on checksums is
 * left out.
 */
public final class LogAnalysis {

  /** How many ids in a row can no longer be a single stray one. */
  private static final int MIN_RUN = 2;

  private static final int SECTOR_BYTES = 512;

  private final SegmentTable table;
  private final WriteboostGeometry geometry;
  private final int pool;
  private final Life main;
  private final @Nullable Life younger;
  private final @Nullable Life ahead;
  private final @Nullable Life ambiguous;
  private final @Nullable DriverWalk walk;
  private final Life shown;
  private final @Nullable Life other;

  private LogAnalysis(SegmentTable table, @Nullable PlogScan plogs, int rambufPool) {
    this.table = table;
    this.geometry = table.geometry();
    this.pool = Math.clamp(rambufPool, 1, Math.max(PlogGeometry.DEFAULT_POOL, table.slots()));
    long[] votes = votes();
    long base = base(votes);
    long newest = extend(base, plogs);
    this.main = lifeUpTo(newest);
    this.ahead = ahead(votes, newest);
    this.walk = table.verified() && table.slots() > 0 ? walk(table) : null;
    this.younger = younger(restart(votes));
    Life stale =
        younger == null && table.convention().hasChecksum() ? longestStaleRun(votes) : null;
    this.ambiguous = stale != null && stale.ids() >= MIN_RUN ? stale : null;
    this.shown = younger != null ? younger : main;
    this.other = younger != null ? main : ahead;
  }

  private LogAnalysis(LogAnalysis from, SegmentTable table, Life shown, @Nullable Life other) {
    this.table = table;
    this.geometry = from.geometry;
    this.pool = from.pool;
    this.main = from.main;
    this.younger = from.younger;
    this.ahead = from.ahead;
    this.ambiguous = from.ambiguous;
    this.walk = from.walk;
    this.shown = shown;
    this.other = other;
  }

  /** The run that begins at 1, if a driver wrote it after it had dropped the log. */
  private @Nullable Life younger(@Nullable Life restart) {
    if (restart == null || walk == null || walk.lastFlushed() != 0) {
      return null;
    }
    // Lost writes leave stale ids too, but only where the last few segments should stand.
    long stands = restart.firstId() + geometry.segmentCount();
    return Long.compareUnsigned(stands + pool, main.newestId()) <= 0 ? pastBroken(restart) : null;
  }

  /** Goes on behind a run through segments that are not whole. */
  private Life pastBroken(Life run) {
    long newest = run.newestId();
    while (Long.compareUnsigned(newest + 1, main.firstId()) < 0 && holds(newest + 1)) {
      newest++;
    }
    return new Life(run.firstId(), newest);
  }

  /**
   * Analyses a table.
   *
   * @param table the headers of the cache device
   * @param plogs the plog device, null if there is none
   * @param rambufPool nr_rambuf_pool: how far the log may have holes; the drivers' default is 8
   */
  public static LogAnalysis of(SegmentTable table, @Nullable PlogScan plogs, int rambufPool) {
    return new LogAnalysis(table, plogs, rambufPool);
  }

  /** {@return the table that was analysed} */
  public SegmentTable table() {
    return table;
  }

  /**
   * {@return the same log with another life of it shown}
   *
   * @param life {@link #older()} or {@link #ambiguousRun()}
   */
  public LogAnalysis showing(Life life) {
    return new LogAnalysis(this, table, life, shown);
  }

  /**
   * {@return the same log, its lives as they are, on a table in which segments were corrected; only
   * its newest id may be greater than before}
   */
  public LogAnalysis on(SegmentTable corrected) {
    if (corrected == table) {
      return this;
    }
    long newest = shown.newestId();
    for (int slot = corrected.slotHolding(newest + 1);
        slot >= 0 && corrected.state(slot) == SlotState.SEALED;
        slot = corrected.slotHolding(newest + 1)) {
      newest++;
    }
    Life window = lifeUpTo(newest);
    Life life = newest == shown.newestId() ? shown : window;
    return new LogAnalysis(this, corrected, life, other);
  }

  /**
   * {@return the life that salvage shows: the younger one if there are two, unless another was
   * chosen}
   */
  public Life shown() {
    return shown;
  }

  /** {@return the life that is not shown; empty if there is only one} */
  public Optional<Life> other() {
    return Optional.ofNullable(other);
  }

  /**
   * {@return the life that the younger one displaced, whichever is shown; empty if there is only
   * one}
   */
  public Optional<Life> older() {
    return younger != null ? Optional.of(main) : Optional.ofNullable(ahead);
  }

  /**
   * {@return a run of stale ids that is either left over because later segments were lost, or a
   * younger life that began after the driver fell back a lap (rule W18); empty if there is none}
   */
  public Optional<Life> ambiguousRun() {
    return Optional.ofNullable(ambiguous);
  }

  /** {@return the newest id of the life that is shown, unsigned; 0 if the log is empty} */
  public long newestId() {
    return shown().newestId();
  }

  /** {@return nr_rambuf_pool as it was assumed} */
  public int rambufPool() {
    return pool;
  }

  /** {@return how the driver would walk; empty if checksums are not known or there is no slot} */
  public Optional<DriverWalk> driverWalk() {
    return Optional.ofNullable(walk);
  }

  /** {@return what a slot is to the log that is shown} */
  public Role role(int slot) {
    SlotState state = table.state(slot);
    if (state == SlotState.EMPTY) {
      return Role.EMPTY;
    }
    if (state == SlotState.UNREADABLE) {
      return Role.UNREADABLE;
    }
    long id = table.id(slot);
    if (geometry.slotOf(id) != slot) {
      return Role.MISPLACED;
    }
    if (shown().contains(id)) {
      return Role.CURRENT;
    }
    if (other != null && other.contains(id)) {
      return Role.OTHER_LIFE;
    }
    return Long.compareUnsigned(id, newestId()) > 0 ? Role.AHEAD : Role.STALE;
  }

  /**
   * {@return the slot whose new contents were cut off before the header arrived, in a log that has
   * gone round (rule W14); -1 if there is none}
   *
   * <p>It still shows the id newest + 1 - S, and its data no longer fits. That segment was written
   * back before its slot was reused, so nothing is lost with it; but the driver begins its walk
   * there and stops at once.
   */
  public int slotReuseTear() {
    long newest = main.newestId();
    if (table.slots() == 0
        || !table.convention().hasChecksum()
        || Long.compareUnsigned(newest, table.slots()) < 0) {
      return -1;
    }
    int slot = (int) geometry.slotOf(newest + 1);
    boolean torn = table.state(slot) == SlotState.TORN;
    return torn && table.id(slot) == newest + 1 - table.slots() ? slot : -1;
  }

  /**
   * {@return how many ids at the old end of a life were cleared on purpose, so that their slots can
   * be used again: their headers say so, {@link SegmentHeader#CLEARED}; or the write of a newer
   * segment to one of them was cut off}
   *
   * <p>The drivers do not do that; the engine in user space does.
   */
  public long clearedIds(Life life) {
    long count = 0;
    for (long i = 0; table.convention().hasChecksum() && i < life.ids(); i++) {
      int slot = (int) geometry.slotOf(life.firstId() + i);
      if (wasCleared(slot)) {
        count = i + 1;
      } else if (table.state(slot) != SlotState.TORN
          || Long.compareUnsigned(table.id(slot), life.newestId()) <= 0) {
        break;
      }
    }
    return count;
  }

  private boolean wasCleared(int slot) {
    if (table.state(slot) != SlotState.EMPTY) {
      return false;
    }
    ByteBuffer header = ByteBuffer.allocate(SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    List<ByteRange> unreadable = table.source().readAround(table.startByte(slot), header);
    return unreadable.isEmpty() && SegmentHeader.checksum(header, 0) == SegmentHeader.CLEARED;
  }

  /**
   * {@return the id that is left out although it is in the window, because it was certainly
   * migrated before the newest one was written: newest + 1 - S of a full log of 2013 (rule F9); 0
   * if there is none}
   */
  public long certainlyWrittenBack(Life life) {
    boolean full = Long.compareUnsigned(life.newestId(), geometry.segmentCount()) >= 0;
    return table.convention() == Convention.LAPS && full
        ? life.newestId() + 1 - geometry.segmentCount()
        : 0;
  }

  /**
   * {@return the id of a log that has gone round whose slot is empty, and due for the next segment:
   * newest + 1 - S; 0 if there is none}
   *
   * <p>A driver writes a segment back before it gives its slot to the next one (rule W25), so that
   * nothing is lost with it. Repair leaves such a slot where the write of the next one was torn.
   */
  public long clearedForReuse(Life life) {
    if (!table.convention().hasChecksum()
        || table.slots() == 0
        || Long.compareUnsigned(life.newestId(), table.slots()) < 0) {
      return 0;
    }
    boolean empty = table.state((int) geometry.slotOf(life.newestId() + 1)) == SlotState.EMPTY;
    long id = life.newestId() + 1 - table.slots();
    return empty && life.contains(id) ? id : 0;
  }

  /**
   * {@return the slots that salvage applies for a life, in the order of their ids: those that hold
   * their id and are sealed}
   *
   * <p>Plog segments are not considered, nor whether a segment of 2013 is all zeros (rule F15).
   */
  public int[] salvageOrder(Life life) {
    long skipped = certainlyWrittenBack(life);
    int[] order = new int[(int) table.count(SlotState.SEALED)];
    int count = 0;
    if (life.newestId() != 0 && order.length > 0) {
      // The window is a round of the slots, so that going round gives ascending ids.
      int start = (int) geometry.slotOf(life.newestId() + 1);
      for (int i = table.nextUsedRound(start, 0);
          i < table.slots();
          i = table.nextUsedRound(start, i + 1)) {
        int slot = (int) (((long) start + i) % table.slots());
        long id = table.id(slot);
        boolean current = id == geometry.expectedId(slot, life.newestId()) && life.contains(id);
        if (current && table.state(slot) == SlotState.SEALED && id != skipped) {
          order[count++] = slot;
        }
      }
    }
    return Arrays.copyOf(order, count);
  }

  /** {@return the slots that the driver applies, in its order; empty if that is not known} */
  public int[] driverOrder() {
    if (walk == null) {
      return new int[0];
    }
    int[] order = new int[walk.applied()];
    int count = 0;
    for (int i = table.nextUsedRound(walk.start(), 0);
        i < walk.visited();
        i = table.nextUsedRound(walk.start(), i + 1)) {
      order[count++] = walk.slotAt(i);
    }
    return order;
  }

  /** {@return the window of a log whose newest id is known} */
  private Life lifeUpTo(long newest) {
    if (newest == 0) {
      return Life.NONE;
    }
    long slots = geometry.segmentCount();
    return new Life(Long.compareUnsigned(newest, slots) > 0 ? newest - slots + 1 : 1, newest);
  }

  /** Ids in their slots that are sealed, or if there is none, all that are in their slots. */
  private long[] votes() {
    long[] sealed = inSlotIds(List.of(SlotState.SEALED, SlotState.UNCHECKED));
    return sealed.length > 0
        ? sealed
        : inSlotIds(List.of(SlotState.TORN, SlotState.PARTLY_READABLE));
  }

  /** In ascending order without sign. */
  private long[] inSlotIds(List<SlotState> states) {
    long[] ids = new long[1024];
    int count = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (states.contains(table.state(slot)) && table.inSlot(slot)) {
        if (count == ids.length) {
          ids = Arrays.copyOf(ids, (int) Math.min(table.slots(), count * 2L));
        }
        ids[count++] = table.id(slot) ^ Long.MIN_VALUE;
      }
    }
    ids = Arrays.copyOf(ids, count);
    Arrays.parallelSort(ids);
    for (int i = 0; i < count; i++) {
      ids[i] ^= Long.MIN_VALUE;
    }
    return ids;
  }

  /** The id whose window holds most votes; of several, the greatest. */
  private long base(long[] votes) {
    long best = 0;
    int most = 0;
    int low = 0;
    for (int high = 0; high < votes.length; high++) {
      while (Long.compareUnsigned(votes[high] - votes[low], geometry.segmentCount()) >= 0) {
        low++;
      }
      if (high - low + 1 >= most) {
        most = high - low + 1;
        best = votes[high];
      }
    }
    return best;
  }

  /** Follows the log from its base as long as the next id is near. */
  private long extend(long base, @Nullable PlogScan plogs) {
    long newest = base;
    int gap = 0;
    while (gap < pool) {
      gap++;
      long id = newest + gap;
      if (id == 0) {
        break;
      }
      if (holds(id) || (plogs != null && plogHolds(plogs, id))) {
        newest = id;
        gap = 0;
      }
    }
    return newest;
  }

  private boolean holds(long id) {
    return table.slotHolding(id) >= 0;
  }

  private static boolean plogHolds(PlogScan plogs, long id) {
    return plogs.byId().stream().anyMatch(segment -> segment.headId() == id);
  }

  /** The life whose ids lie beyond the newest, if it is more than a stray id. */
  private @Nullable Life ahead(long[] votes, long newest) {
    int first = votes.length;
    while (first > 0 && Long.compareUnsigned(votes[first - 1], newest) > 0) {
      first--;
    }
    long[] beyond = Arrays.copyOfRange(votes, first, votes.length);
    Life life = lifeUpTo(base(beyond));
    int inside = 0;
    long lowest = life.newestId();
    for (int i = beyond.length - 1; i >= 0; i--) {
      if (life.contains(beyond[i])) {
        inside++;
        lowest = beyond[i];
      }
    }
    return inside < MIN_RUN ? null : new Life(lowest, life.newestId());
  }

  /** The gapless run of sealed ids from 1 below the window. */
  private @Nullable Life restart(long[] votes) {
    return votes.length > 0 && votes[0] == 1 ? runAt(votes, 0) : null;
  }

  /** The longest gapless run of sealed ids below the window. */
  private @Nullable Life longestStaleRun(long[] votes) {
    Life longest = null;
    for (int i = 0; i < votes.length; ) {
      Life run = runAt(votes, i);
      if (run == null) {
        return longest;
      }
      if (longest == null || run.ids() > longest.ids()) {
        longest = run;
      }
      i += (int) run.ids();
    }
    return longest;
  }

  private @Nullable Life runAt(long[] votes, int from) {
    int end = from;
    while (end < votes.length
        && Long.compareUnsigned(votes[end], main.firstId()) < 0
        && (end == from || votes[end] == votes[end - 1] + 1)) {
      end++;
    }
    return end == from ? null : new Life(votes[from], votes[end - 1]);
  }

  static DriverWalk walk(SegmentTable table) {
    return table.convention().hasChecksum() ? checksumWalk(table) : lapWalk(table);
  }

  /** find_max_id and apply_valid_segments. */
  private static DriverWalk checksumWalk(SegmentTable table) {
    int slots = table.slots();
    long maxId = 0;
    for (int slot = table.nextUsed(0); slot < slots; slot = table.nextUsed(slot + 1)) {
      if (table.state(slot) == SlotState.UNREADABLE) {
        return new DriverWalk(slots, slot, 0, DriverWalk.Stop.READ_ERROR, 0, 0, maxId);
      }
      if (Long.compareUnsigned(table.id(slot), maxId) > 0) {
        maxId = table.id(slot);
      }
    }
    int start = (int) Long.remainderUnsigned(maxId, slots);
    int applied = 0;
    long last = 0;
    DriverWalk walk = new DriverWalk(slots, start, slots, DriverWalk.Stop.END, 0, 0, maxId);
    for (int i = table.nextUsedRound(start, 0); i < slots; i = table.nextUsedRound(start, i + 1)) {
      int slot = walk.slotAt(i);
      DriverWalk.Stop stop =
          switch (table.state(slot)) {
            case EMPTY, SEALED -> DriverWalk.Stop.END;
            case TORN, UNCHECKED -> DriverWalk.Stop.TORN;
            case UNREADABLE, PARTLY_READABLE -> DriverWalk.Stop.READ_ERROR;
          };
      if (stop != DriverWalk.Stop.END) {
        return new DriverWalk(slots, start, i, stop, applied, last, maxId);
      }
      applied++;
      last = table.id(slot);
    }
    return new DriverWalk(slots, start, slots, DriverWalk.Stop.END, applied, last, maxId);
  }

  /** recover_cache and checkup_atomicity of 2013. */
  private static DriverWalk lapWalk(SegmentTable table) {
    int slots = table.slots();
    int start = 0;
    long minId = -1;
    long maxId = 0;
    for (int slot = table.nextUsed(0); slot < slots; slot = table.nextUsed(slot + 1)) {
      if (table.state(slot) == SlotState.UNREADABLE) {
        return new DriverWalk(slots, slot, 0, DriverWalk.Stop.READ_ERROR, 0, 0, maxId);
      }
      long id = table.id(slot);
      if (Long.compareUnsigned(id, minId) < 0) {
        minId = id;
        start = slot;
      }
      if (Long.compareUnsigned(id, maxId) > 0) {
        maxId = id;
      }
    }
    int applied = 0;
    long last = 0;
    DriverWalk round = new DriverWalk(slots, start, slots, DriverWalk.Stop.END, 0, 0, maxId);
    for (int i = 0; i < slots; i++) {
      int slot = round.slotAt(i);
      long id = table.id(slot);
      DriverWalk.Stop stop = DriverWalk.Stop.END;
      if (table.state(slot) == SlotState.PARTLY_READABLE) {
        stop = DriverWalk.Stop.READ_ERROR;
      } else if (Long.compareUnsigned(id, last) <= 0) {
        stop = DriverWalk.Stop.NOT_RISING;
      } else if (table.state(slot) == SlotState.TORN) {
        stop = DriverWalk.Stop.TORN;
      }
      if (stop != DriverWalk.Stop.END) {
        return new DriverWalk(slots, start, i, stop, applied, last, maxId);
      }
      applied++;
      last = id;
    }
    return new DriverWalk(slots, start, slots, DriverWalk.Stop.END, applied, last, maxId);
  }
}
