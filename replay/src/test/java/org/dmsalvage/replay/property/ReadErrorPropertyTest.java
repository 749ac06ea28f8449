package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver.Shape;
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/**
 * An unreadable sector costs what stands in it: a check names exactly the unreadable sectors,
 * salvage uses everything beside them, and a driver is said to refuse where its attach reads one.
 */
class ReadErrorPropertyTest {
  private static final int SECTOR = 512;
  private static final int SECTORS = 1024;

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloads(SECTORS);
  }

  @Provide
  Arbitrary<Layout> layouts() {
    return Arbitraries.of(
        new Layout(Variant.LAPS_2013, 6, 2048 + 9 * 64),
        new Layout(Variant.RAW_2014, 4, 2048 + 20 * 16),
        new Layout(Variant.RAW_2014, 6, 2048 + 7 * 64 + 30),
        new Layout(Variant.COMPLEMENTED_2, 10, 2048 + 3 * 1024));
  }

  /**
   * What stands in an image, in sectors.
   *
   * @param attach what an attach reads
   * @param verified what a check reads, unless it is described in a bad sector
   * @param describes for each sector, the sectors that nobody knows to read without it
   * @param spoils for each sector, the sectors whose data cannot be proved without it
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Map(BitSet attach, BitSet verified, BitSet[] describes, BitSet[] spoils) {
    static Map of(byte[] image) {
      BitSet[] describes = new BitSet[image.length / SECTOR];
      BitSet[] spoils = new BitSet[image.length / SECTOR];
      for (int i = 0; i < spoils.length; i++) {
        describes[i] = new BitSet();
        spoils[i] = new BitSet();
      }
      return new Map(new BitSet(), new BitSet(), describes, spoils);
    }
  }

  @Property
  void writeboost(
      @ForAll("layouts") Layout layout, @ForAll("workloads") Workload workload, @ForAll long seed)
      throws IOException {
    Devices devices =
        Devices.of(
                WriteboostDriver.run(layout, workload, Crash.atTheEnd()),
                false,
                true,
                table(layout))
            .named(format(layout), table(layout));
    assertOnlyBadSectorsCount(devices, writeboost(layout, devices.cache()), new Random(seed));
  }

  private static String format(Layout layout) {
    return switch (layout.variant()) {
      case LAPS_2013 -> "writeboost-2013";
      case RAW_2014, RAW_1_0 -> "writeboost-2014";
      case RAW_2_0, COMPLEMENTED_2 -> "writeboost-2";
    };
  }

  private static String table(Layout layout) {
    return "0 %d writeboost ".formatted(SECTORS)
        + switch (layout.variant()) {
          case LAPS_2013 -> "backing cache " + layout.order();
          case RAW_2014, RAW_1_0 -> "0 backing cache 2 segment_size_order " + layout.order();
          case RAW_2_0, COMPLEMENTED_2 -> "backing cache";
        };
  }

  private static Map writeboost(Layout layout, byte[] cache) {
    Map map = Map.of(cache);
    map.attach().set(0);
    map.attach().set(2047, layout.variant() == Variant.LAPS_2013);
    map.verified().set(0);
    map.verified().set(2047);
    for (int slot = 0; slot < layout.segmentCount(); slot++) {
      int at = layout.segmentOffset(slot);
      int first = at / SECTOR;
      boolean written = little(cache).getLong(at) != 0;
      int end = first + (written ? 8 * (1 + (cache[at + layout.lengthField()] & 0xff)) : 1);
      // Without checksums the data is not read before it is wanted.
      boolean laps = layout.variant() == Variant.LAPS_2013;
      map.attach()
          .set(first, laps ? first + (written ? headerSectors(layout, cache, at) : 1) : end);
      map.verified().set(first, end);
      map.describes()[first].set(first + 1, end);
      for (int sector = first; sector < end; sector++) {
        boolean alone = laps && sector >= first + 8;
        map.spoils()[sector].set(alone ? sector : first, alone ? sector + 1 : end);
      }
    }
    return map;
  }

  private static int headerSectors(Layout layout, byte[] cache, int at) {
    return (layout.metablockField(cache[at + layout.lengthField()] & 0xff) + SECTOR - 1) / SECTOR;
  }

  @Provide
  Arbitrary<Shape> shapes() {
    return Arbitraries.of(
        new Shape(512, 400, 0), new Shape(1024, 500, 8), new Shape(4096, 1200, 0));
  }

  @Property
  void writecache(
      @ForAll("shapes") Shape shape, @ForAll("workloads") Workload workload, @ForAll long seed)
      throws IOException {
    String table =
        "0 %d writecache s /dev/a /dev/b %d 2 start_sector %d"
            .formatted(SECTORS, shape.blockSize(), shape.startSector());
    Devices devices =
        Devices.of(WritecacheDriver.run(shape, workload, Crash.atTheEnd()), false, true, table)
            .named("writecache", table);
    assertOnlyBadSectorsCount(devices, writecache(shape, devices.cache()), new Random(seed));
  }

  private static Map writecache(Shape shape, byte[] cache) {
    WritecacheImage image = shape.format();
    Map map = Map.of(cache);
    int start = shape.startSector();
    // Without the rest of the table the driver shows nothing, but it attaches (versions 1.4 on).
    map.attach().set(start, start + shape.blockSize() / SECTOR);
    map.verified().set(start, start + image.metadataBytes() / SECTOR);
    long sequenceCount = little(cache).getLong(start * SECTOR + 24);
    for (int i = 0; i < image.blockCount(); i++) {
      int data = image.dataOffset(i) / SECTOR;
      int entry = image.entryOffset(i) / SECTOR;
      for (int s = data; s < data + shape.blockSize() / SECTOR; s++) {
        map.spoils()[s].set(s);
        map.spoils()[entry].set(s);
        map.describes()[entry].set(s);
        // Without the superblock it is a guess what was committed.
        map.spoils()[start].set(s);
        map.describes()[start].set(s);
        long sequence = little(cache).getLong(image.entryOffset(i) + 8);
        map.verified().set(s, Long.compareUnsigned(sequence, sequenceCount) < 0);
      }
    }
    return map;
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void assertOnlyBadSectorsCount(Devices devices, Map map, Random random)
      throws IOException {
    BitSet bad = badSectors(map, random);
    Path file = Files.createTempFile("cache", ".img");
    try {
      Files.write(file, devices.cache());
      try (BlockSource faulty = faulty(file, bad, random.nextLong())) {
        if (!isLostWithItsSuperblock(devices, faulty, map, bad)) {
          assertNamesExactly(devices, faulty, map, bad);
          assertUsesTheRest(devices, faulty, map, bad);
        }
        Recovery driver = Devices.replay(devices.request(faulty, null), Policy.DRIVER);
        Outcome outcome = driver.report().driver().orElseThrow().outcome();
        assertEquals(
            bad.intersects(map.attach()) ? Outcome.REFUSE : Outcome.ACCEPT,
            outcome,
            () -> driver.report().driver() + " with bad sectors " + bad);
      }
    } finally {
      Files.delete(file);
    }
  }

  /**
   * Without the superblock, something else must say where things stand: a whole segment, a sector
   * of the entry table.
   */
  private static boolean isLostWithItsSuperblock(
      Devices devices, BlockSource faulty, Map map, BitSet bad) {
    int superblock = map.attach().nextSetBit(0);
    if (!bad.get(superblock)) {
      return false;
    }
    Facts geometry = Formats.open(devices.request()).geometry();
    String reason;
    try {
      Facts found = Formats.open(devices.request(faulty, null)).geometry();
      if (Stream.of("segmentSizeOrder", "segmentCount", "blockSize", "blockCount")
          .allMatch(name -> Objects.equals(found.value(name), geometry.value(name)))) {
        return false;
      }
      reason = found.toString();
    } catch (UnsupportedImageException e) {
      reason = e.getMessage();
    }
    for (int sector = 0; sector < map.describes().length; sector++) {
      BitSet described = map.describes()[sector];
      boolean whole = sector != superblock && !bad.get(sector) && !described.intersects(bad);
      String message = "sector " + sector + " tells where things stand, but " + reason;
      assertTrue(!whole || described.cardinality() < 8, message);
    }
    return true;
  }

  /** A few runs, most of them where something stands. */
  private static BitSet badSectors(Map map, Random random) {
    BitSet bad = new BitSet();
    int sectors = map.spoils().length;
    int[] used = map.verified().stream().toArray();
    for (int runs = random.nextInt(4); runs >= 0; runs--) {
      int at = random.nextInt(4) > 0 ? used[random.nextInt(used.length)] : random.nextInt(sectors);
      bad.set(at, Math.min(sectors, at + 1 + random.nextInt(random.nextInt(3) == 0 ? 40 : 2)));
    }
    // Without its marks an image is nothing that anybody recognises.
    return bad;
  }

  private static BlockSource faulty(Path file, BitSet bad, long seed) throws IOException {
    FaultyChannel.Builder channel =
        FaultyChannel.over(FileChannel.open(file, StandardOpenOption.READ)).seed(seed);
    for (int from = bad.nextSetBit(0); from >= 0; ) {
      int to = bad.nextClearBit(from);
      channel.unreadable((long) from * SECTOR, (long) (to - from) * SECTOR);
      from = bad.nextSetBit(to);
    }
    return new ChannelSource("cache", channel.shortTransfers().build());
  }

  /** Nothing but bad sectors, and all of those that somebody has to read. */
  private static void assertNamesExactly(Devices devices, BlockSource faulty, Map map, BitSet bad) {
    Findings findings = new Findings();
    Formats.open(devices.request(faulty, null)).examine(Depth.VERIFY, findings, Progress.NONE);
    BitSet named = new BitSet();
    List<Finding> unreadable = new ArrayList<>();
    for (Finding finding : findings.kept()) {
      if (finding.code().id().equals("IO-UNREADABLE")) {
        unreadable.add(finding);
        for (long at = finding.where().offset(); at < finding.where().end(); at += 16) {
          named.set((int) (at / SECTOR));
        }
      }
    }
    BitSet wrong = (BitSet) named.clone();
    wrong.andNot(bad);
    assertEquals(new BitSet(), wrong, () -> "readable, but in " + unreadable);
    // What stands behind a bad header is unknown.
    BitSet expected = (BitSet) map.verified().clone();
    for (int sector = bad.nextSetBit(0); sector >= 0; sector = bad.nextSetBit(sector + 1)) {
      expected.andNot(map.describes()[sector]);
    }
    expected.and(bad);
    expected.andNot(named);
    assertEquals(new BitSet(), expected, () -> "unreadable, but not in " + unreadable);
  }

  /** Whatever comes from a place that no bad sector spoils is what it would be without them. */
  private static void assertUsesTheRest(Devices devices, BlockSource faulty, Map map, BitSet bad) {
    BitSet spoilt = new BitSet();
    bad.stream().forEach(sector -> spoilt.or(map.spoils()[sector]));
    Recovery whole = devices.replay(Policy.SALVAGE);
    Recovery.LogicalDevice expected = whole.logical().orElseThrow();
    Recovery.LogicalDevice found =
        Devices.replay(devices.request(faulty, null), Policy.SALVAGE).logical().orElseThrow();
    byte[] expectedBytes = Devices.bytes(expected);
    ByteBuffer all = ByteBuffer.allocate(expectedBytes.length);
    found.readAround(0, all);
    byte[] foundBytes = all.array();
    for (int sector = 0; sector < expectedBytes.length / SECTOR; sector++) {
      Origin origin = expected.originOf(sector);
      boolean comparable =
          !(origin instanceof Origin.Cached(_, long offset))
              || !spoilt.get((int) (offset / SECTOR));
      int at = sector * SECTOR;
      int logical = sector;
      assertTrue(
          !comparable || Arrays.equals(expectedBytes, at, at + SECTOR, foundBytes, at, at + SECTOR),
          () ->
              "sector %d from %s differs with bad sectors %s; now from %s"
                  .formatted(logical, origin, bad, found.originOf(logical)));
    }
  }
}
