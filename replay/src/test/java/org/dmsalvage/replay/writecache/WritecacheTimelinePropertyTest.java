package org.dmsalvage.replay.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workload.Request;
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver.Shape;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;

/** Points in time of simulated caches, against the caches as they were at that time. */
class WritecacheTimelinePropertyTest {

  private static final int SECTORS = 512;

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloadsWithoutDiscards(SECTORS);
  }

  /** Room for everything, so that no entry is used twice; and two that write back. */
  @Provide
  Arbitrary<Shape> shapes() {
    return Arbitraries.of(new Shape(512, 700, 0), new Shape(4096, 600, 0), new Shape(1024, 100, 8));
  }

  private static ReplayRequest request(Shape shape, CrashedImages images, OptionalLong asOf) {
    String line =
        "0 %d writecache s o c %d 2 start_sector %d"
            .formatted(SECTORS, shape.blockSize(), shape.startSector());
    OpenRequest request =
        new OpenRequest(
            new MemorySource("cache", images.cache()),
            null,
            new MemorySource("backing", images.backing()),
            "writecache",
            DmTable.parse(line),
            OptionalInt.empty());
    return new ReplayRequest(
        request,
        Policy.SALVAGE,
        OptionalLong.empty(),
        new Selection(asOf, false, false),
        Progress.NONE);
  }

  private static Timeline timeline(Shape shape, CrashedImages images) {
    return new WritecacheReplayer().timeline(request(shape, images, OptionalLong.empty()));
  }

  private static byte[] read(BlockSource device) {
    ByteBuffer all = ByteBuffer.allocate((int) device.size());
    device.read(0, all);
    return all.array();
  }

  private static long sequenceCount(Shape shape, CrashedImages images) {
    return ByteBuffer.wrap(images.cache())
        .order(ByteOrder.LITTLE_ENDIAN)
        .getLong(shape.startSector() * 512 + 24);
  }

  private static byte[] logical(Shape shape, CrashedImages images) {
    WritecacheImage image = shape.format();
    byte[] cache = images.cache();
    System.arraycopy(cache, 0, image.bytes(), 0, cache.length);
    return image.logical(images.backing());
  }

  /** The workload up to one of its flushes, that included. */
  private static Workload upToFlush(Workload workload, int which) {
    List<Request> requests = workload.requests();
    int end = which % (requests.size() + 1);
    while (end > 0
        && !(requests.get(end - 1) instanceof Request.Flush)
        && !(requests.get(end - 1) instanceof Request.Write(_, _, boolean fua) && fua)) {
      end--;
    }
    return new Workload(workload.sectors(), requests.subList(0, end));
  }

  /** Whether blocks were written back: what became of their entries cannot be traced. */
  private static boolean wroteBack(CrashedImages images, Workload workload) {
    CrashedImages empty =
        WritecacheDriver.run(
            new Shape(512, 60, 0), new Workload(workload.sectors(), List.of()), Crash.atTheEnd());
    return !Arrays.equals(empty.backing(), images.backing());
  }

  @Property(tries = 150)
  void asOfShowsWhatWasThereOrSaysThatItCannotBeKnown(
      @ForAll("shapes") Shape shape,
      @ForAll("workloads") Workload workload,
      @ForAll @IntRange(max = 150) int which) {
    CrashedImages then = WritecacheDriver.run(shape, upToFlush(workload, which), Crash.atTheEnd());
    CrashedImages now = WritecacheDriver.run(shape, workload, Crash.atTheEnd());
    long point = sequenceCount(shape, then);
    Timeline timeline = timeline(shape, now);
    if (point < timeline.base()) {
      assertThrows(UsageException.class, () -> timeline.at(point));
      return;
    }

    Recovery recovery =
        new WritecacheReplayer().replay(request(shape, now, OptionalLong.of(point)));

    byte[] shown = read(recovery.logical().orElseThrow());
    assertEquals(-1, Arrays.mismatch(shown, read(timeline.at(point))), "both ways are one");
    BitSet unknown = new BitSet();
    for (Loss loss : recovery.report().atRisk().kept()) {
      assertEquals("WC-BEYOND-AS-OF", loss.code());
      unknown.set((int) (loss.offset() / 512), (int) ((loss.offset() + loss.length()) / 512));
    }
    assertEquals(unknown.cardinality(), recovery.report().atRisk().sectors());
    assertEquals(point, recovery.report().position().value("asOf"));
    if (point == timeline.newest()) {
      assertEquals(0, unknown.cardinality());
    }
    // The latest point is the present, with what was overwritten in place since the last commit.
    byte[] model = logical(shape, point == timeline.newest() ? now : then);
    if (!wroteBack(now, workload)) {
      for (int s = 0; s < SECTORS; s++) {
        int at = 512 * s;
        assertTrue(
            unknown.get(s) || Arrays.equals(model, at, at + 512, shown, at, at + 512),
            "sector " + s + " as of " + point);
      }
    }
  }

  @Property(tries = 100)
  void stepsAddUp(@ForAll("shapes") Shape shape, @ForAll("workloads") Workload workload) {
    CrashedImages images = WritecacheDriver.run(shape, workload, Crash.atTheEnd());
    WritecacheImage image = shape.format();
    ByteBuffer cache = ByteBuffer.wrap(images.cache()).order(ByteOrder.LITTLE_ENDIAN);
    TreeMap<Long, List<Long>> commits = new TreeMap<>();
    for (int i = 0; i < image.blockCount(); i++) {
      int at = shape.startSector() * 512 + 64 + 16 * i;
      if (cache.getLong(at + 8) != -1) {
        commits
            .computeIfAbsent(cache.getLong(at + 8) + 1, _ -> new ArrayList<>())
            .add(cache.getLong(at));
      }
    }
    Timeline timeline = timeline(shape, images);
    List<TimelineStep> steps = timeline.steps();

    assertEquals(List.copyOf(commits.keySet()), steps.stream().map(TimelineStep::id).toList());
    int perBlock = shape.blockSize() / 512;
    long shown = 0;
    for (TimelineStep step : steps) {
      List<Long> sectors = commits.get(step.id());
      assertEquals(sectors.size(), step.blocks());
      assertEquals((long) sectors.size() * perBlock, step.dirtySectors());
      assertEquals(sectors.stream().mapToLong(s -> s).min().orElseThrow(), step.firstSector());
      assertEquals(
          sectors.stream().mapToLong(s -> s).max().orElseThrow() + perBlock - 1, step.lastSector());
      boolean committed = step.id() <= timeline.newest();
      assertEquals(committed, step.applied());
      assertEquals(committed ? step.dirtySectors() : 0, step.changedSectors());
      shown += step.shownSectors();
    }
    Recovery recovery =
        new WritecacheReplayer().replay(request(shape, images, OptionalLong.empty()));
    assertEquals(recovery.report().appliedSectors(), shown);
  }

  @Property(tries = 100)
  void changesAreWhereTwoPointsDiffer(
      @ForAll("shapes") Shape shape,
      @ForAll("workloads") Workload workload,
      @ForAll @IntRange(max = 100) int percentFrom,
      @ForAll @IntRange(max = 100) int percentMore) {
    CrashedImages images = WritecacheDriver.run(shape, workload, Crash.atTheEnd());
    Timeline timeline = timeline(shape, images);
    long from = timeline.base() + (timeline.newest() - timeline.base()) * percentFrom / 100;
    long to = from + (timeline.newest() - from) * percentMore / 100;
    byte[] before = read(timeline.at(from));
    byte[] after = read(timeline.at(to));
    BitSet doubted = new BitSet();
    timeline.forEachUnknown(
        from, (sector, count, _, _) -> doubted.set((int) sector, (int) (sector + count)));
    BitSet changed = new BitSet();
    timeline.forEachChange(
        from,
        to,
        (sector, count, known, steps) -> {
          changed.set((int) sector, (int) (sector + count));
          assertEquals(known, !doubted.get((int) sector));
          assertTrue(steps.length > 0);
          assertTrue(Arrays.stream(steps).allMatch(step -> step > from && step <= to));
        });
    for (int s = 0; s < SECTORS; s++) {
      int at = 512 * s;
      assertTrue(
          changed.get(s) || Arrays.equals(before, at, at + 512, after, at, at + 512),
          "sector " + s);
    }
    BitSet named = new BitSet();
    for (TimelineStep step : timeline.steps()) {
      if (step.id() > from && step.id() <= to) {
        named.set((int) step.firstSector(), (int) step.lastSector() + 1);
      }
    }
    changed.andNot(named);
    assertEquals(new BitSet(), changed, "nothing changes but by a step");
  }
}
