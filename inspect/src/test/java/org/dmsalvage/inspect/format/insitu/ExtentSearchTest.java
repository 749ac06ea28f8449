package org.dmsalvage.inspect.format.insitu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.dmsalvage.inspect.codec.Codec;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Hand-made runs of 32 blocks, one for each thing that a stale bitmap can hide. */
class ExtentSearchTest {

  private static final int BLOCK = 4096;
  private static final int BLOCKS = 64;

  private static byte[] text(int blocks, long seed) {
    return TestDevice.text(blocks, seed);
  }

  /** Bytes that begin a stream of neither compressor. */
  private static byte[] noise(int blocks, long seed) {
    byte[] noise = new byte[blocks * BLOCK];
    new Random(seed).nextBytes(noise);
    for (int block = 0; block < blocks; block++) {
      // A match before the first byte; or a block of no type.
      noise[block * BLOCK] = 6;
      noise[block * BLOCK + 1] = (byte) 0xff;
    }
    return noise;
  }

  /** Writes an extent of which the bits know nothing. */
  private static void stale(TestDevice device, int block, byte[] plain) {
    int sectors = device.payload(block, plain);
    assertTrue(sectors > 0);
  }

  private static void staleStored(TestDevice device, int block, byte[] plain) {
    device.bytes.put(device.dataOffset(block), plain);
  }

  private static void stored(TestDevice device, int block, byte[] plain) {
    staleStored(device, block, plain);
    device.describe(block, plain.length / BLOCK, plain.length / 512);
  }

  private static List<String> pieces(TestDevice device, boolean uncommitted) {
    List<String> pieces = new ArrayList<>();
    try (ExtentSearch search = search(device, uncommitted)) {
      search.read(0);
      for (int piece = 0; piece < search.pieces(); piece++) {
        pieces.add(
            "%s %d+%d%s"
                .formatted(
                    search.kind(piece),
                    search.first(piece),
                    search.blocks(piece),
                    search.shown(piece) == search.blocks(piece) * BLOCK || search.shown(piece) == 0
                        ? ""
                        : " in part"));
      }
    }
    return pieces;
  }

  private static ExtentSearch search(TestDevice device, boolean uncommitted) {
    InsituGeometry geometry = InsituLayout.find(device).geometry();
    return new ExtentSearch(device, geometry, device.codec, uncommitted);
  }

  private static byte[] plain(TestDevice device) {
    try (ExtentSearch search = search(device, false)) {
      search.read(0);
      return search.plain().clone();
    }
  }

  private static void shows(TestDevice device, int block, byte[] expected) {
    byte[] plain = plain(device);
    assertArrayEquals(
        expected, Arrays.copyOfRange(plain, block * BLOCK, block * BLOCK + expected.length));
  }

  @ParameterizedTest
  @EnumSource
  void extentsAsDescribedAndNothing(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    assertEquals(List.of("UNWRITTEN 0+32"), pieces(device, false));
    device.extent(2, text(4, 1));
    stored(device, 6, noise(2, 2));
    assertEquals(
        List.of("UNWRITTEN 0+2", "EXTENT 2+4", "STORED 6+2", "UNWRITTEN 8+24"),
        pieces(device, false));
    shows(device, 2, text(4, 1));
    shows(device, 6, noise(2, 2));
  }

  /** Rule I14: the middle of three; what is left over of the old one proves nothing. */
  @ParameterizedTest
  @EnumSource
  void overwrittenInPart(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(12, 1));
    stale(device, 0, text(4, 2));
    stale(device, 4, text(8, 3));
    assertEquals(List.of("FOUND 0+4", "FOUND 4+8", "UNWRITTEN 12+20"), pieces(device, false));
    shows(device, 0, text(4, 2));
    shows(device, 4, text(8, 3));
  }

  /** Only the new head was written: the rest is gone with the old one's beginning. */
  @ParameterizedTest
  @EnumSource
  void restOfAnOverwrittenExtentIsUnknown(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(12, 1));
    stale(device, 0, text(4, 2));
    assertEquals(List.of("FOUND 0+4", "OVERWRITTEN 4+8", "UNWRITTEN 12+20"), pieces(device, false));
  }

  /** What stands behind the payload of an extent that proves itself is left over. */
  @ParameterizedTest
  @EnumSource
  void leftOver(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(20, text(3, 1));
    device.extent(0, text(32, 2));
    assertEquals(List.of("EXTENT 0+32"), pieces(device, false));
  }

  /** A newer extent covers the beginning of one that is described and still whole. */
  @ParameterizedTest
  @EnumSource
  void restOfAWholeExtent(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(6, 1));
    device.extent(6, text(6, 2));
    stale(device, 0, text(8, 3));
    assertEquals(List.of("FOUND 0+8", "REST 8+4", "UNWRITTEN 12+20"), pieces(device, false));
    shows(device, 0, text(8, 3));
    shows(device, 8, Arrays.copyOfRange(text(6, 2), 2 * BLOCK, 6 * BLOCK));
  }

  /** The payload inside the one described is newer; the old one is good up to it. */
  @ParameterizedTest
  @EnumSource
  void beginning(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    byte[] old = text(32, 1);
    device.extent(0, old);
    stale(device, 1, text(1, 2));
    List<String> pieces = pieces(device, false);
    assertEquals(List.of("BEGINNING 0+1", "FOUND 1+1", "REST 2+30 in part"), pieces);
    shows(device, 0, Arrays.copyOf(old, BLOCK));
    shows(device, 1, text(1, 2));
    shows(device, 2, Arrays.copyOfRange(old, 2 * BLOCK, 3 * BLOCK));
  }

  /** Up to a sector of zeros, which no compressor writes. */
  @ParameterizedTest
  @EnumSource
  void sectorOfZeros(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    byte[] old = text(32, 1);
    device.extent(0, old);
    device.bytes.put((2 * BLOCK + BLOCK), new byte[512]);
    assertEquals(List.of("BEGINNING 0+32 in part"), pieces(device, false));
    shows(device, 0, Arrays.copyOf(old, 2 * BLOCK));
    device.bytes.put((2 * BLOCK), new byte[512]);
    assertEquals(List.of("UNPROVEN 0+32"), pieces(device, false));
  }

  /** The head was made anew and does not compress. */
  @ParameterizedTest
  @EnumSource
  void rewrittenAsStored(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(32, 1));
    staleStored(device, 0, noise(1, 2));
    assertEquals(List.of("UNPROVEN 0+32"), pieces(device, false));
    assertEquals(List.of("GUESSED 0+32"), pieces(device, true));
    stale(device, 1, text(31, 3));
    assertEquals(List.of("REWRITTEN 0+1", "FOUND 1+31"), pieces(device, false));
    shows(device, 0, noise(1, 2));
  }

  /** Data that does not compress, behind a head that was made anew: nothing proves it. */
  @ParameterizedTest
  @EnumSource
  void storedBehindANewHead(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(12, 1));
    stale(device, 0, text(4, 2));
    staleStored(device, 4, noise(8, 3));
    assertEquals(List.of("FOUND 0+4", "OVERWRITTEN 4+8", "UNWRITTEN 12+20"), pieces(device, false));
    assertEquals(List.of("FOUND 0+4", "GUESSED 4+8", "UNWRITTEN 12+20"), pieces(device, true));
  }

  /** Compressed data where the bits say stored; and the beginning of some. */
  @ParameterizedTest
  @EnumSource
  void compressedOverStored(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    stored(device, 0, noise(12, 1));
    stale(device, 3, text(4, 2));
    assertEquals(
        List.of("STORED 0+3", "FOUND 3+4", "STORED 7+5", "UNWRITTEN 12+20"), pieces(device, false));
    device = TestDevice.formatted(codec, BLOCKS);
    stored(device, 0, noise(32, 1));
    stale(device, 0, text(32, 3));
    stale(device, 1, text(31, 4));
    assertEquals(List.of("BEGINNING 0+1", "FOUND 1+31"), pieces(device, false));
    shows(device, 0, Arrays.copyOf(text(32, 3), BLOCK));
  }

  /** Never written, as the bits say: what is described and proves itself is not covered. */
  @ParameterizedTest
  @EnumSource
  void undescribed(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    stale(device, 0, text(3, 1));
    staleStored(device, 5, noise(2, 2));
    assertEquals(List.of("UNDESCRIBED 0+3", "UNWRITTEN 3+29"), pieces(device, false));
    assertEquals(
        List.of("UNDESCRIBED 0+3", "UNWRITTEN 3+2", "GUESSED 5+1", "GUESSED 6+1", "UNWRITTEN 7+25"),
        pieces(device, true));
    try (ExtentSearch search = search(device, false)) {
      search.read(0);
      assertEquals(0x60, search.unprovedData());
    }
    device = TestDevice.formatted(codec, BLOCKS);
    device.extent(16, text(4, 1));
    stale(device, 0, text(20, 2));
    stale(device, 16, text(4, 1));
    assertEquals(
        List.of("UNDESCRIBED 0+16", "EXTENT 16+4", "UNWRITTEN 20+12"), pieces(device, false));
    assertEquals(List.of("UNDESCRIBED 0+20", "UNWRITTEN 20+12"), pieces(device, true));
    shows(device, 16, text(4, 1));
  }

  /** The rest of an extent, made anew behind a payload that covers its beginning, is the proof. */
  @ParameterizedTest
  @EnumSource
  void undescribedAndNewer(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    byte[] old = text(4, 1);
    byte[] both = text(20, 2);
    device.extent(18, old);
    stale(device, 0, both);
    stale(device, 18, old);
    stale(device, 20, Arrays.copyOfRange(old, 2 * BLOCK, 4 * BLOCK));
    assertEquals(
        List.of("UNDESCRIBED 0+20", "FOUND 20+2", "UNWRITTEN 22+10"), pieces(device, false));
    shows(device, 0, both);
  }

  @ParameterizedTest
  @EnumSource
  void tailsWithoutHeadAndUnreadableBits(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    device.extent(0, text(3, 1));
    device.meta(0, MetaBitmap.TAIL | 1);
    device.meta(3, MetaBitmap.TAIL);
    assertEquals(List.of("FOUND 0+3", "HEADLESS 3+1", "UNWRITTEN 4+28"), pieces(device, false));
    device.unreadable.set(TestDevice.BITMAP / 512);
    assertEquals(List.of("FOUND 0+3", "UNKNOWN 3+29"), pieces(device, false));
  }

  /** Trailing lengths everywhere: each block is tried at most once, and nothing else happens. */
  @ParameterizedTest
  @EnumSource
  void lengthsThatLeadNowhere(Codec codec) {
    TestDevice device = TestDevice.formatted(codec, BLOCKS);
    Random random = new Random(1);
    byte[] bytes = new byte[BLOCKS * BLOCK];
    random.nextBytes(bytes);
    device.bytes.put(2 * BLOCK, bytes);
    for (int sector = 0; sector < 256; sector++) {
      int at = 2 * BLOCK + sector * 512;
      device.bytes.putInt(at + 508, (sector % 64 + 1) * 512 - 4 - random.nextInt(500));
    }
    for (int block = 0; block < 32; block++) {
      device.meta(block, random.nextInt(32));
    }
    try (ExtentSearch search = search(device, false)) {
      search.read(0);
      int covered = 0;
      for (int piece = 0; piece < search.pieces(); piece++) {
        assertEquals(covered, search.first(piece));
        assertEquals(piece, search.pieceAt(search.first(piece)));
        covered += search.blocks(piece);
        assertTrue(search.kind(piece) != ExtentSearch.Kind.FOUND);
      }
      assertEquals(32, covered);
    }
  }
}
