package org.dmsalvage.replay.time;

import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.List;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.Timeline.ChangeVisitor;

/**
 * Where the bytes of two points in time differ: of the ranges that come from other places, the
 * sectors that do not hold the same. Reads nothing else.
 */
public final class ByteChanges {

  private static final String TASK = "comparing two points in time";
  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int PIECE_SECTORS = 256;

  private final BlockSource before;
  private final BlockSource after;
  private final Progress progress;
  private final ByteBuffer left = ByteBuffer.allocate(PIECE_SECTORS * SECTOR);
  private final ByteBuffer right = ByteBuffer.allocate(PIECE_SECTORS * SECTOR);
  private long unreadable;

  private ByteChanges(BlockSource before, BlockSource after, Progress progress) {
    this.before = before;
    this.after = after;
    this.progress = progress;
  }

  /**
   * Compares two points in time.
   *
   * @param timeline of the log
   * @param from the earlier point
   * @param to the later point
   * @param progress told about bytes read
   * @param visitor receives the ranges in ascending order of address
   * @return how many sectors could not be read at one point or the other; they count as different
   * @throws UsageException if a point lies outside the log or the first one is the later one
   * @throws CancelledException if the user asked to stop
   */
  public static long forEach(
      Timeline timeline, long from, long to, Progress progress, ChangeVisitor visitor) {
    progress.begin(TASK, -1);
    ByteChanges changes = new ByteChanges(timeline.at(from), timeline.at(to), progress);
    timeline.forEachChange(
        from,
        to,
        (sector, sectors, known, steps) -> changes.range(sector, sectors, known, steps, visitor));
    return changes.unreadable;
  }

  private void range(
      long sector, long sectors, boolean known, long[] steps, ChangeVisitor visitor) {
    long start = sector;
    for (long at = sector; at < sector + sectors; at += PIECE_SECTORS) {
      progress.checkCancelled(TASK);
      int count = (int) Math.min(PIECE_SECTORS, sector + sectors - at);
      BitSet different = different(at, count);
      for (int i = 0; i < count; i++) {
        if (!different.get(i)) {
          give(start, at + i, known, steps, visitor);
          start = at + i + 1;
        }
      }
    }
    give(start, sector + sectors, known, steps, visitor);
  }

  private static void give(
      long start, long end, boolean known, long[] steps, ChangeVisitor visitor) {
    if (end > start) {
      visitor.range(start, end - start, known, steps);
    }
  }

  private BitSet different(long sector, int count) {
    int length = (int) Math.min((long) count * SECTOR, before.size() - sector * SECTOR);
    BitSet different = new BitSet();
    fill(before, sector, length, left, different);
    fill(after, sector, length, right, different);
    unreadable += different.cardinality();
    progress.advance(2L * length);
    if (left.mismatch(right) < 0) {
      return different;
    }
    for (int i = 0; i < count; i++) {
      int at = i * SECTOR;
      int end = Math.min(at + SECTOR, length);
      if (!left.slice(at, end - at).equals(right.slice(at, end - at))) {
        different.set(i);
      }
    }
    return different;
  }

  private static void fill(
      BlockSource device, long sector, int length, ByteBuffer target, BitSet bad) {
    List<ByteRange> ranges = device.readAround(sector * SECTOR, target.clear().limit(length));
    target.flip();
    for (ByteRange range : ranges) {
      int first = (int) (range.offset() / SECTOR - sector);
      bad.set(first, (int) ((range.end() + SECTOR - 1) / SECTOR - sector));
    }
  }
}
