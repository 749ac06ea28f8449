package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What is said about damage that was done on purpose. */
class WriteboostCheckTest {

  private static final int SLOTS = 16;

  private static LogBuilder log() {
    return new LogBuilder(Convention.RAW_CRC, 7, SLOTS);
  }

  private static WriteboostImage open(BlockSource cache, BlockSource plog, BlockSource backing) {
    return WriteboostImage.open(
        new OpenRequest(cache, plog, backing, null, null, OptionalInt.empty()));
  }

  /** Findings worse than a note, by code. */
  private static Map<String, Severity> severe(WriteboostImage image) {
    Findings findings = new Findings();
    image.examine(Depth.VERIFY, findings, Progress.NONE);
    Map<String, Severity> severe = new TreeMap<>();
    for (Finding finding : findings.kept()) {
      assertFalse(finding.message().isEmpty());
      assertTrue(finding.where().end() <= Math.max(image.source().size(), 1 << 20));
      if (finding.severity() != Severity.NOTE) {
        severe.merge(finding.code().id(), finding.severity(), (a, b) -> a.compareTo(b) > 0 ? a : b);
      }
    }
    return severe;
  }

  private static Map<String, Severity> severe(LogBuilder log) {
    return severe(open(log.source, null, null));
  }

  @ParameterizedTest
  @EnumSource(Convention.class)
  void wholeLogsHaveNothingWorseThanNotes(Convention convention) {
    int order = convention == Convention.COMPLEMENTED_CRC ? 10 : 7;
    int orderByte = convention == Convention.COMPLEMENTED_CRC ? 0 : 7;
    for (int newest : new int[] {1, 5, 16, 17, 39}) {
      LogBuilder log = new LogBuilder(convention, order, SLOTS, orderByte).segments(1, newest);
      assertEquals(Map.of(), severe(log), convention + " up to id " + newest);
    }
  }

  @Test
  void anEmptySlotThatIsDueForTheNextSegmentLostNothing() {
    assertEquals(Map.of(), severe(log().segments(1, 36).clear(4)), "id 21, where 37 is to go");
    assertEquals(
        Map.of("WB-LOST-SEGMENT", Severity.ERROR), severe(log().segments(1, 36).clear(5)), "id 22");
    assertEquals(
        Map.of("WB-LOST-SEGMENT", Severity.ERROR),
        severe(log().segments(1, 36).clear(4).clear(5)),
        "id 22 besides 21");
    assertEquals(
        Map.of("WB-LOST-SEGMENT", Severity.ERROR), severe(log().segments(1, 15).clear(0)), "id 1");
  }

  @ParameterizedTest
  @CsvSource({
    "RAW_CRC, 7, 0 a b 2 segment_size_order 7, false",
    "RAW_CRC, 7, 0 a b 2 segment_size_order 8, true",
    "RAW_CRC, 7, 0 a b, true",
    "RAW_CRC, 10, 1 a b c 2 nr_rambuf_pool 8, false",
    "LAPS, 7, a b 7, false",
    "LAPS, 7, a b 4, true"
  })
  void theTableLineMustAskForTheOrderOnDisk(
      Convention convention, int order, String arguments, boolean wrong) {
    LogBuilder log = new LogBuilder(convention, order, 4).segments(1, 3);
    DmTable table = DmTable.parse("0 4096 writeboost " + arguments);
    WriteboostImage image =
        WriteboostImage.open(
            new OpenRequest(log.source, null, null, null, table, OptionalInt.empty()));
    assertEquals(
        wrong ? Map.of("WB-TABLE-ORDER", Severity.ERROR) : Map.of(), severe(image), arguments);
  }

  @Test
  void theTableLineMustBeOneOfWriteboost() {
    DmTable other = DmTable.parse("0 4096 writecache s /dev/a /dev/b 4096 0");
    OpenRequest request =
        new OpenRequest(log().segments(1, 3).source, null, null, null, other, OptionalInt.empty());
    UsageException refused =
        assertThrows(UsageException.class, () -> WriteboostImage.open(request));
    assertEquals(
        "the table line is for target writecache, the cache is one of writeboost",
        refused.getMessage());
  }

  @Test
  void wrongMagicIsSeenThrough() {
    LogBuilder bit = log().segments(1, 9);
    bit.source.bytes()[1] ^= 0x10;
    assertEquals(Map.of("WB-MAGIC", Severity.ERROR), severe(bit));
    LogBuilder wiped = log().segments(1, 9);
    wiped.source.buffer().putLong(0, 0);
    WriteboostReading reading = WriteboostReading.of(wiped.source, null);
    assertEquals(Detection.Confidence.LIKELY, reading.confidence().orElseThrow());
    assertEquals(7, reading.geometry().order());
    assertEquals(Map.of("WB-MAGIC", Severity.ERROR), severe(wiped));
  }

  @Test
  void zerosAndRubbishAreNotRecognised() {
    WriteboostFormat format = new WriteboostFormat();
    assertTrue(format.detect(new MemorySource(new byte[4 << 20])).isEmpty());
    assertTrue(format.detect(new MemorySource(new byte[100])).isEmpty());
    byte[] rubbish = new byte[4 << 20];
    new Random(5).nextBytes(rubbish);
    assertTrue(format.detect(new MemorySource(rubbish)).isEmpty());
    Arrays.fill(rubbish, (byte) 0xff);
    assertTrue(format.detect(new MemorySource(rubbish)).isEmpty());
  }

  @Test
  void wrongOrderByteIsOverruledBySegments() {
    LogBuilder log = log().segments(1, 9);
    log.source.bytes()[4] = 8;
    assertEquals(Map.of("WB-ORDER", Severity.ERROR), severe(log));
  }

  @Test
  void rawChecksumsOfOrder10WithoutAnOrderByteAreThoseOf2() {
    LogBuilder log = new LogBuilder(Convention.RAW_CRC, 10, 4, 0).segments(1, 3);
    WriteboostReading reading = WriteboostReading.of(log.source, null);
    assertEquals(WriteboostReading.FORMAT_2, reading.format());
    assertEquals(Convention.RAW_CRC, reading.convention());
    assertEquals(Map.of(), severe(log));
  }

  @Test
  void badSegmentSaysWhatTheDriverDrops() {
    LogBuilder log = log().segments(1, 36).spoil(9);
    Findings findings = new Findings();
    open(log.source, null, null).examine(Depth.VERIFY, findings, Progress.NONE);
    Finding stops =
        findings.kept().stream()
            .filter(f -> f.code() == WriteboostCode.DRIVER_STOPS)
            .findFirst()
            .orElseThrow();
    assertTrue(stops.message().contains("applies 5 segments"), stops.message());
    assertTrue(stops.message().contains("drops 10 whole"), stops.message());
    assertEquals(1, findings.count(WriteboostCode.CHECKSUM));
  }

  @Test
  void headersThatCannotBeAreNamed() {
    LogBuilder length = log().segments(1, 36);
    length.source.bytes()[(int) length.geometry.startByte(9) + 12] = (byte) 255;
    assertTrue(severe(length).containsKey("WB-LENGTH"));
    LogBuilder misplaced = log().segments(1, 12).segmentAt(5, 50, 255, 8);
    assertTrue(severe(misplaced).containsKey("WB-ID-SLOT"));
    LogBuilder ahead = log().segments(1, 12).segment(1606, 8);
    assertTrue(severe(ahead).containsKey("WB-ID-AHEAD"));
  }

  @Test
  void metablocksThatCannotBeAreNamed() {
    LogBuilder log = log().segments(1, 5).segment(6, 24, 24, 33, 8000);
    MemorySource backing = new MemorySource(new byte[4096 * 512]);
    Findings findings = new Findings();
    open(log.source, null, backing).examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(1, findings.count(WriteboostCode.DUPLICATE));
    assertEquals(1, findings.count(WriteboostCode.UNALIGNED));
    assertEquals(1, findings.count(WriteboostCode.BEYOND));
    findings = new Findings();
    open(log.source, null, null).examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(0, findings.count(WriteboostCode.BEYOND), "the end is not known");
    LogBuilder absurd = log().segments(1, 5).segment(6, -8);
    assertTrue(severe(absurd).containsKey("WB-SECTOR-BEYOND"));
  }

  @Test
  void cleanMetablocksStopTheKernelOf2014Only() {
    LogBuilder of2014 = log().segments(1, 5).segmentAt(5, 6, 0, 48);
    assertEquals(Map.of("WB-CLEAN-METABLOCK", Severity.ERROR), severe(of2014));
    LogBuilder of2 = new LogBuilder(Convention.COMPLEMENTED_CRC, 10, 8, 0).segments(1, 5);
    assertEquals(Map.of(), severe(of2.segmentAt(5, 6, 0, 48)));
    LogBuilder of2013 = new LogBuilder(Convention.LAPS, 7, SLOTS).segments(1, 5);
    Findings findings = new Findings();
    open(of2013.segmentAt(5, 6, 0, 48, 56).source, null, null)
        .examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(1, findings.count(WriteboostCode.CLEAN_METABLOCK), "not for the first");
  }

  @Test
  void recordIsJudgedByWhatItWouldDo() {
    assertEquals(Map.of("WB-RECORD", Severity.WARNING), severe(log().segments(1, 9).record(5)));
    assertEquals(Map.of("WB-RECORD", Severity.ERROR), severe(log().segments(1, 40).record(35)));
    assertEquals(Map.of(), severe(log().segments(1, 40).record(24)), "has left the log");
    assertEquals(
        Map.of("WB-RECORD-BEYOND", Severity.ERROR), severe(log().segments(1, 40).record(41)));
    assertEquals(
        Map.of("WB-RECORD-BEYOND", Severity.ERROR), severe(log().segments(1, 9).record(-1)));
  }

  @Test
  void discardedSegmentsOf2013AreFound() {
    LogBuilder log = new LogBuilder(Convention.LAPS, 7, SLOTS).segments(1, 9);
    int block = (int) log.geometry.blockByte(3, 0);
    Arrays.fill(log.source.bytes(), block, block + 4096, (byte) 0);
    assertEquals(Map.of("WB-ZEROED", Severity.ERROR), severe(log));
  }

  @Test
  void unreadableSegmentsRefuseTheDriver() {
    LogBuilder log = log().segments(1, 9);
    log.source.breakSectors(log.geometry.blockByte(3, 0), 512);
    Map<String, Severity> severe = severe(log);
    assertEquals(Severity.ERROR, severe.get("WB-UNREADABLE-SEGMENT"));
    assertEquals(Severity.ERROR, severe.get("IO-UNREADABLE"));
  }

  @Test
  void tooSmallDevicesAreFindingsNotFailures() {
    for (int size : new int[] {0, 512, 4096, 1 << 20, (1 << 20) + 65535}) {
      OpenRequest request =
          OpenRequest.of(new MemorySource(new byte[size]))
              .withFormat(WriteboostReading.FORMAT_2014);
      Map<String, Severity> severe = severe(WriteboostImage.open(request));
      assertTrue(severe.containsKey("WB-TOO-SMALL"), size + " bytes");
    }
  }

  @Test
  void segmentsBeyond2TibAreReadWhereTheDriverPutThem() {
    long size = (1L << 41) + (64L << 20);
    SparseSource source = new SparseSource(size);
    new SuperblockHeader(SuperblockHeader.MAGIC, 10).encode(source.block(0), 0);
    WriteboostGeometry geometry = WriteboostGeometry.of(size, 10).withWrap(true);
    for (long id = geometry.segmentCount() - 100; id <= geometry.segmentCount(); id++) {
      ByteBuffer segment = source.block(geometry.startByte(geometry.slotOf(id)));
      int checksum = Convention.RAW_CRC.checksum(segment);
      new SegmentHeader(id, checksum, 0).encode(segment, 0);
    }
    WriteboostReading reading = WriteboostReading.of(source, null);
    assertTrue(reading.geometry().wraps());
    assertEquals(10, reading.geometry().order());
  }

  @Test
  void plogsOfTheLogThatTheDriverDoesNotReachAreErrors() {
    PlogGeometry geometry = new PlogGeometry(2048, 15);
    LogBuilder log = log().segments(1, 20);
    // Rule P5: id 13 stands where 21 should; the walk begins there and stops at 14's place.
    MemorySource stale = LogBuilder.plogs(geometry, 17, 18, 19, 20, 13, 22);
    Map<String, Severity> severe = severe(open(log.source, stale, null));
    assertEquals(Severity.ERROR, severe.get("WB-PLOG-IGNORED"));
    MemorySource right = LogBuilder.plogs(geometry, 0, 0, 0, 0, 21, 22);
    assertFalse(severe(open(log.source, right, null)).containsKey("WB-PLOG-IGNORED"));
  }

  @Test
  void stalePlogsThatWouldOverwriteNewerSegmentsAreErrors() {
    PlogGeometry geometry = new PlogGeometry(2048, 15);
    LogBuilder log = log().segments(1, 40);
    MemorySource stale = LogBuilder.plogs(geometry, 17, 18, 19);
    assertEquals(Severity.ERROR, severe(open(log.source, stale, null)).get("WB-PLOG-OVER-NEWER"));
    DmTable type0 = DmTable.parse("0 8192 writeboost 0 b c");
    OpenRequest request =
        new OpenRequest(log.source, stale, null, null, type0, OptionalInt.empty());
    assertEquals(Severity.WARNING, severe(WriteboostImage.open(request)).get("WB-PLOG-OVER-NEWER"));
  }

  @Test
  void idThatWasUsedTwiceIsFoundByItsContents() {
    LogBuilder log = log().segments(1, 8);
    MemorySource plogs = new MemorySource(new byte[2048 * 512]);
    LogBuilder.plog(plogs, 7 * 9 * 15 * 512, 8, 64, 0, 3);
    Map<String, Severity> severe = severe(open(log.source, plogs, null));
    assertEquals(Severity.ERROR, severe.get("WB-PLOG-REUSED-ID"));
  }

  @Test
  void plogsBehindAHoleAreReported() {
    LogBuilder log = log().segments(1, 8);
    MemorySource plogs = new MemorySource(new byte[2048 * 512]);
    int second = LogBuilder.plog(plogs, 0, 9, 80, 0, 3);
    int third = LogBuilder.plog(plogs, second, 9, 88, 1, 3);
    LogBuilder.plog(plogs, third, 9, 96, 2, 3);
    plogs.bytes()[second + 700] ^= 1;
    Map<String, Severity> severe = severe(open(log.source, plogs, null));
    assertEquals(Severity.ERROR, severe.get("WB-PLOG-HOLE"));
  }

  @Test
  void plogDeviceIsRefusedWhereThereIsNone() {
    LogBuilder log = new LogBuilder(Convention.LAPS, 7, SLOTS).segments(1, 5);
    MemorySource plogs = new MemorySource(new byte[2048 * 512]);
    assertThrows(UsageException.class, () -> open(log.source, plogs, null));
  }

  @Test
  void summaryHasTheFieldsOfTheContractInOrder() {
    LogBuilder log = log().segments(1, 20).spoil(2).record(3);
    Findings findings = new Findings();
    WriteboostImage image = open(log.source, null, null);
    Facts facts = image.examine(Depth.VERIFY, findings, Progress.NONE);
    assertEquals(
        List.of(
            "maxId",
            "lastFlushedId",
            "lastWritebackId",
            "recordId",
            "validSegments",
            "invalidSegments",
            "emptySegments",
            "dirtyBlocks",
            "dirtySectors"),
        facts.all().stream().limit(9).map(f -> f.name()).toList());
    assertEquals(20L, facts.value("maxId"));
    assertEquals(18L, facts.value("lastFlushedId"));
    assertEquals(3L, facts.value("lastWritebackId"));
    assertEquals(15L, facts.value("validSegments"));
    assertEquals(1L, facts.value("invalidSegments"));
    assertEquals(15L, facts.value("dirtyBlocks"));
    assertEquals(120L, facts.value("dirtySectors"));
    Facts quick = image.examine(Depth.HEADERS, findings, Progress.NONE);
    assertEquals(null, quick.value("validSegments"));
    assertEquals(16L, quick.value("dirtyBlocks"));
  }
}
