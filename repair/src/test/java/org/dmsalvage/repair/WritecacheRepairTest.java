package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.format.writecache.WritecacheFormat;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.recovery.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Caches that real drivers left behind, each with one thing wrong with it. */
class WritecacheRepairTest {

  private static final int ENTRIES = 64;
  private static final int ENTRY = 16;
  private static final long NONE = -1;

  /** A cache with what a test needs to know about it. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Cache(Devices devices, ByteBuffer bytes, WritecacheImage image, int[] used) {

    static Cache of(String name) {
      Devices devices = Devices.of(name);
      WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(devices.request());
      ByteBuffer all = devices.cache().buffer();
      int start = (int) image.layout().start();
      ByteBuffer bytes = all.slice(start, all.capacity() - start).order(ByteOrder.LITTLE_ENDIAN);
      long count = bytes.getLong(24);
      int[] used =
          IntStream.range(0, (int) image.layout().geometry().blockCount())
              .filter(i -> Long.compareUnsigned(bytes.getLong(sequenceOf(i)), count) < 0)
              .toArray();
      return new Cache(devices, bytes, image, used);
    }

    static int addressOf(int entry) {
      return ENTRIES + entry * ENTRY;
    }

    static int sequenceOf(int entry) {
      return addressOf(entry) + 8;
    }

    int dataOf(int entry) {
      return (int) image.layout().geometry().dataOffset(entry);
    }

    int blockSize() {
      return image.layout().geometry().blockSize();
    }

    byte[] shown(Policy policy) {
      return Devices.shown(devices.request(), policy);
    }

    void fill(int from, int to, int value) {
      for (int i = from; i < to; i++) {
        bytes.put(i, (byte) value);
      }
    }

    /** Makes an entry a second one of another's sector and sequence, with a block of its own. */
    int twin(int entry, int value) {
      int free = 0;
      while (bytes.getLong(sequenceOf(free)) != NONE || free < entry) {
        free++;
      }
      bytes.putLong(addressOf(free), bytes.getLong(addressOf(entry)));
      bytes.putLong(sequenceOf(free), bytes.getLong(sequenceOf(entry)));
      fill(dataOf(free), dataOf(free) + blockSize(), value);
      return free;
    }
  }

  private static List<WritecacheCode> codes(Plan plan) {
    return plan.actions().stream()
        .map(action -> (WritecacheCode) action.code())
        .distinct()
        .toList();
  }

  /** Damages a cache of its own in a way that salvage sees through, and repairs it. */
  private static Plan damaged(String name, Consumer<Cache> damage) {
    Cache cache = Cache.of(name);
    byte[] before = cache.shown(Policy.SALVAGE);
    damage.accept(cache);
    assertArrayEquals(before, cache.shown(Policy.SALVAGE), "salvage is not misled");
    return cache.devices.assertRepaired();
  }

  @ParameterizedTest
  @ValueSource(strings = {"wc512-crash", "wc1024-clean", "wc4096-crash", "wc4096-start"})
  void bringsBackASuperblock(String name) {
    Cache intact = Cache.of(name);
    byte[] original = new byte[64];
    intact.bytes.get(0, original);
    Cache cache = Cache.of(name);
    cache.fill(0, 64, 0);
    Plan plan = cache.devices.assertRepaired();
    assertEquals(WritecacheCode.WOULD_FORMAT, plan.actions().getFirst().code());
    byte[] rebuilt = plan.actions().getFirst().after();
    assertArrayEquals(Arrays.copyOf(original, 24), Arrays.copyOf(rebuilt, 24), "all but seq_count");
    assertArrayEquals(new byte[32], Arrays.copyOfRange(rebuilt, 32, 64));
    assertEquals(cache.image.layout().geometry(), intact.image.layout().geometry());
  }

  @Test
  void letsTheUserChooseWhetherTheLastCommitCounts() {
    Cache cache = Cache.of("wcp512-crash");
    cache.fill(0, 64, 0x5a);
    Plan committed = cache.devices.assertRepaired();
    Action count = committed.actions().getFirst();
    assertEquals(WritecacheCode.MAGIC, count.code());
    assertTrue(count.risk().contains("--prefer uncommitted"), count.risk());
    Plan uncommitted = cache.devices.plan("uncommitted");
    long more = sequenceCount(committed);
    assertEquals(more - 1, sequenceCount(uncommitted));
    assertFalse(uncommitted.actions().getFirst().lost().isEmpty());
    assertTrue(codes(uncommitted).contains(WritecacheCode.UNCOMMITTED), "they are freed");
    byte[] last = Devices.shown(committed.repaired(), Policy.DRIVER);
    byte[] before = Devices.shown(uncommitted.repaired(), Policy.DRIVER);
    assertFalse(Arrays.equals(last, before));
  }

  private static long sequenceCount(Plan plan) {
    WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(plan.repaired());
    return image.layout().superblock().sequenceCount();
  }

  @Test
  void restoresSingleFieldsOfASuperblock() {
    assertEquals(
        List.of(WritecacheCode.MAGIC),
        codes(damaged("wc4096-clean", c -> c.bytes.put(2, (byte) 0x49))));
    assertEquals(
        List.of(WritecacheCode.VERSION),
        codes(damaged("wc4096-clean", c -> c.bytes.putInt(4, 0x101))));
    assertEquals(
        List.of(WritecacheCode.WOULD_FORMAT),
        codes(damaged("wc4096-clean", c -> c.bytes.putLong(0, 0))));
    assertEquals(
        List.of(WritecacheCode.INTERRUPTED_INIT),
        codes(damaged("wc4096-clean", c -> c.bytes.putInt(0, 0))));
    assertEquals(
        List.of(WritecacheCode.BLOCK_SIZE),
        codes(damaged("wc4096-clean", c -> c.bytes.putInt(8, 0x5000))));
    assertEquals(
        List.of(WritecacheCode.BLOCK_COUNT),
        codes(damaged("wc4096-clean", c -> c.bytes.putLong(16, 1L << 40))));
    for (String name : List.of("wc4096-crash", "wcp512-crash")) {
      for (long bit : new long[] {1 << 4, 1 << 7, 1 << 10, 1 << 19}) {
        assertEquals(
            WritecacheCode.BLOCK_COUNT,
            damaged(name, c -> c.bytes.putLong(16, c.bytes.getLong(16) ^ bit))
                .actions()
                .getFirst()
                .code(),
            name + " " + bit);
      }
    }
    assertEquals(
        List.of(WritecacheCode.RESERVED),
        codes(damaged("wc4096-clean", c -> c.bytes.putInt(12, 7).putLong(56, 1))));
    assertEquals(
        List.of(WritecacheCode.SEQUENCE_ABSURD),
        codes(damaged("wc4096-crash", c -> c.bytes.putLong(24, 1L << 50))));
  }

  @Test
  void raisesASequenceCountThatWentBack() {
    Cache cache = Cache.of("wc4096-crash");
    byte[] whole = cache.shown(Policy.SALVAGE);
    long right = cache.bytes.getLong(24);
    cache.bytes.putLong(24, 0);
    Plan plan = cache.devices.assertRepaired();
    assertEquals(List.of(WritecacheCode.SEQUENCE_BEHIND), codes(plan));
    assertArrayEquals(whole, Devices.shown(plan.repaired(), Policy.DRIVER));
    assertEquals(right, sequenceCount(plan));
    Plan without = cache.devices.plan("uncommitted");
    assertEquals(right - 1, sequenceCount(without));
    assertTrue(codes(without).contains(WritecacheCode.UNCOMMITTED));
    assertFalse(Arrays.equals(whole, Devices.shown(without.repaired(), Policy.DRIVER)));
  }

  @Test
  void freesASingleEntryThatIsAhead() {
    Cache cache = Cache.of("wc4096-crash");
    int entry = cache.used[3];
    cache.bytes.putLong(Cache.sequenceOf(entry), cache.bytes.getLong(24) + 7);
    Plan plan = cache.devices.assertRepaired();
    assertEquals(List.of(WritecacheCode.SEQUENCE_AHEAD), codes(plan));
    assertEquals(Cache.addressOf(entry), plan.actions().getFirst().offset());
    assertTrue(sequenceCount(cache.devices.plan("committed")) > cache.bytes.getLong(24) + 7);
  }

  @Test
  void endsAFormatThatWasInterrupted() {
    Cache cache = Cache.of("wc4096-crash");
    byte[] whole = cache.shown(Policy.SALVAGE);
    cache.bytes.putInt(0, 0).putLong(24, 0);
    Plan plan = cache.devices.assertRepaired();
    assertEquals(WritecacheCode.INTERRUPTED_INIT, plan.actions().getLast().code());
    assertTrue(plan.actions().stream().anyMatch(a -> a.risk().contains("--prefer committed")));
    assertArrayEquals(
        cache.devices.backing().bytes(), Devices.shown(plan.repaired(), Policy.DRIVER));
    Plan before = cache.devices.plan("committed");
    assertArrayEquals(whole, Devices.shown(before.repaired(), Policy.DRIVER));
  }

  @Test
  void shortensTheTableOfACutImage() {
    Cache cache = Cache.of("wc4096-crash");
    long blocks = cache.image.layout().geometry().blockCount();
    byte[] cut = Arrays.copyOf(cache.devices.cache().bytes(), (int) cache.devices.cache().size());
    MemorySource shorter = new MemorySource(Arrays.copyOf(cut, cut.length - 2 * 4096));
    Devices devices = cache.devices.withCache(shorter);
    Plan plan = devices.plan();
    assertEquals(WritecacheCode.BEYOND_DEVICE, plan.actions().getFirst().code());
    WritecacheImage image = (WritecacheImage) new WritecacheFormat().open(plan.repaired());
    assertEquals(blocks - 2, image.layout().superblock().blockCount());
    assertArrayEquals(
        Devices.shown(devices.request(), Policy.SALVAGE),
        Devices.shown(plan.repaired(), Policy.DRIVER));
    MemorySource half = new MemorySource(Arrays.copyOf(cut, cut.length / 2));
    assertEquals(List.of(), cache.devices.withCache(half).plan().actions(), "blocks would move");
  }

  @Test
  void freesEntriesThatNothingCanPlace() {
    long sectors = Devices.of("wc4096-crash").backing().size() / 512;
    for (long address : new long[] {12345677, -5, sectors, sectors + 8000}) {
      Cache cache = Cache.of("wc4096-crash");
      int entry = cache.used[5];
      cache.bytes.putLong(Cache.addressOf(entry), address);
      Plan plan = cache.devices.assertRepaired();
      assertEquals(1, plan.actions().size());
      Action action = plan.actions().getFirst();
      assertEquals(Cache.addressOf(entry), action.offset());
      ByteBuffer after = ByteBuffer.wrap(action.after()).order(cache.bytes.order());
      assertEquals(address, after.getLong(0), "the address stays");
      assertEquals(NONE, after.getLong(8));
      assertFalse(action.lost().isEmpty());
    }
  }

  @Test
  void takesTheLengthOfTheBackingDeviceFromTheTableLine() {
    Cache cache = Cache.of("wc4096-crash");
    cache.bytes.putLong(Cache.addressOf(cache.used[5]), 1L << 30);
    DmTable table = cache.devices.table();
    OpenRequest with =
        new OpenRequest(
            cache.devices.cache(), null, null, "writecache", table, OptionalInt.empty());
    assertEquals(
        List.of(WritecacheCode.BEYOND_BACKING),
        codes(Repairers.plan(with, _ -> true, Progress.NONE)));
    assertEquals(
        List.of(),
        Repairers.plan(OpenRequest.of(cache.devices.cache()), _ -> true, Progress.NONE).actions());
  }

  @Test
  void clearsPartsOfTheTableThatAreLost() {
    Cache wiped = Cache.of("wc4096-crash");
    wiped.fill(512, 1024, 0);
    Plan plan = wiped.devices.assertRepaired();
    assertEquals(List.of(WritecacheCode.ENTRIES_ZEROED), codes(plan));
    assertEquals(512, plan.actions().getFirst().length());
    Cache first = Cache.of("wc4096-crash");
    first.fill(0, 512, 0);
    assertEquals(
        List.of(WritecacheCode.WOULD_FORMAT, WritecacheCode.ENTRIES_ZEROED),
        codes(first.devices.assertRepaired()));
    Cache bad = Cache.of("wc4096-crash");
    bad.devices.cache().breakSectors(0, 512);
    assertEquals(
        List.of(WritecacheCode.SUPERBLOCK_UNREADABLE, WritecacheCode.ENTRIES_UNREADABLE),
        codes(bad.devices.assertRepaired()));
  }

  @Test
  void freesWhatWasNeverCommitted() {
    Cache cache = Cache.of("wcp4096-kill");
    long count = cache.bytes.getLong(24);
    cache.bytes.putLong(Cache.sequenceOf(cache.used[0]), count);
    cache.bytes.putLong(Cache.sequenceOf(cache.used[1]), count);
    Plan plan = cache.devices.assertRepaired();
    assertTrue(codes(plan).contains(WritecacheCode.UNCOMMITTED));
    assertEquals(NONE, cacheOf(plan).getLong(Cache.sequenceOf(cache.used[0])));
    assertEquals(NONE, cacheOf(plan).getLong(Cache.sequenceOf(cache.used[1])));
    assertEquals(
        List.of(),
        plan.after().kept().stream().filter(f -> f.code() == WritecacheCode.UNCOMMITTED).toList());
  }

  private static ByteBuffer cacheOf(Plan plan) {
    return ByteBuffer.wrap(Devices.cacheOf(plan)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The only entry that a plan frees. */
  private static int freed(Plan plan) {
    assertEquals(List.of(WritecacheCode.TWINS), codes(plan));
    assertEquals(1, plan.actions().size());
    return (int) (plan.actions().getFirst().offset() - ENTRIES) / ENTRY;
  }

  @Test
  void comparesTwinsWithEachOtherAndWithTheBackingDevice() {
    Cache zeros = Cache.of("wc4096-crash");
    assertEquals(zeros.twin(zeros.used[2], 0), freed(zeros.devices.assertRepaired()));

    Cache same = Cache.of("wc4096-crash");
    int entry = same.used[2];
    int twin = same.twin(entry, 0);
    System.arraycopy(
        same.devices.cache().bytes(),
        same.dataOf(entry),
        same.devices.cache().bytes(),
        same.dataOf(twin),
        4096);
    assertEquals(entry, freed(same.devices.assertRepaired()));

    Cache broken = Cache.of("wc4096-crash");
    int unreadable = broken.twin(broken.used[2], 7);
    broken.devices.cache().breakSectors(broken.dataOf(unreadable), 512);
    assertEquals(unreadable, freed(broken.devices.plan()));

    Cache back = Cache.of("wc4096-crash");
    int older = back.twin(back.used[2], 7);
    long sector = back.bytes.getLong(Cache.addressOf(older));
    Arrays.fill(
        back.devices.backing().bytes(), (int) sector * 512, (int) sector * 512 + 4096, (byte) 7);
    Plan plan = back.devices.plan();
    assertEquals(older, freed(plan), "the disk has what the later one holds");
    String keeps = "entry=" + older;
    assertTrue(plan.actions().getFirst().risk().contains("--prefer " + keeps));
    assertEquals(back.used[2], freed(back.devices.plan(keeps)));
  }

  @Test
  void asksWhichTwinCountsIfNothingTells() {
    Cache cache = Cache.of("wc4096-crash");
    int entry = cache.used[2];
    int twin = cache.twin(entry, 7);
    assertEquals(List.of(), cache.devices.plan().actions());
    assertEquals(
        List.of(WritecacheCode.TWINS),
        cache.devices.plan().remaining().stream().map(f -> (WritecacheCode) f.code()).toList());
    assertEquals(entry, freed(cache.devices.plan("later")));
    assertEquals(twin, freed(cache.devices.plan("earlier")));
    assertEquals(entry, freed(cache.devices.plan("entry=" + twin)));
    assertEquals(
        List.of(),
        Repairers.plan(
                cache.devices.request(),
                new Wishes(code -> code != WritecacheCode.TWINS, List.of("later")),
                Progress.NONE)
            .actions());
  }

  @Test
  void freesTwinsThatANewerEntrySupersedes() {
    Cache cache = Cache.of("wc4096-crash");
    int entry = cache.used[0];
    int twin = cache.twin(entry, 7);
    int newer = cache.twin(entry, 8);
    cache.bytes.putLong(24, cache.bytes.getLong(24) + 1);
    cache.bytes.putLong(Cache.sequenceOf(newer), cache.bytes.getLong(24) - 1);
    Plan plan = cache.devices.assertRepaired();
    assertEquals(List.of(WritecacheCode.TWINS), codes(plan));
    assertEquals(
        List.of((long) Cache.addressOf(entry), (long) Cache.addressOf(twin)),
        plan.actions().stream().map(Action::offset).toList());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void repairsACacheWhoseStartNobodyKnows(boolean lost) {
    Cache intact = Cache.of("wc4096-crash");
    byte[] moved = new byte[77 * 512 + intact.devices.cache().buffer().capacity()];
    Arrays.fill(moved, 0, 77 * 512, (byte) 0x5a);
    intact.devices.cache().buffer().get(0, moved, 77 * 512, moved.length - 77 * 512);
    moved[77 * 512 + 16] ^= 1;
    if (lost) {
      Arrays.fill(moved, 77 * 512, 77 * 512 + 64, (byte) 0);
    }
    Devices named =
        new Devices("writecache", null, new MemorySource(moved), null, intact.devices.backing());
    Plan plan = named.plan();
    assertEquals(1, plan.findings().count(WritecacheCode.START_FOUND));
    assertTrue(
        plan.findings().kept().getLast().message().contains("start_sector 77"),
        plan.findings().kept().toString());
    DmTable table = DmTable.parse("0 2048 writecache s o c 4096 2 start_sector 77");
    byte[] repaired = Devices.cacheOf(plan);
    Devices known =
        new Devices(
            "writecache", table, new MemorySource(repaired), null, intact.devices.backing());
    assertArrayEquals(intact.shown(Policy.SALVAGE), Devices.shown(known.request(), Policy.DRIVER));
    assertEquals(77 * 512, Arrays.mismatch(Arrays.copyOf(moved, 77 * 512), repaired));
    Devices again =
        new Devices("writecache", null, new MemorySource(repaired), null, known.backing());
    assertEquals(List.of(), again.plan().actions());
  }

  @Test
  void saysThatABlockCutInTheMiddleIsLostToDrivers() {
    Cache cache = Cache.of("wc4096-writeback");
    byte[] cut = Arrays.copyOf(cache.devices.cache().bytes(), cache.dataOf(1007) + 2560);
    Plan plan = cache.devices.withCache(new MemorySource(cut)).plan();
    assertEquals(List.of(WritecacheCode.BEYOND_DEVICE), codes(plan));
    String lost = plan.actions().getFirst().lost();
    assertTrue(lost.contains("of block 1007 it holds 2560 bytes"), lost);
    byte[] whole = Arrays.copyOf(cut, cache.dataOf(1007));
    plan = cache.devices.withCache(new MemorySource(whole)).plan();
    assertFalse(plan.actions().getFirst().lost().contains("it holds"));
  }
}
