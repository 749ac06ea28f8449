package org.dmsalvage.live.writecache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.FullDisk;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.replay.device.ChannelDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running writecache: its tunables, messages and lines, and how it fails. */
@Timeout(60)
class WritecacheEngineTest {

  private static final int SIZE = 1 << 20;
  private static final int BLOCK = 4096;

  /** So many blocks have room, with their entries, in so many bytes. */
  private static final int BLOCKS = 100;

  private static final int CACHE_BYTES = BLOCK + BLOCKS * BLOCK;

  @TempDir private Path directory;
  private final AtomicLong clock = new AtomicLong();
  private RecordedDisk disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES]));

  private WritecacheEngine engine(String options) {
    DmTable table =
        DmTable.parse("0 %d writecache s backing cache 4096 %s".formatted(SIZE / 512, options));
    return WritecacheEngine.over(
        table,
        new ChannelDevice("backing", disk.open(0)),
        new ChannelDevice("cache", disk.open(1)),
        clock::get);
  }

  private static void write(WritecacheEngine engine, int block, int blocks) {
    byte[] data = new byte[blocks * BLOCK];
    Arrays.fill(data, (byte) (block + 1));
    engine.write((long) block * BLOCK, ByteBuffer.wrap(data));
  }

  private static long free(WritecacheEngine engine) {
    return Long.parseLong(engine.status().split(" ", -1)[5]);
  }

  private int backed() {
    byte[] bytes = disk.bytes(0);
    int count = 0;
    for (int at = 0; at < bytes.length; at += BLOCK) {
      count += bytes[at] == 0 ? 0 : 1;
    }
    return count;
  }

  @Test
  void printsTheLinesOfTheDriver() {
    String options =
        "13 cleaner max_age 5000 AUTOCOMMIT_TIME 20 autocommit_blocks 7 writeback_jobs 4"
            + " low_watermark 30 high_watermark 60";
    try (WritecacheEngine engine = engine(options)) {
      assertEquals(
          "0 2048 writecache s backing cache 4096 13 high_watermark 60 low_watermark 30"
              + " writeback_jobs 4 autocommit_blocks 7 autocommit_time 20 max_age 5000 cleaner",
          engine.table());
      assertEquals("0 2048 writecache 0 100 100 0 0 0 0 0 0 0 0 0 0 0", engine.status());
    }
    try (WritecacheEngine engine = engine("0")) {
      assertEquals("0 2048 writecache s backing cache 4096 0", engine.table());
      write(engine, 3, 2);
      assertEquals("0 2048 writecache 0 100 98 0 0 0 2 0 0 0 2 0 0 0", engine.status());
    }
  }

  @Test
  void countsWhatItDoes() {
    try (WritecacheEngine engine = engine("4 high_watermark 60 low_watermark 30")) {
      write(engine, 0, 3);
      write(engine, 2, 2);
      engine.read(0, ByteBuffer.allocate(6 * BLOCK));
      assertEquals(
          Map.ofEntries(
              Map.entry(Measure.SIZE, 100L * BLOCK),
              Map.entry(Measure.FREE, 96L * BLOCK),
              Map.entry(Measure.DIRTY, 4L * BLOCK),
              Map.entry(Measure.UNCOMMITTED, 4L * BLOCK),
              Map.entry(Measure.WRITEBACK, 0L),
              Map.entry(Measure.HIGH_WATERMARK, 60L * BLOCK),
              Map.entry(Measure.LOW_WATERMARK, 30L * BLOCK),
              Map.entry(Measure.READ_HITS, 4L),
              Map.entry(Measure.READ_MISSES, 2L),
              Map.entry(Measure.WRITE_HITS, 1L),
              Map.entry(Measure.WRITE_MISSES, 4L),
              Map.entry(Measure.COMMITS, 0L),
              Map.entry(Measure.WRITTEN_BACK, 0L)),
          engine.measures());
      engine.message(List.of("flush"));
      Map<Measure, Long> after = engine.measures();
      assertEquals(4L * BLOCK, after.get(Measure.WRITTEN_BACK));
      assertEquals(1, after.get(Measure.COMMITS));
      assertEquals(0, after.get(Measure.DIRTY) + after.get(Measure.UNCOMMITTED));
    }
  }

  @Test
  void countsAsTheDriverDoes() {
    try (WritecacheEngine engine = engine("0")) {
      write(engine, 0, 3);
      write(engine, 2, 2);
      engine.read(0, ByteBuffer.allocate(6 * BLOCK));
      engine.flush();
      write(engine, 0, 1);
      engine.discard(BLOCK, 2 * BLOCK);
      assertEquals("0 2048 writecache 0 100 98 0 6 4 6 1 1 0 4 0 1 2", engine.status());
      engine.message(List.of("clear_stats"));
      write(engine, 100, 99);
      assertEquals("0 2048 writecache 0 100 0 0 0 0 99 0 0 1 98 0 0 0", engine.status());
    }
    try (WritecacheEngine engine = pmem("0")) {
      engine.message(List.of("flush"));
      write(engine, 7, 1);
      engine.flush();
      write(engine, 7, 1);
      assertEquals("0 2048 writecache 0 100 98 0 0 0 2 0 1 0 2 0 1 0", engine.status());
    }
  }

  private WritecacheEngine pmem(String options) {
    DmTable table =
        DmTable.parse("0 %d writecache p backing cache 4096 %s".formatted(SIZE / 512, options));
    return WritecacheEngine.over(
        table,
        new ChannelDevice("backing", disk.open(0)),
        new ChannelDevice("cache", disk.open(1)),
        clock::get);
  }

  @Test
  void takesTheWordsOfPersistentMemory() {
    try (WritecacheEngine engine = pmem("4 FUA max_age 5 nofua")) {
      assertEquals("0 2048 writecache p backing cache 4096 3 max_age 5 nofua", engine.table());
    }
    try (WritecacheEngine engine = pmem("2 nofua fua")) {
      assertEquals("0 2048 writecache p backing cache 4096 1 fua", engine.table());
      write(engine, 0, 64);
      engine.runDue();
      int before = disk.length();
      engine.flush();
      assertEquals(before, disk.length(), "64 blocks are committed at once");
    }
  }

  @Test
  void leavesCommittedBlocksOfPersistentMemoryAlone() {
    try (WritecacheEngine engine = pmem("0")) {
      write(engine, 3, 1);
      write(engine, 3, 1);
      assertEquals(99, free(engine), "what is not committed is overwritten");
      engine.flush();
      write(engine, 3, 1);
      assertEquals(98, free(engine));
      engine.flush();
      assertEquals(99, free(engine), "what was replaced is free");
      write(engine, 3, 1);
      engine.discard(3 * BLOCK, BLOCK);
      assertEquals(100, free(engine), "both versions");
      for (int block = 0; block < 150; block++) {
        write(engine, block, 1);
      }
      assertTrue(backed() < 150, "waits for write-back, writes nothing past the cache");
      engine.message(List.of("flush"));
      assertEquals(150, backed());
    }
  }

  @Test
  void mapsPersistentMemory() throws IOException {
    Path file = Files.write(directory.resolve("pmem"), new byte[CACHE_BYTES]);
    Path back = Files.write(directory.resolve("disk"), new byte[SIZE]);
    DmTable table =
        DmTable.parse("0 %d writecache p %s %s 4096 0".formatted(SIZE / 512, back, file));
    try (WritecacheEngine engine = WritecacheEngine.open(table)) {
      assertThrows(OutputException.class, () -> WritecacheEngine.open(table));
      write(engine, 5, 3);
      engine.flush();
      assertEquals("0 2048 writecache 0 100 97 0 0 0 3 0 0 0 3 0 1 0", engine.status());
    }
    byte[] expected = new byte[BLOCK];
    Arrays.fill(expected, (byte) 6);
    try (WritecacheEngine engine = WritecacheEngine.open(table)) {
      byte[] bytes = new byte[BLOCK];
      engine.read(7 * BLOCK, ByteBuffer.wrap(bytes));
      assertArrayEquals(expected, bytes);
      engine.message(List.of("flush"));
    }
    assertArrayEquals(expected, Arrays.copyOfRange(Files.readAllBytes(back), 5 * BLOCK, 6 * BLOCK));
  }

  @Test
  void refusesLinesThatTheDriverRefuses() {
    String[] wrong = {
      "",
      "x",
      "17",
      "2 high_watermark",
      "2 high_watermark 101",
      "2 low_watermark 51",
      "4 high_watermark 30 low_watermark 31",
      "2 autocommit_time 3600001",
      "2 max_age 86400001",
      "2 autocommit_blocks -1",
      "2 no_such_thing 1",
      "1 fua",
      "1 high_watermark 3",
      "2 cleaner"
    };
    for (String options : wrong) {
      assertThrows(UsageException.class, () -> engine(options), options);
    }
    for (String line :
        List.of(
            "0 2048 writecache x backing cache 4096 0",
            "0 2048 writecache s backing cache 8192 0",
            "0 2048 writecache s backing cache 4096",
            "0 2048 linear a 0",
            "0 2056 writecache s backing cache 4096 0")) {
      assertThrows(
          UsageException.class,
          () ->
              WritecacheEngine.over(
                  DmTable.parse(line),
                  new ChannelDevice("backing", disk.open(0)),
                  new ChannelDevice("cache", disk.open(1)),
                  clock::get),
          line);
    }
  }

  @Test
  void readsWhatWasWrittenWhateverTheAlignment() {
    byte[] model = new byte[SIZE];
    Random random = new Random(2);
    try (WritecacheEngine engine = engine("0")) {
      for (int i = 0; i < 400; i++) {
        int length = 1 + random.nextInt(20_000);
        int at = random.nextInt(SIZE - length + 1);
        byte[] data = new byte[length];
        random.nextBytes(data);
        engine.write(at, ByteBuffer.wrap(data));
        System.arraycopy(data, 0, model, at, length);
        if (i % 7 == 0) {
          engine.runDue();
        }
        if (i % 50 == 0) {
          engine.zero(at, length, true);
          Arrays.fill(model, at, at + length, (byte) 0);
        }
        byte[] found = new byte[30_000];
        int from = random.nextInt(SIZE - found.length);
        engine.read(from, ByteBuffer.wrap(found));
        assertArrayEquals(Arrays.copyOfRange(model, from, from + found.length), found);
      }
      engine.message(List.of("flush"));
    }
    assertArrayEquals(model, disk.bytes(0));
  }

  @Test
  void writesBackBetweenTheWatermarks() {
    try (WritecacheEngine engine = engine("4 high_watermark 50 low_watermark 20")) {
      write(engine, 0, 49);
      engine.runDue();
      assertEquals(51, free(engine), "below the high watermark nothing happens");
      write(engine, 100, 1);
      engine.runDue();
      assertTrue(free(engine) > 80, engine.status());
      assertTrue(backed() > 0);
    }
  }

  @Test
  void writesBackWhatIsTooOld() {
    try (WritecacheEngine engine = engine("2 max_age 1600")) {
      write(engine, 5, 1);
      clock.set(1499);
      engine.runDue();
      assertEquals(99, free(engine));
      clock.set(1500);
      engine.runDue();
      assertEquals(100, free(engine), "a sixteenth early");
      assertEquals(1, backed());
    }
  }

  @Test
  void commitsByBlocksAndByTime() {
    try (WritecacheEngine engine = engine("4 autocommit_blocks 3 autocommit_time 100")) {
      int before = disk.length();
      write(engine, 0, 2);
      engine.runDue();
      assertEquals(before + 2, disk.length(), "data only");
      write(engine, 10, 1);
      engine.runDue();
      assertTrue(disk.forces(1).getLast() > before, "three blocks");
      int then = disk.length();
      write(engine, 20, 1);
      clock.set(99);
      engine.runDue();
      assertEquals(then + 1, disk.length());
      clock.set(100);
      engine.runDue();
      assertTrue(disk.forces(1).getLast() > then, "100 ms");
    }
  }

  @Test
  void letsNothingNewInWhenItCleans() {
    try (WritecacheEngine engine = engine("0")) {
      write(engine, 0, 10);
      engine.message(List.of("cleaner"));
      write(engine, 50, 1);
      assertEquals(90, free(engine), "straight to the disk");
      engine.runDue();
      assertEquals(100, free(engine));
      assertEquals(11, backed());
    }
  }

  @Test
  void emptiesItselfBeforeItIsSuspendedIfItIsToldTo() {
    try (WritecacheEngine engine = engine("0")) {
      write(engine, 0, 10);
      engine.message(List.of("flush_on_suspend"));
      engine.suspend();
      assertEquals(10, backed());
      assertThrows(UsageException.class, () -> engine.message(List.of("flush")));
      engine.resume();
      assertEquals(100, free(engine));
      write(engine, 0, 10);
      engine.suspend();
      engine.resume();
      assertEquals(90, free(engine), "once only");
      assertThrows(UsageException.class, () -> engine.message(List.of("flush", "now")));
      assertThrows(UsageException.class, () -> engine.message(List.of()));
    }
  }

  @Test
  void saysWhatIsOnlyInTheCache() {
    try (WritecacheEngine engine = engine("0")) {
      write(engine, 2, 3);
      assertEquals(new Extent(2 * BLOCK, 0), engine.dirty().at(0, SIZE));
      assertEquals(new Extent(5 * BLOCK, 1), engine.dirty().at(2 * BLOCK + 9, SIZE));
      assertEquals(new Extent(SIZE, 0), engine.dirty().at(5 * BLOCK, SIZE));
      engine.discard(3 * BLOCK, BLOCK);
      assertEquals(new Extent(3 * BLOCK, 1), engine.dirty().at(2 * BLOCK, SIZE));
    }
  }

  @Test
  void isInErrorFromTheWriteOnThatADiskHasNoRoomFor() {
    for (String options : List.of("0", "4 high_watermark 60 low_watermark 20", "1 cleaner")) {
      FullDisk<WritecacheEngine> full =
          new FullDisk<>(
              () -> disk = new RecordedDisk(List.of(new byte[SIZE], new byte[4096 + 12 * 4112])),
              _ -> engine(options),
              WritecacheEngine::runDue,
              24 * BLOCK,
              failed -> {
                String status = failed.status();
                assertTrue(status.startsWith("0 2048 writecache 1 "), status);
                assertThrows(OutputException.class, () -> write(failed, 1, 1));
                assertThrows(OutputException.class, failed::flush);
              },
              false,
              false);
      assertTrue(full.atEachWriteTo(1) > 1, options);
      assertTrue(full.atEachWriteTo(0) > 3, options);
    }
  }

  @Test
  void failsForGoodWhenTheCacheDoes() {
    WritecacheEngine engine = engine("0");
    write(engine, 0, 1);
    engine.flush();
    disk.killAfter(disk.length());
    assertThrows(OutputException.class, () -> write(engine, 1, 1));
    assertThrows(OutputException.class, engine::flush);
    assertThrows(OutputException.class, () -> engine.discard(0, BLOCK));
    assertThrows(OutputException.class, () -> engine.message(List.of("flush")));
    assertEquals("0 2048 writecache 1 100 99 0 0 0 1 0 0 0 1 0 1 0", engine.status());
    byte[] found = new byte[BLOCK];
    engine.read(0, ByteBuffer.wrap(found));
    assertEquals(1, found[0], "what is there can be read");
    engine.close();
  }

  @Test
  void refusesDevicesThatHoldSomethingElse() {
    byte[] other = new byte[CACHE_BYTES];
    new Random(1).nextBytes(other);
    RecordedDisk foreign = new RecordedDisk(List.of(new byte[SIZE], other));
    assertThrows(
        UnsupportedImageException.class,
        () ->
            WritecacheEngine.over(
                DmTable.parse("0 2048 writecache s backing cache 4096 0"),
                new ChannelDevice("backing", foreign.open(0)),
                new ChannelDevice("cache", foreign.open(1)),
                clock::get));
    assertArrayEquals(other, foreign.bytes(1));
  }

  /** ext4 begins with 1 KiB of zeros, and a first sector is easily lost. */
  @Test
  void formatsNothingThatHoldsSomething() {
    byte[] disk4 = new byte[CACHE_BYTES];
    disk4[1080] = 'S';
    disk4[1081] = (byte) 0xef;
    refusesToFormat(disk4);
    try (WritecacheEngine engine = engine("0")) {
      write(engine, 3, 2);
      engine.flush();
    }
    byte[] used = disk.bytes(1);
    Arrays.fill(used, 0, Superblock.BYTES, (byte) 0);
    refusesToFormat(used);
    byte[] blank = new byte[CACHE_BYTES];
    Arrays.fill(blank, Superblock.BYTES, Superblock.BYTES + BLOCKS * Entry.BYTES, (byte) 0xff);
    disk = new RecordedDisk(List.of(new byte[SIZE], blank));
    engine("0").close();
  }

  private void refusesToFormat(byte[] cache) {
    disk = new RecordedDisk(List.of(new byte[SIZE], cache));
    UnsupportedImageException refused =
        assertThrows(UnsupportedImageException.class, () -> engine("0"));
    assertTrue(String.valueOf(refused.getMessage()).contains("is not formatted"), "" + refused);
    assertArrayEquals(cache, disk.bytes(1));
    disk = new RecordedDisk(List.of(new byte[SIZE], new byte[CACHE_BYTES]));
  }

  @Test
  void servesManyAtOnceWhileItWritesBack() throws Exception {
    Path backing = directory.resolve("backing");
    Path cache = directory.resolve("cache");
    make(backing, SIZE);
    make(cache, CACHE_BYTES);
    DmTable table =
        DmTable.parse(
            "0 %d writecache s %s %s 4096 4 autocommit_blocks 5 writeback_jobs 9"
                .formatted(SIZE / 512, backing, cache));
    int threads = 4;
    try (WritecacheEngine engine = WritecacheEngine.open(table);
        ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      Future<?>[] parts = new Future<?>[threads];
      for (int t = 0; t < threads; t++) {
        int mine = t;
        parts[t] =
            pool.submit(
                () -> {
                  Random random = new Random(mine);
                  for (int i = 0; i < 300; i++) {
                    // Each thread has every fourth block.
                    int block = random.nextInt(SIZE / BLOCK / threads) * threads + mine;
                    write(engine, block, 1);
                    byte[] found = new byte[BLOCK];
                    engine.read((long) block * BLOCK, ByteBuffer.wrap(found));
                    assertEquals((byte) (block + 1), found[BLOCK - 1]);
                    if (i % 40 == 0) {
                      engine.flush();
                    }
                  }
                });
      }
      for (Future<?> part : parts) {
        part.get();
      }
      engine.message(List.of("flush"));
      assertEquals(Optional.empty(), engine.error());
      assertEquals(BLOCKS, free(engine));
    }
    byte[] bytes = Files.readAllBytes(backing);
    for (int block = 0; block < SIZE / BLOCK; block++) {
      byte found = bytes[block * BLOCK];
      assertTrue(found == 0 || found == (byte) (block + 1), "block " + block);
    }
  }

  private static void make(Path file, int size) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      int _ = channel.write(ByteBuffer.allocate(1), size - 1L);
    }
  }
}
