package org.dmsalvage.inspect.format.writeboost;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class StructuresPropertyTest {

  private final ByteBuffer buffer = ByteBuffer.allocate(600).order(ByteOrder.LITTLE_ENDIAN);

  @Property
  void superblockSurvives(@ForAll int magic, @ForAll @IntRange(max = 255) int order) {
    SuperblockHeader header = new SuperblockHeader(magic, order);
    header.encode(buffer, 7);
    assertEquals(header, SuperblockHeader.decode(buffer, 7));
  }

  @Property
  void recordSurvives(@ForAll long id) {
    new SuperblockRecord(id).encode(buffer, 3);
    assertEquals(new SuperblockRecord(id), SuperblockRecord.decode(buffer, 3));
  }

  @Property
  void headersSurvive(@ForAll long id, @ForAll int mark, @ForAll @IntRange(max = 255) int length) {
    SegmentHeader header = new SegmentHeader(id, mark, length);
    header.encode(buffer, 5);
    assertEquals(header, SegmentHeader.decode(buffer, 5));
    SegmentHeader2013 old = new SegmentHeader2013(id, length, mark);
    old.encode(buffer, 5);
    assertEquals(old, SegmentHeader2013.decode(buffer, 5));
  }

  @Property
  void metablocksSurvive(
      @ForAll long sector, @ForAll @IntRange(max = 255) int bits, @ForAll int lap) {
    Metablock metablock = new Metablock(sector, bits);
    metablock.encode(buffer, 1);
    assertEquals(metablock, Metablock.decode(buffer, 1));
    Metablock2013 old = new Metablock2013(sector, bits, lap);
    old.encode(buffer, 1);
    assertEquals(old, Metablock2013.decode(buffer, 1));
  }

  @Property
  void plogsSurvive(
      @ForAll long id,
      @ForAll long sector,
      @ForAll int checksum,
      @ForAll @IntRange(max = 255) int idx,
      @ForAll @IntRange(max = 255) int len) {
    PlogMeta meta = new PlogMeta(id, sector, checksum, idx, len);
    meta.encode(buffer, 2);
    assertEquals(meta, PlogMeta.decode(buffer, 2));
  }
}
