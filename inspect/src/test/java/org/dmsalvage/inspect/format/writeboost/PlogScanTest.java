package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class PlogScanTest {

  private static final PlogGeometry GEOMETRY = new PlogGeometry(2048, 15);

  private static MemorySource device() {
    return new MemorySource(new byte[2048 * 512]);
  }

  private static List<Plog.State> states(PlogSegment segment) {
    return segment.plogs().stream().map(Plog::state).toList();
  }

  @Test
  void runIsFollowedToItsEnd() {
    MemorySource source = device();
    int at = LogBuilder.plog(source, 0, 9, 16, 0, 8);
    at = LogBuilder.plog(source, at, 9, 19, 0, 2);
    LogBuilder.plog(source, at, 1, 8, 0, 8);
    PlogSegment segment = LogBuilder.scan(source, 15).segments().getFirst();
    assertEquals(List.of(Plog.State.GOOD, Plog.State.GOOD, Plog.State.STALE), states(segment));
    assertEquals(9, segment.headId());
    assertEquals(9 * 512, segment.plogs().get(1).offset());
  }

  @Test
  void plogsBehindATornOneAreFound() {
    MemorySource source = device();
    int second = LogBuilder.plog(source, 0, 9, 16, 0, 2);
    int third = LogBuilder.plog(source, second, 9, 24, 1, 4);
    LogBuilder.plog(source, third, 9, 32, 2, 1);
    source.bytes()[second + 600] ^= 1;
    PlogSegment segment = LogBuilder.scan(source, 15).segments().getFirst();
    assertEquals(List.of(Plog.State.GOOD, Plog.State.TORN, Plog.State.GOOD), states(segment));
    assertFalse(segment.plogs().get(0).behindGap());
    assertTrue(segment.plogs().get(2).behindGap());
  }

  @Test
  void impossibleFieldsUnderAGoodChecksumAreNamed() {
    MemorySource source = device();
    int second = LogBuilder.plog(source, 0, 9, 16, 20, 2);
    LogBuilder.plog(source, second, 9, 24, 1, 0);
    PlogSegment segment = LogBuilder.scan(source, 15).segments().getFirst();
    assertEquals(List.of(Plog.State.IMPLAUSIBLE, Plog.State.IMPLAUSIBLE), states(segment));
  }

  @Test
  void unreadableDataIsATornPlog() {
    MemorySource source = device();
    int second = LogBuilder.plog(source, 0, 9, 16, 0, 2);
    LogBuilder.plog(source, second, 9, 24, 1, 1);
    source.breakSectors(1024, 512);
    PlogSegment segment = LogBuilder.scan(source, 15).segments().getFirst();
    assertEquals(List.of(Plog.State.TORN, Plog.State.GOOD), states(segment));
  }

  @Test
  void ringIsInferredFromTheHeads() {
    PlogScan four = LogBuilder.scan(LogBuilder.plogs(GEOMETRY, 21, 18, 19, 20), 15);
    assertEquals(4, four.ring());
    assertEquals(PlogScan.RingOrigin.INFERRED, four.ringOrigin());
    assertEquals(
        List.of(18L, 19L, 20L, 21L), four.byId().stream().map(PlogSegment::headId).toList());
    PlogScan first = LogBuilder.scan(LogBuilder.plogs(GEOMETRY, 0, 2), 15);
    assertEquals(8, first.ring());
    assertEquals(PlogScan.RingOrigin.DEFAULT, first.ringOrigin());
  }

  @Test
  void headsOutOfPlaceAreSetApart() {
    PlogScan scan = LogBuilder.scan(LogBuilder.plogs(GEOMETRY, 9, 10, 11, 12, 13, 14, 99, 8), 15);
    assertEquals(8, scan.ring());
    assertEquals(List.of(99L), scan.outOfPlace().stream().map(PlogSegment::headId).toList());
  }

  @Test
  void deviceWithoutRoomHasNoRing() {
    PlogScan scan = LogBuilder.scan(new MemorySource(new byte[4096]), 15);
    assertEquals(0, scan.ring());
    assertTrue(scan.segments().isEmpty());
  }
}
