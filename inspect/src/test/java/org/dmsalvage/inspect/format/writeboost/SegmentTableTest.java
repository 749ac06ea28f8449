package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SegmentTableTest {

  @ParameterizedTest
  @CsvSource({
    "RAW_CRC, 4",
    "RAW_CRC, 7",
    "RAW_CRC, 10",
    "COMPLEMENTED_CRC, 10",
    "LAPS, 7",
    "LAPS, 11"
  })
  void everySlotIsJudged(Convention convention, int order) {
    LogBuilder log = new LogBuilder(convention, order, 9).segments(1, 6);
    log.spoil(2).clear(4);
    log.source.bytes()[(int) log.geometry.startByte(3) + convention.metablockOffset(0) + 9] ^= 4;
    SegmentTable table = log.table(Depth.VERIFY);
    boolean sums = convention.hasChecksum();
    assertEquals(9, table.slots());
    assertEquals(SlotState.SEALED, table.state(0));
    assertEquals(sums ? SlotState.TORN : SlotState.SEALED, table.state(2), "data changed");
    assertEquals(SlotState.TORN, table.state(3), "metablock changed");
    assertEquals(SlotState.EMPTY, table.state(4));
    assertEquals(6, table.id(5));
    assertEquals(4, table.count(SlotState.EMPTY));
    assertEquals(5, table.slotHolding(6));
    assertEquals(-1, table.slotHolding(15), "its slot holds 6");
    assertTrue(table.inSlot(5));
  }

  @ParameterizedTest
  @EnumSource(Convention.class)
  void headersAloneLeaveChecksumsOpen(Convention convention) {
    SegmentTable table = new LogBuilder(convention, 7, 9).segments(1, 3).table(Depth.HEADERS);
    boolean laps = convention == Convention.LAPS;
    assertEquals(laps ? SlotState.SEALED : SlotState.UNCHECKED, table.state(1));
    assertEquals(laps, table.verified());
  }

  @ParameterizedTest
  @CsvSource({"RAW_CRC, 4", "RAW_CRC, 7", "RAW_CRC, 9", "LAPS, 7"})
  void whatCannotBeReadIsReportedAndTheRestUsed(Convention convention, int order) {
    LogBuilder log = new LogBuilder(convention, order, 8).segments(1, 8);
    log.source.breakSectors(log.geometry.startByte(1), 512);
    log.source.breakSectors(log.geometry.startByte(3) + 3584, 1536);
    Findings findings = new Findings();
    SegmentTable table =
        SegmentTable.scan(
            log.source, log.geometry, convention, Depth.VERIFY, findings, Progress.NONE);
    boolean sums = convention.hasChecksum();
    assertEquals(SlotState.UNREADABLE, table.state(1));
    assertEquals(sums ? SlotState.PARTLY_READABLE : SlotState.SEALED, table.state(3));
    assertEquals(sums ? 6 : 7, table.count(SlotState.SEALED));
    assertEquals(
        List.of(
            new ByteRange(log.geometry.startByte(1), 512),
            new ByteRange(log.geometry.startByte(3) + 3584, 1536)),
        findings.kept().stream().map(Finding::where).toList(),
        "of header and data; joined where both reads touch");
  }

  @ParameterizedTest
  @CsvSource({"RAW_CRC, 4", "RAW_CRC, 7", "LAPS, 11"})
  void metablocksComeInTheOrderAskedFor(Convention convention, int order) {
    LogBuilder log = new LogBuilder(convention, order, 40).segments(1, 40);
    log.source.breakSectors(log.geometry.startByte(7), 4096);
    SegmentTable table = log.table(Depth.HEADERS);
    int[] slots = IntStream.range(0, 40).map(i -> (i + 11) % 40).filter(i -> i != 7).toArray();
    List<Long> sectors = new ArrayList<>();
    MetablockReader.read(
        table,
        slots,
        Progress.NONE,
        batch -> {
          for (int p = 0; p < batch.slots(); p++) {
            assertEquals(1, batch.endRow(p) - batch.firstRow(p));
            assertEquals(255, batch.dirtyBits(batch.firstRow(p)));
            sectors.add(batch.sector(batch.firstRow(p)));
          }
        });
    assertEquals(IntStream.of(slots).mapToObj(s -> 8L * (s + 1)).toList(), sectors);
    SegmentCursor cursor = new SegmentCursor(log.source, log.geometry, convention);
    cursor.load(30);
    assertEquals(31, cursor.id());
    assertEquals(8 * 31, cursor.sector(0));
    assertEquals(1, cursor.metablocks());
    cursor.load(7);
    assertFalse(cursor.unreadable().isEmpty());
  }

  @ParameterizedTest
  @CsvSource({"RAW_CRC, 4", "LAPS, 4"})
  void impossibleLengthIsTorn(Convention convention, int order) {
    LogBuilder log = new LogBuilder(convention, order, 4).segments(1, 4);
    int length = (int) log.geometry.startByte(1) + (convention == Convention.LAPS ? 8 : 12);
    log.source.bytes()[length] = (byte) 255;
    SegmentTable table = log.table(Depth.HEADERS);
    assertEquals(SlotState.TORN, table.state(1));
    assertEquals(255, table.length(1));
    assertEquals(1, table.metablocks(1));
  }
}
