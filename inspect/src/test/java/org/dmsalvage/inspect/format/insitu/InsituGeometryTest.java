package org.dmsalvage.inspect.format.insitu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class InsituGeometryTest {

  private static final long U32 = 0xffff_ffffL;

  /** The driver's steps, one by one, in the widths of its variables. */
  private static long[] driver(long deviceBytes) {
    long data = (deviceBytes >>> 12) - 1;
    long rem = Long.remainderUnsigned(data, 4096 * 8 + 5) & U32;
    data = Long.divideUnsigned(data, 4096 * 8 + 5);
    long meta = data * 5;
    data *= 4096 * 8;
    long count = rem;
    rem /= 4096 * 8 / 5 + 1;
    data += rem * (4096 * 8 / 5) & U32;
    meta += rem;
    count %= 4096 * 8 / 5 + 1;
    meta += 1;
    data += count - 1 & U32;
    return new long[] {meta, data};
  }

  private static void agrees(long bytes) {
    InsituGeometry geometry = InsituGeometry.ofDevice(bytes).orElseThrow();
    long[] expected = driver(bytes);
    assertEquals(expected[0], geometry.metaBlocks(), () -> bytes + " bytes");
    assertEquals(expected[1], geometry.storedDataBlocks(), () -> bytes + " bytes");
    assertEquals(bytes / 4096, 1 + geometry.metaBlocks() + geometry.dataBlocks());
    assertTrue(
        geometry.dataBlocks() * 5 <= geometry.metaBlocks() * 4096 * 8,
        () -> bytes + " bytes: the bitmap does not hold the blocks");
  }

  @Test
  void countsAsTheDriverForEverySmallSize() {
    for (long blocks = 1; blocks < 200_000; blocks++) {
      agrees(blocks * 4096);
    }
  }

  @Property
  void countsAsTheDriverForAnySize(@ForAll @LongRange(min = 4096, max = 1L << 60) long bytes) {
    agrees(bytes);
  }

  @Test
  void namesTheSizesThatCannotBe() {
    for (long kib : new long[] {4, 26220, 131096}) {
      InsituGeometry geometry = InsituGeometry.ofDevice(kib * 1024).orElseThrow();
      assertTrue(geometry.wrapped(), kib + " KiB");
      assertTrue(geometry.unusable(kib * 1024).isPresent(), kib + " KiB");
    }
    assertTrue(InsituGeometry.ofDevice(8192).orElseThrow().unusable(8192).isPresent());
    for (long kib : new long[] {12, 16, 20, 64, 1030, 26216, 26224}) {
      InsituGeometry geometry = InsituGeometry.ofDevice(kib * 1024).orElseThrow();
      assertFalse(geometry.wrapped(), kib + " KiB");
      assertEquals(Optional.empty(), geometry.unusable(kib * 1024), kib + " KiB");
    }
    assertEquals(Optional.empty(), InsituGeometry.ofDevice(4095));
  }

  /** The bitmap of 2^32 blocks too many has 2.5 GiB; larger devices have room for it. */
  @Test
  void wrappedSizesOfLargeDevicesWork() {
    long bytes = (1 + 6554L * 2000) / 32773 * 32773 * 4096 + 4096;
    InsituGeometry geometry = InsituGeometry.ofDevice(bytes).orElseThrow();
    assertTrue(geometry.wrapped());
    assertEquals(Optional.empty(), geometry.unusable(bytes));
  }

  @Property
  void findsTheSizeOfCounts(@ForAll @LongRange(min = 12288, max = 1L << 55) long bytes) {
    InsituGeometry geometry = InsituGeometry.ofDevice(bytes).orElseThrow();
    Superblock superblock =
        new Superblock(0, 0, geometry.metaBlocks(), geometry.storedDataBlocks(), 0);
    assertEquals(Optional.of(geometry), InsituGeometry.ofCounts(superblock));
    Superblock wrong =
        new Superblock(0, 0, geometry.metaBlocks() + 1, geometry.storedDataBlocks(), 0);
    assertFalse(
        InsituGeometry.ofCounts(wrong).map(geometry::equals).orElse(false), "counts off by one");
  }
}
