package org.dmsalvage.replay.insitu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.zip.Deflater;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.InsituDriver;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.damage.Damage;
import org.dmsalvage.fixtures.fault.WriteLoss;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Grade;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.insitu.InsituImage;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class InsituReplayerTest {

  private static final int BLOCK = 4096;
  private static final int DEVICE_BYTES = 130 * BLOCK;

  /** Bytes in memory of which sectors can be made unreadable. */
  private static final class MemorySource implements BlockSource {
    private final byte[] bytes;
    private final BitSet unreadable = new BitSet();

    MemorySource(byte[] bytes) {
      this.bytes = bytes;
    }

    @Override
    public String name() {
      return "dev.img";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      int bad = unreadable.nextSetBit((int) offset / SECTOR_BYTES);
      if (bad >= 0 && (long) bad * SECTOR_BYTES < offset + target.remaining()) {
        throw new UnreadableException(name(), offset, target.remaining(), new IOException("EIO"));
      }
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  private static byte[] text(int blocks, long seed) {
    StringBuilder text = new StringBuilder();
    Random random = new Random(seed);
    while (text.length() < blocks * BLOCK) {
      text.append("block %09d ".formatted(random.nextInt(999)));
    }
    return text.substring(0, blocks * BLOCK).getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] noise(int blocks, long seed) {
    byte[] noise = new byte[blocks * BLOCK];
    new Random(seed).nextBytes(noise);
    return noise;
  }

  /** 128 blocks, of which 60 are written, some stored as they are. */
  private static InsituImage sample(Algorithm algorithm) {
    InsituImage image = new InsituImage(algorithm, DEVICE_BYTES);
    image.put(0, text(1, 1));
    image.put(1, text(31, 2));
    image.put(40, noise(3, 3));
    image.put(43, text(8, 4));
    image.put(51, noise(1, 5));
    image.put(96, text(16, 6));
    return image;
  }

  private static Recovery replay(BlockSource source, Policy policy) {
    OpenRequest request = OpenRequest.of(source).withFormat("insitu");
    return new InsituReplayer().replay(ReplayRequest.of(request, policy, Progress.NONE));
  }

  private static Recovery replay(byte[] image, Policy policy) {
    return replay(new MemorySource(image), policy);
  }

  private static byte[] bytes(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    byte[] bytes = new byte[(int) device.size()];
    device.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static Outcome outcome(byte[] image, Policy policy) {
    return replay(image, policy).report().driver().orElseThrow().outcome();
  }

  private static void check(byte[] expected, byte[] found) {
    assertEquals(-1, Arrays.mismatch(expected, found), "first byte that differs");
  }

  private static byte[] with(byte[] logical, int from, int to, int value) {
    byte[] changed = logical.clone();
    Arrays.fill(changed, from, to, (byte) value);
    return changed;
  }

  @ParameterizedTest
  @EnumSource
  void bothPoliciesShowAWholeDevice(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    for (Policy policy : Policy.values()) {
      Recovery recovery = replay(image.bytes(), policy);
      check(image.logical(), bytes(recovery));
      assertEquals(60, recovery.report().appliedBlocks());
      assertEquals(480, recovery.report().appliedSectors());
      assertEquals(0, recovery.report().lost().count() + recovery.report().atRisk().count());
      assertEquals(List.of(), differences(recovery));
    }
  }

  @ParameterizedTest
  @EnumSource
  void readsAnyRangeFromManyThreads(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    byte[] logical = image.logical();
    try (LogicalDevice device = replay(image.bytes(), Policy.SALVAGE).logical().orElseThrow()) {
      IntStream.range(0, 400)
          .parallel()
          .forEach(
              seed -> {
                Random random = new Random(seed);
                int from = random.nextInt(seed % 2 == 0 ? 3 * BLOCK : logical.length);
                int length = random.nextInt(Math.min(5 * BLOCK, logical.length - from));
                byte[] part = new byte[length];
                device.read(from, ByteBuffer.wrap(part));
                assertArrayEquals(Arrays.copyOfRange(logical, from, from + length), part);
              });
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> device.read(logical.length - 1, ByteBuffer.allocate(2)));
    }
  }

  @Test
  void saysWhereDataComesFrom() {
    InsituImage image = sample(Algorithm.LZO);
    LogicalDevice device = replay(image.bytes(), Policy.SALVAGE).logical().orElseThrow();
    assertEquals(
        new Origin.Cached("dev.img", image.dataOffset(41) + 512), device.originOf(41 * 8 + 1));
    assertEquals(new Origin.Cached("dev.img", image.dataOffset(96)), device.originOf(99 * 8));
    assertEquals(new Origin.Zeros(), device.originOf(32 * 8));
    List<String> runs = new ArrayList<>();
    device.forEachRun((offset, length, _) -> runs.add(offset / BLOCK + "+" + length / BLOCK));
    assertEquals(List.of("0+1", "1+31", "40+3", "43+8", "51+1", "96+16"), runs);
    assertEquals(0, device.nextData(0));
    assertEquals(32 * BLOCK, device.nextHole(5));
    assertEquals(40 * BLOCK, device.nextData(32 * BLOCK));
    assertEquals(40 * BLOCK + 7, device.nextData(40 * BLOCK + 7));
    assertEquals(52 * BLOCK, device.nextHole(40 * BLOCK));
    assertEquals(device.size(), device.nextData(112 * BLOCK));
    // A head may have no sectors of payload of its own.
    image.setEntry(70, 0, false).setEntry(71, 1, true);
    LogicalDevice headless = replay(image.bytes(), Policy.SALVAGE).logical().orElseThrow();
    // What is not right is read as a whole.
    assertEquals(64 * BLOCK, headless.nextData(52 * BLOCK));
    assertEquals(96 * BLOCK, headless.nextHole(70 * BLOCK) - 16 * BLOCK);
    assertEquals(70 * BLOCK, headless.nextData(70 * BLOCK));
  }

  /** zlib_inflate is given one more zero if it ends in want of input (deflate_decompress). */
  @Test
  void driverTastesOneZero() {
    InsituImage image = new InsituImage(Algorithm.DEFLATE, DEVICE_BYTES);
    byte[] packed = new byte[BLOCK];
    int length;
    try (Deflater deflater = new Deflater(6, true)) {
      deflater.setInput(text(1, 1));
      length = deflater.deflate(packed, 0, packed.length, Deflater.SYNC_FLUSH);
    }
    // An empty last block with fixed codes: 03 00.
    packed[length++] = 3;
    image.setEntry(8, 8, false).setEntry(9, 0, true);
    System.arraycopy(packed, 0, image.bytes(), image.dataOffset(8), BLOCK);
    ByteBuffer bytes = ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putInt(image.dataOffset(9) - 4, length);
    byte[] expected = with(image.logical(), 9 * BLOCK, 10 * BLOCK, 0x6b);
    System.arraycopy(text(1, 1), 0, expected, 8 * BLOCK, BLOCK);
    check(expected, bytes(replay(image.bytes(), Policy.DRIVER)));
    bytes.putInt(image.dataOffset(9) - 4, length - 1);
    check(image.logical(), bytes(replay(image.bytes(), Policy.DRIVER)));
  }

  /** Rule I11. */
  @Test
  void trailingLengthOffByOne() {
    for (int change : new int[] {1, -1}) {
      for (Algorithm algorithm : Algorithm.values()) {
        InsituImage image = sample(algorithm);
        int sectors = image.put(96, text(16, 6));
        int at = image.dataOffset(96) + sectors * 512 - 4;
        ByteBuffer bytes = ByteBuffer.wrap(image.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(at, bytes.getInt(at) + change);
        Recovery driver = replay(image.bytes(), Policy.DRIVER);
        boolean read = algorithm == Algorithm.DEFLATE && change > 0;
        check(
            read ? image.logical() : with(image.logical(), 96 * BLOCK, 112 * BLOCK, 0),
            bytes(driver));
        assertEquals(read ? 0 : 128, driver.report().lost().sectors());
        Recovery salvage = replay(image.bytes(), Policy.SALVAGE);
        check(image.logical(), bytes(salvage));
        assertEquals(128, salvage.report().atRisk().sectors());
        assertEquals(0, salvage.report().lost().count());
        assertEquals(
            read ? List.of() : List.of("96+16 decompressed extent / read error"),
            differences(salvage));
      }
    }
  }

  private static List<String> differences(Recovery recovery) {
    List<String> differences = new ArrayList<>();
    recovery
        .report()
        .differences()
        .ifPresent(
            all ->
                all.forEach(
                    (offset, length, salvage, driver) ->
                        differences.add(
                            "%d+%d %s / %s"
                                .formatted(offset / BLOCK, length / BLOCK, salvage, driver))));
    return differences;
  }

  /** Rules I12 and I18: two newer extents stand where the bitmap still describes one. */
  @ParameterizedTest
  @EnumSource
  void staleBitmap(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    byte[] bitmap = Arrays.copyOfRange(image.bytes(), BLOCK, 2 * BLOCK);
    image.put(96, text(4, 7));
    image.put(100, text(12, 8));
    System.arraycopy(bitmap, 0, image.bytes(), BLOCK, BLOCK);
    byte[] shown = with(image.logical(), 100 * BLOCK, 112 * BLOCK, 0);
    Recovery driver = replay(image.bytes(), Policy.DRIVER);
    // The old length still stands at the end of the old payload, and only LZO minds.
    check(
        algorithm == Algorithm.LZO
            ? with(shown, 96 * BLOCK, 112 * BLOCK, 0)
            : with(shown, 100 * BLOCK, 112 * BLOCK, 0x6b),
        bytes(driver));
    Recovery salvage = replay(image.bytes(), Policy.SALVAGE);
    check(image.logical(), bytes(salvage));
    assertEquals(16 * 8, salvage.report().atRisk().sectors());
    assertEquals(0, salvage.report().lost().sectors());
    assertEquals("IN-STALE-BITMAP", salvage.report().atRisk().kept().getFirst().code());
    assertEquals(
        algorithm == Algorithm.LZO
            ? List.of("96+16 decompressed extent / read error")
            : List.of("100+12 decompressed extent / memory never written to"),
        differences(salvage));
    LogicalDevice device = salvage.logical().orElseThrow();
    assertEquals(new Origin.Cached("dev.img", image.dataOffset(100)), device.originOf(100 * 8 + 9));
    assertEquals(new Origin.Zeros(), device.originOf(112 * 8));
    List<String> runs = new ArrayList<>();
    device.forEachRun((offset, length, _) -> runs.add(offset / BLOCK + "+" + length / BLOCK));
    assertEquals(List.of("0+1", "1+31", "40+3", "43+8", "51+1", "96+4", "100+12"), runs);
  }

  /** Rule I17. */
  @ParameterizedTest
  @EnumSource
  void tailsJoinTheExtentBefore(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    image.setEntry(43, image.entry(43) & 15, true);
    // 40 to 42 are stored as they are: the sum of the sectors now says that they are compressed.
    byte[] expected = with(image.logical(), 40 * BLOCK, 51 * BLOCK, 0);
    check(expected, bytes(replay(image.bytes(), Policy.DRIVER)));
    // A payload that proves itself stands in the one described: the first three blocks begin none.
    Recovery salvage = replay(image.bytes(), Policy.SALVAGE);
    check(image.logical(), bytes(salvage));
    assertEquals(11 * 8, salvage.report().atRisk().sectors());
    assertEquals(0, salvage.report().lost().sectors());
  }

  /** Rule I11: what the nibbles say beyond the payload does no harm to deflate. */
  @Test
  void nibbleTooLarge() {
    InsituImage image = new InsituImage(Algorithm.DEFLATE, DEVICE_BYTES);
    image.put(8, text(1, 1));
    image.put(9, noise(2, 2));
    image.setEntry(8, 15, false);
    check(image.logical(), bytes(replay(image.bytes(), Policy.DRIVER)));
    check(image.logical(), bytes(replay(image.bytes(), Policy.SALVAGE)));
  }

  @Test
  void driverRefusesFormatsOrCrashes() {
    for (Policy policy : Policy.values()) {
      InsituImage magic = sample(Algorithm.LZO);
      magic.bytes()[7] ^= 1;
      assertEquals(Outcome.FORMAT, outcome(magic.bytes(), policy));
      InsituImage version = sample(Algorithm.LZO);
      version.bytes()[8] = 2;
      assertEquals(Outcome.REFUSE, outcome(version.bytes(), policy));
      InsituImage counts = sample(Algorithm.LZO);
      counts.bytes()[24]++;
      assertEquals(Outcome.REFUSE, outcome(counts.bytes(), policy));
      byte[] grown = Arrays.copyOf(sample(Algorithm.LZO).bytes(), DEVICE_BYTES + BLOCK);
      assertEquals(Outcome.REFUSE, outcome(grown, policy));
      InsituImage algorithm = sample(Algorithm.LZO);
      algorithm.bytes()[32] = 2;
      assertEquals(Outcome.CRASH, outcome(algorithm.bytes(), policy));
      InsituImage tail = sample(Algorithm.LZO).setEntry(0, 1, true);
      assertEquals(Outcome.CRASH, outcome(tail.bytes(), policy));
      InsituImage other = sample(Algorithm.DEFLATE);
      other.bytes()[32] = 0;
      assertEquals(Outcome.ACCEPT, outcome(other.bytes(), policy));
    }
    InsituImage magic = sample(Algorithm.LZO);
    magic.bytes()[7] ^= 1;
    check(new byte[128 * BLOCK], bytes(replay(magic.bytes(), Policy.DRIVER)));
    assertTrue(replay(new byte[BLOCK], Policy.DRIVER).logical().isEmpty());
    assertThrows(UnsupportedImageException.class, () -> replay(new byte[BLOCK], Policy.SALVAGE));
  }

  /** Whatever the superblock says, salvage finds sizes and compressor. */
  @ParameterizedTest
  @EnumSource
  void salvageNeedsNoSuperblock(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    Arrays.fill(image.bytes(), 0, 512, (byte) 0xa5);
    Recovery salvage = replay(image.bytes(), Policy.SALVAGE);
    check(image.logical(), bytes(salvage));
    assertEquals(
        List.of(
            "0+32 decompressed extent / zeros",
            "40+3 stored extent / zeros",
            "43+8 decompressed extent / zeros",
            "51+1 stored extent / zeros",
            "96+16 decompressed extent / zeros"),
        differences(salvage));
  }

  @Test
  void extentThatTheDriverNeverEnds() {
    InsituImage image = new InsituImage(Algorithm.LZO, 8300 * BLOCK);
    image.put(0, text(1, 1));
    for (int block = 1; block < 8192; block++) {
      image.setEntry(block, 0, true);
    }
    assertEquals(Outcome.HANG, outcome(image.bytes(), Policy.DRIVER));
    image.setEntry(8191, 0, false);
    assertEquals(Outcome.ACCEPT, outcome(image.bytes(), Policy.DRIVER));
    // The kernel cannot allocate 32 MiB at once; the first block proves itself all the same.
    check(new byte[8297 * BLOCK], bytes(replay(image.bytes(), Policy.DRIVER)));
    check(image.logical(), bytes(replay(image.bytes(), Policy.SALVAGE)));
  }

  @ParameterizedTest
  @EnumSource
  void unreadableSectors(Algorithm algorithm) {
    InsituImage image = sample(algorithm);
    MemorySource source = new MemorySource(image.bytes());
    int stored = image.dataOffset(41) / 512 + 2;
    int compressed = image.dataOffset(1) / 512 + 3;
    source.unreadable.set(stored);
    source.unreadable.set(compressed);
    byte[] whole = image.logical();
    Recovery driver = replay(source, Policy.DRIVER);
    byte[] zeros = with(with(whole, BLOCK, 32 * BLOCK, 0), 40 * BLOCK, 43 * BLOCK, 0);
    check(zeros, bytes(driver));
    assertEquals((31 + 3) * 8, driver.report().lost().sectors());

    Recovery salvage = replay(source, Policy.SALVAGE);
    byte[] found = bytes(salvage);
    int sector = 41 * BLOCK + 2 * 512;
    check(
        Arrays.copyOfRange(with(whole, sector, sector + 512, 0), 32 * BLOCK, whole.length),
        Arrays.copyOfRange(found, 32 * BLOCK, whole.length));
    Loss risk = salvage.report().atRisk().kept().getFirst();
    assertEquals("IN-EXTENT-UNREADABLE", risk.code());
    int prefix = BLOCK + (int) risk.sectors() * 512;
    assertTrue(risk.sectors() >= 3, risk.toString());
    check(with(whole, prefix, 32 * BLOCK, 0), with(found, sector, whole.length, 0x55), sector);
    assertEquals(31 * 8 - risk.sectors() + 1, salvage.report().lost().sectors());

    MemorySource bitmap = new MemorySource(image.bytes());
    bitmap.unreadable.set(8);
    assertTrue(replay(bitmap, Policy.DRIVER).logical().isEmpty());
    Recovery blind = replay(bitmap, Policy.SALVAGE);
    check(with(with(whole, 40 * BLOCK, 43 * BLOCK, 0), 51 * BLOCK, 52 * BLOCK, 0), bytes(blind));
    assertEquals("IN-BITMAP-UNREADABLE", blind.report().lost().kept().getFirst().code());
  }

  private static void check(byte[] expected, byte[] found, int length) {
    check(Arrays.copyOf(expected, length), Arrays.copyOf(found, length));
  }

  @Test
  void imageThatWasCut() {
    InsituImage image = sample(Algorithm.LZO);
    byte[] cut = Arrays.copyOf(image.bytes(), image.dataOffset(51) + 512);
    assertTrue(replay(cut, Policy.DRIVER).logical().isEmpty());
    Recovery salvage = replay(cut, Policy.SALVAGE);
    byte[] expected = with(image.logical(), 96 * BLOCK, 112 * BLOCK, 0);
    check(with(expected, 51 * BLOCK + 512, 52 * BLOCK, 0), bytes(salvage));
    assertEquals(7 + 16 * 8, salvage.report().lost().sectors());
  }

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloads(1024);
  }

  @Provide
  Arbitrary<List<Damage>> damage() {
    return Workloads.damage(DEVICE_BYTES).list().ofMaxSize(3);
  }

  @Provide
  Arbitrary<List<Damage>> damageOfTheBitmap() {
    return Workloads.damage(0, 3 * BLOCK).list().ofMaxSize(3);
  }

  @Property(tries = 50)
  void everyWriteIsFound(
      @ForAll("workloads") Workload workload,
      @ForAll Algorithm algorithm,
      @ForAll @IntRange(max = 150) int requests) {
    CrashedImages images = InsituDriver.run(algorithm, DEVICE_BYTES, workload, requests, 1);
    for (Policy policy : Policy.values()) {
      byte[] logical = bytes(replay(images.cache(), policy));
      assertEquals(0, images.judge(logical).bad(), () -> images.judge(logical).firstBad());
    }
  }

  /**
   * Wherever the driver gives the data that was written, salvage does, or says that it is lost: the
   * last sector of a payload that does not fit may be of another one, and the driver is right about
   * what comes out of it by luck only.
   */
  @Property(tries = 200)
  void salvageIsNeverWorseThanTheDriver(
      @ForAll Algorithm algorithm,
      @ForAll("damage") List<Damage> anywhere,
      @ForAll("damageOfTheBitmap") List<Damage> bitmap) {
    InsituImage image = sample(algorithm);
    byte[] bytes = image.bytes();
    for (Damage damage : anywhere) {
      bytes = applied(damage, bytes);
    }
    for (Damage damage : bitmap) {
      bytes = applied(damage, bytes);
    }
    try {
      Recovery salvage = replay(bytes, Policy.SALVAGE);
      byte[] salvaged = bytes(salvage);
      RangeSet lost = salvage.report().lost().ranges();
      Recovery driver = replay(bytes, Policy.DRIVER);
      if (driver.logical().isPresent()
          && driver.report().driver().orElseThrow().outcome() == Outcome.ACCEPT) {
        byte[] driven = bytes(driver);
        byte[] truth = image.logical();
        for (int at = 0; at < truth.length; at += 512) {
          if (Arrays.equals(driven, at, at + 512, truth, at, at + 512) && !lost.contains(at)) {
            assertEquals(
                -1, Arrays.mismatch(salvaged, at, at + 512, truth, at, at + 512), "at " + at);
          }
        }
      }
    } catch (SalvageException e) {
      assertNotNull(e.getMessage());
    }
  }

  @Provide
  Arbitrary<Crash> crashes() {
    return Workloads.crashes(WriteLoss.values());
  }

  private static Recovery uncommitted(byte[] image) {
    return new InsituReplayer()
        .replay(
            new ReplayRequest(
                OpenRequest.of(new MemorySource(image)).withFormat("insitu"),
                Policy.SALVAGE,
                OptionalLong.empty(),
                new Selection(OptionalLong.empty(), false, true),
                Progress.NONE));
  }

  /**
   * Rules I14 to I21: if all data has arrived, and only bits are missing, whatever salvage shows is
   * right, and what is not is listed.
   */
  @Property(tries = 100)
  void nothingIsInventedUnderAStaleBitmap(
      @ForAll("workloads") Workload workload, @ForAll Algorithm algorithm) {
    CrashedImages images =
        InsituDriver.writeback(algorithm, DEVICE_BYTES, workload, Crash.atTheEnd(), 1);
    Recovery salvage = replay(images.cache(), Policy.SALVAGE);
    Judge.Verdict salvaged = images.judge(bytes(salvage));
    Judge.Verdict driven = images.judge(bytes(replay(images.cache(), Policy.DRIVER)));
    assertEquals(0, salvaged.count(Grade.CORRUPT), salvaged::firstBad);
    assertTrue(salvaged.count(Grade.LOST) <= driven.bad(), () -> salvaged + " / " + driven);
    assertTrue(salvaged.count(Grade.LATEST) >= driven.count(Grade.LATEST));
    assertTrue(
        salvaged.count(Grade.LOST) <= salvage.report().lost().sectors(),
        () -> salvaged + ", " + salvage.report().lost().kept());
    Judge.Verdict all = images.judge(bytes(uncommitted(images.cache())));
    assertTrue(all.count(Grade.LATEST) >= salvaged.count(Grade.LATEST), all::toString);
  }

  /** Whatever becomes of the writes: no error, and the two views differ only where that is said. */
  @Property(tries = 100)
  void differencesAreSaid(
      @ForAll("workloads") Workload workload,
      @ForAll Algorithm algorithm,
      @ForAll("crashes") Crash crash) {
    byte[] image = InsituDriver.writeback(algorithm, DEVICE_BYTES, workload, crash, 1).cache();
    Recovery salvage = replay(image, Policy.SALVAGE);
    byte[] salvaged = bytes(salvage);
    byte[] driven = bytes(replay(image, Policy.DRIVER));
    BitSet said = new BitSet();
    salvage
        .report()
        .differences()
        .orElseThrow()
        .forEach(
            (offset, length, _, _) -> said.set((int) offset / 512, (int) (offset + length) / 512));
    for (int sector = 0; sector < salvaged.length / 512; sector++) {
      int at = sector * 512;
      if (!Arrays.equals(salvaged, at, at + 512, driven, at, at + 512)) {
        assertTrue(said.get(sector), "sector " + sector);
      }
    }
  }

  private static byte[] applied(Damage damage, byte[] bytes) {
    try {
      return damage.applyTo(bytes);
    } catch (IndexOutOfBoundsException _) {
      // The image has become too short for it.
      return bytes;
    }
  }
}
