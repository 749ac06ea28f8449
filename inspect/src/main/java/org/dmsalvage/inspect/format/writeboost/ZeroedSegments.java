package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Finds segments whose dirty sectors are all zeros.
 *
 * <p>The driver of 2013 discards the blocks of a migrated segment and leaves its header. On a
 * device that reads zeros after a discard, replaying such a segment writes zeros over good data
 * (rule F15).
 */
public final class ZeroedSegments {

  private static final String TASK = "looking for discarded segments";
  private static final int SLOTS_PER_TASK = 64;

  private final SegmentTable table;
  private final Progress progress;

  private ZeroedSegments(SegmentTable table, Progress progress) {
    this.table = table;
    this.progress = progress;
  }

  /**
   * Looks at segments on all cores; of most, one block is read.
   *
   * @param table the headers of the device
   * @param slots which slots
   * @param progress told about bytes read
   * @return those of the slots that have a dirty sector and no dirty sector with anything in it;
   *     what cannot be read is taken to hold something
   */
  public static BitSet find(SegmentTable table, int[] slots, Progress progress) {
    progress.begin(TASK, (long) slots.length * WriteboostGeometry.BLOCK_BYTES);
    ZeroedSegments search = new ZeroedSegments(table, progress);
    BitSet zeroed = new BitSet();
    OrderedTasks.run(
        (slots.length + (long) SLOTS_PER_TASK - 1) / SLOTS_PER_TASK,
        task -> {
          int from = (int) (task * SLOTS_PER_TASK);
          return search.part(slots, from, Math.min(slots.length - from, SLOTS_PER_TASK));
        },
        zeroed::or);
    return zeroed;
  }

  private BitSet part(int[] slots, int from, int count) {
    progress.checkCancelled(TASK);
    BitSet zeroed = new BitSet();
    SegmentCursor cursor = new SegmentCursor(table.source(), table.geometry(), table.convention());
    ByteBuffer block =
        ByteBuffer.allocate(WriteboostGeometry.BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = from; i < from + count; i++) {
      if (allZeros(slots[i], cursor, block)) {
        zeroed.set(slots[i]);
      }
    }
    progress.advance((long) count * WriteboostGeometry.BLOCK_BYTES);
    return zeroed;
  }

  private boolean allZeros(int slot, SegmentCursor cursor, ByteBuffer block) {
    cursor.load(slot);
    boolean dirty = false;
    for (int i = 0; i < cursor.metablocks(); i++) {
      int bits = cursor.dirtyBits(i);
      if (bits == 0) {
        continue;
      }
      dirty = true;
      block.clear();
      boolean read =
          table.source().readAround(table.geometry().blockByte(slot, i), block).isEmpty();
      if (!read || !zeros(block, bits)) {
        return false;
      }
    }
    return dirty;
  }

  private static boolean zeros(ByteBuffer block, int bits) {
    for (int at = 0; at < WriteboostGeometry.BLOCK_BYTES; at += Long.BYTES) {
      boolean dirty = (bits >> (at / BlockSource.SECTOR_BYTES) & 1) != 0;
      if (dirty && block.getLong(at) != 0) {
        return false;
      }
    }
    return true;
  }
}
