package org.dmsalvage.inspect.format.insitu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.dmsalvage.inspect.codec.Codec;

class MetaBitmapPropertyTest {

  @Property
  void getGivesWhatSetSet(
      @ForAll @Size(min = 1, max = 200) List<@IntRange(max = 31) Integer> metas) {
    byte[] bitmap = new byte[(metas.size() * 5 + 7) / 8];
    for (int i = metas.size() - 1; i >= 0; i--) {
      MetaBitmap.set(bitmap, i, 31);
      MetaBitmap.set(bitmap, i, metas.get(i));
    }
    for (int i = 0; i < metas.size(); i++) {
      assertEquals(metas.get(i), MetaBitmap.get(bitmap, i));
    }
    TestDevice device = TestDevice.formatted(Codec.LZO, 200);
    for (int i = 0; i < metas.size(); i++) {
      device.meta(i, metas.get(i));
    }
    byte[] byHand = new byte[bitmap.length];
    device.bytes.get(TestDevice.BITMAP, byHand);
    assertEquals(ByteBuffer.wrap(byHand), ByteBuffer.wrap(bitmap));
  }

  @Property
  void windowGivesTheBits(
      @ForAll @Size(min = 1, max = 200) List<@IntRange(max = 31) Integer> metas) {
    TestDevice device = TestDevice.formatted(Codec.LZO, 200);
    for (int i = 0; i < metas.size(); i++) {
      device.meta(i, metas.get(i));
    }
    MetaWindow window = window(device);
    for (int i = 0; i < 200; i++) {
      assertEquals(i < metas.size() ? metas.get(i) : 0, window.meta(i));
    }
  }

  private static MetaWindow window(TestDevice device) {
    return MetaWindow.small(device, InsituGeometry.ofDevice(device.size()).orElseThrow());
  }

  private record Item(ExtentCursor.Kind kind, long first, long blocks, long sectors) {}

  private static List<Item> items(TestDevice device, long from, long to) {
    ExtentCursor cursor = new ExtentCursor(window(device), from, to);
    List<Item> items = new ArrayList<>();
    while (cursor.next()) {
      items.add(new Item(cursor.kind(), cursor.first(), cursor.blocks(), cursor.sectors()));
    }
    return items;
  }

  /** Extents block by block, as insitu_comp_get_extent finds them. */
  private static List<Item> extentsByHand(List<Integer> metas) {
    List<Item> extents = new ArrayList<>();
    for (int block = 0; block < metas.size(); block++) {
      int end = block + 1;
      int sectors = metas.get(block) & 15;
      while (end < metas.size() && metas.get(end) > 15) {
        sectors += metas.get(end++) & 15;
      }
      if (metas.get(block) < 16 && (end > block + 1 || sectors > 0)) {
        extents.add(new Item(ExtentCursor.Kind.EXTENT, block, end - block, sectors));
      }
    }
    return extents;
  }

  @Property
  void cursorFindsTheExtents(
      @ForAll @Size(min = 100, max = 100) List<@IntRange(max = 40) Integer> drawn,
      @ForAll @IntRange(min = 1, max = 99) int cut) {
    TestDevice device = TestDevice.formatted(Codec.LZO, 100);
    // Zero shall be frequent.
    List<Integer> metas = drawn.stream().map(meta -> meta > 31 ? 0 : meta).toList();
    for (int i = 0; i < 100; i++) {
      device.meta(i, metas.get(i));
    }
    List<Item> whole = items(device, 0, 100);
    long position = 0;
    for (Item item : whole) {
      assertEquals(position, item.first());
      position += item.blocks();
    }
    assertEquals(100, position);
    List<Item> extents =
        whole.stream().filter(item -> item.kind() == ExtentCursor.Kind.EXTENT).toList();
    assertEquals(extentsByHand(metas), extents);

    List<Item> parts = new ArrayList<>(items(device, 0, cut));
    parts.addAll(items(device, cut, 100));
    parts.removeIf(item -> item.kind() != ExtentCursor.Kind.EXTENT);
    assertEquals(extents, parts);
  }

  @Property
  void setExtentFillsFromTheHead(
      @ForAll @IntRange(min = 1, max = 32) int blocks, @ForAll @IntRange(max = 256) int drawn) {
    int sectors = Math.min(drawn, 8 * blocks);
    byte[] bitmap = new byte[64];
    MetaBitmap.setExtent(bitmap, 7, blocks, sectors);
    TestDevice device = TestDevice.formatted(Codec.LZO, 100).describe(7, blocks, sectors);
    byte[] byHand = new byte[64];
    device.bytes.get(TestDevice.BITMAP, byHand);
    assertEquals(ByteBuffer.wrap(byHand), ByteBuffer.wrap(bitmap));
  }

  @Property
  void superblockSurvives(
      @ForAll long magic,
      @ForAll long version,
      @ForAll long meta,
      @ForAll long data,
      @ForAll @IntRange(max = 255) int algorithm) {
    Superblock superblock = new Superblock(magic, version, meta, data, algorithm);
    ByteBuffer bytes = ByteBuffer.allocate(Superblock.BYTES + 3);
    superblock.encode(bytes, 3);
    assertEquals(superblock, Superblock.decode(bytes, 3));
  }
}
