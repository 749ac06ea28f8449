package org.dmsalvage.replay.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Plog;
import org.dmsalvage.fixtures.writeboost.PlogImage;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One rule of the drivers a test, on logs of a few segments. */
class DriverRulesTest {

  /** Ids 1 … count, each with one full block at its own address; sequence = id. */
  private static Log log(Variant variant, int order, int slots, long count) {
    Log log = new Log(variant, order, slots);
    for (long id = 1; id <= count; id++) {
      log.image.put(Segment.of(id, Block.full(8 * id, id)));
    }
    return log;
  }

  private static Log log(long count) {
    return log(Variant.RAW_2014, 5, 8, count);
  }

  private static int header(Log log, int slot) {
    return log.image.layout().segmentOffset(slot);
  }

  @ParameterizedTest
  @EnumSource(Variant.class)
  void showsWholeLog(Variant variant) {
    int order = variant == Variant.RAW_2_0 || variant == Variant.COMPLEMENTED_2 ? 10 : 5;
    Log log = log(variant, order, 6, 4);
    log.image.put(
        Segment.of(5, Block.partial(8, 0b0000_0011, 50), Block.partial(16, 0b1000_0000, 51)));
    assertEquals(new DriverOutcome(Outcome.ACCEPT, "", Writeback.COMPLETES), log.outcome());
    for (Policy policy : Policy.values()) {
      assertEquals(50, log.shows(policy, 8), "dirty in the newer copy");
      assertEquals(1, log.shows(policy, 10), "clean in the newer copy, dirty in the older");
      assertEquals(2, log.shows(policy, 16));
      assertEquals(51, log.shows(policy, 23));
      assertEquals(0, log.shows(policy, 0), "never cached");
    }
  }

  @Test
  void formatsOnWrongMagic() {
    Log log = log(5);
    log.image.bytes()[0] ^= 1;
    assertEquals(Outcome.FORMAT, log.outcome().outcome());
    assertArrayEquals(log.backing, Replays.read(log.driver().logical().orElseThrow()));
    assertEquals(5, log.shows(Policy.SALVAGE, 40));
  }

  @Test
  void formatsInWriteAroundMode() {
    Log log = log(Variant.COMPLEMENTED_2, 10, 4, 2).table("b c 2 write_around_mode 1");
    assertEquals(Outcome.FORMAT, log.outcome().outcome());
  }

  @Test
  void refusesOtherOrder() {
    Log log = log(5).table("0 b c 2 segment_size_order 6");
    assertEquals(Outcome.REFUSE, log.outcome().outcome());
    assertTrue(log.driver().logical().isEmpty());
    assertEquals(5, log.shows(Policy.SALVAGE, 40));
  }

  /** Changes so much that nothing could be corrected. */
  private static void spoil(Log log, int at) {
    Arrays.fill(log.image.bytes(), at, at + 300, (byte) 0x6b);
  }

  @Test
  void stopsAtBadChecksum() {
    Log log = log(5);
    spoil(log, header(log, 2) + 5000);
    assertEquals(2, log.shows(Policy.DRIVER, 16));
    assertEquals(0, log.shows(Policy.DRIVER, 24));
    assertEquals(0, log.shows(Policy.DRIVER, 32), "dropped, although whole");
    assertEquals(4, log.shows(Policy.SALVAGE, 32));
    Recovery salvage = log.salvage();
    assertEquals(0, Log.shows(salvage, 24));
    Loss risk = salvage.report().atRisk().kept().getFirst();
    assertEquals(8, risk.sectors());
    assertEquals(header(log, 2), risk.offset());
  }

  @Test
  void brokenSegmentThatIsCoveredIsNoRisk() {
    Log log = log(4);
    log.image.put(Segment.of(5, Block.full(24, 5)));
    spoil(log, header(log, 2) + 5000);
    assertEquals(0, log.salvage().report().atRisk().count());
  }

  @Test
  void slotReuseTearDropsWholeLog() {
    Log log = log(11);
    // Id 12 would go to slot 3, over id 4; its data arrived, its first sector did not.
    log.image.bytes()[header(log, 3) + 4096] ^= 1;
    assertEquals(0L, log.driver().report().position().value("lastFlushedId"));
    assertEquals(0, log.shows(Policy.DRIVER, 88));
    assertTrue(log.outcome().reason().contains("W14"), log.outcome().reason());
    assertEquals(11, log.shows(Policy.SALVAGE, 88));
    assertEquals(0, log.shows(Policy.SALVAGE, 32), "written back before its slot was reused");
    assertEquals(0, log.salvage().report().atRisk().count());
    assertEquals(0, log.salvage().report().lost().count());
  }

  @Test
  void slotThatWasClearedForReuseLostNothing() {
    Log log = log(11);
    // What repair makes of the above: id 4 is taken out of slot 3.
    Arrays.fill(log.image.bytes(), header(log, 3), header(log, 3) + 8, (byte) 0);
    assertEquals(11L, log.driver().report().position().value("lastFlushedId"));
    assertEquals(0, log.salvage().report().lost().count());
    assertEquals(0, log.salvage().report().atRisk().count());
    Arrays.fill(log.image.bytes(), header(log, 4), header(log, 4) + 8, (byte) 0);
    Loss lost = log.salvage().report().lost().kept().getFirst();
    assertEquals(5L, lost.details().value("id"));
    assertEquals(1L, lost.details().value("segments"));
  }

  @Test
  void lostSegmentBringsOldDataBack() {
    Log log = log(12);
    log.image.put(Segment.of(8, Block.full(800, 80)));
    // Id 13 is lost: slot 4 still holds id 5, which also wrote sector 800.
    log.image.put(Segment.of(5, Block.full(800, 50)), Segment.of(14, Block.full(808, 140)));
    assertEquals(50, log.shows(Policy.DRIVER, 800), "a lap ago, after newer data");
    assertEquals(80, log.shows(Policy.SALVAGE, 800));
    Recovery salvage = log.salvage();
    assertEquals("WB-LOST-SEGMENT", salvage.report().lost().kept().getFirst().code());
    long[] differing = new long[1];
    salvage
        .report()
        .differences()
        .orElseThrow()
        .forEach(
            (offset, length, ours, theirs) -> {
              assertEquals(800 * 512, offset);
              assertEquals("segment id 8", ours);
              assertEquals("segment id 5", theirs);
              differing[0] += length;
            });
    assertEquals(4096, differing[0]);
  }

  @Test
  void forgedHugeIdMovesStart() {
    Log log = log(5);
    log.image.putInSlot(Segment.of((1L << 40) + 6, Block.full(0, 99)), 6);
    log.image.bytes()[header(log, 6) + 600] ^= 1;
    assertEquals(0, log.shows(Policy.DRIVER, 8));
    assertEquals(1, log.shows(Policy.SALVAGE, 8));
    assertEquals(5L, log.salvage().report().position().value("newestId"));
  }

  @Test
  void metablockWithoutDirtyBitsCrashes2014() {
    Log log = log(3);
    log.image.put(Segment.of(4, Block.partial(80, 0, 4)));
    assertEquals(Outcome.CRASH, log.outcome().outcome());
    assertTrue(log.outcome().reason().contains("W20"));
  }

  @Test
  void addressBeyondBackingKillsWriteback() {
    Log log = log(3);
    log.image.put(Segment.of(4, Block.full(Log.BACKING_SECTORS, 4)));
    assertEquals(Outcome.ACCEPT, log.outcome().outcome());
    assertEquals(Writeback.FAILS, log.outcome().writeback());
    assertEquals(3, log.shows(Policy.SALVAGE, 24));
    assertEquals("WB-SECTOR-BEYOND", log.salvage().report().dropped().kept().getFirst().code());
  }

  @Test
  void addressBeyondBackingIsTriedForeverBy2() {
    Log log = log(Variant.COMPLEMENTED_2, 10, 3, 2);
    log.image.put(Segment.of(3, Block.full(Log.BACKING_SECTORS, 4)));
    assertEquals(Writeback.HANGS, log.outcome().writeback());
    assertEquals(Outcome.ACCEPT, log.outcome().outcome());
    // Now it is the oldest of a full log, which the attach itself writes back.
    log.image.put(Segment.of(4, Block.full(8, 4)), Segment.of(5, Block.full(16, 5)));
    assertEquals(Outcome.HANG, log.outcome().outcome());
  }

  @Test
  void partialBlockOverOneBeyondIsRefusedBy2() {
    Log log = log(Variant.COMPLEMENTED_2, 10, 5, 1);
    log.image.put(
        Segment.of(2, Block.full(Log.BACKING_SECTORS, 4)),
        Segment.of(3, Block.partial(Log.BACKING_SECTORS, 1, 5)));
    assertEquals(Outcome.REFUSE, log.outcome().outcome());
  }

  @Test
  void reportsMissingIdsAsRuns() {
    Log log = log(2);
    log.image.put(Segment.of(5, Block.full(8, 5)), Segment.of(7, Block.full(16, 7)));
    List<Loss> lost = log.salvage().report().lost().kept();
    assertEquals(2, lost.size());
    assertEquals(2L, lost.getFirst().details().value("segments"));
    assertEquals(3L, lost.getFirst().details().value("id"));
    assertEquals(6L, lost.getLast().details().value("id"));
  }

  @Test
  void unfinishedEndIsNoRisk() {
    Log log = log(5);
    // 6 never came, 7 and 8 are torn: nothing of them was flushed.
    log.image.put(Segment.of(7, Block.full(8, 7)), Segment.of(8, Block.full(16, 8)));
    spoil(log, header(log, 6) + 4096);
    spoil(log, header(log, 7) + 4096);
    Recovery salvage = log.salvage();
    assertEquals(0, salvage.report().atRisk().count());
    assertEquals(0, salvage.report().lost().count());
    assertEquals(2, salvage.report().dropped().count());
    assertEquals(1, Log.shows(salvage, 8));
  }

  @Test
  void misplacedHeaderOf2013ReadsDataOfItsIdsSlot() {
    Log log = log(Variant.LAPS_2013, 5, 8, 6);
    // The header of id 6 now claims to be id 8, which was never written: its slot holds zeros.
    log.image.bytes()[header(log, 5)] = 8;
    byte[] device = Replays.read(log.driver().logical().orElseThrow());
    assertArrayEquals(new byte[512], Arrays.copyOfRange(device, 48 * 512, 49 * 512));
    assertEquals(6, log.shows(Policy.SALVAGE, 48), "its laps and its slot say that it is id 6");
    assertEquals(5, log.shows(Policy.SALVAGE, 40));
  }

  @Test
  void unalignedAddressIsNeverShown() {
    Log log = log(3);
    log.image.put(Segment.of(4, Block.full(84, 4)));
    assertEquals(0, log.shows(Policy.DRIVER, 84));
    assertEquals(0, log.shows(Policy.SALVAGE, 84));
    assertEquals(1, log.salvage().report().dropped().count());
  }

  @Test
  void lengthBeyondSegmentStops2014AndCrashes2() {
    Log log = log(3);
    log.image.bytes()[header(log, 1) + 12] = (byte) 200;
    assertEquals(Outcome.ACCEPT, log.outcome().outcome());
    assertEquals(0, log.shows(Policy.DRIVER, 16));
    Log two = log(Variant.COMPLEMENTED_2, 10, 4, 3);
    two.image.bytes()[header(two, 1) + 12] = (byte) 200;
    assertEquals(Outcome.CRASH, two.outcome().outcome());
    assertEquals(3, two.shows(Policy.SALVAGE, 24));
  }

  @Test
  void recordStopsWritebackOrAttach() {
    Log log = log(5);
    log.image.record(3);
    assertEquals(Outcome.ACCEPT, log.outcome().outcome());
    assertEquals(Writeback.HANGS, log.outcome().writeback());
    assertEquals(1, log.shows(Policy.DRIVER, 8), "still shown");
    Log wrapped = log(12);
    wrapped.image.record(9);
    assertEquals(Outcome.CRASH, wrapped.outcome().outcome());
    assertEquals(12, wrapped.shows(Policy.SALVAGE, 96));
    Log beyond = log(5);
    beyond.image.record(500);
    assertEquals(Writeback.HANGS, beyond.outcome().writeback());
  }

  @Test
  void recordHidesPartialBlocksFrom2() {
    Log log = log(Variant.COMPLEMENTED_2, 10, 6, 2);
    log.image.put(Segment.of(3, Block.partial(8, 0b11, 30), Block.full(80, 31)));
    log.image.record(3);
    assertEquals(1, log.shows(Policy.DRIVER, 8), "the older copy, which replay wrote to the disk");
    assertEquals(31, log.shows(Policy.DRIVER, 80), "full blocks are still read from the cache");
    assertEquals(30, log.shows(Policy.SALVAGE, 8));
    log.image.record(-1);
    assertEquals(Outcome.HANG, log.outcome().outcome());
  }

  @Test
  void cleanCopyHidesOlderDirtyOne() {
    Log log = log(Variant.COMPLEMENTED_2, 10, 6, 2);
    log.image.put(Segment.of(3, Block.clean(8, 30)));
    assertEquals(30, log.shows(Policy.DRIVER, 8));
    assertEquals(30, log.shows(Policy.SALVAGE, 8));
    log.image.put(Segment.of(4, Block.partial(8, 1, 40)));
    assertEquals(40, log.shows(Policy.SALVAGE, 8));
    assertEquals(0, log.shows(Policy.DRIVER, 9), "a superseded clean copy gives nothing");
    assertEquals(0, log.shows(Policy.SALVAGE, 9));
  }

  @Test
  void logOfCleanCopiesOnlyMayBeWriteAround() {
    Log log = new Log(Variant.COMPLEMENTED_2, 10, 4);
    log.image.put(Segment.of(1, Block.clean(8, 1)));
    assertEquals(0, log.shows(Policy.SALVAGE, 8), "the backing device may be newer");
  }

  @Test
  void tableDecidesAboutCachesThatWereNeverWritten() {
    Log log = new Log(Variant.LAPS_2013, 5, 8);
    OpenRequest request = log.request();
    for (String format : List.of("writeboost-2013", "writeboost-2014", "writeboost-2")) {
      Recovery recovery = Replays.replay(request.withFormat(format), Policy.DRIVER);
      assertEquals("writeboost-2013", recovery.report().format());
      assertArrayEquals(log.backing, Replays.read(recovery.logical().orElseThrow()));
    }
  }

  @Test
  void tableOfAnotherGenerationContradicts() {
    Log log = log(3).table("b c 5");
    assertThrows(UsageException.class, log::salvage);
  }

  @Test
  void tooSmallCaches() {
    Log one = log(Variant.RAW_2014, 5, 1, 4);
    assertEquals(Writeback.HANGS, one.outcome().writeback());
    Log none = new Log(Variant.RAW_2014, 5, 0);
    assertEquals(Outcome.CRASH, none.outcome().outcome());
    assertArrayEquals(none.backing, Replays.read(none.salvage().logical().orElseThrow()));
  }

  @Test
  void replays2013FromTheSmallestId() {
    Log log = log(Variant.LAPS_2013, 5, 8, 12);
    log.image.put(Segment.of(12, Block.skipped(), Block.full(96, 12)));
    assertEquals(12, log.shows(Policy.DRIVER, 96));
    assertEquals(5, log.shows(Policy.DRIVER, 40), "the oldest of a full log, migrated long ago");
    assertEquals(0, log.shows(Policy.SALVAGE, 40));
    // A lap that disagrees.
    log.image.bytes()[header(log, 1) + 13 + 9] ^= 1;
    assertEquals(0, log.shows(Policy.DRIVER, 96));
    assertEquals(12, log.shows(Policy.SALVAGE, 96));
    assertEquals(1, log.salvage().report().atRisk().count());
  }

  @Test
  void hangs2013OnRecordBeyondNewest() {
    Log log = log(Variant.LAPS_2013, 5, 8, 5);
    log.image.record(6);
    assertEquals(Outcome.HANG, log.outcome().outcome());
    log.image.record(3);
    assertEquals(0, log.shows(Policy.DRIVER, 8), "counts as migrated");
    assertEquals(4, log.shows(Policy.DRIVER, 32));
    assertEquals(1, log.shows(Policy.SALVAGE, 8));
  }

  @Test
  void leavesOutDiscardedSegmentsOf2013() {
    Log log = log(Variant.LAPS_2013, 5, 8, 5);
    byte[] cache = log.image.bytes();
    Arrays.fill(cache, header(log, 1) + 4096, header(log, 1) + 8192, (byte) 0);
    assertEquals(0, log.shows(Policy.SALVAGE, 16), "not the zeros");
    assertEquals("WB-ZEROED", log.salvage().report().dropped().kept().getFirst().code());
  }

  @Test
  void takesPlogsById() {
    Log log = log(3);
    PlogImage plog = log.plog(8 * 27);
    // Id 4 was empty and wrote no plog; the driver finds its place stale and stops there.
    plog.put(5, List.of(Plog.of(100, 0, 2, 50), Plog.of(104, 1, 1, 51)));
    plog.put(6, List.of(Plog.of(201, 0, 3, 60)));
    assertEquals(50, log.shows(Policy.DRIVER, 100));
    assertEquals(60, log.shows(Policy.SALVAGE, 203));
    plog.put(2, List.of(Plog.of(16, 0, 8, 20)));
    assertEquals(0, log.shows(Policy.DRIVER, 100), "the walk starts at id 2 and ends at once");
    assertEquals(20, log.shows(Policy.DRIVER, 16), "a stale plog over the sealed segment");
    assertEquals(2, log.shows(Policy.SALVAGE, 16), "the sealed segment wins");
    assertEquals(50, log.shows(Policy.SALVAGE, 101));
    assertEquals(51, log.shows(Policy.SALVAGE, 104));
    assertEquals(0, log.shows(Policy.SALVAGE, 102));
    assertEquals(6L, log.salvage().report().position().value("newestId"));
  }

  @Test
  void looksOnBehindTornPlog() {
    Log log = log(3);
    PlogImage plog = log.plog(8 * 27);
    plog.put(4, List.of(Plog.of(80, 0, 2, 40), Plog.of(88, 1, 2, 41), Plog.of(96, 2, 2, 42)));
    int data = plog.segmentOffset(4) + 4 * 512;
    Arrays.fill(plog.bytes(), data, data + 300, (byte) 0x6b);
    assertEquals(40, log.shows(Policy.DRIVER, 80));
    assertEquals(0, log.shows(Policy.DRIVER, 96));
    assertEquals(42, log.shows(Policy.SALVAGE, 96));
    assertEquals(0, log.shows(Policy.SALVAGE, 88));
  }

  @Test
  void unreadableHeaderIsRefusedAndSkipped() {
    Log log = log(5);
    var bad = new UnreadableSource(log.image.bytes(), header(log, 1), 512);
    Recovery driver = Replays.replay(log.request(bad), Policy.DRIVER);
    assertEquals(Outcome.REFUSE, driver.report().driver().orElseThrow().outcome());
    Recovery salvage = Replays.replay(log.request(bad), Policy.SALVAGE);
    assertEquals(5, Log.shows(salvage, 40));
    assertEquals(0, Log.shows(salvage, 16));
    assertEquals(1, salvage.report().atRisk().count());
    Findings findings = salvage.report().findings();
    assertEquals(2, findings.kept().size(), "what cannot be read, and its metablocks");
    assertEquals(1, findings.count(WriteboostCode.CARVING_CANDIDATE));
  }
}
