package org.dmsalvage.replay.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.dmsalvage.fixtures.pattern.Sectors;
import org.dmsalvage.fixtures.writecache.WritecacheImage;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;
import org.junit.jupiter.api.Test;

/** What a writecache still knows of its past. */
class WritecacheTimelineTest {

  private static final int SECTORS = 256;

  /** Sector 0 of commit 5 and 7, 8 of 6, 16 freed, 24 of 9, which is not committed. */
  private static WritecacheImage cache() {
    WritecacheImage image = new WritecacheImage(4096, 200, 0, 1);
    image.commit(8);
    image.setEntry(0, 0, 4);
    image.setEntry(1, 8, 5);
    image.setEntry(2, 16, 5);
    image.free(2);
    image.setEntry(3, 0, 6);
    image.setEntry(4, 24, 8);
    return image;
  }

  private static ReplayRequest request(String mode, Policy policy, OptionalLong asOf) {
    OpenRequest images =
        new OpenRequest(
            new MemorySource("cache", cache().bytes()),
            null,
            new MemorySource("backing", Sectors.background(SECTORS, 1)),
            "writecache",
            DmTable.parse("0 %d writecache %s o c 4096 0".formatted(SECTORS, mode)),
            OptionalInt.empty());
    return new ReplayRequest(
        images, policy, OptionalLong.empty(), new Selection(asOf, false, false), Progress.NONE);
  }

  private static Timeline timeline(String mode) {
    return new WritecacheReplayer().timeline(request(mode, Policy.SALVAGE, OptionalLong.empty()));
  }

  private static List<String> unknown(String mode, long point) {
    List<String> unknown = new ArrayList<>();
    timeline(mode)
        .forEachUnknown(
            point,
            (sector, count, step, why) ->
                unknown.add("%d+%d %s %d".formatted(sector, count, why, step)));
    return unknown;
  }

  @Test
  void persistentMemoryKnowsTheBlocksThatItStillHas() {
    assertEquals(List.of(), unknown("p", 8));
    assertEquals(List.of("16+8 FREED 8"), unknown("p", 7));
    assertEquals(List.of("16+8 FREED 8"), unknown("p", 6));
    assertEquals(List.of("8+8 WRITTEN_BACK_SINCE 6", "16+8 FREED 8"), unknown("p", 5));
    assertEquals(List.of("0+16 WRITTEN_BACK_SINCE 5", "16+8 FREED 8"), unknown("p", 4));
  }

  @Test
  void anSsdKnowsNoContentsOfThePast() {
    assertEquals(List.of(), unknown("s", 8));
    assertEquals(List.of("0+16 OVERWRITTEN_IN_PLACE 8", "16+8 FREED 8"), unknown("s", 7));
  }

  @Test
  void listsCommitsWithTheirUncommittedOnes() {
    List<TimelineStep> steps = timeline("p").steps();
    assertEquals(List.of(5L, 6L, 7L, 9L), steps.stream().map(TimelineStep::id).toList());
    assertEquals("uncommitted", steps.getLast().state());
    assertEquals(8, steps.getFirst().changedSectors());
    assertEquals(0, steps.getFirst().shownSectors());
    assertEquals(8, steps.get(1).shownSectors());
    assertEquals(0, steps.getLast().changedSectors());
    assertEquals(24, steps.getLast().firstSector());
    assertEquals(64 + 4 * 16, steps.getLast().offset());
  }

  @Test
  void namesAllCommitsOfAChange() {
    List<String> changes = new ArrayList<>();
    timeline("p")
        .forEachChange(
            4,
            8,
            (sector, count, known, steps) ->
                changes.add("%d+%d %s %s".formatted(sector, count, known, Arrays.toString(steps))));
    assertEquals(List.of("0+8 false [5, 7]", "8+8 false [6]"), changes);
    changes.clear();
    timeline("p")
        .forEachChange(
            5, 7, (sector, _, known, steps) -> changes.add(sector + " " + known + steps.length));
    assertEquals(List.of("0 true1", "8 false1"), changes);
  }

  @Test
  void refusesWhatHasNoMeaning() {
    WritecacheReplayer replayer = new WritecacheReplayer();
    for (long point : new long[] {0, 3, 9, -1}) {
      assertThrows(
          UsageException.class,
          () -> replayer.replay(request("p", Policy.SALVAGE, OptionalLong.of(point))));
    }
    assertThrows(
        UsageException.class,
        () -> replayer.replay(request("p", Policy.DRIVER, OptionalLong.of(6))));
    assertThrows(UsageException.class, () -> timeline("p").forEachChange(7, 6, (_, _, _, _) -> {}));
    Recovery base = replayer.replay(request("p", Policy.SALVAGE, OptionalLong.of(4)));
    assertEquals(0, base.report().appliedSectors());
    assertEquals(1, base.report().dropped().count(), "what was never committed");
  }
}
