package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
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
import java.util.EnumMap;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver.Shape;
import org.dmsalvage.fixtures.fault.FaultyChannel;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.insitu.InsituImage;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.ChannelSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.map.CachedData;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
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
   * @param addresses what says which sectors of the logical device are concerned
   * @param describes for each sector, the sectors that nobody knows to read without it
   * @param spoils for each sector, the sectors whose data cannot be proved without it
   * @param image which image it is
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Map(
      BitSet attach,
      BitSet verified,
      BitSet addresses,
      BitSet[] describes,
      BitSet[] spoils,
      Image image) {
    static Map of(Image image, byte[] bytes) {
      BitSet[] describes = new BitSet[bytes.length / SECTOR];
      BitSet[] spoils = new BitSet[bytes.length / SECTOR];
      for (int i = 0; i < spoils.length; i++) {
        describes[i] = new BitSet();
        spoils[i] = new BitSet();
      }
      return new Map(new BitSet(), new BitSet(), new BitSet(), describes, spoils, image);
    }

    BitSet spoilt(BitSet bad) {
      BitSet spoilt = new BitSet();
      bad.stream().forEach(sector -> spoilt.or(spoils[sector]));
      return spoilt;
    }

    /** Where a sector of the logical device stands in the image; -1 if it does not. */
    int place(LogicalDevice device, long sector) {
      if (image == Image.IN_PLACE) {
        return (int) (spoils.length - device.size() / SECTOR + sector);
      }
      return device.originOf(sector) instanceof Origin.Cached(String name, long offset)
              && name.equals(image.label())
          ? (int) (offset / SECTOR)
          : -1;
    }
  }

  /** Which image has bad sectors, and how data stands in it. */
  private enum Image {
    CACHE,
    PLOG,
    /** Each data block at its place behind the others; a compressed extent is read as one. */
    IN_PLACE;

    String label() {
      return this == PLOG ? "plog" : "cache";
    }

    byte[] bytes(Devices devices) {
      return this == PLOG ? Objects.requireNonNull(devices.plog()) : devices.cache();
    }

    OpenRequest request(Devices devices, BlockSource faulty) {
      return this == PLOG
          ? devices.request(Devices.memory("cache", devices.cache()), faulty)
          : devices.request(faulty, null);
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
    Map map = Map.of(Image.CACHE, cache);
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
      map.addresses().set(first, first + 8);
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
    Map map = Map.of(Image.CACHE, cache);
    int start = shape.startSector();
    // Without the rest of the table the driver shows nothing, but it attaches (versions 1.4 on).
    map.attach().set(start, start + shape.blockSize() / SECTOR);
    map.verified().set(start, start + image.metadataBytes() / SECTOR);
    map.addresses().set(start, start + image.metadataBytes() / SECTOR);
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

  /** Errors on the plog device alone, which the driver does not look at. */
  @Property(tries = 80)
  void plog(
      @ForAll @IntRange(min = 1, max = 6) int ring,
      @ForAll("workloads") Workload workload,
      @ForAll long seed)
      throws IOException {
    Layout layout = new Layout(Variant.RAW_2014, 6, 2048 + 12 * 64);
    String table =
        "0 %d writeboost 1 backing cache plog 4 segment_size_order 6 nr_rambuf_pool %d"
            .formatted(SECTORS, ring);
    Devices devices =
        Devices.of(
                WriteboostDriver.run(layout, ring, workload, Crash.atTheEnd()), true, true, table)
            .named("writeboost-2014", table);
    byte[] plog = Image.PLOG.bytes(devices);
    assertOnlyBadSectorsCount(devices, plog(plog, 9 * layout.blocksPerSegment()), new Random(seed));
  }

  private static Map plog(byte[] plog, int segmentSectors) {
    Map map = Map.of(Image.PLOG, plog);
    map.verified().set(0, plog.length / SECTOR);
    // A bad sector may have been the meta sector of any plog.
    map.addresses().set(0, plog.length / SECTOR);
    for (int start = 0; start < plog.length / SECTOR; start += segmentSectors) {
      int at = start;
      while (at < start + segmentSectors && little(plog).getLong(at * SECTOR) != 0) {
        int end = at + 1 + plog[at * SECTOR + 21];
        for (int sector = at; sector < end; sector++) {
          map.spoils()[sector].set(at, end);
        }
        at = end;
      }
    }
    return map;
  }

  /** An extent: its head, its blocks, the sectors of its payload. */
  private record Extent(int first, int blocks, int payload) {
    boolean stored() {
      return payload == 8 * blocks;
    }
  }

  /** A device whose bitmap takes more than a sector, and what stands in it. */
  private record InsituCase(Devices devices, Map map) {
    private static final int BLOCKS = 900;

    /** This block has bits in two sectors. */
    private static final int BORDER = 8 * SECTOR / 5;

    static InsituCase of(Algorithm algorithm, int seed) {
      InsituImage image = new InsituImage(algorithm, 4096 * (2 + BLOCKS));
      Random random = new Random(seed);
      List<Extent> extents = new ArrayList<>();
      for (int run : new int[] {0, 64, 384, BORDER / 32 * 32, 832, 864}) {
        int end = Math.min(run + 32, BLOCKS);
        for (int at = run + random.nextInt(3); at < end; at += random.nextInt(3)) {
          int blocks = 1 + random.nextInt(Math.min(9, end - at));
          byte[] data = new byte[4096 * blocks];
          boolean noise = random.nextInt(3) == 0;
          for (int i = 0; i < 8 * blocks; i++) {
            byte[] filling = new byte[noise ? 480 : random.nextInt(200)];
            random.nextBytes(filling);
            Sectors.put(data, i * SECTOR, 8L * at + i, 1 + seed, CrashedImages.SEED);
            System.arraycopy(filling, 0, data, i * SECTOR + 32, filling.length);
          }
          extents.add(new Extent(at, blocks, image.put(at, data)));
          at += blocks;
        }
      }
      Devices devices = new Devices(image.bytes(), null, null, "insitu", null);
      return new InsituCase(devices, map(image, extents));
    }

    private static Map map(InsituImage image, List<Extent> extents) {
      Map map = Map.of(Image.IN_PLACE, image.bytes());
      map.attach().set(0, 10);
      map.verified().set(0);
      map.verified().set(8, 16);
      for (int block = 0; block < BLOCKS; block++) {
        int own = image.dataOffset(block) / SECTOR;
        bitmapSectors(block).forEach(bits -> map.spoils()[bits].set(own, own + 8));
      }
      for (Extent extent : extents) {
        int first = image.dataOffset(extent.first()) / SECTOR;
        int end = first + 8 * extent.blocks();
        for (int sector = first; sector < first + extent.payload(); sector++) {
          map.verified().set(sector);
          map.spoils()[sector].set(
              extent.stored() ? sector : first, extent.stored() ? sector + 1 : end);
        }
        // Of what is stored, the bits behind it say whether it ends there.
        int last = extent.first() + extent.blocks() - (extent.stored() ? 0 : 1);
        for (int block = extent.first(); block <= Math.min(last, BLOCKS - 1); block++) {
          bitmapSectors(block)
              .forEach(
                  bits -> {
                    map.spoils()[bits].set(first, end);
                    map.describes()[bits].set(first, first + extent.payload());
                  });
        }
      }
      return map;
    }

    private static IntStream bitmapSectors(int block) {
      return IntStream.of(5 * block, 5 * block + 4).map(bit -> 8 + bit / (8 * SECTOR)).distinct();
    }
  }

  private static final EnumMap<Algorithm, List<InsituCase>> INSITU = new EnumMap<>(Algorithm.class);

  @Property(tries = 80)
  void insitu(@ForAll Algorithm algorithm, @ForAll @IntRange(max = 2) int which, @ForAll long seed)
      throws IOException {
    InsituCase image =
        INSITU
            .computeIfAbsent(
                algorithm, a -> IntStream.range(0, 3).mapToObj(i -> InsituCase.of(a, i)).toList())
            .get(which);
    assertOnlyBadSectorsCount(image.devices(), image.map(), new Random(seed));
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static void assertOnlyBadSectorsCount(Devices devices, Map map, Random random)
      throws IOException {
    BitSet bad = badSectors(map, random);
    Path file = Files.createTempFile("cache", ".img");
    try {
      Files.write(file, map.image().bytes(devices));
      try (BlockSource faulty = faulty(map.image().label(), file, bad, random.nextLong())) {
        if (!isLostWithItsSuperblock(devices, faulty, map, bad)) {
          assertNamesExactly(devices, faulty, map, bad);
          assertUsesTheRest(devices, faulty, map, bad);
        }
        Recovery driver = Devices.replay(map.image().request(devices, faulty), Policy.DRIVER);
        Outcome outcome = driver.report().driver().orElseThrow().outcome();
        if (map.image() == Image.PLOG) {
          // The driver goes on with what its buffer held before.
          assertNotEquals(Outcome.REFUSE, outcome);
          return;
        }
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
    if (superblock < 0 || !bad.get(superblock)) {
      return false;
    }
    Facts geometry = Formats.open(devices.request()).geometry();
    String reason;
    try {
      Facts found = Formats.open(map.image().request(devices, faulty)).geometry();
      if (Stream.of("segmentSizeOrder", "segmentCount", "blockSize", "blockCount")
          .allMatch(name -> Objects.equals(found.value(name), geometry.value(name)))) {
        return false;
      }
      reason = found.toString();
    } catch (UnsupportedImageException e) {
      reason = e.getMessage();
    }
    // In 2013 a segment says neither by itself nor by a checksum how far the next one is.
    int needed = "writeboost-2013".equals(devices.format()) ? 2 : 1;
    int telling = 0;
    for (int sector = 0; sector < map.describes().length; sector++) {
      BitSet described = map.describes()[sector];
      boolean whole = sector != superblock && !bad.get(sector) && !described.intersects(bad);
      telling += whole && described.cardinality() >= 8 ? 1 : 0;
      String message = "sector " + sector + " tells where things stand, but " + reason;
      assertTrue(telling < needed, message);
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

  private static BlockSource faulty(String name, Path file, BitSet bad, long seed)
      throws IOException {
    FaultyChannel.Builder channel =
        FaultyChannel.over(FileChannel.open(file, StandardOpenOption.READ)).seed(seed);
    for (int from = bad.nextSetBit(0); from >= 0; ) {
      int to = bad.nextClearBit(from);
      channel.unreadable((long) from * SECTOR, (long) (to - from) * SECTOR);
      from = bad.nextSetBit(to);
    }
    return new ChannelSource(name, channel.shortTransfers().build());
  }

  /** Nothing but bad sectors, and all of those that somebody has to read. */
  private static void assertNamesExactly(Devices devices, BlockSource faulty, Map map, BitSet bad) {
    Findings findings = new Findings();
    Formats.open(map.image().request(devices, faulty))
        .examine(Depth.VERIFY, findings, Progress.NONE);
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

  /**
   * Whatever comes from a place that no bad sector spoils is what it would be without them, and is
   * in no list; whatever is not what it would be is listed as lost or at risk.
   */
  private static void assertUsesTheRest(Devices devices, BlockSource faulty, Map map, BitSet bad) {
    BitSet spoilt = map.spoilt(bad);
    LogicalDevice expected = devices.replay(Policy.SALVAGE).logical().orElseThrow();
    Recovery recovery = Devices.replay(map.image().request(devices, faulty), Policy.SALVAGE);
    LogicalDevice found = recovery.logical().orElseThrow();
    if (!found.dataWasRead()) {
      List<ByteRange> unreadable = CachedData.unreadable(found, Progress.NONE);
      CachedData.list(found, unreadable, recovery.report().lost());
    }
    LossList lost = recovery.report().lost();
    LossList atRisk = recovery.report().atRisk();
    boolean unplaced = lost.unplaced() + atRisk.unplaced() > 0 && bad.intersects(map.addresses());
    byte[] expectedBytes = Devices.bytes(expected);
    ByteBuffer all = ByteBuffer.allocate(expectedBytes.length);
    found.readAround(0, all);
    byte[] foundBytes = all.array();
    for (int sector = 0; sector < expectedBytes.length / SECTOR; sector++) {
      int place = map.place(expected, sector);
      boolean dependent = place >= 0 && spoilt.get(place);
      int at = sector * SECTOR;
      boolean same = Arrays.equals(expectedBytes, at, at + SECTOR, foundBytes, at, at + SECTOR);
      boolean listed = lost.ranges().contains(at) || atRisk.ranges().contains(at);
      boolean right = dependent ? same || listed || unplaced : same && !listed;
      int logical = sector;
      assertTrue(
          right,
          () ->
              "sector %d from %s (dependent: %s, same: %s, listed: %s) with bad sectors %s; now from %s; lost %s, at risk %s"
                  .formatted(
                      logical,
                      expected.originOf(logical),
                      dependent,
                      same,
                      listed,
                      bad,
                      found.originOf(logical),
                      lost.kept(),
                      atRisk.kept()));
      assertTrue(same || lost.count() + atRisk.count() > 0, () -> "nothing is listed: " + bad);
    }
  }
}
