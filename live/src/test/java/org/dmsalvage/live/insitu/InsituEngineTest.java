package org.dmsalvage.live.insitu;

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
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.FullDisk;
import org.dmsalvage.live.engine.Measure;
import org.dmsalvage.replay.device.ChannelDevice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running insitu_comp device: its lines and modes, how it stores things, and how it fails. */
@Timeout(60)
class InsituEngineTest {

  private static final int BLOCK = 4096;
  private static final int BLOCKS = 200;
  private static final int SIZE = BLOCKS * BLOCK;

  /** Superblock, one block of bitmap, data. */
  private static final int DATA = 2 * BLOCK;

  private static final int DEVICE = DATA + SIZE;

  @TempDir private Path directory;
  private final AtomicLong clock = new AtomicLong();
  private final RecordedDisk disk = new RecordedDisk(List.of(new byte[DEVICE]));

  private InsituEngine engine(String arguments, RecordedDisk on) {
    DmTable table = DmTable.parse("0 %d insitu_comp dev %s".formatted(SIZE / 512, arguments));
    return InsituEngine.over(table, new ChannelDevice("dev", on.open(0)), clock::get, 100);
  }

  private InsituEngine engine(String arguments) {
    return engine(arguments, disk);
  }

  private static byte[] text(int blocks, int seed) {
    byte[] text = new byte[blocks * BLOCK];
    for (int i = 0; i < text.length; i++) {
      text[i] = (byte) ((i / 64 + seed) % 64);
    }
    return text;
  }

  private static byte[] noise(int blocks, int seed) {
    byte[] noise = new byte[blocks * BLOCK];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  private static void write(InsituEngine engine, int block, byte[] data) {
    engine.write((long) block * BLOCK, ByteBuffer.wrap(data));
  }

  private static byte[] read(InsituEngine engine, int block, int blocks) {
    byte[] bytes = new byte[blocks * BLOCK];
    engine.read((long) block * BLOCK, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private Bitmap.Stored stored(int block) {
    InsituGeometry geometry = InsituGeometry.ofDevice(DEVICE).orElseThrow();
    RecordedDisk copy = new RecordedDisk(List.of(disk.bytes(0)));
    return Bitmap.read(new ChannelDevice("dev", copy.open(0)), geometry).at(block);
  }

  @Test
  void printsTheLinesOfTheDriver() {
    try (InsituEngine engine = engine("writeback 4000000000")) {
      assertEquals("0 1600 insitu_comp dev writeback 4000000000", engine.table());
      assertEquals("0 1600 insitu_comp 0 0 0", engine.status());
      write(engine, 0, text(8, 0));
      write(engine, 20, noise(2, 0));
      engine.flush();
      int payload = stored(0).sectors() * 512;
      assertEquals(
          "0 1600 insitu_comp %d %d 512".formatted(10 * BLOCK, payload + 2 * BLOCK),
          engine.status());
    }
    try (InsituEngine engine = engine("writethrough whatever follows")) {
      assertEquals("0 1600 insitu_comp dev writethrough", engine.table());
      assertThrows(UsageException.class, () -> engine.message(List.of("flush")));
    }
  }

  @Test
  void tellsHowMuchItStoresInHowLittle() {
    try (InsituEngine engine = engine("writeback 1000")) {
      write(engine, 0, text(8, 0));
      write(engine, 20, noise(2, 0));
      assertEquals(measures(10, 0, 0, 0), engine.measures());
      engine.flush();
      long sectors = stored(0).sectors() + 16L;
      assertEquals(measures(0, 10, sectors, 1), engine.measures());
      write(engine, 3, noise(1, 1));
      engine.discard(20L * BLOCK, 2 * BLOCK);
      engine.flush();
    }
    try (InsituEngine engine = engine("writeback 1000")) {
      long sectors = 0;
      for (int block = 0; block < 8; block = (int) stored(block).end()) {
        sectors += stored(block).sectors();
      }
      assertEquals(measures(0, 8, sectors, 0), engine.measures());
    }
  }

  private static Map<Measure, Long> measures(long fresh, long blocks, long sectors, long commits) {
    return Map.of(
        Measure.UNCOMMITTED,
        fresh * BLOCK,
        Measure.LOGICAL,
        blocks * BLOCK,
        Measure.STORED,
        sectors * 512,
        Measure.COMMITS,
        commits);
  }

  @Test
  void refusesLinesThatTheDriverRefuses() {
    for (String arguments :
        List.of(
            "",
            "writearound",
            "writeback",
            "writeback x",
            "writeback -1",
            "writeback 4294967296",
            "writeback 1 2")) {
      assertThrows(UsageException.class, () -> engine(arguments), arguments);
    }
    for (String line :
        List.of(
            "0 1601 insitu_comp dev writethrough",
            "0 0 insitu_comp dev writethrough",
            "0 1608 insitu_comp dev writethrough")) {
      assertThrows(
          UsageException.class,
          () ->
              InsituEngine.over(
                  DmTable.parse(line), new ChannelDevice("dev", disk.open(0)), clock::get, 1),
          line);
    }
  }

  @Test
  void formatsOnlyWhatIsBlank() {
    engine("writethrough").close();
    Superblock made = Superblock.decode(ByteBuffer.wrap(disk.bytes(0)), 0);
    assertEquals(new Superblock(Superblock.MAGIC, Superblock.VERSION, 1, BLOCKS, 0), made);
    for (int at : new int[] {0, 32, 33, BLOCK - 1, BLOCK, 2 * BLOCK - 1}) {
      byte[] used = new byte[DEVICE];
      used[at] = 1;
      RecordedDisk other = new RecordedDisk(List.of(used));
      assertThrows(UnsupportedImageException.class, () -> engine("writethrough", other));
      assertEquals(0, other.length());
    }
    for (int at = 0; at < Superblock.BYTES; at++) {
      byte[] wrong = disk.bytes(0);
      wrong[at] ^= 2;
      RecordedDisk other = new RecordedDisk(List.of(wrong));
      assertThrows(UnsupportedImageException.class, () -> engine("writethrough", other));
      assertEquals(0, other.length());
    }
  }

  @Test
  void refusesBitsThatNoDriverWrites() {
    engine("writethrough").close();
    for (int[] bits : new int[][] {{BLOCK, 0x18}, {BLOCK, 9}, {BLOCK + 20, 0x11}}) {
      byte[] wrong = disk.bytes(0);
      wrong[bits[0]] = (byte) bits[1];
      RecordedDisk other = new RecordedDisk(List.of(wrong));
      UnsupportedImageException e =
          assertThrows(UnsupportedImageException.class, () -> engine("writethrough", other));
      assertTrue(e.getMessage().contains("dmsalvage check"), e.getMessage());
    }
  }

  @Test
  void storesAsTheDriverDoes() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 28, text(20, 1));
      write(engine, 70, noise(3, 1));
      engine.flush();
      assertEquals(28, stored(30).first());
      assertEquals(4, stored(30).blocks(), "no extent crosses 128 KiB");
      assertEquals(16, stored(40).blocks());
      assertTrue(stored(40).isCompressed());
      assertTrue(stored(70).isRaw());
      write(engine, 35, text(2, 7));
      engine.flush();
      assertEquals(16, stored(40).blocks(), "made anew as a whole (I15)");
      write(engine, 44, text(4, 9));
      engine.flush();
      assertEquals(12, stored(40).blocks(), "the rest is an extent of its own (I14)");
      assertEquals(4, stored(44).blocks());
      write(engine, 32, text(1, 3));
      engine.flush();
      assertEquals(new Bitmap.Stored(32, 1, stored(32).sectors()), stored(32));
      assertEquals(33, stored(40).first());
      write(engine, 71, text(1, 3));
      engine.flush();
      assertTrue(stored(71).isRaw(), "a payload never takes the place of plain data");
      assertArrayEquals(text(1, 3), read(engine, 71, 1));
    }
  }

  @Test
  void commitsWhenTheDelayIsOverAndBeforeTooMuchWaits() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(2, 1));
      clock.set(4999);
      engine.runDue();
      assertTrue(stored(0).isUnwritten());
      assertEquals(new Extent(2 * BLOCK, 1), engine.dirty().at(0, SIZE));
      assertEquals(new Extent(SIZE, 0), engine.dirty().at(2 * BLOCK, SIZE));
      clock.set(5000);
      engine.runDue();
      assertTrue(stored(0).isCompressed());
      assertEquals(0, engine.dirty().at(0, SIZE).flags());
      write(engine, 50, text(101, 1));
      assertTrue(stored(50).isCompressed());
      assertTrue(stored(150).isUnwritten());
      engine.suspend();
      assertTrue(stored(150).isCompressed(), "unlike in the driver (I22)");
    }
    try (InsituEngine engine = engine("writethrough")) {
      write(engine, 190, text(2, 1));
      assertTrue(stored(190).isCompressed());
    }
  }

  @Test
  void readsWhatWasWrittenWhateverTheAlignment() {
    byte[] model = new byte[SIZE];
    Random random = new Random(2);
    try (InsituEngine engine = engine("writeback 1")) {
      for (int i = 0; i < 300; i++) {
        int length = 1 + random.nextInt(40_000);
        int at = random.nextInt(SIZE - length + 1);
        byte[] data = i % 3 == 0 ? new byte[length] : Arrays.copyOf(text(10, i), length);
        if (i % 5 == 0) {
          random.nextBytes(data);
        }
        if (i % 11 == 0) {
          engine.zero(at, length, i % 2 == 0);
          Arrays.fill(data, (byte) 0);
        } else {
          engine.write(at, ByteBuffer.wrap(data));
        }
        System.arraycopy(data, 0, model, at, length);
        if (i % 7 == 0) {
          engine.flush();
        }
        int from = random.nextInt(SIZE);
        byte[] part = new byte[Math.min(9_999, SIZE - from)];
        engine.read(from, ByteBuffer.wrap(part));
        assertArrayEquals(Arrays.copyOfRange(model, from, from + part.length), part);
      }
    }
    try (InsituEngine engine = engine("writethrough")) {
      assertArrayEquals(model, read(engine, 0, BLOCKS));
    }
  }

  @Test
  void whatIsDiscardedIsGoneAlsoForASearch() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      write(engine, 64, noise(8, 1));
      engine.flush();
      engine.discard(0, 8 * BLOCK);
      engine.discard(66 * BLOCK, 2 * BLOCK);
      engine.flush();
      assertTrue(stored(0).isUnwritten());
      assertEquals(new Bitmap.Stored(64, 2, 16), stored(64));
      assertEquals(new Bitmap.Stored(68, 4, 32), stored(70));
      assertArrayEquals(new byte[8 * BLOCK], read(engine, 0, 8));
      assertArrayEquals(new byte[512], Arrays.copyOfRange(disk.bytes(0), DATA, DATA + 512));
      assertEquals(64 * BLOCK, engine.nextData(0));
      assertEquals(66 * BLOCK, engine.nextHole(64 * BLOCK));
    }
  }

  @Test
  void aDiscardOfPartOfAnExtentLeavesItAlone() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      engine.flush();
      int before = disk.length();
      engine.discard(2 * BLOCK, 3 * BLOCK);
      engine.flush();
      assertEquals(before, disk.length());
      assertArrayEquals(text(8, 1), read(engine, 0, 8));
      engine.zero(2 * BLOCK, 3 * BLOCK, true);
      engine.flush();
      byte[] expected = text(8, 1);
      Arrays.fill(expected, 2 * BLOCK, 5 * BLOCK, (byte) 0);
      assertArrayEquals(expected, read(engine, 0, 8));
    }
  }

  @Test
  void keepsWhatCannotBeWrittenAndTriesAgain() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      engine.flush();
      byte[] expected = text(8, 1);
      System.arraycopy(text(1, 9), 0, expected, 3 * BLOCK, BLOCK);
      write(engine, 3, text(1, 9));
      // First no payload can be written, then no flush, then no bits, then not the last flush.
      for (int works = 0; works < 4; works++) {
        disk.killAfter(disk.length() + works);
        assertThrows(OutputException.class, engine::flush);
        assertTrue(engine.error().isPresent());
        assertArrayEquals(expected, read(engine, 0, 8));
        // New bits in each round.
        disk.killAfter(Integer.MAX_VALUE);
        byte[] more = noise(2, works);
        write(engine, 100 + 2 * works, more);
      }
      engine.flush();
      assertEquals(Optional.empty(), engine.error());
      assertEquals(new Extent(SIZE, 0), engine.dirty().at(0, SIZE));
      try (InsituEngine again = engine("writeback 5", new RecordedDisk(List.of(disk.bytes(0))))) {
        assertArrayEquals(expected, read(again, 0, 8));
        assertArrayEquals(noise(2, 3), read(again, 106, 2));
      }
    }
  }

  @Test
  void bitsThatFailedAreWrittenAgainThoughNothingChanges() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      // Payload, flush and bits arrive; the last flush fails.
      disk.killAfter(disk.length() + 3);
      assertThrows(OutputException.class, engine::flush);
      disk.killAfter(Integer.MAX_VALUE);
      engine.discard(0, 8 * BLOCK);
      engine.flush();
      assertTrue(stored(0).isUnwritten());
    }
  }

  @Test
  void endsWithAnErrorIfWhatIsFreshCannotBeWritten() {
    InsituEngine engine = engine("writeback 5");
    write(engine, 0, text(8, 1));
    disk.killAfter(disk.length());
    engine.close();
    assertTrue(engine.error().orElse("").contains("cannot write"), engine.error().toString());
    assertThrows(OutputException.class, () -> read(engine, 0, 1));
  }

  /** Where a compressed extent is overwritten, the format has no second place for it. */
  @Test
  void tellsOfWhatADiskHasNoRoomForAndGoesOn() {
    for (String mode : List.of("writethrough", "writeback 1000")) {
      for (boolean compressed : new boolean[] {false, true}) {
        FullDisk<InsituEngine> full =
            new FullDisk<>(
                () -> new RecordedDisk(List.of(new byte[DEVICE])),
                on -> engine(mode, on),
                InsituEngine::runDue,
                24 * BLOCK,
                failed -> assertEquals(BLOCK, read(failed, 0, 1).length),
                !compressed,
                compressed);
        assertTrue(full.atEachWriteTo(0) > 10, mode);
      }
    }
  }

  @Test
  void failsOnlyWhatNeedsADamagedExtent() throws IOException {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      write(engine, 40, text(8, 2));
      engine.flush();
    }
    byte[] damaged = disk.bytes(0);
    Arrays.fill(damaged, DATA, DATA + 512, (byte) 0xff);
    RecordedDisk other = new RecordedDisk(List.of(damaged));
    try (InsituEngine engine = engine("writeback 5", other)) {
      assertThrows(RuntimeException.class, () -> read(engine, 7, 1));
      assertThrows(RuntimeException.class, () -> write(engine, 7, text(1, 3)));
      assertArrayEquals(text(8, 2), read(engine, 40, 8));
      write(engine, 40, text(1, 3));
      engine.flush();
      write(engine, 0, text(8, 5));
      engine.flush();
      assertArrayEquals(text(8, 5), read(engine, 0, 8));
    }
    Path file = Files.write(directory.resolve("dev"), disk.bytes(0));
    FaultyChannel channel =
        FaultyChannel.over(
                FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE))
            .unreadable(DATA, 512)
            .build();
    DmTable table = DmTable.parse("0 %d insitu_comp dev writeback 5".formatted(SIZE / 512));
    try (InsituEngine engine =
        InsituEngine.over(table, new ChannelDevice("dev", channel), clock::get, 100)) {
      assertThrows(RuntimeException.class, () -> read(engine, 7, 1));
      assertThrows(RuntimeException.class, () -> write(engine, 7, text(1, 3)));
      write(engine, 41, text(1, 3));
      engine.flush();
      assertArrayEquals(text(1, 3), read(engine, 41, 1));
    }
  }

  @Test
  void readsAnExtentWhosePayloadIsNewerThanItsBits() {
    try (InsituEngine engine = engine("writeback 5")) {
      write(engine, 0, text(8, 1));
      engine.flush();
      byte[] bits = Arrays.copyOfRange(disk.bytes(0), BLOCK, DATA);
      write(engine, 4, text(4, 40));
      engine.flush();
      byte[] mixed = disk.bytes(0);
      System.arraycopy(bits, 0, mixed, BLOCK, bits.length);
      try (InsituEngine again = engine("writeback 5", new RecordedDisk(List.of(mixed)))) {
        assertArrayEquals(read(engine, 0, 8), read(again, 0, 8));
      }
    }
  }

  @Test
  void servesSeveralAndWaitsWhileSuspended() throws Exception {
    try (InsituEngine engine = engine("writeback 5");
        ExecutorService threads = Executors.newFixedThreadPool(4)) {
      List<Future<?>> all =
          List.of(0, 50, 100, 150).stream()
              .<Future<?>>map(from -> threads.submit(() -> work(engine, from)))
              .toList();
      for (Future<?> one : all) {
        one.get();
      }
      engine.suspend();
      engine.suspend();
      Future<byte[]> waiting = threads.submit(() -> read(engine, 0, 1));
      assertTrue(!waiting.isDone());
      engine.resume();
      engine.resume();
      assertEquals(BLOCK, waiting.get().length);
    }
  }

  private static void work(InsituEngine engine, int from) {
    Random random = new Random(from);
    byte[] model = new byte[50 * BLOCK];
    for (int i = 0; i < 100; i++) {
      int block = random.nextInt(46);
      byte[] data = i % 3 == 0 ? noise(4, i) : text(4, i);
      write(engine, from + block, data);
      System.arraycopy(data, 0, model, block * BLOCK, data.length);
      if (i % 10 == 0) {
        engine.flush();
      }
      assertArrayEquals(model, read(engine, from, 50));
    }
  }
}
