package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class StructuresTest {

  private static ByteBuffer hex(String digits) {
    byte[] bytes = HexFormat.of().parseHex(digits.replace(" ", ""));
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Test
  void superblockIsReadWhereTheDriverPutsIt() {
    SuperblockHeader header = SuperblockHeader.decode(hex("74734257 07 ff"), 0);
    assertEquals(new SuperblockHeader(SuperblockHeader.MAGIC, 7), header);
    assertTrue(header.magicRight());
    assertEquals(1, SuperblockHeader.decode(hex("75734257 07"), 0).wrongMagicBits());
  }

  @Test
  void headerSince2014IsReadWhereTheDriverPutsIt() {
    ByteBuffer bytes = hex("3100000000000000 ea416ff7 02 000000");
    assertEquals(new SegmentHeader(49, 0xF76F41EA, 2), SegmentHeader.decode(bytes, 0));
  }

  @Test
  void headerOf2013IsPacked() {
    ByteBuffer bytes = hex("0100000000000000 01 01000000 1020000000000000 00 01000000");
    assertEquals(new SegmentHeader2013(1, 1, 1), SegmentHeader2013.decode(bytes, 0));
    assertEquals(new Metablock2013(0x2010, 0, 1), Metablock2013.decode(bytes, 13));
    assertTrue(Convention.lapsAgree(bytes, 0, 1));
    bytes.putInt(13 + 9, 2);
    assertFalse(Convention.lapsAgree(bytes, 0, 1));
  }

  @Test
  void plogMetaIsReadWhereTheDriverPutsIt() {
    ByteBuffer bytes = hex("1500000000000000 0b00000000000000 01020304 05 03");
    PlogMeta meta = PlogMeta.decode(bytes, 0);
    assertEquals(new PlogMeta(21, 11, 0x04030201, 5, 3), meta);
    assertEquals(8, meta.blockSector());
    assertEquals(3, meta.firstInBlock());
    assertTrue(meta.plausible(15));
    assertFalse(meta.plausible(5), "idx 5 is the sixth metablock");
    assertFalse(new PlogMeta(21, 14, 0, 5, 3).plausible(15), "crosses a 4 KiB border");
    assertFalse(new PlogMeta(21, 8, 0, 5, 0).plausible(15), "no data");
  }

  @Test
  void checksumOfAnEmptySegmentIsTheOneSeenOnDisk() {
    ByteBuffer empty = ByteBuffer.allocate(4096);
    assertEquals(0xF76F41EA, Convention.RAW_CRC.checksum(empty));
    assertEquals(0x0890BE15, Convention.COMPLEMENTED_CRC.checksum(empty));
    assertThrows(IllegalStateException.class, () -> Convention.LAPS.checksum(empty));
  }

  @Test
  void checksumLeavesOutTheFirstSectorOnly() {
    ByteBuffer segment = ByteBuffer.allocate(8192);
    int before = Convention.RAW_CRC.checksum(segment);
    segment.put(511, (byte) 1);
    assertEquals(before, Convention.RAW_CRC.checksum(segment));
    segment.put(512, (byte) 1);
    int changed = Convention.RAW_CRC.checksum(segment);
    assertTrue(changed != before);
    segment.put(8191, (byte) 1);
    assertTrue(Convention.RAW_CRC.checksum(segment) != changed);
  }
}
