package org.dmsalvage.replay.writecache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WritecacheReplayerTest {

  private static final String SSD_4096 = "0 800 writecache s /dev/a /dev/b 4096 0";
  private static final String PMEM_4096 = "0 800 writecache p /dev/a /dev/b 4096 0";
  private static final int BACKING_BYTES = 800 * 512;

  private final byte[] backing = filled(BACKING_BYTES, 0x55);

  private static byte[] filled(int length, int value) {
    byte[] bytes = new byte[length];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** 61 blocks of 4 KiB, three of them committed. */
  private static WritecacheImage sample() {
    return new WritecacheImage(4096, 496, 0, 1)
        .commit(7)
        .put(0, 80, 6, 10)
        .put(1, 88, 2, 11)
        .put(2, 400, 5, 12)
        .put(3, 16, 7, 13);
  }

  private static Recovery replay(
      BlockSource cache, byte @Nullable [] backing, @Nullable String table, Policy policy) {
    OpenRequest request =
        new OpenRequest(
            cache,
            null,
            backing == null ? null : new MemorySource("backing", backing),
            "writecache",
            table == null ? null : DmTable.parse(table),
            OptionalInt.empty());
    return new WritecacheReplayer().replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private Recovery replay(WritecacheImage image, @Nullable String table, Policy policy) {
    return replay(new MemorySource("cache", image.bytes()), backing, table, policy);
  }

  private static byte[] bytes(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.readAround(0, all);
    return all.array();
  }

  private static List<ByteRange> unreadable(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    return device.readAround(0, ByteBuffer.allocate((int) device.size()));
  }

  private static List<String> codes(LossList losses) {
    return losses.kept().stream().map(Loss::code).toList();
  }

  private static List<String> differences(Recovery recovery) {
    List<String> ranges = new ArrayList<>();
    recovery
        .report()
        .differences()
        .orElseThrow()
        .forEach((o, l, s, d) -> ranges.add("%d+%d %s/%s".formatted(o / 512, l / 512, s, d)));
    return ranges;
  }

  @Test
  void overlaysCommittedBlocks() {
    WritecacheImage image = sample();
    for (Policy policy : Policy.values()) {
      Recovery recovery = replay(image, SSD_4096, policy);
      assertArrayEquals(image.logical(backing), bytes(recovery));
      assertEquals(3, recovery.report().appliedBlocks());
      assertEquals(24, recovery.report().appliedSectors());
      assertEquals(List.of("WC-UNCOMMITTED"), codes(recovery.report().dropped()));
      assertEquals(Outcome.ACCEPT, recovery.report().driver().orElseThrow().outcome());
      assertEquals(7L, recovery.report().position().value("sequenceCount"));
      List<String> runs = new ArrayList<>();
      LogicalDevice device = recovery.logical().orElseThrow();
      device.forEachRun((o, l, origin) -> runs.add(o / 512 + "+" + l / 512 + " " + origin));
      assertEquals(
          List.of(
              "80+16 Cached[image=cache, offset=%d]".formatted(image.dataOffset(0)),
              "400+8 Cached[image=cache, offset=%d]".formatted(image.dataOffset(2))),
          runs);
    }
    assertEquals(List.of(), differences(replay(image, SSD_4096, Policy.SALVAGE)));
  }

  private void stops(Outcome outcome, String reason, WritecacheImage image, String table) {
    Recovery driver = replay(image, table, Policy.DRIVER);
    assertEquals(outcome, driver.report().driver().orElseThrow().outcome());
    String found = driver.report().driver().orElseThrow().reason();
    assertTrue(found.contains(reason), found);
    assertEquals(outcome == Outcome.FORMAT, driver.logical().isPresent());
    if (outcome == Outcome.FORMAT) {
      assertArrayEquals(backing, bytes(driver));
    }
  }

  @Test
  void refusesAndFormatsAsTheDriverAndSalvagesAllTheSame() {
    WritecacheImage magic = sample();
    magic.bytes()[1] ^= 4;
    stops(Outcome.REFUSE, "invalid magic 0x23489721", magic, SSD_4096);
    WritecacheImage version = sample();
    version.bytes()[4] = 3;
    stops(Outcome.REFUSE, "invalid version 3", version, SSD_4096);
    WritecacheImage zero = sample();
    Arrays.fill(zero.bytes(), 0, 8, (byte) 0);
    stops(Outcome.FORMAT, "magic and version are zero", zero, SSD_4096);
    WritecacheImage lost = sample();
    Arrays.fill(lost.bytes(), 0, 64, (byte) 0xa7);
    stops(Outcome.REFUSE, "invalid magic", lost, SSD_4096);
    WritecacheImage many = sample();
    ByteBuffer.wrap(many.bytes()).order(ByteOrder.LITTLE_ENDIAN).putLong(16, 1L << 60);
    stops(Outcome.REFUSE, "1152921504606846976 blocks do not fit", many, SSD_4096);
    WritecacheImage none = sample();
    ByteBuffer.wrap(none.bytes()).putLong(16, 0);
    stops(Outcome.REFUSE, "0 blocks", none, SSD_4096);
    for (WritecacheImage image : List.of(magic, version, zero, many, none)) {
      Recovery salvage = replay(image, SSD_4096, Policy.SALVAGE);
      assertArrayEquals(sample().logical(backing), bytes(salvage));
      assertEquals(2, differences(salvage).size());
      assertFalse(salvage.report().findings().kept().isEmpty());
    }
    // With no superblock at all the uncommitted entry cannot be told from the committed ones.
    Recovery guessed = replay(lost, null, Policy.SALVAGE);
    assertArrayEquals(sample().commit(8).logical(backing), bytes(guessed));
    assertEquals(List.of("WC-UNCOMMITTED"), codes(guessed.report().atRisk()));
  }

  @Test
  void refusesWhatTheTableContradicts() {
    stops(Outcome.REFUSE, "block size 4096 is not", sample(), SSD_4096.replace("4096", "2048"));
    stops(Outcome.REFUSE, "power of two", sample(), SSD_4096.replace("4096", "4095"));
    stops(Outcome.REFUSE, "power of two", sample(), SSD_4096.replace("4096", "8192"));
    WritecacheImage shifted = sample();
    shifted.bytes()[0] = 0;
    String table = SSD_4096.replace("4096 0", "4096 2 start_sector 496");
    stops(Outcome.REFUSE, "start_sector", shifted, table);
  }

  @Test
  void findsTheStartInTheTable() {
    WritecacheImage image =
        new WritecacheImage(4096, 2544, 2048, 1).commit(7).put(5, 80, 6, 10).put(0, 88, 1, 9);
    String table = "0 800 writecache s /dev/a /dev/b 4096 4 low_watermark 1 start_sector 2048";
    assertArrayEquals(sampleOf(image), bytes(replay(image, table, Policy.DRIVER)));
    assertArrayEquals(sampleOf(image), bytes(replay(image, table, Policy.SALVAGE)));
  }

  private byte[] sampleOf(WritecacheImage image) {
    byte[] logical = backing.clone();
    System.arraycopy(image.bytes(), image.dataOffset(5), logical, 80 * 512, 4096);
    System.arraycopy(image.bytes(), image.dataOffset(0), logical, 88 * 512, 4096);
    return logical;
  }

  @Test
  void takesTheLaterOfTwinsUnlessItWasNeverWritten() {
    WritecacheImage written = sample().put(9, 80, 6, 20);
    WritecacheImage empty = sample().setEntry(9, 80, 6);
    for (WritecacheImage image : List.of(written, empty)) {
      Recovery driver = replay(image, SSD_4096, Policy.DRIVER);
      assertArrayEquals(image.logical(backing), bytes(driver));
      assertEquals(Writeback.FAILS, driver.report().driver().orElseThrow().writeback());
    }
    Recovery first = replay(written, SSD_4096, Policy.SALVAGE);
    assertArrayEquals(written.logical(backing), bytes(first));
    assertEquals(List.of("WC-TWINS"), codes(first.report().atRisk()));
    assertEquals(List.of(), differences(first));
    Recovery second = replay(empty, SSD_4096, Policy.SALVAGE);
    assertArrayEquals(sample().logical(backing), bytes(second));
    assertEquals(List.of("WC-TWINS"), codes(second.report().atRisk()));
    assertEquals(List.of("80+8 entry 0/entry 9"), differences(second));
  }

  @Test
  void failsReadsAcrossUnalignedEntriesOnlyAsTheDriver() {
    WritecacheImage image = sample().put(9, 203, 3, 20).put(10, 82, 3, 21).put(11, 205, 3, 22);
    Recovery driver = replay(image, SSD_4096, Policy.DRIVER);
    assertEquals(List.of(new ByteRange(200 * 512, 4096)), unreadable(driver));
    byte[] expected = sample().logical(backing);
    Arrays.fill(expected, 200 * 512, 208 * 512, (byte) 0);
    assertArrayEquals(expected, bytes(driver));
    assertEquals(1, driver.report().lost().count());
    LogicalDevice device = driver.logical().orElseThrow();
    assertEquals(new Origin.Zeros(), device.originOf(207));
    assertEquals(new Origin.Backing(), device.originOf(208));
    ByteBuffer one = ByteBuffer.allocate(512);
    assertThrows(UnreadableException.class, () -> device.read(200 * 512, one));

    Recovery salvage = replay(image, SSD_4096, Policy.SALVAGE);
    assertArrayEquals(sample().logical(backing), bytes(salvage));
    assertEquals(
        List.of("WC-UNCOMMITTED", "WC-UNALIGNED", "WC-UNALIGNED", "WC-UNALIGNED"),
        codes(salvage.report().dropped()));
    assertEquals(List.of("200+8 backing device/I/O error"), differences(salvage));
  }

  @Test
  void doesNotBelieveWipedEntries() {
    WritecacheImage image = sample();
    Arrays.fill(image.bytes(), 512, 1024, (byte) 0);
    Recovery driver = replay(image, SSD_4096, Policy.DRIVER);
    // Entries 28 to 59 stand in the second sector; the last one takes sector 0.
    byte[] expected = sample().logical(backing);
    System.arraycopy(image.bytes(), image.dataOffset(59), expected, 0, 4096);
    assertArrayEquals(expected, bytes(driver));
    assertEquals(Writeback.FAILS, driver.report().driver().orElseThrow().writeback());
    Recovery salvage = replay(image, SSD_4096, Policy.SALVAGE);
    assertArrayEquals(sample().logical(backing), bytes(salvage));
    assertEquals(List.of("WC-ENTRIES-ZEROED"), codes(salvage.report().lost()));
    assertEquals(List.of("0+8 backing device/cached block"), differences(salvage));
  }

  @Test
  void goesOnBehindUnreadableEntriesWhereTheDriverDoesNot(@TempDir Path directory)
      throws IOException {
    WritecacheImage image =
        new WritecacheImage(4096, 3300, 0, 1).commit(7).put(0, 80, 6, 10).put(1, 88, 2, 11);
    byte[] before = image.logical(backing);
    image.put(400, 32, 1, 30);
    // With sector 9 the entries 284 to 315 are lost; block 1 is lost for itself.
    try (BlockSource cache =
        faulty(directory, image, new ByteRange(4608, 512), new ByteRange(image.dataOffset(1), 1))) {
      Recovery salvage = replay(cache, backing, SSD_4096, Policy.SALVAGE);
      byte[] expected = image.logical(backing);
      Arrays.fill(expected, 88 * 512, 89 * 512, (byte) 0);
      assertArrayEquals(expected, bytes(salvage));
      assertEquals(List.of(new ByteRange(88 * 512, 512)), unreadable(salvage));
      assertEquals(List.of("WC-ENTRIES-UNREADABLE"), codes(salvage.report().lost()));
      Loss loss = salvage.report().lost().kept().getFirst();
      assertEquals(4608, loss.offset());
      assertEquals(512, loss.length());

      Recovery ssd = replay(cache, backing, SSD_4096, Policy.DRIVER);
      assertArrayEquals(backing, bytes(ssd));
      assertEquals(Writeback.FAILS, ssd.report().driver().orElseThrow().writeback());
      Recovery pmem = replay(cache, backing, PMEM_4096, Policy.DRIVER);
      Arrays.fill(before, 88 * 512, 89 * 512, (byte) 0);
      assertArrayEquals(before, bytes(pmem));
    }
    try (BlockSource cache = faulty(directory, image, new ByteRange(0, 1))) {
      Recovery refused = replay(cache, backing, SSD_4096, Policy.DRIVER);
      assertEquals(Outcome.REFUSE, refused.report().driver().orElseThrow().outcome());
    }
  }

  private static BlockSource faulty(Path directory, WritecacheImage image, ByteRange... bad)
      throws IOException {
    Path path = Files.write(directory.resolve("cache"), image.bytes());
    FaultyChannel.Builder channel = FaultyChannel.over(FileChannel.open(path));
    for (ByteRange range : bad) {
      channel.unreadable(range.offset(), range.length());
    }
    return new ChannelSource("cache", channel.shortTransfers().build());
  }

  @Test
  void losesOnlyTheBlocksBehindACut() {
    WritecacheImage image = sample().put(60, 32, 1, 30);
    byte[] cut = Arrays.copyOf(image.bytes(), image.dataOffset(59));
    MemorySource cache = new MemorySource("cache", cut);
    Recovery salvage = replay(cache, backing, SSD_4096, Policy.SALVAGE);
    assertEquals(List.of("WC-DATA-MISSING"), codes(salvage.report().lost()));
    assertEquals(List.of(new ByteRange(32 * 512, 4096)), unreadable(salvage));
    Recovery driver = replay(cache, backing, SSD_4096, Policy.DRIVER);
    assertEquals(Outcome.REFUSE, driver.report().driver().orElseThrow().outcome());
  }

  @Test
  void sizesTheDevice() {
    MemorySource cache = new MemorySource("cache", sample().put(9, 1L << 45, 1, 9).bytes());
    assertEquals(BACKING_BYTES, size(replay(cache, backing, SSD_4096, Policy.SALVAGE)));
    assertEquals(800 * 512, size(replay(cache, null, SSD_4096, Policy.SALVAGE)));
    Recovery guessed = replay(cache, null, null, Policy.SALVAGE);
    assertEquals(408 * 512, size(guessed));
    assertEquals(List.of("WC-UNCOMMITTED", "WC-BEYOND-BACKING"), codes(guessed.report().dropped()));
    assertEquals(new Origin.Zeros(), guessed.logical().orElseThrow().originOf(0));
    OpenRequest request = OpenRequest.of(cache);
    Recovery told =
        new WritecacheReplayer()
            .replay(
                new ReplayRequest(
                    request,
                    Policy.DRIVER,
                    OptionalLong.of(512),
                    Selection.COMMITTED,
                    Progress.NONE));
    assertEquals(512, size(told));
    assertEquals(0, told.report().appliedBlocks());
  }

  private static long size(Recovery recovery) {
    return recovery.logical().orElseThrow().size();
  }

  @Property(tries = 300)
  void readsTheSameHoweverItIsRead(
      @ForAll Random random, @ForAll @IntRange(min = 0, max = 3) int order) {
    int blockSize = 512 << order;
    int perBlock = 1 << order;
    WritecacheImage image = new WritecacheImage(blockSize, 200 * perBlock, 0, 1).commit(6);
    for (int i = 0; i < image.blockCount(); i++) {
      long sector = (long) perBlock * random.nextInt(150);
      switch (random.nextInt(5)) {
        case 0 -> image.put(i, sector, random.nextInt(8), i);
        case 1 -> image.put(i, (long) perBlock * (i % 150), random.nextInt(6), i);
        default -> {}
      }
    }
    byte[] under = new byte[150 * perBlock * 512];
    for (int i = 0; i < under.length; i += 512) {
      Arrays.fill(under, i, i + 512, (byte) (random.nextBoolean() ? 1 : 0));
    }
    byte[] expected = image.logical(under);
    Recovery driver = replay(new MemorySource("cache", image.bytes()), under, null, Policy.DRIVER);
    LogicalDevice device = driver.logical().orElseThrow();
    assertArrayEquals(expected, bytes(driver));
    for (int i = 0; i < 20; i++) {
      int from = random.nextInt(expected.length);
      int length = random.nextInt(expected.length - from);
      ByteBuffer part = ByteBuffer.allocate(length + 3).position(1).limit(length + 1);
      device.read(from, part);
      assertEquals(length + 1, part.position());
      assertEquals(length + 1, part.limit());
      assertArrayEquals(
          Arrays.copyOfRange(expected, from, from + length),
          Arrays.copyOfRange(part.array(), 1, length + 1));
    }
    checkHoles(device, expected);
    checkOrigins(device, image.bytes(), under, expected);
  }

  private static void checkHoles(LogicalDevice device, byte[] expected) {
    long at = 0;
    while (at < device.size()) {
      long data = device.nextData(at);
      assertTrue(data >= at);
      for (long i = at; i < data; i++) {
        assertEquals(0, expected[(int) i]);
      }
      at = device.nextHole(data);
      assertTrue(at > data || data == device.size());
    }
    assertEquals(device.size(), device.nextHole(device.size()));
    assertEquals(device.size(), device.nextData(device.size()));
  }

  private static void checkOrigins(
      LogicalDevice device, byte[] cache, byte[] under, byte[] expected) {
    boolean[] inRun = new boolean[expected.length / 512];
    long[] last = {-1};
    device.forEachRun(
        (offset, length, origin) -> {
          assertTrue(offset > last[0]);
          last[0] = offset;
          int from = (int) ((Origin.Cached) origin).offset();
          assertArrayEquals(
              Arrays.copyOfRange(expected, (int) offset, (int) (offset + length)),
              Arrays.copyOfRange(cache, from, (int) (from + length)));
          Arrays.fill(inRun, (int) (offset / 512), (int) ((offset + length) / 512), true);
        });
    for (int sector = 0; sector < inRun.length; sector++) {
      byte[] found = Arrays.copyOfRange(expected, sector * 512, sector * 512 + 512);
      switch (device.originOf(sector)) {
        case Origin.Backing() -> {
          assertFalse(inRun[sector]);
          assertArrayEquals(found, Arrays.copyOfRange(under, sector * 512, sector * 512 + 512));
        }
        case Origin.Cached(String name, long offset) -> {
          assertTrue(inRun[sector]);
          assertEquals("cache", name);
          assertArrayEquals(found, Arrays.copyOfRange(cache, (int) offset, (int) offset + 512));
        }
        case Origin.Zeros() -> throw new AssertionError("zeros");
      }
    }
  }

  /** Whatever is done to the metadata: the reported differences are the real ones. */
  @Property(tries = 500)
  void reportsExactlyTheDifferences(
      @ForAll Random random, @ForAll @IntRange(min = 1, max = 30) int changes) {
    WritecacheImage image = sample();
    for (int i = 0; i < changes; i++) {
      int at = random.nextInt(5) == 0 ? 8 * random.nextInt(8) : 64 + 8 * random.nextInt(122);
      long value =
          switch (random.nextInt(4)) {
            case 0 -> random.nextInt(120);
            case 1 -> 8L * random.nextInt(120);
            case 2 -> -random.nextInt(20);
            default -> 1L << random.nextInt(64);
          };
      ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN).putLong(at, value);
    }
    if (random.nextInt(4) == 0) {
      Arrays.fill(image.bytes(), 512, 1024, (byte) 0);
    }
    MemorySource cache = new MemorySource("cache", image.bytes());
    for (int i = random.nextInt(3); i > 0; i--) {
      cache.unreadable.set(random.nextInt(10));
    }
    Recovery driver = replay(cache, backing, SSD_4096, Policy.DRIVER);
    try {
      Recovery salvage = replay(cache, backing, SSD_4096, Policy.SALVAGE);
      assertEquals(driver.report().driver().orElseThrow(), salvage.report().driver().orElseThrow());
      boolean[] reported = new boolean[800];
      salvage
          .report()
          .differences()
          .orElseThrow()
          .forEach(
              (o, l, s, d) -> Arrays.fill(reported, (int) (o / 512), (int) ((o + l) / 512), true));
      LogicalDevice ours = salvage.logical().orElseThrow();
      for (int sector = 0; sector < 800; sector++) {
        boolean same =
            driver.logical().isPresent()
                ? ours.originOf(sector).equals(driver.logical().get().originOf(sector))
                : ours.originOf(sector).equals(new Origin.Backing());
        assertEquals(!same, reported[sector], "sector " + sector);
      }
    } catch (SalvageException e) {
      assertFalse(e.getMessage().isBlank());
    }
  }
}
