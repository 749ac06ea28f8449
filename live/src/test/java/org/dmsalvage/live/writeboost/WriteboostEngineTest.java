package org.dmsalvage.live.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.FullDisk;
import org.dmsalvage.replay.device.ChannelDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A running writeboost: its tunables, messages and lines, and how it fails. */
@Timeout(60)
class WriteboostEngineTest {

  private static final int SIZE = 1 << 20;
  private static final int BLOCK = 4096;
  private static final String ZEROS = " 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 ";

  private final AtomicLong clock = new AtomicLong();

  /** Order 5: eight segments of three blocks. */
  private static final int CACHE_BYTES = (1 << 20) + 8 * (512 << 5);

  private RecordedDisk disk =
      new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES], new byte[9 * 27 * 512]));

  private WriteboostEngine open(String line) {
    return WriteboostEngine.over(
        DmTable.parse(line),
        new ChannelDevice("backing", disk.open(0)),
        new ChannelDevice("cache", disk.open(1)),
        new ChannelDevice("plog", disk.open(2)),
        clock::get);
  }

  private WriteboostEngine engine(String options) {
    return open("0 2048 writeboost 0 backing cache 2 segment_size_order 5" + options);
  }

  private static void write(WriteboostEngine engine, int block, int blocks) {
    byte[] data = new byte[blocks * BLOCK];
    Arrays.fill(data, (byte) (block + 1));
    engine.write((long) block * BLOCK, ByteBuffer.wrap(data));
  }

  private static byte[] read(WriteboostEngine engine) {
    byte[] bytes = new byte[SIZE];
    engine.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  /** A word of the status line behind the target, from 0. */
  private static String field(WriteboostEngine engine, int index) {
    return engine.status().split(" ", -1)[3 + index];
  }

  @Test
  void printsTheLinesOf2014() {
    String tunables =
        "12 allow_writeback %d enable_writeback_modulator 0 writeback_threshold %d"
            + " nr_cur_batched_writeback %d sync_interval %d update_record_interval 0";
    try (WriteboostEngine engine = engine("")) {
      assertEquals(
          "0 2048 writeboost 0 backing cache 4 segment_size_order 5 nr_rambuf_pool 8",
          engine.table());
      assertEquals(
          "0 2048 writeboost 0 24 8 1 0 0 0" + ZEROS + tunables.formatted(0, 70, 1024, 0),
          engine.status());
      write(engine, 0, 1);
      write(engine, 0, 1);
      engine.write(BLOCK, ByteBuffer.wrap(new byte[512]));
      engine.flush();
      read(engine);
      assertEquals(
          "0 2048 writeboost 3 24 8 2 1 0 2 0 254 0 0 0 2 0 0 1 1 0 0 0 0 0 1 1 ",
          engine.status().substring(0, engine.status().indexOf("12 allow")));
      engine.message(List.of("clear_stat"));
      assertTrue(engine.status().contains(" 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 12 "));
    }
    disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES], new byte[1 << 20]));
    try (WriteboostEngine engine =
        open(
            "0 2048 writeboost 1 backing cache plog 4 NR_rambuf_pool 3 segment_size_order 4"
                + " 6 allow_writeback 1 nr_max_batched_writeback 7 sync_interval 9")) {
      assertEquals(
          "0 2048 writeboost 1 backing cache plog 4 segment_size_order 4 nr_rambuf_pool 3 "
              + tunables.formatted(1, 70, 7, 9),
          engine.table());
      engine.message(List.of("writeback_threshold", "11"));
      assertTrue(engine.status().endsWith(tunables.formatted(1, 11, 7, 9)), engine.status());
    }
  }

  /** Readers take an id farther ahead than nr_rambuf_pool for no part of the log. */
  @Test
  void leavesNoMoreInFlightThanItsBuffersHold() throws IOException {
    String line =
        "0 2048 writeboost 0 backing cache 4 segment_size_order 5 nr_rambuf_pool 2"
            + " 2 allow_writeback 0";
    RecordedDisk running = disk;
    try (WriteboostEngine engine = open(line)) {
      for (int block = 0; block < 18; block++) {
        write(engine, block, 1);
        if (block == 2) {
          engine.flush();
        }
      }
    }
    for (int event = running.length() - 6; event <= running.length(); event++) {
      running.statesAt(
          event,
          100,
          new SplittableRandom(event),
          (at, contents) -> {
            disk = new RecordedDisk(contents);
            try (WriteboostEngine engine = open(line)) {
              byte[] found = read(engine);
              for (int block = 0; block < 18; block++) {
                int value = found[block * BLOCK];
                assertTrue(value == 0 || value == block + 1, "block " + block + " at " + at);
              }
            }
          });
    }
  }

  @Test
  void printsTheLinesOf2() {
    disk = new RecordedDisk(List.of(new byte[SIZE], new byte[3 << 20], new byte[0]));
    String line =
        "0 2048 writeboost backing cache 6 writeback_threshold 80 read_cache_threshold 3"
            + " nr_read_cache_cells 9";
    try (WriteboostEngine engine = open(line)) {
      assertEquals(line, engine.table());
      engine.message(List.of("sync_data_interval", "30"));
      assertEquals(
          "0 2048 writeboost 0 508 4 1 0 0 0"
              + ZEROS
              + "10 writeback_threshold 80 nr_cur_batched_writeback 0 sync_data_interval 30"
              + " update_sb_record_interval 0 read_cache_threshold 3",
          engine.status());
      assertThrows(UsageException.class, () -> engine.message(List.of("write_around_mode", "0")));
    }
  }

  @Test
  void refusesLinesThatTheDriversRefuse() {
    for (String line :
        List.of(
            "0 2048 writeboost",
            "0 2048 writeboost 2 backing cache",
            "0 2048 writeboost 1 backing cache",
            "0 2048 writeboost 0 backing cache 2 segment_size_order 11",
            "0 2048 writeboost 0 backing cache 2 segment_size_order 3",
            "0 2048 writeboost 0 backing cache 2 nr_rambuf_pool 0",
            "0 2048 writeboost 0 backing cache 1 segment_size_order",
            "0 2048 writeboost 0 backing cache 4 segment_size_order 5",
            "0 2048 writeboost 0 backing cache 2 allow_writeback 1",
            "0 2048 writeboost 0 backing cache 0 2 allow_writeback 2",
            "0 2048 writeboost 0 backing cache 0 2 nr_max_batched_writeback 1001",
            "0 2048 writeboost 0 backing cache 0 2 sync_interval 3601",
            "0 2048 writeboost 0 backing cache 0 16 sync_interval 1",
            "0 2048 writeboost backing cache 2 writeback_threshold 101",
            "0 2048 writeboost backing cache 2 nr_max_batched_writeback 33",
            "0 2048 writeboost backing cache 2 write_around_mode 1",
            "0 2048 writeboost backing cache 2 allow_writeback 1",
            "0 2056 writeboost 0 backing cache 2 segment_size_order 5",
            "0 2048 linear backing 0")) {
      assertThrows(UsageException.class, () -> open(line), line);
    }
    try (WriteboostEngine engine = engine("")) {
      for (List<String> words :
          List.of(
              List.<String>of(),
              List.of("flush"),
              List.of("allow_writeback"),
              List.of("allow_writeback", "2"),
              List.of("no_such_thing", "1"))) {
        assertThrows(UsageException.class, () -> engine.message(words), words.toString());
      }
    }
  }

  @Test
  void formatsZerosOnly() {
    for (int at : new int[] {0, 3, 511}) {
      byte[] something = new byte[CACHE_BYTES];
      something[at] = 1;
      disk = new RecordedDisk(List.of(new byte[SIZE], something, new byte[0]));
      assertThrows(UnsupportedImageException.class, () -> engine(""));
      assertArrayEquals(something, disk.bytes(1));
    }
    byte[] old = new byte[CACHE_BYTES];
    Arrays.fill(old, 512, old.length, (byte) 7);
    disk = new RecordedDisk(List.of(new byte[SIZE], old, new byte[0]));
    engine("").close();
    engine("").close();
    assertThrows(
        UnsupportedImageException.class,
        () -> open("0 2048 writeboost 0 backing cache 2 segment_size_order 6"));
    assertThrows(UnsupportedImageException.class, () -> open("0 2048 writeboost 0 backing cache"));
  }

  @Test
  void formatsNothingThatHoldsSomething() {
    byte[] disk4 = new byte[CACHE_BYTES];
    disk4[1080] = 'S';
    disk4[1081] = (byte) 0xef;
    refusesToFormat(disk4);
    try (WriteboostEngine engine = engine("")) {
      write(engine, 3, 5);
      engine.flush();
    }
    byte[] used = disk.bytes(1);
    Arrays.fill(used, 0, 512, (byte) 0);
    refusesToFormat(used);
  }

  private void refusesToFormat(byte[] cache) {
    disk = new RecordedDisk(List.of(new byte[SIZE], cache, new byte[0]));
    UnsupportedImageException refused =
        assertThrows(UnsupportedImageException.class, () -> engine(""));
    assertTrue(String.valueOf(refused.getMessage()).contains("is not formatted"), "" + refused);
    assertArrayEquals(cache, disk.bytes(1));
    disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES], new byte[0]));
  }

  @Test
  void readsWhatWasWrittenWhateverTheAlignment() {
    byte[] model = new byte[SIZE];
    Random random = new Random(3);
    try (WriteboostEngine engine = engine("")) {
      for (int i = 0; i < 300; i++) {
        byte[] data = new byte[1 + random.nextInt(10000)];
        random.nextBytes(data);
        int at = random.nextInt(SIZE - data.length);
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, data.length);
        byte[] found = new byte[1 + random.nextInt(9000)];
        int from = random.nextInt(SIZE - found.length);
        engine.read(from, ByteBuffer.wrap(found));
        assertArrayEquals(Arrays.copyOfRange(model, from, from + found.length), found);
      }
      assertArrayEquals(model, read(engine));
      engine.message(List.of("drop_caches"));
      assertEquals("0", field(engine, 6));
    }
    assertArrayEquals(model, disk.bytes(0));
  }

  @Test
  void severalThreadsAtOnce() throws Exception {
    byte[][] models = new byte[4][SIZE / 4];
    try (WriteboostEngine engine = engine(" 4 allow_writeback 1 nr_max_batched_writeback 2");
        ExecutorService threads = Executors.newFixedThreadPool(models.length)) {
      List<Future<?>> ends = new ArrayList<>();
      for (int i = 0; i < models.length; i++) {
        int part = i;
        ends.add(
            threads.submit(
                () -> {
                  Random random = new Random(part);
                  for (int n = 0; n < 150; n++) {
                    byte[] data = new byte[512 * (1 + random.nextInt(20))];
                    random.nextBytes(data);
                    int at = random.nextInt((SIZE / 4 - data.length) / 512) * 512;
                    engine.write((long) part * SIZE / 4 + at, ByteBuffer.wrap(data));
                    System.arraycopy(data, 0, models[part], at, data.length);
                    if (n % 20 == part) {
                      engine.flush();
                      engine.runDue();
                    }
                  }
                }));
      }
      for (Future<?> end : ends) {
        end.get();
      }
      byte[] found = read(engine);
      for (int i = 0; i < models.length; i++) {
        assertArrayEquals(models[i], Arrays.copyOfRange(found, i * SIZE / 4, (i + 1) * SIZE / 4));
      }
    }
  }

  /** What check says of the cache device, notes aside. */
  private List<Finding> warnings() {
    OpenRequest request =
        OpenRequest.of(
            new ChannelSource("cache", new RecordedDisk(List.of(disk.bytes(1))).open(0)));
    Findings findings = new Findings();
    var _ = WriteboostImage.open(request).examine(Depth.VERIFY, findings, Progress.NONE);
    return findings.kept().stream().filter(f -> f.severity() != Severity.NOTE).toList();
  }

  @Test
  void checkFindsNothingAmissInALogThatHasGoneRound() {
    for (int blocks : new int[] {20, 24, 25, 28, 100}) {
      disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES], new byte[0]));
      WriteboostEngine engine = engine(" 4 nr_max_batched_writeback 4 update_record_interval 1");
      for (int block = 0; block < blocks; block += 10) {
        write(engine, block, Math.min(10, blocks - block));
        clock.addAndGet(1000);
        engine.runDue();
        assertEquals(List.of(), warnings(), "as after a crash, " + blocks);
      }
      engine.close();
      assertEquals(List.of(), warnings());
    }
  }

  @Test
  void tellsWhatIsDirty() {
    try (WriteboostEngine engine = engine("")) {
      write(engine, 2, 3);
      engine.flush();
      assertEquals(new Extent(2 * BLOCK, 0), engine.dirty().at(0, SIZE));
      assertEquals(new Extent(5 * BLOCK, 1), engine.dirty().at(2 * BLOCK, SIZE));
      engine.message(List.of("drop_caches"));
      assertEquals(new Extent(SIZE, 0), engine.dirty().at(0, SIZE));
    }
  }

  @Test
  void aFailingDeviceIsTheEndButWhatWasFlushedIsThere() {
    for (int device = 0; device < 2; device++) {
      disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES], new byte[0]));
      WriteboostEngine engine = engine("");
      write(engine, 10, 5);
      engine.flush();
      byte[] flushed = read(engine);
      disk.killAfter(disk.length());
      if (device == 0) {
        assertThrows(OutputException.class, () -> engine.message(List.of("drop_caches")));
      } else {
        write(engine, 30, 1);
        assertThrows(OutputException.class, engine::flush);
      }
      assertEquals("0 2048 writeboost Fail", engine.status());
      assertTrue(engine.error().isPresent());
      assertThrows(OutputException.class, () -> read(engine));
      assertThrows(OutputException.class, () -> write(engine, 0, 1));
      assertThrows(OutputException.class, engine::flush);
      engine.close();
      disk.killAfter(Integer.MAX_VALUE);
      try (WriteboostEngine next = engine("")) {
        assertArrayEquals(flushed, read(next));
        assertEquals(Optional.empty(), next.error());
      }
    }
  }

  @Test
  void isDeadFromTheWriteOnThatADiskHasNoRoomFor() {
    for (int type = 0; type < 2; type++) {
      String line = type == 0 ? "0 backing cache" : "1 backing cache plog";
      FullDisk<WriteboostEngine> full =
          new FullDisk<>(
              () ->
                  disk =
                      new RecordedDisk(
                          List.of(
                              new byte[SIZE],
                              new byte[(1 << 20) + 4 * (512 << 5)],
                              new byte[9 * 27 * 512])),
              _ ->
                  open("0 2048 writeboost " + line + " 2 segment_size_order 5 2 allow_writeback 1"),
              WriteboostEngine::runDue,
              24 * BLOCK,
              failed -> {
                assertEquals("0 2048 writeboost Fail", failed.status());
                assertThrows(OutputException.class, () -> read(failed));
                assertThrows(OutputException.class, () -> write(failed, 1, 1));
                assertThrows(OutputException.class, failed::flush);
              },
              false,
              false);
      for (int file = 0; file < 2 + type; file++) {
        assertTrue(full.atEachWriteTo(file) > 10, line + " " + file);
      }
    }
  }

  @Test
  void worksInTheBackgroundWhenItIsTime() {
    try (WriteboostEngine engine = engine(" 2 sync_interval 5")) {
      engine.runDue();
      write(engine, 1, 1);
      clock.addAndGet(4000);
      engine.runDue();
      assertEquals("0", field(engine, 4), "not synced yet");
      clock.addAndGet(1000);
      engine.runDue();
      assertEquals("1", field(engine, 4), "synced");
      assertEquals("0", field(engine, 5), "not written back");
      engine.message(List.of("allow_writeback", "1"));
      engine.runDue();
      assertEquals("1", field(engine, 5), "written back");
      engine.message(List.of("allow_writeback", "0"));
      engine.message(List.of("enable_writeback_modulator", "1"));
      write(engine, 2, 1);
      clock.addAndGet(10_000);
      engine.runDue();
      assertEquals("2", field(engine, 5), "the backing device has time");
      engine.message(List.of("writeback_threshold", "0"));
      write(engine, 2, 1);
      clock.addAndGet(10_000);
      engine.runDue();
      engine.runDue();
      assertEquals("2", field(engine, 5), "no load is little enough");
    }
  }
}
