package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Lists of a device with a thousand million slots, all of them holes but for the first few. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class HugeListingsTest {
  private static final long SLOTS = 1 << 30;
  private static final int ORDER = 10;
  private static final RowFilter EMPTY = new RowFilter(null, null, Set.of("empty"));

  private final CacheImage image = image();

  private static CacheImage image() {
    LogBuilder log = new LogBuilder(Convention.RAW_CRC, ORDER, 8).segments(1, 5).clear(2);
    SparseSource huge = new SparseSource((2048 + (SLOTS << ORDER)) * 512);
    byte[] bytes = log.source.bytes();
    for (int at = 0; at < bytes.length; at += 4096) {
      for (int i = at; i < at + 4096; i++) {
        if (bytes[i] != 0) {
          huge.block(at).put(bytes, at, 4096);
          break;
        }
      }
    }
    return new WriteboostFormat().open(OpenRequest.of(huge).withFormat("writeboost-2014"));
  }

  private List<Object> slots(String list, RowFilter filter, int most, Progress progress) {
    List<Object> slots = new ArrayList<>();
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            image.list(
                list,
                filter,
                values -> {
                  slots.add(values[0]);
                  return slots.size() < most;
                },
                progress));
    return slots;
  }

  @Test
  void emptySlotsAreNotListedUnlessAskedFor() {
    List<Object> used = List.of(0, 1, 3, 4);
    assertEquals(used, slots("segments", RowFilter.ALL, 100, Progress.NONE));
    assertEquals(used, slots("metablocks", RowFilter.ALL, 100, Progress.NONE));
    assertEquals(List.of(2, 5, 6), slots("segments", EMPTY, 3, Progress.NONE));
    RowFilter both = new RowFilter(null, null, Set.of("empty", "sealed"));
    assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), slots("segments", both, 7, Progress.NONE));
  }

  @Test
  void aRangeIsFoundAtOnce() {
    long last = (2048 + ((SLOTS - 1) << ORDER)) * 512L;
    RowFilter end = new RowFilter(new ByteRange(last - 1, 512), null, Set.of("empty"));
    assertEquals(
        List.of((int) SLOTS - 2, (int) SLOTS - 1), slots("segments", end, 100, Progress.NONE));
    RowFilter start = new RowFilter(new ByteRange(0, (2048 + 513 * 2) * 512), null, Set.of());
    assertEquals(List.of(0, 1), slots("segments", start, 100, Progress.NONE));
    RowFilter before = new RowFilter(new ByteRange(0, 4096), null, Set.of("empty", "sealed"));
    assertEquals(List.of(), slots("segments", before, 100, Progress.NONE));
  }

  @Test
  void cancellingEndsAListOfEmptySlots() {
    AtomicBoolean cancelled = new AtomicBoolean();
    Progress progress =
        new Progress() {
          @Override
          public void begin(String task, long totalBytes) {}

          @Override
          public void advance(long bytes) {}

          @Override
          public boolean cancelled() {
            return cancelled.get();
          }
        };
    List<Object> slots = new ArrayList<>();
    assertThrows(
        CancelledException.class,
        () ->
            image.list(
                "segments",
                EMPTY,
                values -> {
                  slots.add(values[0]);
                  cancelled.set(slots.size() == 10);
                  return slots.size() < 1000;
                },
                progress));
    assertEquals(10, slots.size());
  }
}
