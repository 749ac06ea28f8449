package org.dmsalvage.replay.writeboost;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.MetablockReader;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Everything that a replay can choose from, numbered: the slots of the cache by their slot, then
 * the segments rebuilt from plogs.
 */
final class LogSegments {

  private final SegmentTable table;
  private final List<RebuiltSegment> rebuilt;

  LogSegments(SegmentTable table, List<RebuiltSegment> rebuilt) {
    this.table = table;
    this.rebuilt = List.copyOf(rebuilt);
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
    return table.slots() + rebuilt.size();
  }

  /** {@return whether a segment was rebuilt from plogs} */
  boolean fromPlog(int segment) {
    return segment >= table.slots();
  }

  private RebuiltSegment rebuilt(int segment) {
    return rebuilt.get(segment - table.slots());
  }

  /** {@return the id, unsigned; 0 for an empty slot} */
  long id(int segment) {
    if (fromPlog(segment)) {
      RebuiltSegment from = rebuilt(segment);
      return from.empty() ? 0 : from.id();
    }
    return table.id(segment);
  }

  /** {@return the number of metablocks that count and exist} */
  int metablocks(int segment) {
    return fromPlog(segment) ? rebuilt(segment).length() : table.metablocks(segment);
  }

  /** {@return the slot in which the segment stands, or in which the driver writes it} */
  int slot(int segment) {
    return fromPlog(segment) ? (int) table.geometry().slotOf(rebuilt(segment).id()) : segment;
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
      if (fromPlog(segments[from])) {
        RebuiltSegment segment = rebuilt(segments[from]);
        for (int i = 0; i < segment.length(); i++) {
          sink.metablock(segments[from], i, segment.sector(i), segment.dirtyBits(i));
        }
        from++;
        continue;
      }
      while (to < segments.length && !fromPlog(segments[to])) {
        to++;
      }
      int[] slots = Arrays.copyOfRange(segments, from, to);
      MetablockReader.read(
          table,
          slots,
          progress,
          batch -> {
            for (int position = 0; position < batch.slots(); position++) {
              int first = batch.firstRow(position);
              for (int row = first; row < batch.endRow(position); row++) {
                sink.metablock(
                    batch.slot(position), row - first, batch.sector(row), batch.dirtyBits(row));
              }
            }
          });
      from = to;
    }
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
    long slot =
        table.convention() == Convention.LAPS
            ? table.geometry().slotOf(table.id(segment))
            : segment;
    return table.geometry().blockByte(slot, block) + sectorInBlock * 512L;
  }
}
