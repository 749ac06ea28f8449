package org.dmsalvage.replay.writecache;

import java.util.Arrays;
import java.util.OptionalLong;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.Standing;
import org.dmsalvage.replay.recovery.Recovery.Version;
import org.dmsalvage.replay.recovery.Recovery.VersionVisitor;

/**
 * The cached blocks with their sequences, which are read from the table again: 12 bytes a block
 * while it lasts.
 */
final class CachedVersions {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final CachedView view;
  private final long size;
  private final VersionVisitor visitor;

  /** What is held: blocks that continue each other on the device and in the cache. */
  private long start;

  private long end;
  private long dataOffset;
  private long sequence;

  private CachedVersions(CachedView view, long size, VersionVisitor visitor) {
    this.view = view;
    this.size = size;
    this.visitor = visitor;
  }

  /**
   * Gives all blocks.
   *
   * @param view which there are
   * @param size of the logical device in bytes
   * @param visitor receives them, joined where they continue each other in one sequence
   */
  static void forEach(CachedView view, long size, VersionVisitor visitor) {
    new CachedVersions(view, size, visitor).run();
  }

  private void run() {
    long sectors = (size + SECTOR - 1) / SECTOR;
    int count = 0;
    for (int p = view.from(0); view.sector(p) < sectors; p = view.next(p)) {
      count++;
    }
    int[] entries = new int[count];
    int filled = 0;
    for (int p = view.from(0); filled < count; p = view.next(p)) {
      entries[filled++] = view.entry(p);
    }
    Arrays.sort(entries);
    long[] sequences = view.table().sequences(entries);
    for (int p = view.from(0); view.sector(p) < sectors; p = view.next(p)) {
      add(p, sequences[Arrays.binarySearch(entries, view.entry(p))]);
    }
    flush();
  }

  private void add(int position, long of) {
    long offset = view.sector(position) * SECTOR;
    long data = view.dataOffset(position);
    if (end != offset || dataOffset + (end - start) != data || sequence != of) {
      flush();
      start = offset;
      dataOffset = data;
      sequence = of;
    }
    end = offset + view.sectorsPerBlock() * (long) SECTOR;
  }

  private void flush() {
    long length = Math.min(end, size) - start;
    if (length > 0) {
      Origin.Cached place = new Origin.Cached(view.cache().name(), dataOffset);
      boolean committed = Long.compareUnsigned(sequence, view.sequenceCount()) < 0;
      Standing standing = committed ? Standing.DIRTY : Standing.UNCOMMITTED;
      visitor.version(
          start, length, new Version(place, length, false, OptionalLong.of(sequence), standing));
    }
    start = end;
  }
}
