package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Selection.Life;
import org.junit.jupiter.api.Test;

/** Logs that were begun anew over an older one, and logs that only look like that. */
class LivesTest {

  private static final int SLOTS = 8;

  private static Log log(long first, long last) {
    Log log = new Log(Variant.RAW_2014, 5, SLOTS);
    put(log, first, last);
    return log;
  }

  /** Segments of one block at 8 * id. */
  private static void put(Log log, long first, long last) {
    for (long id = first; id <= last; id++) {
      log.image.put(Segment.of(id, Block.full(8 * id, id)));
    }
  }

  private static void spoil(Log log, int slot) {
    int at = log.image.layout().segmentOffset(slot) + 4096;
    Arrays.fill(log.image.bytes(), at, at + 300, (byte) 0x6b);
  }

  /** 22 was being written over 14; the driver dropped 15 … 21, and began again with 1 and 2. */
  private static Log twoLives() {
    Log log = log(1, 21);
    spoil(log, 5);
    put(log, 1, 2);
    return log;
  }

  private static Recovery replay(Log log, Life life) {
    Selection selection = new Selection(OptionalLong.empty(), life, false);
    return new WriteboostReplayer()
        .replay(
            new ReplayRequest(
                log.request(), Policy.SALVAGE, OptionalLong.empty(), selection, Progress.NONE));
  }

  private static List<Long> shown(Recovery recovery) {
    return LongStream.rangeClosed(1, 24)
        .filter(id -> Log.shows(recovery, 8 * id) == id)
        .boxed()
        .toList();
  }

  private static String message(Recovery recovery, WriteboostCode code) {
    return recovery.report().findings().kept().stream()
        .filter(finding -> finding.code() == code)
        .map(Finding::message)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void theYoungerLifeIsShownUnlessTheOlderIsWanted() {
    for (Life life : List.of(Life.BELIEVED, Life.YOUNGER)) {
      Recovery younger = replay(twoLives(), life);
      assertEquals(List.of(1L, 2L), shown(younger));
      assertEquals(0, younger.report().lost().count());
      assertEquals("14…21", younger.report().position().value("olderLife"));
    }
    Recovery older = replay(twoLives(), Life.OLDER);
    assertEquals(List.of(15L, 16L, 19L, 20L, 21L), shown(older));
    assertEquals(21L, older.report().position().value("newestId"));
    assertTrue(message(older, WriteboostCode.TWO_LIVES).endsWith("they are shown"));
    List<Loss> lost = older.report().lost().kept();
    assertEquals(1, lost.size());
    assertTrue(lost.getFirst().reason().contains("17…18 in slot 0 was overwritten"));
    assertTrue(
        older.report().dropped().kept().stream()
            .anyMatch(loss -> loss.reason().contains("other life")));
  }

  @Test
  void theOlderLifeIsCorrectedToo() {
    Log log = twoLives();
    log.image.bytes()[log.image.layout().segmentOffset(2) + 4500] ^= 0x11;
    assertEquals(List.of(1L, 2L), shown(replay(log, Life.BELIEVED)));
    assertEquals(List.of(15L, 16L, 19L, 20L, 21L), shown(replay(log, Life.OLDER)));
    log.image.bytes()[log.image.layout().segmentOffset(1) + 4500] ^= 0x11;
    assertEquals(List.of(1L, 2L), shown(replay(log, Life.BELIEVED)));
  }

  @Test
  void aLogWithOneLifeHasNoOlder() {
    UsageException refused =
        assertThrows(UsageException.class, () -> replay(log(1, 12), Life.OLDER));
    assertTrue(refused.getMessage().contains("cache holds one life"), refused.getMessage());
    assertEquals(8, shown(replay(log(1, 12), Life.YOUNGER)).size());
  }

  @Test
  void aRunThatMayBeAYoungerLifeIsShownOnRequest() {
    Log log = log(1, 18);
    put(log, 21, 21);
    List<Long> believed = List.of(14L, 15L, 16L, 17L, 18L, 21L);
    assertEquals(believed, shown(replay(log, Life.BELIEVED)));
    assertEquals(believed, shown(replay(log, Life.OLDER)));
    Recovery run = replay(log, Life.YOUNGER);
    assertEquals(List.of(11L, 12L), shown(run));
    assertTrue(message(run, WriteboostCode.STALE_RUN).contains("11…12 are shown"));
    assertTrue(
        message(replay(log, Life.BELIEVED), WriteboostCode.STALE_RUN).contains("taken for stale"));
  }

  @Test
  void aDriverHasNoChoice() {
    Selection older = new Selection(OptionalLong.empty(), true, false);
    ReplayRequest request =
        new ReplayRequest(
            twoLives().request(), Policy.DRIVER, OptionalLong.empty(), older, Progress.NONE);
    assertThrows(UsageException.class, () -> new WriteboostReplayer().replay(request));
  }
}
