package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.IntStream;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.junit.jupiter.api.Test;

class LogAnalysisTest {

  private static final int SLOTS = 16;

  private static LogBuilder log() {
    return new LogBuilder(Convention.RAW_CRC, 7, SLOTS);
  }

  private static int[] range(int from, int to) {
    return IntStream.range(from, to).toArray();
  }

  @Test
  void emptyLogHasNoNewest() {
    LogAnalysis log = log().analysis();
    assertEquals(0, log.newestId());
    assertEquals(0, log.salvageOrder(log.shown()).length);
    assertEquals(0, log.driverOrder().length);
  }

  @Test
  void firstLap() {
    LogAnalysis log = log().segments(1, 5).analysis();
    assertEquals(new Life(1, 5), log.shown());
    assertArrayEquals(range(0, 5), log.salvageOrder(log.shown()));
    assertArrayEquals(range(0, 5), log.driverOrder());
    assertEquals(Role.EMPTY, log.role(7));
  }

  @Test
  void tornNewestIsTheNewestAndLostAlone() {
    LogAnalysis log = log().segments(1, 36).spoil(3).analysis();
    assertEquals(new Life(21, 36), log.shown());
    assertEquals(15, log.salvageOrder(log.shown()).length);
    assertEquals(3, log.driverWalk().orElseThrow().stopSlot());
    assertEquals(35, log.driverWalk().orElseThrow().lastFlushed());
    assertEquals(-1, log.slotReuseTear());
  }

  @Test
  void slotReuseTearStopsTheDriverAtOnce() {
    LogAnalysis log = log().segments(1, 36).spoil(4).analysis();
    assertEquals(4, log.slotReuseTear());
    assertEquals(0, log.driverWalk().orElseThrow().applied());
    assertEquals(15, log.salvageOrder(log.shown()).length);
    assertEquals(5, log.salvageOrder(log.shown())[0]);
  }

  @Test
  void badSegmentInTheMiddleStopsTheDriverButNotSalvage() {
    LogAnalysis log = log().segments(1, 36).spoil(9).analysis();
    DriverWalk walk = log.driverWalk().orElseThrow();
    assertEquals(9, walk.stopSlot());
    assertEquals(5, walk.applied());
    assertTrue(walk.visits(8));
    assertEquals(15, log.salvageOrder(log.shown()).length);
  }

  @Test
  void lostSegmentLeavesAStaleOne() {
    LogBuilder builder = log().segments(1, 36);
    builder.segment(18, 8 * 18);
    LogAnalysis log = builder.analysis();
    assertEquals(new Life(21, 36), log.shown());
    assertEquals(Role.STALE, log.role(1));
    assertEquals(16, log.driverWalk().orElseThrow().applied(), "the driver takes it");
    assertEquals(15, log.salvageOrder(log.shown()).length);
  }

  @Test
  void forgedIdsChangeNothing() {
    LogBuilder builder = log().segments(1, 20);
    LogAnalysis inSlot = builder.segment(16 * 1000 + 9, 8).analysis();
    assertEquals(new Life(5, 20), inSlot.shown());
    assertEquals(Role.AHEAD, inSlot.role(8));
    LogAnalysis elsewhere = builder.segmentAt(8, 1000, 255, 8).analysis();
    assertEquals(new Life(5, 20), elsewhere.shown());
    assertEquals(Role.MISPLACED, elsewhere.role(8));
    LogAnalysis huge = builder.segmentAt(8, -1, 255, 8).analysis();
    assertEquals(new Life(5, 20), huge.shown());
    assertEquals(15, huge.driverWalk().orElseThrow().start(), "where 2^64 - 1 takes it");
  }

  @Test
  void youngerLifeIsShownAfterASlotReuseTear() {
    LogBuilder builder = log().segments(1, 60).spoil(12);
    assertEquals(12, builder.analysis().slotReuseTear());
    LogAnalysis log = builder.segments(1, 3).analysis();
    assertEquals(new Life(1, 3), log.shown());
    assertEquals(new Life(45, 60), log.older().orElseThrow());
    assertArrayEquals(range(0, 3), log.salvageOrder(log.shown()));
    assertEquals(12, log.salvageOrder(log.older().orElseThrow()).length);
    assertEquals(Role.OTHER_LIFE, log.role(5));
  }

  @Test
  void youngerLifeThatOutgrewTheOlderIsTheLog() {
    LogAnalysis log = log().segments(1, 60).segments(1, 13).analysis();
    assertEquals(new Life(1, 13), log.shown());
    assertEquals(new Life(46, 48), log.older().orElseThrow());
    assertEquals(Role.OTHER_LIFE, log.role(14));
  }

  @Test
  void fewStaleIdsFromOneAreLostWritesNotALife() {
    LogBuilder builder = log().segments(1, 20).spoil(4);
    builder.segment(1, 8).segment(2, 16);
    LogAnalysis log = builder.analysis();
    assertEquals(new Life(5, 20), log.shown());
    assertEquals(new Life(1, 2), log.ambiguousRun().orElseThrow());
  }

  @Test
  void plogHeadCarriesTheLogOn() {
    LogBuilder builder = log().segments(1, 5);
    PlogGeometry geometry = new PlogGeometry(2048, 15);
    PlogScan near = LogBuilder.scan(LogBuilder.plogs(geometry, 0, 0, 3, 4, 5, 6), 15);
    SegmentTable table = builder.table(Depth.VERIFY);
    assertEquals(6, LogAnalysis.of(table, near, 8).newestId());
    PlogScan far = LogBuilder.scan(LogBuilder.plogs(geometry, 801), 15);
    assertEquals(5, LogAnalysis.of(table, far, 8).newestId());
  }

  @Test
  void fullLogOf2013LeavesOutItsOldest() {
    LogAnalysis log = new LogBuilder(Convention.LAPS, 7, SLOTS).segments(1, 36).analysis();
    assertEquals(21, log.certainlyWrittenBack(log.shown()));
    assertEquals(15, log.salvageOrder(log.shown()).length);
    assertEquals(16, log.driverOrder().length);
    LogAnalysis first = new LogBuilder(Convention.LAPS, 7, SLOTS).segments(1, 6).analysis();
    assertEquals(6, first.salvageOrder(first.shown()).length);
    assertEquals(DriverWalk.Stop.NOT_RISING, first.driverWalk().orElseThrow().stop());
  }

  @Test
  void unreadableSegmentFailsTheAttach() {
    LogBuilder builder = log().segments(1, 20);
    builder.source.breakSectors(builder.geometry.blockByte(9, 0), 512);
    LogAnalysis log = builder.analysis();
    assertEquals(DriverWalk.Stop.READ_ERROR, log.driverWalk().orElseThrow().stop());
    assertEquals(15, log.salvageOrder(log.shown()).length);
  }
}
