package org.dmsalvage.replay.crosscheck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.fault.WriteLoss;
import org.dmsalvage.fixtures.insitu.Algorithm;
import org.dmsalvage.fixtures.insitu.InsituImage;
import org.dmsalvage.fixtures.pattern.SectorPattern;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.pattern.Stamp;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writeboost.WriteboostImage;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.crosscheck.CrossCheck.Kind;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The backing device beside its cache, sector by sector, against what was really written. */
class CrossCheckTest {

  private static final int SECTOR = 512;
  private static final int SECTORS = 1024;
  private static final long SEED = CrashedImages.SEED;

  /** A device in memory, some sectors of which cannot be read. */
  private static final class Memory implements BlockSource {
    private final String name;
    private final byte[] bytes;
    private final BitSet unreadable = new BitSet();
    private boolean onceOnly;

    Memory(String name, byte[] bytes) {
      this.name = name;
      this.bytes = bytes;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
      int bad = unreadable.nextSetBit((int) (offset / SECTOR));
      if (bad >= 0 && (long) bad * SECTOR < offset + target.remaining()) {
        if (onceOnly && target.remaining() == SECTOR) {
          unreadable.clear(bad);
        }
        throw new UnreadableException(name, offset, target.remaining(), new IOException("EIO"));
      }
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  /** What was found in a sector. */
  private record Found(Kind kind, String detail) {}

  /** A cross-check with what it found by sector. */
  private record Checked(
      CrossCheck.Result result, Map<Long, Found> sectors, Findings findings, LogicalDevice device) {

    Found at(long sector) {
      return Objects.requireNonNull(sectors.get(sector), () -> "sector " + sector);
    }
  }

  private static Checked check(Memory cache, Memory backing, @Nullable String table) {
    return check(cache, backing, table, Selection.COMMITTED);
  }

  private static Checked check(
      Memory cache, Memory backing, @Nullable String table, Selection selection) {
    OpenRequest images =
        new OpenRequest(
            cache,
            null,
            backing,
            null,
            table == null ? null : DmTable.parse(table),
            OptionalInt.empty());
    Recovery recovery =
        Replayers.replay(
            new ReplayRequest(
                images, Policy.SALVAGE, OptionalLong.empty(), selection, Progress.NONE));
    LogicalDevice device = recovery.logical().orElseThrow();
    Map<Long, Found> sectors = new HashMap<>();
    long[] end = {0};
    Findings findings = new Findings();
    CrossCheck.Result result =
        CrossCheck.run(
            device,
            backing,
            findings,
            (offset, length, kind, detail) -> {
              assertTrue(offset >= end[0] && length > 0, "ascending");
              end[0] = offset + length;
              for (long s = offset / SECTOR; s < end[0] / SECTOR; s++) {
                sectors.put(s, new Found(kind, detail));
              }
            },
            Progress.NONE);
    for (Kind kind : Kind.values()) {
      long counted = sectors.values().stream().filter(found -> found.kind == kind).count();
      assertEquals(counted, result.sectors(kind), kind.toString());
    }
    Set<Long> shown = new HashSet<>();
    device.forEachRun(
        (offset, length, _) -> {
          for (long s = offset / SECTOR; s < (offset + length) / SECTOR; s++) {
            shown.add(s);
          }
        });
    assertEquals(shown, sectors.keySet());
    return new Checked(result, sectors, findings, device);
  }

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloads(SECTORS);
  }

  @Provide
  Arbitrary<Crash> crashes() {
    return Workloads.crashes(WriteLoss.values());
  }

  private static long sequence(byte[] bytes, long sector) {
    Stamp stamp = SectorPattern.ORC1.read(bytes, (int) sector * SECTOR);
    return stamp == null ? -1 : stamp.sequence();
  }

  private static byte[] bytes(LogicalDevice device) {
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.read(0, all);
    return all.array();
  }

  /** Same bytes are the same, an older version is one by its number, and nobody is accused. */
  private static void fits(Checked checked, byte[] backing, boolean ordered) {
    byte[] shown = bytes(checked.device);
    checked.sectors.forEach(
        (sector, found) -> {
          int at = (int) (sector * SECTOR);
          boolean same = Arrays.equals(shown, at, at + SECTOR, backing, at, at + SECTOR);
          String context = "sector " + sector + " " + found;
          assertEquals(same, found.kind == Kind.SAME, context);
          assertFalse(found.kind == Kind.FOREIGN || found.kind == Kind.UNREADABLE, context);
          if (found.kind == Kind.OLDER && ordered) {
            assertTrue(sequence(backing, sector) <= sequence(shown, sector), context);
          }
          if (found.kind == Kind.NEWER && ordered) {
            assertTrue(sequence(backing, sector) > sequence(shown, sector), context);
          }
        });
    assertFalse(checked.result.endangers());
  }

  @Property(tries = 150)
  void writecacheAgreesWithItsHistory(
      @ForAll("workloads") Workload workload, @ForAll("crashes") Crash crash) {
    WritecacheDriver.Shape shape = new WritecacheDriver.Shape(1024, 128, 0);
    CrashedImages images = WritecacheDriver.run(shape, workload, crash);
    byte[] backing = images.backing();
    Checked checked =
        check(new Memory("cache", images.cache()), new Memory("backing", backing), null);
    fits(checked, backing, true);
    Map<Long, Set<Long>> logged = logged(shape.format(), images.cache());
    checked.sectors.forEach(
        (sector, found) -> {
          if (found.kind == Kind.UNKNOWN || found.kind == Kind.OLDER) {
            boolean known =
                logged.getOrDefault(sector, Set.of()).contains(sequence(backing, sector));
            assertEquals(known, found.kind == Kind.OLDER, "sector " + sector + " " + found);
          }
        });
  }

  /** The writes that the blocks of all entries hold, read without the code under test. */
  private static Map<Long, Set<Long>> logged(WritecacheImage layout, byte[] cache) {
    Map<Long, Set<Long>> logged = new HashMap<>();
    ByteBuffer little = ByteBuffer.wrap(cache).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < layout.blockCount(); i++) {
      long original = little.getLong(layout.entryOffset(i));
      for (int s = 0; s < 2; s++) {
        Stamp stamp = SectorPattern.ORC1.read(cache, layout.dataOffset(i) + s * SECTOR);
        if (stamp != null && stamp.sector() == original + s) {
          logged.computeIfAbsent(original + s, _ -> new HashSet<>()).add(stamp.sequence());
        }
      }
    }
    return logged;
  }

  @Property(tries = 150)
  void writeboostAgreesWithItsHistory(
      @ForAll("workloads") Workload workload,
      @ForAll("crashes") Crash crash,
      @ForAll boolean laps) {
    Layout layout = new Layout(laps ? Variant.LAPS_2013 : Variant.RAW_2014, 6, 2048 + (6L << 6));
    CrashedImages images = WriteboostDriver.run(layout, workload, crash);
    byte[] backing = images.backing();
    String table =
        "0 %d writeboost %s".formatted(SECTORS, laps ? "b c 6" : "0 b c 2 segment_size_order 6");
    // Without checksums a segment that arrived in part shows what its slot held before.
    fits(
        check(new Memory("cache", images.cache()), new Memory("backing", backing), table),
        backing,
        !laps);
  }

  /** A log of 2.x with read caching, and the backing device that belongs to it. */
  private static final class Staged {
    private static final int BLOCKS = 12;
    private static final int COUNT = 6;

    private final WriteboostImage image =
        WriteboostImage.format(new Layout(Variant.COMPLEMENTED_2, 10, 2048 + (8L << 10)), SEED);
    private final byte[] backing = Sectors.background(SECTORS, SEED);

    /** The newest write to each sector, and the one that the backing device has. */
    private final long[] newest = new long[SECTORS];

    private final long[] below = new long[SECTORS];

    /** The id of the last clean copy of each block; 0 if none. */
    private final long[] cleanIn = new long[BLOCKS];

    private long missing;

    Staged(Random random, boolean losses) {
      long write = 1;
      for (long id = 1; id <= COUNT; id++) {
        List<Block> blocks = new ArrayList<>();
        // A log without a single dirty block would be one of write_around_mode.
        blocks.add(Block.full(SECTORS - 8, write));
        Set<Integer> used = new HashSet<>();
        for (int i = random.nextInt(5); i > 0; i--) {
          int block = random.nextInt(BLOCKS);
          if (!used.add(block)) {
            continue;
          }
          int first = block * 8;
          if (random.nextInt(3) == 0) {
            writeBack(first);
            List<Long> held = Arrays.stream(below, first, first + 8).boxed().toList();
            blocks.add(new Block(first, 0, held));
            cleanIn[block] = id;
          } else {
            int bits = random.nextBoolean() ? 0xff : 1 + random.nextInt(255);
            blocks.add(Block.partial(first, bits, ++write));
            for (int s = 0; s < 8; s++) {
              newest[first + s] = (bits >> s & 1) != 0 ? write : newest[first + s];
            }
          }
        }
        boolean lost = losses && missing == 0 && id > 1 && id < COUNT && random.nextInt(3) == 0;
        missing = lost ? id : missing;
        if (!lost) {
          image.put(new Segment(id, blocks));
        }
        if (random.nextInt(3) == 0) {
          writeBack(random.nextInt(BLOCKS) * 8);
        }
      }
    }

    private void writeBack(int first) {
      for (int s = first; s < first + 8; s++) {
        below[s] = newest[s];
        Sectors.put(backing, s * SECTOR, s, below[s], SEED);
      }
    }

    Checked check() {
      return CrossCheckTest.check(
          new Memory("cache", image.bytes()),
          new Memory("backing", backing),
          "0 %d writeboost b c".formatted(SECTORS));
    }
  }

  @Property(tries = 100)
  void aWriteThatWentPastTheCacheIsFoundWhereTheLogKnowsBetter(
      @ForAll long seed, @ForAll boolean losses) {
    Random random = new Random(seed);
    Staged staged = new Staged(random, losses);
    Checked before = staged.check();
    assertFalse(before.result.endangers(), before.sectors.toString());
    int sector = random.nextInt(Staged.BLOCKS * 8);
    Sectors.put(staged.backing, sector * SECTOR, sector, 1_000_000, SEED);
    Checked after = staged.check();
    boolean shown = before.sectors.containsKey((long) sector);
    boolean proved = staged.cleanIn[sector / 8] > staged.missing;
    assertEquals(shown && proved ? 1 : 0, after.result.sectors(Kind.FOREIGN));
    assertEquals(shown && proved, after.result.endangers());
    if (shown) {
      Found found = after.at(sector);
      assertEquals(proved ? Kind.FOREIGN : Kind.UNKNOWN, found.kind);
      assertEquals(
          proved ? 1 : 0, after.findings.count(CrossCheckCode.FOREIGN_BACKING), found.detail);
    }
    assertEquals(after.sectors.keySet(), before.sectors.keySet());
  }

  @Test
  void zerosMayBeADiscardAndATornEndMayHaveBeenWrittenBack() {
    String table = "0 %d writeboost b c".formatted(SECTORS);
    WriteboostImage image =
        WriteboostImage.format(new Layout(Variant.COMPLEMENTED_2, 10, 2048 + (8L << 10)), SEED);
    image.put(
        new Segment(1, List.of(Block.full(800, 5), Block.clean(0, 0), Block.clean(8, 0))),
        new Segment(2, List.of(Block.full(16, 6), Block.full(8, 7))));
    byte[] backing = Sectors.background(SECTORS, SEED);
    byte[] cache = image.bytes().clone();
    Arrays.fill(backing, 0, SECTOR, (byte) 0);
    Sectors.put(backing, SECTOR, 1, 99, SEED);
    Sectors.put(backing, 8 * SECTOR, 8, 99, SEED);
    Checked checked = check(new Memory("cache", cache), new Memory("backing", backing), table);
    assertEquals(new Found(Kind.UNKNOWN, ""), checked.at(0));
    assertEquals(Kind.FOREIGN, checked.at(1).kind);
    assertTrue(checked.at(1).detail.contains("segment id 1"), checked.at(1).detail);
    assertEquals(Kind.FOREIGN, checked.at(8).kind);
    assertEquals(new Found(Kind.OLDER, "segment id 1"), checked.at(9));
    assertEquals(Kind.SAME, checked.at(2).kind);
    assertTrue(checked.result.conclusion().contains("without its cache"));

    // The last segment becomes torn: its block may be on the backing device all the same.
    cache[(2048 + 1024) * SECTOR + 4096 + 100] ^= 1;
    cache[(2048 + 1024) * SECTOR + 4096 + 5000] ^= 1;
    Checked torn = check(new Memory("cache", cache), new Memory("backing", backing), table);
    assertEquals(Kind.FOREIGN, torn.at(1).kind);
    assertEquals(Kind.UNKNOWN, torn.at(8).kind);
  }

  /** Sectors 80 and 88 are committed, 400 is superseded and freed elsewhere. */
  private static WritecacheImage cache() {
    return new WritecacheImage(4096, 496, 0, SEED)
        .commit(7)
        .put(0, 80, 6, 10)
        .put(1, 88, 6, 11)
        .put(2, 400, 5, 12)
        .put(3, 400, 6, 13)
        .put(4, 400, 4, 9)
        .free(4)
        .put(5, 80, 7, 20);
  }

  private static void put(byte[] backing, int sector, long write) {
    for (int s = sector; s < sector + 8; s++) {
      Sectors.put(backing, s * SECTOR, s, write, SEED);
    }
  }

  @Test
  void namesTheVersionThatStandsOnTheBackingDevice() {
    byte[] backing = Sectors.background(SECTORS, SEED);
    put(backing, 80, 20);
    put(backing, 88, 11);
    put(backing, 400, 12);
    Sectors.put(backing, 401 * SECTOR, 401, 9, SEED);
    Sectors.put(backing, 402 * SECTOR, 402, 8, SEED);
    Memory below = new Memory("backing", backing);
    Memory cache = new Memory("cache", cache().bytes());
    Checked checked = check(cache, below, null);
    assertEquals(new Found(Kind.NEWER, "entry 5"), checked.at(80));
    assertEquals(new Found(Kind.SAME, ""), checked.at(88));
    assertEquals(new Found(Kind.OLDER, "entry 2"), checked.at(400));
    assertEquals(new Found(Kind.OLDER, "free entry 4"), checked.at(401));
    assertEquals(new Found(Kind.UNKNOWN, ""), checked.at(402));
    assertEquals(1, checked.findings.count(CrossCheckCode.NEWER_BACKING));
    assertFalse(checked.result.endangers());
    assertTrue(checked.result.conclusion().contains("newer versions of 8 sectors"));

    Checked uncommitted =
        check(cache, below, null, new Selection(OptionalLong.empty(), false, true));
    assertEquals(new Found(Kind.SAME, ""), uncommitted.at(80));
    assertTrue(uncommitted.result.conclusion().contains("nothing to prove"));
  }

  @Test
  void saysWhenThereIsNothingToWriteBack() {
    byte[] backing = Sectors.background(SECTORS, SEED);
    put(backing, 80, 10);
    put(backing, 88, 11);
    put(backing, 400, 13);
    Checked checked =
        check(new Memory("cache", cache().bytes()), new Memory("backing", backing), null);
    assertEquals(24, checked.result.sectors(Kind.SAME));
    assertTrue(checked.result.conclusion().contains("already holds everything"));
  }

  @Test
  void goesOnBehindWhatCannotBeRead() {
    WritecacheImage image = cache();
    Memory cache = new Memory("cache", image.bytes());
    cache.unreadable.set(image.dataOffset(1) / SECTOR);
    cache.unreadable.set(image.dataOffset(2) / SECTOR);
    byte[] backing = Sectors.background(SECTORS, SEED);
    put(backing, 88, 11);
    Memory below = new Memory("backing", backing);
    below.unreadable.set(81);
    Checked checked = check(cache, below, null);
    assertEquals(new Found(Kind.UNREADABLE, "backing"), checked.at(81));
    assertEquals(new Found(Kind.UNKNOWN, ""), checked.at(82));
    assertEquals(new Found(Kind.UNREADABLE, "logical device"), checked.at(88));
    assertEquals(new Found(Kind.SAME, ""), checked.at(89));
    assertEquals(new Found(Kind.UNKNOWN, ""), checked.at(400));
    assertEquals(2, checked.findings.count(CommonCode.UNREADABLE));
    Finding finding =
        checked.findings.kept().stream()
            .filter(f -> f.code() == CommonCode.UNREADABLE && f.image().equals("cache"))
            .findFirst()
            .orElseThrow();
    assertEquals(new ByteRange(image.dataOffset(1), SECTOR), finding.where());
  }

  @Test
  void readsASecondTimeWhatFailedOnce() {
    WritecacheImage image = cache();
    Memory cache = new Memory("cache", image.bytes());
    cache.onceOnly = true;
    cache.unreadable.set(image.dataOffset(1) / SECTOR);
    byte[] backing = Sectors.background(SECTORS, SEED);
    put(backing, 88, 11);
    Memory below = new Memory("backing", backing);
    below.onceOnly = true;
    below.unreadable.set(81);
    Checked checked = check(cache, below, null);
    assertEquals(0, checked.findings.count(CommonCode.UNREADABLE));
    assertEquals(new Found(Kind.SAME, ""), checked.at(88));
    assertEquals(new Found(Kind.UNKNOWN, ""), checked.at(81));
  }

  @Test
  void aNewerFileSystemOnTheBackingDeviceWasWrittenPastTheCache() {
    WritecacheImage image = new WritecacheImage(4096, 496, 0, SEED).commit(7).put(0, 0, 6, 10);
    System.arraycopy(
        FileSystemStampTest.ext(1000, 1), 0, image.bytes(), image.dataOffset(0) + 1024, SECTOR);
    byte[] backing = new byte[SECTORS * SECTOR];
    Memory cache = new Memory("cache", image.bytes());
    System.arraycopy(FileSystemStampTest.ext(999, 1), 0, backing, 1024, SECTOR);
    assertEquals(Kind.UNKNOWN, check(cache, new Memory("backing", backing), null).at(2).kind);
    System.arraycopy(FileSystemStampTest.ext(1001, 1), 0, backing, 1024, SECTOR);
    Checked newer = check(cache, new Memory("backing", backing), null);
    assertEquals(Kind.FOREIGN, newer.at(2).kind);
    assertTrue(newer.at(2).detail.contains("1970-01-01T00:16:41Z"), newer.at(2).detail);
    assertTrue(newer.result.endangers());

    // Written and never committed, the same superblock could be meant for the backing device.
    image.put(1, 0, 7, 11);
    System.arraycopy(
        FileSystemStampTest.ext(1002, 1), 0, image.bytes(), image.dataOffset(1) + 1024, SECTOR);
    assertEquals(Kind.UNKNOWN, check(cache, new Memory("backing", backing), null).at(2).kind);
  }

  @Test
  void joinsLongRunsAcrossTasks() {
    WritecacheImage image = new WritecacheImage(512, 6000, 0, SEED).commit(7);
    int count = 3000;
    byte[] backing = Sectors.background(4096, SEED);
    for (int i = 0; i < count; i++) {
      image.put(i, i, 6, 10);
      if (i >= 1500) {
        Sectors.put(backing, i * SECTOR, i, 10, SEED);
      }
    }
    image.put(count, 4000, 6, 10);
    OpenRequest images =
        new OpenRequest(
            new Memory("cache", image.bytes()),
            null,
            new Memory("backing", backing),
            null,
            null,
            OptionalInt.empty());
    Recovery recovery = Replayers.replay(ReplayRequest.of(images, Policy.SALVAGE, Progress.NONE));
    List<String> ranges = new ArrayList<>();
    CrossCheck.run(
        recovery.logical().orElseThrow(),
        new Memory("backing", backing),
        (offset, length, kind, _) ->
            ranges.add("%d+%d %s".formatted(offset / SECTOR, length / SECTOR, kind)),
        Progress.NONE);
    assertEquals(List.of("0+1500 unknown", "1500+1500 same", "4000+1 unknown"), ranges);
  }

  @Test
  void refusesADeviceWithoutABackingDevice() {
    InsituImage image = new InsituImage(Algorithm.LZO, 1 << 20);
    assertThrows(
        UsageException.class,
        () ->
            check(
                new Memory("device", image.bytes()),
                new Memory("backing", new byte[SECTOR]),
                null));
  }
}
