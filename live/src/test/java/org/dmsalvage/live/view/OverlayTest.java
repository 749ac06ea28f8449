package org.dmsalvage.live.view;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is written to an overlay, and what is read of it. */
class OverlayTest {

  private static final int SIZE = (3 << 20) + 1000;

  @TempDir private Path directory;

  /** A device that was recovered: noise, some of it from a cache. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Below(byte[] bytes, long cachedAt) implements LogicalDevice {

    static Below noise(int size) {
      byte[] bytes = new byte[size];
      new Random(size).nextBytes(bytes);
      return new Below(bytes, 8192);
    }

    @Override
    public String name() {
      return "below";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public Origin originOf(long sector) {
      return new Origin.Backing();
    }

    @Override
    public void forEachRun(RunVisitor visitor) {
      visitor.run(cachedAt, 4096, new Origin.Cached("cache", 77));
    }

    @Override
    public void close() {}
  }

  private static byte[] read(Overlay overlay, long offset, int length) {
    byte[] bytes = new byte[length];
    overlay.read(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  @Test
  void keepsWhatWasWrittenAcrossRuns() {
    Below below = Below.noise(SIZE);
    byte[] model = below.bytes().clone();
    byte[] pristine = model.clone();
    Random random = new Random(3);
    Path file = directory.resolve("o");
    for (int run = 0; run < 4; run++) {
      try (Overlay overlay = Overlay.open(below, file)) {
        assertArrayEquals(model, read(overlay, 0, SIZE), "run " + run);
        for (int i = 0; i < 60; i++) {
          int length = 1 + random.nextInt(i % 5 == 0 ? 1 << 21 : 9000);
          int at = random.nextInt(SIZE - length + 1);
          switch (i % 4) {
            case 0 -> {
              overlay.zero(at, length, i % 8 == 0);
              Arrays.fill(model, at, at + length, (byte) 0);
            }
            case 1 -> {
              overlay.discard(at, length);
              System.arraycopy(read(overlay, at, length), 0, model, at, length);
            }
            default -> {
              byte[] data = new byte[length];
              random.nextBytes(data);
              overlay.write(at, ByteBuffer.wrap(data));
              System.arraycopy(data, 0, model, at, length);
            }
          }
        }
        overlay.flush();
        assertArrayEquals(model, read(overlay, 0, SIZE));
      }
    }
    assertArrayEquals(pristine, below.bytes());
  }

  @Test
  void losesNothingWhenManyWriteNextToEachOther() throws Exception {
    Below below = Below.noise(SIZE);
    byte[] model = below.bytes().clone();
    int threads = 4;
    try (Overlay overlay = Overlay.open(below, directory.resolve("o"));
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Future<?>[] parts = new Future<?>[threads];
      for (int t = 0; t < threads; t++) {
        int mine = t;
        parts[t] =
            pool.submit(
                () -> {
                  for (int at = mine * 1024; at + 1024 <= SIZE; at += threads * 1024) {
                    byte[] data = new byte[1024];
                    Arrays.fill(data, (byte) (at / 1024));
                    overlay.write(at, ByteBuffer.wrap(data));
                    if (at % 100 == 0) {
                      overlay.flush();
                    }
                  }
                });
      }
      for (Future<?> part : parts) {
        part.get();
      }
      for (int at = 0; at + 1024 <= SIZE; at += 1024) {
        Arrays.fill(model, at, at + 1024, (byte) (at / 1024));
      }
      assertArrayEquals(model, read(overlay, 0, SIZE));
    }
  }

  @Test
  void tellsWhatWasWritten() {
    Below below = Below.noise(SIZE);
    ExtentMap cached = CachedRuns.of(below, 1);
    try (Overlay overlay = Overlay.open(below, directory.resolve("o"))) {
      ExtentMap map = overlay.extents(cached);
      assertEquals(new Extent(8192, 0), map.at(0, SIZE));
      assertEquals(new Extent(12288, 1), map.at(8192, SIZE));
      assertEquals(0, map.at(12288, SIZE).flags());
      overlay.write(10_000, ByteBuffer.wrap(new byte[5000]));
      assertEquals(new Extent(16384, 2), map.at(8192, SIZE));
      assertEquals(new Extent(8192, 0), map.at(100, SIZE));
      assertEquals(0, map.at(SIZE - 1, SIZE).flags());
      assertEquals(SIZE, overlay.nextHole(0));
      assertEquals(5, overlay.nextData(5));
    }
  }

  @Test
  void belongsToOneViewOnly() throws IOException {
    Below below = Below.noise(SIZE);
    Path file = directory.resolve("o");
    Overlay first = Overlay.open(below, file);
    refuses("in use by another program", below, file);
    first.close();
    Overlay.open(below, file).close();
    refuses("of a device of", Below.noise(SIZE + 1), file);
    refuses("another view", new Below(below.bytes(), 4096), file);
    Path text =
        Files.writeString(directory.resolve("text"), "no overlay at all, no overlay at all");
    refuses("is no overlay", below, text);
    assertEquals("no overlay at all, no overlay at all", Files.readString(text));
    try (RandomAccessFile damaged = new RandomAccessFile(file.toFile(), "rw")) {
      damaged.seek(20);
      damaged.write(9);
    }
    refuses("its header is damaged", below, file);
    Path none = directory.resolve("none/o");
    refuses("cannot open the overlay", below, none);
    assertFalse(Files.exists(none));
  }

  private static void refuses(String expected, LogicalDevice below, Path file) {
    OutputException e = assertThrows(OutputException.class, () -> Overlay.open(below, file));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
