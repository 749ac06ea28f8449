package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection.Kind;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is proved about damaged segments, and what is not. */
class SegmentCorrectionsTest {

  private static final int SLOTS = 24;

  private static LogBuilder log(Convention convention) {
    return new LogBuilder(convention, convention == Convention.COMPLEMENTED_CRC ? 10 : 7, SLOTS);
  }

  private static long[] sectors(int count) {
    return LongStream.range(0, count).map(i -> 8 * i).toArray();
  }

  private static SegmentCorrections find(LogBuilder log) {
    return SegmentCorrections.find(log.analysis(), null, 1 << 20, Progress.NONE);
  }

  /** The only correction there is; checks that the table shows a whole log with it. */
  private static SegmentCorrection only(LogBuilder log) {
    SegmentCorrections corrections = find(log);
    assertEquals(1, corrections.corrections().size(), corrections.corrections().toString());
    SegmentCorrection correction = corrections.corrections().getFirst();
    SegmentTable table = corrections.table();
    assertEquals(SlotState.SEALED, table.state(correction.slot()));
    assertEquals(correction.id(), table.id(correction.slot()));
    assertEquals(correction.length(), table.length(correction.slot()));
    assertEquals(log.table(Depth.VERIFY).slots(), table.slots());
    // What the corrected bytes say must be what the table says.
    SegmentTable again =
        SegmentTable.scan(
            table.source(),
            table.geometry(),
            table.convention(),
            Depth.VERIFY,
            new Findings(),
            Progress.NONE);
    for (int slot = 0; slot < table.slots(); slot++) {
      assertEquals(again.state(slot), table.state(slot));
      assertEquals(again.id(slot), table.id(slot));
      assertEquals(again.mark(slot), table.mark(slot));
    }
    return correction;
  }

  private static String open(LogBuilder log, int slot) {
    SegmentCorrections corrections = find(log);
    assertEquals(List.of(), corrections.corrections());
    SegmentDiagnosis diagnosis = corrections.diagnosis(slot);
    assertNotNull(diagnosis);
    assertEquals("; " + diagnosis.remark(), corrections.remark(slot));
    return diagnosis.remark();
  }

  private static int header(LogBuilder log, int slot) {
    return (int) log.geometry.startByte(slot);
  }

  private static void change(LogBuilder log, int at, int by) {
    log.source.bytes()[at] ^= (byte) by;
  }

  @ParameterizedTest
  @EnumSource(Convention.class)
  void wholeLogsNeedNone(Convention convention) {
    LogBuilder log = log(convention).segments(1, 40);
    SegmentCorrections corrections = find(log);
    assertEquals(List.of(), corrections.corrections());
    assertEquals("", corrections.remark(3));
    LogAnalysis unverified = LogAnalysis.of(log.table(Depth.HEADERS), null, 8);
    assertSame(
        unverified.table(),
        SegmentCorrections.find(unverified, null, Long.MAX_VALUE, Progress.NONE).table());
  }

  @ParameterizedTest
  @EnumSource(names = {"RAW_CRC", "COMPLEMENTED_CRC"})
  void oneBitAndOneByteAreFound(Convention convention) {
    LogBuilder bit = log(convention).segments(1, 40);
    change(bit, header(bit, 5) + 5000, 0x20);
    SegmentCorrection correction = only(bit);
    assertEquals(Kind.FLIPPED_BIT, correction.kind());
    assertEquals(header(bit, 5) + 5000, correction.changes().getFirst().offset());
    assertEquals(30, correction.id());
    assertEquals(WriteboostCode.CORRECTED, correction.code());

    LogBuilder inMetablock = log(convention).segments(1, 40);
    change(inMetablock, header(inMetablock, 5) + 513, 0x2b);
    correction = only(inMetablock);
    assertEquals(Kind.CHANGED_BYTE, correction.kind());
    assertTrue(correction.describe().contains("metablock 0"), correction.describe());
  }

  @Test
  void segmentsOfTwoChangedBytesStayAsTheyAre() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 40);
    change(log, header(log, 5) + 5000, 0x20);
    change(log, header(log, 5) + 6000, 0x20);
    assertEquals("no single byte mends it", open(log, 5));
  }

  @Test
  void whatMakesMetablocksImpossibleIsNoCorrection() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 40);
    log.segment(35, 1 << 20);
    change(log, header(log, 10) + 5000, 0x20);
    assertTrue(open(log, 10).contains("metablocks impossible"));
  }

  @Test
  void damagedChecksumIsTold() {
    for (int by : new int[] {1, 0x80, 0xff}) {
      LogBuilder log = log(Convention.RAW_CRC).segments(1, 40);
      change(log, header(log, 5) + 9, by);
      SegmentCorrection correction = only(log);
      assertEquals(Kind.CHECKSUM, correction.kind());
      assertEquals(WriteboostCode.HEADER_CORRECTED, correction.code());
      assertEquals(1, correction.changes().size());
    }
  }

  @Test
  void damagedLengthIsTold() {
    for (int length : new int[] {0, 1, 2, 4, 15, 16, 255}) {
      LogBuilder log = log(Convention.RAW_CRC).segments(1, 40).segment(30, sectors(3));
      log.source.bytes()[header(log, 5) + 12] = (byte) length;
      SegmentCorrection correction = only(log);
      assertEquals(Kind.LENGTH, correction.kind());
      assertEquals(3, correction.length());
    }
  }

  @Test
  void idOfALogThatHasNotGoneRoundIsTold() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 20);
    log.source.buffer().putLong(header(log, 5), 0x1234_5678_9abcL);
    SegmentCorrection correction = only(log);
    assertEquals(Kind.ID, correction.kind());
    assertEquals(6, correction.id());

    LogBuilder newest = log(Convention.RAW_CRC).segments(1, 20);
    newest.source.buffer().putLong(header(newest, 19), 777);
    assertEquals(20, only(newest).id());
  }

  @Test
  void idIsToldByTheLapThatTheLogHasReached() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 45);
    // Slot 5 holds 30, which 45 shows to have been written; 6 was there a lap before.
    log.source.buffer().putLong(header(log, 5), 0x1234_5678_9abcL);
    assertEquals(30, only(log).id());
    // Slot 19 holds 44, and could hold 20 if its write was lost in the crash.
    LogBuilder late = log(Convention.RAW_CRC).segments(1, 45);
    late.source.buffer().putLong(header(late, 19), 0x1234_5678_9abcL);
    assertTrue(open(late, 19).contains("may hold 44 or 20"));
    // 44 = 0x2c, 20 = 0x14: 0x12c is 44 but for one byte.
    LogBuilder near = log(Convention.RAW_CRC).segments(1, 45);
    change(near, header(near, 19) + 1, 1);
    change(near, header(near, 19), 0);
    SegmentCorrection correction = only(near);
    assertEquals(44, correction.id());
    assertEquals(1, correction.changes().size());
    LogBuilder older = log(Convention.RAW_CRC).segments(1, 43).segment(45, 8);
    change(older, header(older, 19) + 1, 1);
    assertTrue(open(older, 19).contains("older"), "44 was lost, and 20 stands there");
  }

  @Test
  void idAndLengthAreToldTogether() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 20).segment(6, sectors(3));
    log.source.buffer().putLong(header(log, 5), 500);
    log.source.bytes()[header(log, 5) + 12] = 1;
    SegmentCorrection correction = only(log);
    assertEquals(6, correction.id());
    assertEquals(3, correction.length());
  }

  @Test
  void idOneLapAheadIsTold() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 45);
    log.source.buffer().putLong(header(log, 5), 30 + 10 * SLOTS);
    assertEquals(30, only(log).id());
  }

  @Test
  void newestIsCorrectedWhereATearCannotLookLikeThat() {
    LogBuilder bit = log(Convention.COMPLEMENTED_CRC).segments(1, 5).segment(6, sectors(60));
    change(bit, header(bit, 5) + 50_000, 0x20);
    assertEquals(Kind.FLIPPED_BIT, only(bit).kind());
    LogBuilder longByte = log(Convention.COMPLEMENTED_CRC).segments(1, 5).segment(6, sectors(60));
    change(longByte, header(longByte, 5) + 50_000, 0x2b);
    assertTrue(open(longByte, 5).contains("cut off"));
    LogBuilder shortByte = log(Convention.COMPLEMENTED_CRC).segments(1, 5).segment(6, 8);
    change(shortByte, header(shortByte, 5) + 5000, 0x2b);
    assertEquals(Kind.CHANGED_BYTE, only(shortByte).kind());
  }

  @Test
  void reusedSlotsStaleOnesAndOtherLivesAreLeftAlone() {
    LogBuilder tear = log(Convention.RAW_CRC).segments(1, 45);
    change(tear, header(tear, 21) + 5000, 1);
    assertEquals(21, tear.analysis().slotReuseTear());
    assertNull(find(tear).diagnosis(21));
    LogBuilder stale = log(Convention.RAW_CRC).segments(1, 24).segments(25, 30);
    stale.segments(32, 45);
    change(stale, header(stale, 6) + 5000, 1);
    assertNull(find(stale).diagnosis(6), "7 is stale: 31 was lost");
  }

  @Test
  void unreadablePartsCannotBeCorrected() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 40).segment(30, sectors(3));
    log.source.bytes()[header(log, 5) + 12] = 2;
    log.source.breakSectors(header(log, 5) + 4096 + 8192, 512);
    assertEquals("not all of its slot can be read", open(log, 5));
  }

  @Test
  void segmentsThatThePlogsHoldAreLeftAlone() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 12);
    change(log, header(log, 10) + 5000, 1);
    PlogGeometry geometry = new PlogGeometry(9 * 15 * 8, 15);
    long[] heads = IntStream.range(0, 8).mapToLong(i -> i < 4 ? 9 + i : 5 + i).toArray();
    PlogScan plogs = LogBuilder.scan(LogBuilder.plogs(geometry, heads), 15);
    LogAnalysis analysis = LogAnalysis.of(log.table(Depth.VERIFY), plogs, 8);
    assertNull(SegmentCorrections.find(analysis, plogs, 1 << 20, Progress.NONE).diagnosis(10));
  }

  @Test
  void lapsOf2013TellTheId() {
    LogBuilder wrongSlot = log(Convention.LAPS).segments(1, 40);
    wrongSlot.source.buffer().putLong(header(wrongSlot, 5), 17);
    assertEquals(30, only(wrongSlot).id());
    LogBuilder lapAhead = log(Convention.LAPS).segments(1, 40);
    lapAhead.source.buffer().putLong(header(lapAhead, 5), 30 + 10 * SLOTS);
    assertEquals(Kind.ID, only(lapAhead).kind());
    LogBuilder other = log(Convention.LAPS).segments(1, 40);
    other.source.buffer().putLong(header(other, 5), 17);
    other.source.buffer().putInt(header(other, 5) + 9, 7);
    other.source.buffer().putInt(header(other, 5) + 13 + 9, 7);
    assertTrue(open(other, 5).contains("do not fit the log"));
    LogBuilder both = log(Convention.LAPS).segments(1, 40);
    both.source.buffer().putLong(header(both, 5), 17);
    both.source.buffer().putInt(header(both, 5) + 9, 7);
    assertTrue(open(both, 5).contains("nor do its laps agree"));
  }

  @Test
  void oneLapOf2013ThatDiffersIsTold() {
    LogBuilder inHeader = log(Convention.LAPS).segments(1, 40).segment(30, sectors(3));
    inHeader.source.buffer().putInt(header(inHeader, 5) + 9, 0x7777);
    assertEquals(Kind.LAP, only(inHeader).kind());
    LogBuilder inMetablock = log(Convention.LAPS).segments(1, 40).segment(30, sectors(3));
    change(inMetablock, header(inMetablock, 5) + 13 + 13 + 9, 0x41);
    SegmentCorrection correction = only(inMetablock);
    assertEquals(Kind.METABLOCK_LAP, correction.kind());
    assertEquals(1, correction.changes().size());
    LogBuilder two = log(Convention.LAPS).segments(1, 40).segment(30, sectors(3));
    change(two, header(two, 5) + 13 + 9, 0x41);
    change(two, header(two, 5) + 13 + 13 + 9, 0x41);
    assertTrue(open(two, 5).contains("2 of its 4 laps"));
    LogBuilder length = log(Convention.LAPS).segments(1, 40).segment(30, sectors(3));
    length.source.bytes()[header(length, 5) + 8] = (byte) 200;
    assertTrue(open(length, 5).contains("length"));
  }

  @ParameterizedTest
  @ValueSource(ints = {9, 10, 11})
  void lapsBehindATearOf2013AreNotCorrected(int order) {
    // Metablock 38 begins in sector 0 and has its lap in sector 1.
    LogBuilder torn = new LogBuilder(Convention.LAPS, order, SLOTS).segments(1, 40);
    torn.segment(30, sectors(39));
    change(torn, header(torn, 5) + 13 + 38 * 13 + 9, 3);
    assertTrue(open(torn, 5).contains("may be what was there before"));
    LogBuilder arrived = new LogBuilder(Convention.LAPS, order, SLOTS).segments(1, 40);
    arrived.segment(30, sectors(40));
    change(arrived, header(arrived, 5) + 13 + 38 * 13 + 9, 3);
    assertEquals(Kind.METABLOCK_LAP, only(arrived).kind());
  }

  @Test
  void checkSaysWhatWouldMendASegment() {
    LogBuilder log = log(Convention.RAW_CRC).segments(1, 40);
    change(log, header(log, 5) + 5000, 0x20);
    Findings findings = new Findings();
    WriteboostImage.open(new OpenRequest(log.source, null, null, null, null, OptionalInt.empty()))
        .examine(Depth.VERIFY, findings, Progress.NONE);
    String message =
        findings.kept().stream()
            .filter(finding -> finding.code() == WriteboostCode.CHECKSUM)
            .map(Finding::message)
            .findFirst()
            .orElseThrow();
    assertTrue(message.contains("0x%x becomes".formatted(header(log, 5) + 5000)), message);
  }

  @Test
  void manyDamagedSegmentsAreAllCorrected() {
    LogBuilder log = new LogBuilder(Convention.RAW_CRC, 4, 200).segments(1, 190);
    for (int slot = 10; slot < 180; slot++) {
      change(log, header(log, slot) + 4096 + slot, 0x11);
    }
    SegmentCorrections corrections = find(log);
    assertEquals(170, corrections.corrections().size());
    assertEquals(190, corrections.table().count(SlotState.SEALED));
    int[] slots = corrections.corrections().stream().mapToInt(SegmentCorrection::slot).toArray();
    assertTrue(Arrays.equals(IntStream.range(10, 180).toArray(), slots), "by slot");
  }
}
