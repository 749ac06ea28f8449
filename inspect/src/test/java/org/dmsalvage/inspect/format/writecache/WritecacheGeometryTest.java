package org.dmsalvage.inspect.format.writecache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.util.OptionalLong;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class WritecacheGeometryTest {

  /** Bytes that a number of blocks needs, in numbers that cannot overflow. */
  private static BigInteger needed(long blocks, int blockSize) {
    BigInteger size = BigInteger.valueOf(blockSize);
    BigInteger n = BigInteger.valueOf(blocks);
    BigInteger table = n.multiply(BigInteger.valueOf(16)).add(BigInteger.valueOf(64));
    BigInteger metadata = table.add(size).subtract(BigInteger.ONE).divide(size).multiply(size);
    return metadata.add(n.multiply(size));
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 1024, 2048, 4096})
  void findsTheGreatestCountForEverySmallSize(int blockSize) {
    long greatest = 0;
    for (long bytes = 0; bytes < 600_000; bytes += 1 + bytes % 37) {
      while (needed(greatest + 1, blockSize).longValueExact() <= bytes) {
        greatest++;
      }
      OptionalLong expected = greatest == 0 ? OptionalLong.empty() : OptionalLong.of(greatest);
      assertEquals(expected, WritecacheGeometry.blocksThatFit(bytes, blockSize));
    }
  }

  @Property
  void findsTheGreatestCountForLargeSizes(
      @ForAll @LongRange(min = 600_000, max = 1L << 55) long bytes, @ForAll Random random) {
    int blockSize = 512 << random.nextInt(4);
    long blocks = WritecacheGeometry.blocksThatFit(bytes, blockSize).orElseThrow();
    BigInteger limit = BigInteger.valueOf(bytes);
    assertTrue(needed(blocks, blockSize).compareTo(limit) <= 0);
    assertTrue(needed(blocks + 1, blockSize).compareTo(limit) > 0);
    assertTrue(WritecacheGeometry.fits(blocks, bytes, blockSize));
    assertFalse(WritecacheGeometry.fits(blocks + 1, bytes, blockSize));
  }

  /** Numbers of blocks that real drivers chose. */
  @ParameterizedTest
  @CsvSource({
    "4194304, 512, 7943", "4194304, 1024, 4032", "4194304, 4096, 1020",
    "7340032, 4096, 1785", "16777216, 512, 31774", "16777216, 4096, 4080"
  })
  void agreesWithRealDevices(long bytes, int blockSize, long blocks) {
    assertEquals(OptionalLong.of(blocks), WritecacheGeometry.blocksThatFit(bytes, blockSize));
  }

  @Test
  void refusesWhatTheDriverRefuses() {
    assertEquals(OptionalLong.empty(), WritecacheGeometry.blocksThatFit(-1, 512));
    assertEquals(OptionalLong.empty(), WritecacheGeometry.blocksThatFit(1023, 512));
    assertEquals(OptionalLong.of(1), WritecacheGeometry.blocksThatFit(1024, 512));
    // The index field of the driver's struct wc_entry has 47 bits.
    assertEquals(OptionalLong.empty(), WritecacheGeometry.blocksThatFit(Long.MAX_VALUE, 512));
    for (long blocks : new long[] {-1, Long.MIN_VALUE, 1L << 60, Long.MAX_VALUE}) {
      assertFalse(WritecacheGeometry.fits(blocks, Long.MAX_VALUE, 4096));
    }
  }

  @Test
  void placesEntriesAndBlocks() {
    WritecacheGeometry geometry = new WritecacheGeometry(512, 28);
    assertEquals(512, geometry.metadataBytes());
    assertEquals(512, geometry.tableEnd());
    assertEquals(512 + 27 * 512, geometry.dataOffset(27));
    assertEquals(29 * 512, geometry.totalBytes());
    assertEquals(1024, new WritecacheGeometry(512, 29).metadataBytes());
    assertTrue(new WritecacheGeometry(4096, 1).aligned(8));
    assertFalse(new WritecacheGeometry(4096, 1).aligned(12));
    assertTrue(new WritecacheGeometry(512, 1).aligned(13));
    assertTrue(new WritecacheGeometry(4096, (1L << 43) - 256).bitmapFits());
    assertFalse(new WritecacheGeometry(4096, 1L << 43).bitmapFits());
  }
}
