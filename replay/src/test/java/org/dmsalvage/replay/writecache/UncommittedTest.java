package org.dmsalvage.replay.writecache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.OptionalLong;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.fault.WriteLoss;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.fixtures.golden.Judge.Grade;
import org.dmsalvage.fixtures.pattern.SectorPattern;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Candidates.Candidate;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What was written and never committed, and what was freed. */
class UncommittedTest {

  private static final Selection UNCOMMITTED = new Selection(OptionalLong.empty(), false, true);
  private static final int SECTORS = 800;
  private static final String PMEM_4096 = "0 800 writecache p /dev/a /dev/b 4096 0";

  private static Recovery replay(OpenRequest images, Policy policy, Selection selection) {
    return new WritecacheReplayer()
        .replay(new ReplayRequest(images, policy, OptionalLong.empty(), selection, Progress.NONE));
  }

  private static OpenRequest request(
      byte[] cache, byte @Nullable [] backing, @Nullable String table) {
    return new OpenRequest(
        new MemorySource("cache", cache),
        null,
        backing == null ? null : new MemorySource("backing", backing),
        "writecache",
        table == null ? null : DmTable.parse(table),
        OptionalInt.empty());
  }

  private static Recovery replay(WritecacheImage image, byte @Nullable [] backing) {
    return replay(request(image.bytes(), backing, null), Policy.SALVAGE, UNCOMMITTED);
  }

  /** Committed: sectors 80, 400. */
  private static WritecacheImage sample() {
    return new WritecacheImage(4096, 496, 0, 1).commit(7).put(0, 80, 6, 10).put(1, 400, 5, 11);
  }

  private static byte[] background() {
    return Sectors.background(SECTORS, 1);
  }

  private static byte[] bytes(Recovery recovery) {
    LogicalDevice device = recovery.logical().orElseThrow();
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.read(0, all);
    return all.array();
  }

  private static List<Candidate> candidates(Recovery recovery) {
    List<Candidate> all = new ArrayList<>();
    recovery.report().candidates().orElseThrow().forEach(all::add);
    return all;
  }

  private static Facts counts(Recovery recovery) {
    return recovery.report().candidates().orElseThrow().forEach(_ -> {});
  }

  private static void uncommitted(Candidate candidate, boolean shown, String... known) {
    assertEquals("uncommitted", candidate.state());
    assertEquals(shown, candidate.shown());
    for (String part : known) {
      assertTrue(candidate.known().contains(part), candidate.known());
    }
  }

  @Test
  void laysTheNewestUncommittedBlockOverTheCommittedOne() {
    WritecacheImage image =
        sample().put(5, 80, 7, 20).put(6, 400, 9, 21).put(4, 400, 7, 22).put(7, 16, 7, 23);
    Recovery recovery = replay(image, background());
    assertArrayEquals(image.commit(10).logical(background()), bytes(recovery));
    image.commit(7);
    assertEquals(3, recovery.report().appliedBlocks());
    assertEquals(0, recovery.report().dropped().count());
    assertEquals(2L, recovery.report().position().value("committed"));
    List<Candidate> all = candidates(recovery);
    assertEquals(4, all.size());
    uncommitted(all.get(0), false, "of commit 7, the next one", "entry 6 is newer");
    uncommitted(all.get(1), true, "differs from committed entry 0", "differs from the backing");
    uncommitted(all.get(2), true, "of commit 9, 2 behind", "differs from committed entry 1");
    uncommitted(all.get(3), true, "of commit 7");
    assertEquals(80 * 512, all.get(1).offset());
    assertEquals(4096, all.get(1).length());
    assertEquals(image.dataOffset(5), all.get(1).dataOffset());
    assertEquals((long) image.entryOffset(5), all.get(1).details().value("entryOffset"));
    assertEquals(false, all.get(3).details().value("freedInPiece"));
    assertEquals(3L, counts(recovery).value("uncommittedShown"));
  }

  @Test
  void saysWhatIsEqualZeroOrMissing() {
    byte[] backing = background();
    WritecacheImage image = sample();
    image.setEntry(2, 80, 7).put(3, 16, 7, 0).setEntry(4, 24, 7).setEntry(9, 160, -1);
    System.arraycopy(image.bytes(), image.dataOffset(0), image.bytes(), image.dataOffset(2), 4096);
    List<Candidate> all = candidates(replay(image, backing));
    assertEquals(3, all.size());
    uncommitted(all.get(0), true, "equal to committed entry 0", "differs from the backing device");
    uncommitted(all.get(1), true, "equal to the backing device", "freed entries share");
    uncommitted(all.get(2), true, "all zeros");
    assertEquals(null, all.get(2).details().value("sameAsCommitted"));
    assertEquals(false, all.get(2).details().value("sameAsBacking"));

    List<Candidate> alone = candidates(replay(image, null));
    assertEquals(null, alone.get(1).details().value("sameAsBacking"));
  }

  @Test
  void leavesOutWhatCannotBe() {
    WritecacheImage image = sample();
    image.put(2, 81, 7, 30).setEntry(3, 1L << 60, 7).put(4, 80, 1L << 50, 31);
    Recovery recovery = replay(image, background());
    assertArrayEquals(image.logical(background()), bytes(recovery));
    assertEquals(List.of(), candidates(recovery));
    assertEquals(
        List.of("WC-UNCOMMITTED", "WC-UNCOMMITTED", "WC-UNCOMMITTED"),
        recovery.report().dropped().kept().stream().map(Loss::code).toList());

    WritecacheImage cut = sample().put(60, 80, 7, 40);
    byte[] bytes = Arrays.copyOf(cut.bytes(), cut.dataOffset(60) + 512);
    Recovery missing = replay(request(bytes, background(), null), Policy.SALVAGE, UNCOMMITTED);
    assertArrayEquals(cut.logical(background()), bytes(missing));
    assertEquals(1, missing.report().dropped().count());
  }

  @Test
  void listsFreedBlocksThatDifferAndNeverShowsThem() {
    WritecacheImage image = sample();
    image.put(2, 80, 7, 50).free(2);
    image.put(3, 240, 7, 51).free(3);
    image.put(4, 320, 7, 0).free(4);
    image.setEntry(5, 328, -1);
    image.put(6, 81, 7, 52).free(6);
    image.bytes()[image.dataOffset(9)] = 1;
    Recovery recovery = replay(image, background());
    assertArrayEquals(image.logical(background()), bytes(recovery));
    List<Candidate> all = candidates(recovery);
    assertEquals(List.of(80L * 512, 240L * 512), all.stream().map(Candidate::offset).toList());
    assertTrue(all.stream().allMatch(c -> c.state().equals("freed") && !c.shown()));
    assertEquals(0L, all.get(0).details().value("overEntry"));
    assertEquals(null, all.get(1).details().value("overEntry"));
    assertTrue(all.get(0).known().contains("another sector"), all.get(0).known());
    Facts counts = counts(recovery);
    assertEquals(4L, counts.value("freed"));
    assertEquals(1L, counts.value("freedSame"));
    assertEquals(1L, counts.value("freedZero"));
    assertEquals(2L, counts.value("freedDiffering"));
    assertEquals(1L, counts.value("unusedWithData"));

    Recovery pmem =
        replay(request(image.bytes(), background(), PMEM_4096), Policy.SALVAGE, UNCOMMITTED);
    String known = candidates(pmem).getFirst().known();
    assertTrue(known.contains("a resume dropped"), known);
    String alone = candidates(replay(image, null)).get(1).known();
    assertTrue(alone.contains("without the backing device"), alone);
  }

  @Test
  void theDriverKnowsNoUncommittedBlocks() {
    assertThrows(
        UsageException.class,
        () -> replay(request(sample().bytes(), null, null), Policy.DRIVER, UNCOMMITTED));
  }

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloads(512);
  }

  @Provide
  Arbitrary<Crash> crashes() {
    return Workloads.crashes(WriteLoss.NONE);
  }

  /**
   * Where every write arrived, what was written last is at least as new as what was committed, and
   * no candidate that is shown is older than the one it covers.
   */
  @Property(tries = 150)
  void isNeverOlderThanWhatWasCommitted(
      @ForAll("workloads") Workload workload, @ForAll("crashes") Crash crash) {
    CrashedImages images =
        WritecacheDriver.run(new WritecacheDriver.Shape(1024, 128, 0), workload, crash);
    OpenRequest request = request(images.cache(), images.backing(), null);
    Recovery committed = replay(request, Policy.SALVAGE, Selection.COMMITTED);
    Recovery all = replay(request, Policy.SALVAGE, UNCOMMITTED);
    byte[] before = bytes(committed);
    byte[] after = bytes(all);
    assertEquals(0, images.judge(after).bad(), images.judge(after).firstBad());
    for (int at = 0; at < after.length; at += 512) {
      assertTrue(sequence(after, at) >= sequence(before, at), "sector " + at / 512);
    }
    counts(all);
  }

  private static long sequence(byte[] bytes, int at) {
    return Objects.requireNonNull(SectorPattern.ORC1.read(bytes, at)).sequence();
  }

  static List<GoldenSet> sets() {
    return GoldenSets.selected().stream()
        .filter(set -> set.info().format().equals("writecache"))
        .toList();
  }

  @TempDir Path directory;

  /** Data that no flush had acknowledged comes back, and nothing that was committed suffers. */
  @ParameterizedTest
  @MethodSource("sets")
  void realImagesLoseNothing(GoldenSet set) throws IOException {
    GoldenSet.Images images = set.unpack(directory);
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource backing = Images.open(Objects.requireNonNull(images.backing()).toString())) {
      OpenRequest request =
          new OpenRequest(
              cache, null, backing, null, DmTable.parse(set.info().table()), OptionalInt.empty());
      Recovery recovery = replay(request, Policy.SALVAGE, UNCOMMITTED);
      Judge.Verdict verdict = judge(set, recovery);
      assertEquals(0, verdict.bad(), verdict.firstBad());
      long before =
          judge(set, replay(request, Policy.SALVAGE, Selection.COMMITTED)).count(Grade.LATEST);
      long gained = verdict.count(Grade.LATEST) - before;
      boolean any = (long) counts(recovery).value("uncommittedShown") > 0;
      assertTrue(any ? gained >= 0 : gained == 0, set.name() + " gained " + gained);
      if (set.name().equals("wcp512-crash")) {
        assertTrue(gained > 900, "gained " + gained);
      }
    }
  }

  private static Judge.Verdict judge(GoldenSet set, Recovery recovery) throws IOException {
    LogicalDevice device = recovery.logical().orElseThrow();
    return Judge.judge(
        set,
        (sector, into) -> {
          device.read(sector * 512, ByteBuffer.wrap(into));
          return true;
        });
  }
}
