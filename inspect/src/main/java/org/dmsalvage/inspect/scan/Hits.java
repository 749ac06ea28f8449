package org.dmsalvage.inspect.scan;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Convention;

/** What was found in a stretch of sectors, in ascending order. */
final class Hits {

  /** Superblocks that are kept; a disk full of them tells nothing more. */
  private static final int MOST_SUPERBLOCKS = 1000;

  /** Segments that are kept: a cache of 2 TiB has four million. */
  private static final int MOST_SEGMENTS = 1 << 22;

  /** A structure with a magic number. */
  enum Magic {
    WRITEBOOST,
    WRITECACHE,
    INSITU
  }

  /** A superblock. */
  record Superblock(Magic magic, long offset) {}

  /**
   * Sectors of one kind that follow each other.
   *
   * @param offset of the first
   * @param end behind the last
   * @param count how many there are, without those that only make it longer
   * @param lowest of the ids, if they have one
   * @param highest of the ids
   */
  record Run(long offset, long end, long count, long lowest, long highest) {
    Run longer(long bytes) {
      return new Run(offset, end + bytes, count, lowest, highest);
    }

    Run with(Run next) {
      return new Run(
          offset,
          next.end,
          count + next.count,
          Math.min(lowest, next.lowest),
          Math.max(highest, next.highest));
    }
  }

  final List<Superblock> superblocks = new ArrayList<>();

  /** Logged writes: every sector that heads one. */
  final List<Run> plogs = new ArrayList<>();

  /** Sectors that are full of entries of a writecache. */
  final List<Run> entries = new ArrayList<>();

  private final Convention[] conventions = Convention.values();
  private long[] offsets = new long[16];
  private long[] ids = new long[16];
  private byte[] kinds = new byte[16];
  private int segments;

  /** Segments that were found and not kept, and headers that there was no time to prove. */
  long unproved;

  void superblock(Magic magic, long offset) {
    if (superblocks.size() < MOST_SUPERBLOCKS) {
      superblocks.add(new Superblock(magic, offset));
    }
  }

  void segment(long offset, long id, Convention convention) {
    if (segments == MOST_SEGMENTS) {
      unproved++;
      return;
    }
    if (segments == offsets.length) {
      offsets = Arrays.copyOf(offsets, 2 * segments);
      ids = Arrays.copyOf(ids, 2 * segments);
      kinds = Arrays.copyOf(kinds, 2 * segments);
    }
    offsets[segments] = offset;
    ids[segments] = id;
    kinds[segments++] = (byte) List.of(conventions).indexOf(convention);
  }

  /** Adds to a run, or begins one if the last one ended more than a gap before. */
  static void add(List<Run> runs, Run next, long gap) {
    if (!runs.isEmpty() && next.offset - runs.getLast().end <= gap) {
      runs.add(runs.removeLast().with(next));
    } else {
      runs.add(next);
    }
  }

  /** Adds what was found behind. */
  void append(Hits next) {
    next.superblocks.forEach(s -> superblock(s.magic, s.offset));
    next.plogs.forEach(run -> add(plogs, run, SectorScan.PLOG_GAP));
    next.entries.forEach(run -> add(entries, run, 0));
    for (int i = 0; i < next.segments; i++) {
      segment(next.offsets[i], next.ids[i], next.convention(i));
    }
    unproved += next.unproved;
  }

  int segments() {
    return segments;
  }

  long offset(int segment) {
    return offsets[segment];
  }

  long id(int segment) {
    return ids[segment];
  }

  Convention convention(int segment) {
    return conventions[kinds[segment]];
  }
}
