package org.dmsalvage.inspect.property;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.fixtures.writeboost.Block;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Plog;
import org.dmsalvage.fixtures.writeboost.PlogImage;
import org.dmsalvage.fixtures.writeboost.Segment;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.fixtures.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.Metablock2013;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader2013;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;

/**
 * The builder of writeboost images, which shares no code with this module, and the reader agree.
 */
class WriteboostBuilderPropertyTest {

  private static final int SUPERBLOCK = 1 << 20;

  @Provide
  Arbitrary<Layout> layouts() {
    return Combinators.combine(
            Arbitraries.of(Variant.values()),
            Arbitraries.integers().between(4, 11),
            Arbitraries.integers().between(2, 9),
            Arbitraries.integers().between(0, 15))
        .as(
            (variant, order, segments, rest) -> {
              boolean ten = variant == Variant.RAW_2_0 || variant == Variant.COMPLEMENTED_2;
              int used = ten ? 10 : Math.min(order, variant == Variant.LAPS_2013 ? 11 : 10);
              // Big segments are slow to build.
              int count = used < 8 ? segments : 2 + segments % 2;
              return new Layout(variant, used, 2048 + ((long) count << used) + rest);
            });
  }

  @Property(tries = 60)
  void everySegmentIsReadAsItWasWritten(
      @ForAll("layouts") Layout layout,
      @ForAll @IntRange(min = 1, max = 20) int newest,
      @ForAll long seed) {
    Random random = new Random(seed);
    WriteboostImage built = WriteboostImage.formatOverNoise(layout, 1);
    // The superblock's sector 0 has noise behind its five bytes; so does 2.x before 2.2.8.
    Map<Integer, Segment> slots = new TreeMap<>();
    for (long id = 1; id <= newest; id++) {
      Segment segment = new Segment(id, blocks(layout, random));
      built.put(segment);
      slots.put(layout.slotOf(id), segment);
    }

    Parsed parsed = Parsed.of(built.bytes(), null, null);

    assertEquals(format(layout.variant()), parsed.image().format());
    assertEquals((long) layout.order(), parsed.fact("segmentSizeOrder"));
    assertEquals((long) layout.segmentCount(), parsed.fact("segmentCount"));
    assertEquals((long) layout.blocksPerSegment(), parsed.fact("blocksPerSegment"));
    assertEquals((long) newest, parsed.fact("maxId"));
    assertEquals((long) newest, parsed.fact("lastFlushedId"));
    assertEquals(
        (long) Math.max(0, newest - layout.segmentCount()), parsed.fact("lastWritebackId"));
    assertEquals(0L, parsed.fact("recordId"));
    assertEquals((long) slots.size(), parsed.fact("validSegments"));
    assertEquals(0L, parsed.fact("invalidSegments"));
    assertEquals((long) layout.segmentCount() - slots.size(), parsed.fact("emptySegments"));
    Map<Integer, Segment> counted = new TreeMap<>(slots);
    if (layout.variant() == Variant.LAPS_2013 && newest >= layout.segmentCount()) {
      // The oldest segment of a full log has always been written back in 2013 (rule F9).
      counted.remove(layout.slotOf(newest + 1L - layout.segmentCount()));
    }
    Map<Long, Integer> dirty = dirtyBits(counted);
    assertEquals((long) dirty.size(), parsed.fact("dirtyBlocks"));
    assertEquals(
        dirty.values().stream().mapToLong(Integer::bitCount).sum(), parsed.fact("dirtySectors"));
    assertEquals(expectedSegments(built, slots), parsed.rows("segments", 7));
    assertEquals(expectedMetablocks(layout, slots), parsed.rows("metablocks", 8));
    // Nothing tells 1.0.x from 2014, where a clean block is a kernel BUG (rule W20).
    String mayStopTheDriver = layout.variant() == Variant.RAW_1_0 ? "WB-CLEAN-METABLOCK" : "";
    parsed.assertNoDamageBut(mayStopTheDriver);
    slots.keySet().forEach(slot -> assertHeaderEncodesBack(built, slot));
    assertSuperblockEncodesBack(built);
  }

  private static ByteBuffer little(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static String format(Variant variant) {
    return switch (variant) {
      case LAPS_2013 -> "writeboost-2013";
      // Of a raw checksum and order 10 nothing tells whether 2014 or 2.0.0 wrote it but byte 4.
      case RAW_2014, RAW_1_0 -> "writeboost-2014";
      case RAW_2_0, COMPLEMENTED_2 -> "writeboost-2";
    };
  }

  /** Any blocks that a driver of the variant can write, each address once. */
  private static List<Block> blocks(Layout layout, Random random) {
    List<Block> blocks = new ArrayList<>();
    boolean old = layout.variant() == Variant.LAPS_2013;
    int most = Math.min(layout.blocksPerSegment(), 40);
    int count = Math.max(old ? 1 : 0, random.nextInt(most + 1));
    for (int i = 0; i < count; i++) {
      if (old && i == 0 && random.nextBoolean()) {
        blocks.add(Block.skipped());
        continue;
      }
      // Different in the lowest bits, as large as it gets in the highest.
      long sector = (random.nextLong() >>> (20 + random.nextInt(40))) * 512 + i * 8L;
      boolean cleanAllowed = layout.variant() != Variant.RAW_2014 && !old;
      int dirtyBits = random.nextInt(4) == 0 ? 255 : random.nextInt(256);
      if (dirtyBits == 0 && !cleanAllowed) {
        dirtyBits = 1;
      }
      blocks.add(Block.partial(sector, dirtyBits, i + 1L));
    }
    return blocks;
  }

  /** The dirty sectors of each address in the log. */
  private static Map<Long, Integer> dirtyBits(Map<Integer, Segment> slots) {
    Map<Long, Integer> dirty = new TreeMap<>();
    for (Segment segment : slots.values()) {
      for (Block block : segment.blocks()) {
        if (block.dirtyBits() != 0) {
          dirty.merge(block.sector(), block.dirtyBits(), (a, b) -> a | b);
        }
      }
    }
    return dirty;
  }

  private static List<String> expectedSegments(WriteboostImage built, Map<Integer, Segment> slots) {
    Layout layout = built.layout();
    ByteBuffer bytes = little(built.bytes());
    List<String> rows = new ArrayList<>();
    for (int slot = 0; slot < layout.segmentCount(); slot++) {
      int at = layout.segmentOffset(slot);
      Segment segment = slots.get(slot);
      int mark = bytes.getInt(at + (layout.variant() == Variant.LAPS_2013 ? 9 : 8));
      rows.add(
          segment == null
              ? "%d %d - empty empty - -".formatted(slot, at)
              : "%d %d %d sealed current %d %d"
                  .formatted(slot, at, segment.id(), segment.blocks().size(), mark));
    }
    return rows;
  }

  private static List<String> expectedMetablocks(Layout layout, Map<Integer, Segment> slots) {
    List<String> rows = new ArrayList<>();
    slots.forEach(
        (slot, segment) -> {
          for (int i = 0; i < segment.blocks().size(); i++) {
            Block block = segment.blocks().get(i);
            rows.add(
                "%d %d %d %d %d %d sealed current"
                    .formatted(
                        slot,
                        segment.id(),
                        i,
                        block.sector(),
                        block.dirtyBits(),
                        layout.segmentOffset(slot) + layout.dataField(i)));
          }
        });
    return rows;
  }

  private static void assertHeaderEncodesBack(WriteboostImage built, int slot) {
    Layout layout = built.layout();
    int at = layout.segmentOffset(slot);
    ByteBuffer bytes = little(built.bytes());
    byte[] encoded = new byte[4096];
    ByteBuffer out = little(encoded);
    if (layout.variant() == Variant.LAPS_2013) {
      SegmentHeader2013 header = SegmentHeader2013.decode(bytes, at);
      header.encode(out, 0);
      for (int i = 0; i < header.length(); i++) {
        int offset = SegmentHeader2013.METABLOCKS + i * Metablock2013.BYTES;
        Metablock2013.decode(bytes, at + offset).encode(out, offset);
      }
    } else {
      SegmentHeader header = SegmentHeader.decode(bytes, at);
      header.encode(out, 0);
      for (int i = 0; i < header.length(); i++) {
        int offset = SegmentHeader.METABLOCKS + i * Metablock.BYTES;
        Metablock.decode(bytes, at + offset).encode(out, offset);
      }
    }
    assertArrayEquals(Arrays.copyOfRange(built.bytes(), at, at + 4096), encoded);
  }

  private static void assertSuperblockEncodesBack(WriteboostImage built) {
    ByteBuffer bytes = little(built.record(77).bytes());
    byte[] encoded = new byte[SUPERBLOCK];
    ByteBuffer out = little(encoded);
    SuperblockHeader.decode(bytes, 0).encode(out, 0);
    int record = (int) (SuperblockRecord.SECTOR * 512);
    SuperblockRecord.decode(bytes, record).encode(out, record);
    assertArrayEquals(Arrays.copyOf(built.bytes(), 5), Arrays.copyOf(encoded, 5));
    assertArrayEquals(
        Arrays.copyOfRange(built.bytes(), record, record + 512),
        Arrays.copyOfRange(encoded, record, record + 512));
  }

  @Property(tries = 60)
  void everyPlogIsReadAsItWasWritten(
      @ForAll @IntRange(min = 4, max = 8) int order,
      @ForAll @IntRange(min = 1, max = 8) int ring,
      @ForAll @IntRange(min = 1, max = 12) int newest,
      @ForAll long seed) {
    Random random = new Random(seed);
    Layout layout = new Layout(Variant.RAW_2014, order, 2048 + (20L << order));
    WriteboostImage built = WriteboostImage.format(layout, 1);
    PlogImage plogs = new PlogImage(layout, ring, ring * 9 * layout.blocksPerSegment(), 1);
    Map<Long, List<Plog>> heads = new TreeMap<>();
    for (long id = 1; id <= newest; id++) {
      List<Plog> written = plogs(layout, random);
      plogs.put(id, written);
      heads.put(id, written);
      heads.remove(id - ring);
      if (id < newest) {
        // The last one has not reached the cache.
        built.put(new Segment(id, blocks(written)));
      }
    }

    Parsed parsed = Parsed.of(built.bytes(), plogs.bytes(), null);

    List<String> rows = parsed.rows("plogs", 7);
    ByteBuffer bytes = little(plogs.bytes());
    for (Map.Entry<Long, List<Plog>> head : heads.entrySet()) {
      int at = plogs.segmentOffset(head.getKey());
      for (Plog plog : head.getValue()) {
        int sectors = plog.sequences().size();
        String row =
            "%d %d %d %d %d %d %d"
                .formatted(
                    (head.getKey() - 1) % ring,
                    at,
                    head.getKey(),
                    plog.index(),
                    plog.sector(),
                    sectors,
                    bytes.getInt(at + 16));
        assertEquals(1, rows.stream().filter(row::equals).count(), () -> row + " in " + rows);
        byte[] encoded = new byte[512];
        ByteBuffer out = little(encoded);
        PlogMeta.decode(bytes, at).encode(out, 0);
        assertArrayEquals(Arrays.copyOfRange(plogs.bytes(), at, at + 512), encoded);
        at += 512 * (1 + sectors);
      }
    }
    assertEquals((long) ring, parsed.fact("plogSegments"));
    assertEquals((long) newest - 1, parsed.fact("validSegments"));
    parsed.assertNoDamageBut("");
  }

  /** The blocks that plogs make up, the later over the earlier. */
  private static List<Block> blocks(List<Plog> plogs) {
    TreeMap<Integer, Block> blocks = new TreeMap<>();
    for (Plog plog : plogs) {
      int first = (int) plog.sector() & 7;
      Block before = blocks.getOrDefault(plog.index(), Block.clean(plog.sector() - first, 0));
      int dirtyBits = before.dirtyBits();
      List<Long> sequences = new ArrayList<>(before.sequences());
      for (int i = 0; i < plog.sequences().size(); i++) {
        sequences.set(first + i, plog.sequences().get(i));
        dirtyBits |= 1 << (first + i);
      }
      blocks.put(plog.index(), new Block(before.sector(), dirtyBits, sequences));
    }
    return List.copyOf(blocks.values());
  }

  /** Plogs that fill at most their segment, of blocks that fill at most theirs. */
  private static List<Plog> plogs(Layout layout, Random random) {
    List<Plog> plogs = new ArrayList<>();
    long[] addresses =
        random.longs(layout.blocksPerSegment(), 0, 1L << 40).map(a -> a * 8).toArray();
    int room = 9 * layout.blocksPerSegment();
    int used = 0;
    int blocks = 0;
    do {
      int first = random.nextInt(8);
      int count = 1 + random.nextInt(8 - first);
      if (used + 1 + count > room) {
        break;
      }
      int index = random.nextInt(Math.min(blocks + 1, layout.blocksPerSegment()));
      blocks = Math.max(blocks, index + 1);
      plogs.add(Plog.of(addresses[index] + first, index, count, plogs.size() + 1L));
      used += 1 + count;
    } while (random.nextInt(12) > 0);
    return plogs;
  }
}
