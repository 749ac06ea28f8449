package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Plog;
import org.dmsalvage.fixtures.writeboost.PlogImage;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;
import org.junit.jupiter.api.Test;

/** Points in time of logs that are not whole. */
class WriteboostTimelineTest {

  private static ReplayRequest request(Log log, Policy policy, long asOf) {
    return new ReplayRequest(
        log.request(),
        policy,
        OptionalLong.empty(),
        new Selection(OptionalLong.of(asOf), false, false),
        Progress.NONE);
  }

  private static Recovery asOf(Log log, long id) {
    return new WriteboostReplayer().replay(request(log, Policy.SALVAGE, id));
  }

  private static Timeline timeline(Log log) {
    return new WriteboostReplayer()
        .timeline(ReplayRequest.of(log.request(), Policy.SALVAGE, Progress.NONE));
  }

  private static List<String> doubts(Recovery recovery) {
    return recovery.report().atRisk().kept().stream().map(Loss::reason).toList();
  }

  private static void damage(Log log, int slot) {
    // More than could be corrected.
    int data = log.image.layout().segmentOffset(slot) + 4096;
    Arrays.fill(log.image.bytes(), data, data + 300, (byte) 0x6b);
  }

  /** Ids 3…7 in 5 slots; blocks 0, 8 and 16 are written in turn. */
  private static Log wrapped() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    for (long id = 1; id <= 7; id++) {
      log.image.put(new Segment(id, List.of(Block.full(8 * (id % 3), 10 * id))));
    }
    return log;
  }

  @Test
  void namesTheLogWhenAPointLiesOutside() {
    Log log = wrapped();
    for (long id : new long[] {0, 1, 8, -1}) {
      UsageException e = assertThrows(UsageException.class, () -> asOf(log, id));
      assertTrue(
          String.valueOf(e.getMessage()).endsWith("from 2 (nothing applied) to 7"), e::toString);
    }
    Timeline timeline = timeline(log);
    assertThrows(UsageException.class, () -> timeline.at(8));
    assertThrows(UsageException.class, () -> timeline.forEachUnknown(1, (_, _, _, _) -> {}));
    assertThrows(UsageException.class, () -> timeline.forEachChange(5, 4, (_, _, _, _) -> {}));
    assertThrows(
        UsageException.class,
        () -> new WriteboostReplayer().replay(request(log, Policy.DRIVER, 5)));
  }

  @Test
  void anEmptyLogHasOnePoint() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    assertEquals(0, asOf(log, 0).report().appliedSectors());
    assertEquals(List.of(), timeline(log).steps());
    assertThrows(UsageException.class, () -> asOf(log, 1));
  }

  @Test
  void showsEachPointInTime() {
    Log log = wrapped();
    for (long id = 5; id <= 7; id++) {
      Recovery recovery = asOf(log, id);
      for (long sector : new long[] {0, 8, 16}) {
        long shown = Log.shows(recovery, sector);
        assertEquals(sector / 8, shown / 10 % 3);
        assertTrue(shown <= 10 * id && shown > 10 * (id - 3), sector + ": " + shown);
      }
      assertEquals(0, recovery.report().atRisk().count());
      assertEquals(id, recovery.report().position().value("asOf"));
      assertTrue(recovery.report().driver().isEmpty());
    }
    assertEquals(16, asOf(log, 4).report().appliedSectors());
    assertEquals(
        List.of(
            "sectors 16..24: the log up to id 4 has none of them; segment id 5, written later, may"
                + " be on the backing device by now"),
        doubts(asOf(log, 4)));
    assertEquals(24, asOf(log, 2).report().atRisk().sectors());
  }

  @Test
  void aBrokenSegmentIsARiskToWhatItPrecedesAndWhatItFollows() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    log.image.put(
        new Segment(1, List.of(Block.full(0, 10))),
        new Segment(2, List.of(Block.full(8, 20))),
        new Segment(3, List.of(Block.full(16, 30))));
    damage(log, 1);

    assertEquals("WB-BEYOND-AS-OF", asOf(log, 1).report().atRisk().kept().getFirst().code());
    assertEquals(16, asOf(log, 1).report().atRisk().sectors());
    assertEquals("WB-CHECKSUM", asOf(log, 2).report().atRisk().kept().getFirst().code());
    assertEquals(2, asOf(log, 2).report().atRisk().count());
    assertEquals(1, asOf(log, 3).report().atRisk().count());
    List<TimelineStep> steps = timeline(log).steps();
    assertEquals(
        List.of("sealed", "torn", "sealed"), steps.stream().map(TimelineStep::state).toList());
    assertFalse(steps.get(1).applied());
    assertEquals(8, steps.get(1).dirtySectors());
    assertEquals(0, steps.get(1).changedSectors());
  }

  @Test
  void aMissingSegmentIsLostOnceItsTimeHasCome() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    log.image.put(
        new Segment(1, List.of(Block.full(0, 10))),
        new Segment(3, List.of(Block.full(0, 30))),
        new Segment(4, List.of(Block.full(0, 40))));

    assertEquals(0, asOf(log, 1).report().lost().count());
    assertEquals(1, asOf(log, 1).report().atRisk().count(), "nobody knows what id 2 held");
    assertEquals(1, asOf(log, 2).report().lost().count());
    assertEquals(0, asOf(log, 2).report().atRisk().count());
    assertEquals(1, asOf(log, 4).report().lost().count());
    assertEquals(
        List.of(0L, 1L, 0L),
        timeline(log).steps().stream().map(TimelineStep::missingBefore).toList());
  }

  @Test
  void theOldestSegmentOfAFullLogOf2013IsInThePast() {
    Log log = new Log(Variant.LAPS_2013, 5, 4);
    for (long id = 1; id <= 6; id++) {
      log.image.put(new Segment(id, List.of(Block.full(8 * id, 10 * id))));
    }
    Timeline timeline = timeline(log);
    assertEquals(3, timeline.base());
    assertEquals("written-back", timeline.steps().getFirst().state());
    assertFalse(timeline.steps().getFirst().applied());
    assertEquals(40, Log.shows(asOf(log, 6), 32));
  }

  @Test
  void aSegmentFromThePlogIsAStep() {
    Log log = new Log(Variant.RAW_2014, 6, 8);
    PlogImage plog = log.plog(9 * log.image.layout().blocksPerSegment() * 8);
    log.image.put(new Segment(1, List.of()), new Segment(2, List.of(Block.full(0, 20))));
    plog.put(3, List.of(Plog.of(4, 0, 4, 31), Plog.of(9, 1, 2, 32)));
    Timeline timeline = timeline(log);
    TimelineStep last = timeline.steps().getLast();
    assertEquals("plog", last.state());
    assertEquals("plog", last.image());
    assertEquals(3, last.id());
    assertEquals(6, last.changedSectors());
    assertEquals(4, last.firstSector());
    assertEquals(10, last.lastSector());
    assertEquals(4, timeline.steps().get(1).shownSectors());
    assertEquals(20, Log.shows(asOf(log, 2), 4));
    assertEquals(31, Log.shows(asOf(log, 3), 4));
    assertEquals(2, asOf(log, 2).report().atRisk().sectors());
  }

  @Test
  void aSectorWrittenTwiceInOneSegmentChangesOnce() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    log.image.put(new Segment(1, List.of(Block.full(8, 10), Block.partial(8, 3, 11))));
    TimelineStep step = timeline(log).steps().getFirst();
    assertEquals(2, step.blocks());
    assertEquals(10, step.dirtySectors());
    assertEquals(8, step.changedSectors());
    assertEquals(8, step.shownSectors());
  }

  @Test
  void aStagedBlockChangesNothing() {
    Log log = new Log(Variant.COMPLEMENTED_2, 10, 4);
    log.image.put(
        new Segment(1, List.of(Block.full(8, 10))), new Segment(2, List.of(Block.clean(8, 10))));
    TimelineStep step = timeline(log).steps().getLast();
    assertEquals(0, step.blocks());
    assertEquals(-1, step.firstSector());
    assertEquals(0, step.changedSectors());
    assertEquals(0, step.shownSectors());
  }

  @Test
  void changesNameAllThatWroteAndJoinNeighbours() {
    Log log = new Log(Variant.RAW_2014, 5, 5);
    log.image.put(
        new Segment(1, List.of(Block.full(0, 10))),
        new Segment(2, List.of(Block.full(0, 20), Block.partial(8, 1, 21))),
        new Segment(3, List.of(Block.partial(0, 0xf0, 30))));
    List<String> changes = new ArrayList<>();
    timeline(log)
        .forEachChange(
            1,
            3,
            (sector, count, known, by) -> {
              changes.add("%d+%d %s %s".formatted(sector, count, known, Arrays.toString(by)));
            });
    assertEquals(List.of("0+4 true [2]", "4+4 true [2, 3]", "8+1 false [2]"), changes);
  }
}
