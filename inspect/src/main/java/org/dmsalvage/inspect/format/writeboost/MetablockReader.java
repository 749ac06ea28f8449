package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.function.Function;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;

/** Reads the metablocks of slots. */
public final class MetablockReader {

  private static final String TASK = "reading metablocks";

  /** Rows of a batch, at least; a batch has at least one slot. */
  private static final int BATCH_ROWS = 16 << 10;

  private final SegmentTable table;
  private final Progress progress;
  private final Queue<HeaderWindow> windows = new ConcurrentLinkedQueue<>();

  private MetablockReader(SegmentTable table, Progress progress) {
    this.table = table;
    this.progress = progress;
  }

  /**
   * Reads the metablocks of slots on all cores and hands them over in order.
   *
   * @param table the headers of the device
   * @param slots which slots, in the order wanted; the array is not copied
   * @param progress told about bytes read
   * @param sink receives the batches, on the thread of the caller
   */
  public static void read(
      SegmentTable table, int[] slots, Progress progress, Consumer<MetablockBatch> sink) {
    read(table, slots, progress, batch -> batch, sink);
  }

  /**
   * Reads the metablocks of slots and works on them on all cores, and hands over the results in
   * order.
   *
   * @param table the headers of the device
   * @param slots which slots, in the order wanted; the array is not copied
   * @param progress told about bytes read
   * @param work what to make of a batch; called by several threads
   * @param sink receives the results, on the thread of the caller
   */
  public static <T> void read(
      SegmentTable table,
      int[] slots,
      Progress progress,
      Function<MetablockBatch, T> work,
      Consumer<T> sink) {
    progress.begin(TASK, (long) slots.length * WriteboostGeometry.BLOCK_BYTES);
    int perBatch = Math.max(1, BATCH_ROWS / table.geometry().blocksPerSegment());
    MetablockReader reader = new MetablockReader(table, progress);
    OrderedTasks.run(
        (slots.length + (long) perBatch - 1) / perBatch,
        number -> {
          int from = (int) (number * perBatch);
          int count = Math.min(slots.length - from, perBatch);
          T result = work.apply(reader.batch(slots, from, count));
          progress.advance((long) count * WriteboostGeometry.BLOCK_BYTES);
          return result;
        },
        sink);
  }

  private MetablockBatch batch(int[] all, int from, int count) {
    progress.checkCancelled(TASK);
    int[] slots = new int[count];
    int[] firstRows = new int[count + 1];
    for (int i = 0; i < count; i++) {
      slots[i] = all[from + i];
      firstRows[i + 1] = firstRows[i] + table.metablocks(slots[i]);
    }
    long[] sectors = new long[firstRows[count]];
    byte[] dirtyBits = new byte[firstRows[count]];
    boolean[] readable = new boolean[count];
    HeaderWindow window = windows.poll();
    if (window == null) {
      window = new HeaderWindow(table.source(), table.geometry());
    }
    Convention convention = table.convention();
    int runEnd = 0;
    for (int i = 0; i < count; i++) {
      if (runEnd <= i) {
        runEnd = i + 1;
        while (runEnd < count && slots[runEnd] == slots[runEnd - 1] + 1) {
          runEnd++;
        }
      }
      int rows = firstRows[i + 1] - firstRows[i];
      readable[i] = true;
      if (rows == 0) {
        continue;
      }
      int at = window.load(slots[i], runEnd - 1L - i);
      ByteBuffer buffer = window.buffer();
      for (int row = firstRows[i], m = 0; m < rows; row++, m++) {
        sectors[row] = convention.sector(buffer, at, m);
        dirtyBits[row] = (byte) convention.dirtyBits(buffer, at, m);
      }
      List<ByteRange> bad = window.unreadable(slots[i]);
      if (!bad.isEmpty()) {
        readable[i] = blank(slots[i], firstRows[i], rows, bad, sectors, dirtyBits);
      }
    }
    windows.add(window);
    return new MetablockBatch(slots, firstRows, sectors, dirtyBits, readable);
  }

  /** Clears what stands in unreadable bytes; whether there was nothing to clear. */
  private boolean blank(
      int slot, int firstRow, int rows, List<ByteRange> bad, long[] sectors, byte[] dirtyBits) {
    boolean whole = true;
    for (int m = 0; m < rows; m++) {
      long at = table.startByte(slot) + table.convention().metablockOffset(m);
      ByteRange bytes = new ByteRange(at, Metablock2013.BYTES);
      if (bad.stream().anyMatch(bytes::intersects)) {
        sectors[firstRow + m] = 0;
        dirtyBits[firstRow + m] = 0;
        whole = false;
      }
    }
    return whole;
  }
}
