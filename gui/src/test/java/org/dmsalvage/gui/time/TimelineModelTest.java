package org.dmsalvage.gui.time;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.map.DiskMap;
import org.dmsalvage.gui.map.Look;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.time.Moment.Against;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.TimelineStep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The time of real logs. */
class TimelineModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private final Deque<Runnable> later = new ArrayDeque<>();

  private Session open(String set) throws IOException {
    GoldenSet.Images images = GoldenSets.get(set).unpack(directory);
    return Session.open(
        new Session.Paths(
            images.cache().toString(),
            null,
            images.backing() == null ? null : images.backing().toString(),
            null),
        AT_ONCE);
  }

  private TimelineModel model(Session session) {
    TimelineModel model = new TimelineModel(session, AT_ONCE, later::add);
    model.start();
    return model;
  }

  private static ByteRange all(Moment moment) {
    return new ByteRange(0, moment.device().size());
  }

  @Test
  void theEndOfTheLogIsTheRecoveredDiskAndItsBeginningTheBareOne() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      TimelineModel model = model(session);
      Steps steps = model.steps().get();
      assertNotNull(steps);
      Moment last = model.moment().get();
      assertEquals(steps.count(), last.point());
      DiskMap disk = DiskMap.of(session, Progress.NONE);
      assertEquals(disk.cachedBytes(all(last)), last.cachedBytes(all(last)));
      model.moveTo(0);
      Moment first = model.moment().get();
      assertEquals(0, first.cachedBytes(all(first)));
      assertEquals(0, first.changedRanges());
      assertTrue(first.unknownBytes() > 0, "later segments may have been written back");
      model.moveTo(Integer.MAX_VALUE);
      assertEquals(steps.count(), model.point().get());
      assertEquals(139, steps.id(steps.count()));
    }
  }

  @Test
  void aStepChangesWhatTheListOfStepsSays() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      TimelineModel model = model(session);
      Steps steps = model.steps().get();
      for (int point : new int[] {1, 5, steps.count()}) {
        model.moveTo(point);
        Moment moment = model.moment().get();
        TimelineStep step = steps.step(point);
        assertEquals(steps.id(point), step.id());
        assertEquals(step.changedSectors(), moment.changedSectors());
        for (Change change : moment.changes()) {
          assertEquals(step.id(), change.firstStep());
          assertTrue(moment.changed(change.range()));
          assertTrue(change.differing() >= 0 && change.differing() <= change.sectors());
          assertEquals(Long.toUnsignedString(step.id()), change.by());
        }
      }
    }
  }

  @Test
  void theNextStepIsKnownBeforeItIsTakenAndAllStepsTogetherAreTheWay() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      TimelineModel model = model(session);
      model.moveTo(7);
      model.compare(Against.NEXT);
      List<Change> next = model.moment().get().changes();
      model.compare(Against.BEFORE);
      model.step(1);
      assertEquals(next, model.moment().get().changes());
      model.compare(Against.START);
      Moment way = model.moment().get();
      assertEquals(way.changedSectors() * 512, way.cachedBytes(all(way)));
      model.moveTo(model.steps().get().count());
      model.compare(Against.NEXT);
      assertEquals(0, model.moment().get().changedRanges(), "nothing follows the last step");
    }
  }

  @Test
  void playingShowsEachStepOnceAndEnds() throws IOException {
    try (Session session = open("wb-o7-unwrapped-crash")) {
      TimelineModel model = model(session);
      List<Integer> seen = new ArrayList<>();
      model.moment().addListener((_, _, moment) -> seen.add(moment.point()));
      model.playOrPause();
      assertTrue(model.playing().get());
      while (!later.isEmpty()) {
        later.pop().run();
      }
      assertFalse(model.playing().get());
      int count = model.steps().get().count();
      assertEquals(count + 1, seen.size());
      for (int i = 0; i <= count; i++) {
        assertEquals(i, seen.get(i));
      }
      model.playOrPause();
      later.pop().run();
      model.step(1);
      assertFalse(model.playing().get(), "who steps does not want to be carried on");
      later.forEach(Runnable::run);
      assertEquals(2, model.point().get());
    }
  }

  @Test
  void aPointThatIsLeftBeforeItIsKnownIsGivenUp() throws IOException {
    Deque<Runnable> waiting = new ArrayDeque<>();
    try (Session session = open("wb-o7-unwrapped-crash")) {
      Threads slow = new Threads(Runnable::run, Runnable::run, waiting::add);
      TimelineModel model = new TimelineModel(session, slow, later::add);
      model.start();
      waiting.pop().run();
      waiting.pop().run();
      Moment end = model.moment().get();
      model.moveTo(1);
      model.moveTo(2);
      assertEquals(2, waiting.size());
      waiting.pop().run();
      assertSame(end, model.moment().get(), "nobody waits for point 1 any more");
      waiting.pop().run();
      assertEquals(2, model.moment().get().point());
    }
  }

  @Test
  void commitsOfAWritecacheAreStepsToo() throws IOException {
    try (Session session = open("wc4096-crash")) {
      TimelineModel model = model(session);
      Steps steps = model.steps().get();
      assertTrue(steps.count() > 0);
      assertTrue(Long.compareUnsigned(steps.id(steps.count()), steps.timeline().newest()) <= 0);
      assertEquals(Look.GOOD, steps.look(1));
      assertEquals(steps.count(), steps.pointOf(-1));
      assertEquals(0, steps.pointOf(0));
      assertEquals(1, steps.pointOf(steps.id(1)));
    }
  }

  @Test
  void aFormatWithoutALogSaysSo() throws IOException {
    try (Session session = open("is-lzo-wb-crash")) {
      TimelineModel model = model(session);
      assertNull(model.steps().get());
      assertTrue(model.message().get().contains("keeps no log"), model.message().get());
      model.playOrPause();
      assertFalse(model.playing().get());
    }
  }

  @Test
  void theSectorsOfAMomentSayWhatBecameOfThem() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      TimelineModel model = model(session);
      Moment moment = model.moment().get();
      LogicalSource source = new LogicalSource(moment);
      Change change = moment.changes().getFirst();
      var sector = source.path(change.range().offset()).getLast();
      assertEquals(Kind.MAPPING, sector.kind());
      assertEquals("sector %d, changed".formatted(change.sector()), sector.name());
      ByteBuffer now = ByteBuffer.allocate(512);
      source.read(change.range().offset(), now);
      model.step(-1);
      source.show(model.moment().get());
      ByteBuffer before = ByteBuffer.allocate(512);
      source.read(change.range().offset(), before);
      assertEquals(change.differing() == 0, now.flip().equals(before.flip()));
    }
  }
}
