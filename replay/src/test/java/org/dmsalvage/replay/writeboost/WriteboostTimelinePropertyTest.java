package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.NavigableMap;
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
import org.dmsalvage.fixtures.arbitrary.Workloads;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.fault.WriteLoss;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;

/** Points in time of simulated caches, against the caches as they were at that time. */
class WriteboostTimelinePropertyTest {

  private static final int SECTORS = 1024;

  @Provide
  Arbitrary<Workload> workloads() {
    return Workloads.workloadsWithoutDiscards(SECTORS);
  }

  @Provide
  Arbitrary<Layout> layouts() {
    return Arbitraries.of(
        new Layout(Variant.RAW_2014, 4, 2048 + 20 * 16),
        new Layout(Variant.RAW_2014, 6, 2048 + 7 * 64 + 30),
        new Layout(Variant.LAPS_2013, 5, 2048 + 9 * 32),
        new Layout(Variant.RAW_1_0, 5, 2048 + 30 * 32),
        new Layout(Variant.COMPLEMENTED_2, 10, 2048 + 3 * 1024));
  }

  /** A segment, read by this test. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Seen(long id, int at, int[] sectors, int[] bits) {}

  /** The last lap of segments by id. All writes have arrived, so all are whole. */
  private static NavigableMap<Long, Seen> log(Layout layout, byte[] cache) {
    ByteBuffer in = ByteBuffer.wrap(cache).order(ByteOrder.LITTLE_ENDIAN);
    NavigableMap<Long, Seen> log = new TreeMap<>();
    for (int slot = 0; slot < layout.segmentCount(); slot++) {
      int at = layout.segmentOffset(slot);
      long id = in.getLong(at);
      int length = cache[at + layout.lengthField()] & 0xff;
      int[] sectors = new int[length];
      int[] bits = new int[length];
      for (int i = 0; i < length; i++) {
        sectors[i] = (int) in.getLong(at + layout.metablockField(i));
        bits[i] = cache[at + layout.metablockField(i) + 8] & 0xff;
      }
      if (id > 0) {
        log.put(id, new Seen(id, at, sectors, bits));
      }
    }
    return log;
  }

  /** What the device holds, put together by this test. */
  private static byte[] logical(Layout layout, CrashedImages images) {
    byte[] cache = images.cache();
    byte[] logical = images.backing();
    for (Seen segment : log(layout, cache).values()) {
      for (int i = 0; i < segment.bits.length; i++) {
        for (int s = 0; s < 8; s++) {
          if ((segment.bits[i] >> s & 1) != 0) {
            int from = segment.at + layout.dataField(i) + 512 * s;
            System.arraycopy(cache, from, logical, 512 * (segment.sectors[i] + s), 512);
          }
        }
      }
    }
    return logical;
  }

  private static BitSet named(Iterable<Seen> segments) {
    BitSet named = new BitSet();
    for (Seen segment : segments) {
      for (int i = 0; i < segment.bits.length; i++) {
        for (int s = 0; s < 8; s++) {
          if ((segment.bits[i] >> s & 1) != 0) {
            named.set(segment.sectors[i] + s);
          }
        }
      }
    }
    return named;
  }

  private static ReplayRequest request(Layout layout, CrashedImages images, OptionalLong asOf) {
    OpenRequest request =
        new OpenRequest(
            Replays.memory("cache", images.cache()),
            null,
            Replays.memory("backing", images.backing()),
            switch (layout.variant()) {
              case LAPS_2013 -> "writeboost-2013";
              case RAW_2014, RAW_1_0 -> "writeboost-2014";
              case RAW_2_0, COMPLEMENTED_2 -> "writeboost-2";
            },
            null,
            OptionalInt.empty());
    return new ReplayRequest(
        request,
        Policy.SALVAGE,
        OptionalLong.empty(),
        new Selection(asOf, false, false),
        Progress.NONE);
  }

  private static Timeline timeline(Layout layout, CrashedImages images) {
    return new WriteboostReplayer().timeline(request(layout, images, OptionalLong.empty()));
  }

  @Property(tries = 150)
  void asOfShowsWhatWasThereOrSaysThatItCannotBeKnown(
      @ForAll("layouts") Layout layout,
      @ForAll("workloads") Workload workload,
      @ForAll @IntRange(max = 250) int operations) {
    CrashedImages then =
        WriteboostDriver.run(layout, workload, new Crash(operations, WriteLoss.NONE, 0));
    CrashedImages now = WriteboostDriver.run(layout, workload, Crash.atTheEnd());
    NavigableMap<Long, Seen> before = log(layout, then.cache());
    NavigableMap<Long, Seen> log = log(layout, now.cache());
    Timeline timeline = timeline(layout, now);
    long point = before.isEmpty() ? 0 : before.lastKey();
    if (point < timeline.base()) {
      assertThrows(UsageException.class, () -> timeline.at(point));
      return;
    }

    Recovery recovery =
        new WriteboostReplayer().replay(request(layout, now, OptionalLong.of(point)));

    byte[] shown = Replays.read(recovery.logical().orElseThrow());
    BitSet unknown = new BitSet();
    for (Loss loss : recovery.report().atRisk().kept()) {
      assertEquals("WB-BEYOND-AS-OF", loss.code());
      unknown.set((int) (loss.offset() / 512), (int) ((loss.offset() + loss.length()) / 512));
    }
    BitSet expectedUnknown = named(log.tailMap(point, false).values());
    expectedUnknown.andNot(
        named(log.subMap(timeline.base(), false, Math.max(point, timeline.base()), true).values()));
    assertEquals(expectedUnknown, unknown);
    assertEquals(unknown.cardinality(), recovery.report().atRisk().sectors());
    byte[] model = logical(layout, then);
    for (int s = 0; s < SECTORS; s++) {
      if (!unknown.get(s)) {
        assertEquals(
            -1,
            Arrays.mismatch(
                Arrays.copyOfRange(model, 512 * s, 512 * s + 512),
                Arrays.copyOfRange(shown, 512 * s, 512 * s + 512)),
            "sector " + s + " as of " + point);
      }
    }
    assertEquals(-1, Arrays.mismatch(shown, Replays.read(timeline.at(point))), "both ways are one");
  }

  @Property(tries = 100)
  void stepsAddUp(@ForAll("layouts") Layout layout, @ForAll("workloads") Workload workload) {
    CrashedImages images = WriteboostDriver.run(layout, workload, Crash.atTheEnd());
    NavigableMap<Long, Seen> log = log(layout, images.cache());
    Timeline timeline = timeline(layout, images);
    List<TimelineStep> steps = timeline.steps();

    assertEquals(List.copyOf(log.keySet()), steps.stream().map(TimelineStep::id).toList());
    long shown = 0;
    for (TimelineStep step : steps) {
      Seen segment = log.get(step.id());
      BitSet written = named(List.of(segment));
      assertEquals(segment.at, step.offset());
      assertEquals(Arrays.stream(segment.bits).map(Integer::bitCount).sum(), step.dirtySectors());
      assertEquals(written.nextSetBit(0), step.firstSector());
      assertEquals(written.length() - 1, step.lastSector());
      assertEquals(step.applied() ? written.cardinality() : 0, step.changedSectors());
      assertEquals(step.id() > timeline.base(), step.applied());
      written.andNot(named(log.tailMap(step.id(), false).values()));
      assertEquals(step.applied() ? written.cardinality() : 0, step.shownSectors());
      shown += step.shownSectors();
    }
    Recovery recovery =
        new WriteboostReplayer().replay(request(layout, images, OptionalLong.empty()));
    assertEquals(recovery.report().appliedSectors(), shown);
  }

  @Property(tries = 100)
  void changesAreWhereTwoPointsDiffer(
      @ForAll("layouts") Layout layout,
      @ForAll("workloads") Workload workload,
      @ForAll @IntRange(max = 100) int percentFrom,
      @ForAll @IntRange(max = 100) int percentMore) {
    CrashedImages images = WriteboostDriver.run(layout, workload, Crash.atTheEnd());
    NavigableMap<Long, Seen> log = log(layout, images.cache());
    Timeline timeline = timeline(layout, images);
    long ids = timeline.newest() - timeline.base();
    long from = timeline.base() + ids * percentFrom / 100;
    long to = from + (timeline.newest() - from) * percentMore / 100;
    byte[] before = Replays.read(timeline.at(from));
    byte[] after = Replays.read(timeline.at(to));

    List<String> ranges = new ArrayList<>();
    BitSet changed = new BitSet();
    BitSet doubted = new BitSet();
    timeline.forEachUnknown(
        from, (sector, count, id, _) -> doubted.set((int) sector, (int) (sector + count)));
    timeline.forEachChange(
        from,
        to,
        (sector, count, known, by) -> {
          ranges.add(sector + " " + known + Arrays.toString(by));
          changed.set((int) sector, (int) (sector + count));
          for (int s = (int) sector; s < sector + count; s++) {
            int at = s;
            assertEquals(!known, doubted.get(s));
            assertEquals(
                Arrays.stream(by).boxed().toList(),
                log.subMap(from, false, to, true).values().stream()
                    .filter(segment -> named(List.of(segment)).get(at))
                    .map(Seen::id)
                    .toList());
          }
        });
    assertEquals(named(log.subMap(from, false, to, true).values()), changed, ranges::toString);
    for (int s = 0; s < SECTORS; s++) {
      boolean same = Arrays.equals(before, 512 * s, 512 * s + 512, after, 512 * s, 512 * s + 512);
      // Every write has other bytes, but one that came back from the backing device is the same.
      assertTrue(same || changed.get(s), "sector " + s);
      assertFalse(same && changed.get(s) && !doubted.get(s), "sector " + s);
    }
  }
}
