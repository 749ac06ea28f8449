package org.dmsalvage.replay.writeboost;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.MetablockReader;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Everything that a replay can choose from, numbered: the slots of the cache that were ever written
 * in their order, then the segments rebuilt from plogs.
 *
 * <p>What is kept by segment number thus needs memory for what was written, not for a device that
 * is merely large.
 */
final class LogSegments {

  private final SegmentTable table;
  private final int[] usedSlots;
  private final List<RebuiltSegment> rebuilt;

  LogSegments(SegmentTable table, List<RebuiltSegment> rebuilt) {
    this.table = table;
    this.usedSlots = usedSlots(table);
    this.rebuilt = List.copyOf(rebuilt);
  }

  private static int[] usedSlots(SegmentTable table) {
    int[] used = new int[64];
    int count = 0;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (count == used.length) {
        used = Arrays.copyOf(used, (int) Math.min(table.slots(), count * 2L));
      }
      used[count++] = slot;
    }
    return Arrays.copyOf(used, count);
  }

  /** Receives metablocks. */
  @FunctionalInterface
  interface Sink {
    /**
     * Takes a metablock.
     *
     * @param segment number of the segment
     * @param index of the metablock
     * @param sector address, unsigned
     * @param dirtyBits 0 … 255
     */
    void metablock(int segment, int index, long sector, int dirtyBits);
  }

  /** {@return the headers of the cache} */
  SegmentTable table() {
    return table;
  }

  /** {@return how many segments there are} */
  int count() {
    return usedSlots.length + rebuilt.size();
  }

  /** {@return how many of them stand in slots; rebuilt ones have the numbers from here on} */
  int inSlots() {
    return usedSlots.length;
  }

  /** {@return the number of the segment in a slot, negative if it was never written} */
  int inSlot(int slot) {
    return Arrays.binarySearch(usedSlots, slot);
  }

  /** {@return whether a segment was rebuilt from plogs} */
  boolean fromPlog(int segment) {
    return segment >= usedSlots.length;
  }

  private RebuiltSegment rebuilt(int segment) {
    return rebuilt.get(segment - usedSlots.length);
  }

  /** {@return the id, unsigned; 0 for an empty slot} */
  long id(int segment) {
    if (fromPlog(segment)) {
      RebuiltSegment from = rebuilt(segment);
      return from.empty() ? 0 : from.id();
    }
    return table.id(usedSlots[segment]);
  }

  /** {@return where the segment begins on its image, the plog device if {@link #fromPlog}} */
  long startByte(int segment) {
    return fromPlog(segment) ? rebuilt(segment).start() : table.startByte(usedSlots[segment]);
  }

  /** {@return the number of metablocks that count and exist} */
  int metablocks(int segment) {
    return fromPlog(segment) ? rebuilt(segment).length() : table.metablocks(usedSlots[segment]);
  }

  /** {@return the slot in which the segment stands, or in which the driver writes it} */
  int slot(int segment) {
    return fromPlog(segment)
        ? (int) table.geometry().slotOf(rebuilt(segment).id())
        : usedSlots[segment];
  }

  /**
   * Reads metablocks.
   *
   * @param segments in the order wanted
   * @param progress told about bytes read
   * @param sink receives them in that order
   */
  void readMetablocks(int[] segments, Progress progress, Sink sink) {
    int from = 0;
    while (from < segments.length) {
      int to = from;
      while (to < segments.length && !fromPlog(segments[to])) {
        to++;
      }
      readSlots(Arrays.copyOfRange(segments, from, to), progress, sink);
      for (; to < segments.length && fromPlog(segments[to]); to++) {
        RebuiltSegment segment = rebuilt(segments[to]);
        for (int i = 0; i < segment.length(); i++) {
          if (!segment.isGap(i)) {
            sink.metablock(segments[to], i, segment.sector(i), segment.dirtyBits(i));
          }
        }
      }
      from = to;
    }
  }

  private void readSlots(int[] segments, Progress progress, Sink sink) {
    int[] slots = Arrays.stream(segments).map(segment -> usedSlots[segment]).toArray();
    int[] done = new int[1];
    MetablockReader.read(
        table,
        slots,
        progress,
        batch -> {
          for (int position = 0; position < batch.slots(); position++) {
            int segment = segments[done[0]++];
            int first = batch.firstRow(position);
            for (int row = first; row < batch.endRow(position); row++) {
              sink.metablock(segment, row - first, batch.sector(row), batch.dirtyBits(row));
            }
          }
        });
  }

  /**
   * {@return where a sector of a block stands, as a byte offset on the plog device if {@link
   * #fromPlog}, else on the cache; -1 for zeros}
   *
   * <p>The driver of 2013 looks for the data in the slot that belongs to the id, wherever the
   * header stood (update_by_segment_header_device, rule F6).
   *
   * @param segment number of the segment
   * @param block index of the block
   * @param sectorInBlock 0 … 7
   */
  long place(int segment, int block, int sectorInBlock) {
    if (fromPlog(segment)) {
      return rebuilt(segment).place(block, sectorInBlock);
    }
    int slot = usedSlots[segment];
    long holder =
        table.convention() == Convention.LAPS ? table.geometry().slotOf(table.id(slot)) : slot;
    return table.geometry().blockByte(holder, block) + sectorInBlock * 512L;
  }
}
