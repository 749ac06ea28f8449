package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;

/** What is proved about damaged plogs, and what is not. */
class PlogCorrectionsTest {

  private static final PlogGeometry GEOMETRY = new PlogGeometry(2048, 15);

  private final MemorySource source = new MemorySource(new byte[2048 * 512]);

  /** Three plogs of segment 9, and behind them one of segment 1. */
  private final int second = LogBuilder.plog(source, 0, 9, 16, 0, 2);

  private final int third = LogBuilder.plog(source, second, 9, 24, 1, 4);
  private final int old = LogBuilder.plog(source, third, 9, 32, 2, 1);

  PlogCorrectionsTest() {
    LogBuilder.plog(source, old, 1, 80, 3, 1);
    // 10 and 2 … 8 stand in the other places, so that a ring of 8 is plain.
    for (int place = 1; place < 8; place++) {
      int id = place == 1 ? 10 : place + 1;
      LogBuilder.plog(source, (int) GEOMETRY.startByte(place), id, 8L * id, 0, 3);
    }
  }

  private static final List<Plog.State> RIGHT =
      List.of(Plog.State.GOOD, Plog.State.GOOD, Plog.State.GOOD, Plog.State.STALE);

  private PlogScan corrected() {
    PlogScan scan = LogBuilder.scan(source, 15);
    return PlogCorrections.find(scan).corrected(OptionalInt.empty(), Progress.NONE);
  }

  private static List<Plog.State> states(PlogScan scan) {
    return scan.segments().getFirst().plogs().stream().map(Plog::state).toList();
  }

  /** Damages one byte, and sees all well again. */
  private void mends(int at, int by) {
    source.bytes()[at] ^= (byte) by;
    PlogScan scan = corrected();
    assertEquals(RIGHT, states(scan), "byte " + at);
    assertEquals(9, scan.segments().getFirst().headId());
    Findings findings = new Findings();
    PlogCorrections.find(LogBuilder.scan(source, 15)).report(findings);
    assertEquals(1, findings.count(WriteboostCode.PLOG_CORRECTED));
    assertTrue(findings.kept().getFirst().message().contains("becomes 0x"));
    source.bytes()[at] ^= (byte) by;
  }

  @Test
  void wholePlogsNeedNone() {
    PlogScan scan = LogBuilder.scan(source, 15);
    assertSame(scan, PlogCorrections.find(scan).corrected(OptionalInt.empty(), Progress.NONE));
    assertEquals(RIGHT, states(scan));
  }

  @Test
  void oneByteOfDataOrChecksumIsTold() {
    for (int at : new int[] {512, second + 512 + 2047, third + 700}) {
      mends(at, 0x10);
      mends(at, 0x5b);
    }
    for (int i = 16; i < 20; i++) {
      mends(second + i, 0x5b);
    }
  }

  @Test
  void lengthIsTold() {
    mends(second + 21, 4 ^ 2);
    mends(second + 21, 4 ^ 7);
    mends(third + 21, 1 ^ 8);
  }

  @Test
  void idIsToldByThePlogsAround() {
    mends(second, 0x40);
    mends(second + 7, 0x40);
    mends(third, 2);
    mends(1, 1);
    mends(0, 9 ^ 14);
  }

  @Test
  void twoChangedBytesStay() {
    source.bytes()[second + 600] ^= 1;
    source.bytes()[second + 700] ^= 1;
    PlogScan scan = LogBuilder.scan(source, 15);
    assertEquals(List.of(), PlogCorrections.find(scan).corrections());
  }

  @Test
  void plogsOfEarlierRoundsKeepTheirIds() {
    LogBuilder.plog(source, third, 1, 32, 2, 1);
    PlogScan scan = LogBuilder.scan(source, 15);
    assertEquals(List.of(), PlogCorrections.find(scan).corrections());
  }

  @Test
  void unreadableDataStays() {
    source.bytes()[second + 600] ^= 1;
    source.breakSectors(second + 1024, 512);
    PlogScan scan = LogBuilder.scan(source, 15);
    assertEquals(List.of(), PlogCorrections.find(scan).corrections());
  }
}
