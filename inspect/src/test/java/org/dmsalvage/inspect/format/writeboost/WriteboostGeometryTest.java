package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WriteboostGeometryTest {

  @ParameterizedTest
  @CsvSource({
    "1044480, 10, 0",
    "1048576, 4, 0",
    "1536000, 10, 0",
    "1572864, 10, 1",
    "4232192, 7, 48",
    "3145728, 4, 256",
    "8388608, 10, 14"
  })
  void segmentsAreCountedAsTheDriversDo(long bytes, int order, long segments) {
    assertEquals(segments, WriteboostGeometry.of(bytes, order).segmentCount());
  }

  @ParameterizedTest
  @CsvSource({"4, 1", "5, 3", "6, 7", "7, 15", "8, 31", "9, 63", "10, 127", "11, 255"})
  void blocksFillASegment(int order, int blocks) {
    WriteboostGeometry geometry = WriteboostGeometry.of(1L << 40, order);
    assertEquals(blocks, geometry.blocksPerSegment());
    assertEquals(geometry.segmentBytes(), (blocks + 1) * 4096);
    assertEquals(
        geometry.startSector(4) - 8, geometry.blockSector(3, blocks - 1), "the last block");
  }

  @Test
  void idsGoRound() {
    WriteboostGeometry geometry = WriteboostGeometry.of(4194304, 7);
    assertEquals(0, geometry.slotOf(1));
    assertEquals(47, geometry.slotOf(48));
    assertEquals(0, geometry.slotOf(49));
    assertEquals(14, geometry.slotOf(-1), "2^64 is 16 more than a multiple of 48");
    assertEquals(15, geometry.slotOf(0), "as the driver computes 0 - 1");
    assertEquals(1, geometry.lapOf(48));
    assertEquals(2, geometry.lapOf(49));
  }

  @Test
  void expectedIdIsTheNewestOfItsSlot() {
    WriteboostGeometry geometry = WriteboostGeometry.of(4194304, 7);
    assertEquals(49, geometry.expectedId(0, 50));
    assertEquals(3, geometry.expectedId(2, 50));
    assertEquals(0, geometry.expectedId(20, 20), "not reached yet");
    assertEquals(20, geometry.expectedId(19, 20));
    assertEquals(0, geometry.expectedId(0, 0));
  }

  @Test
  void farSlotsStandOnNearOnesIn32Bits() {
    WriteboostGeometry plain = WriteboostGeometry.of(3L << 40, 10);
    WriteboostGeometry wrapped = plain.withWrap(true);
    long far = (1L << 22) - 2 + 5;
    assertTrue(plain.wrapMatters());
    assertFalse(WriteboostGeometry.of(1L << 40, 10).wrapMatters());
    assertEquals((1L << 32) + 5 * 1024, plain.startSector(far));
    assertEquals(5 * 1024, wrapped.startSector(far));
    assertEquals(plain.startSector(far - 6), wrapped.startSector(far - 6));
    assertEquals(plain.segmentCount() - 7, plain.slotsInARow(7));
    assertEquals((1L << 22) - 2 - 7, wrapped.slotsInARow(7), "the next one stands on sector 0");
    assertEquals(wrapped.segmentCount() - far, wrapped.slotsInARow(far));
  }

  @ParameterizedTest
  @CsvSource({
    // device sectors, blocks, pool, ring
    "12288, 127, 8, 8",
    "2048, 15, 8, 8",
    "2048, 15, 4, 4",
    "200, 15, 8, 1",
    "2700, 15, 32, 8",
    "100, 15, 8, 0",
    "1080, 15, 8, 8"
  })
  void ringIsTheDrivers(long sectors, int blocks, int pool, long ring) {
    assertEquals(ring, new PlogGeometry(sectors, blocks).ring(pool));
  }
}
