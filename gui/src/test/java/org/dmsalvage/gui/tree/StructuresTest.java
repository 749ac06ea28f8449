package org.dmsalvage.gui.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.Images;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The trees of real images. */
class StructuresTest {

  @TempDir private Path directory;

  private CacheImage open(String set) throws IOException {
    return Formats.open(
        OpenRequest.of(Images.open(GoldenSets.get(set).unpack(directory).cache().toString())));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb-crash",
        "wb-o4-wrapped-crash",
        "wb-o7-torn-tail-wrapped",
        "wb13-o10-torn-half",
        "wb-one-segment",
        "wc4096-crash",
        "wc512-crash",
        "is-lzo-wb-crash",
        "is-size-12k",
        "is-size-1030k"
      })
  void everyByteIsInOneStructureOfEachLevel(String set) throws IOException {
    CacheImage image = open(set);
    try (BlockSource source = image.source()) {
      Structure root = Structures.ofCache(image);
      assertEquals(new ByteRange(0, source.size()), root.range());
      Random random = new Random(1);
      for (int i = 0; i < 3000; i++) {
        long offset =
            random.nextLong(i % 3 == 0 ? Math.min(1 << 20, source.size()) : source.size());
        List<Structure> path = root.path(offset);
        for (int level = 1; level < path.size(); level++) {
          ByteRange outer = path.get(level - 1).range();
          ByteRange inner = path.get(level).range();
          assertTrue(outer.offset() <= inner.offset() && inner.end() <= outer.end(), set);
          assertTrue(inner.offset() <= offset && offset < inner.end(), set);
        }
        assertEquals(0, path.getLast().childCount(), () -> set + ": a hole at " + offset);
        for (Field field : path.getLast().fields()) {
          ByteRange range = field.range();
          assertTrue(range.end() <= source.size());
          ByteBuffer bytes =
              ByteBuffer.allocate((int) range.length()).order(ByteOrder.LITTLE_ENDIAN);
          source.read(range.offset(), bytes);
          assertTrue(!field.decoder().decode(bytes.flip()).text().isEmpty());
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wb-o7-torn-tail-wrapped, 0, magic, 0x57427374, right",
    "wb-o7-torn-tail-wrapped, 0x3b0000, id, 92, belongs in slot 43",
    "wb-o7-torn-tail-wrapped, 0x3b0000, length, 15, of 15",
    "wb-o7-torn-tail-wrapped, 0x3b0230, sector, 9176, 'byte 0x47b000, 4.5 MiB'",
    "wb-o7-torn-tail-wrapped, 0x3b0230, dirty_bits, ■■■■■■■■, '0xff, 8 of 8 sectors dirty'",
    "wc4096-crash, 0, magic, 0x23489321, right",
    "wc4096-crash, 0, block_size, 4096, bytes",
    "is-lzo-wb-crash, 0, comp_alg, 0, LZO1X",
  })
  void fieldsAreDecoded(String set, String at, String name, String text, String note)
      throws IOException {
    CacheImage image = open(set);
    try (BlockSource source = image.source()) {
      Structure structure = Structures.ofCache(image).path(Long.decode(at)).getLast();
      Field field =
          structure.fields().stream().filter(f -> f.name().equals(name)).findFirst().orElseThrow();
      ByteBuffer bytes =
          ByteBuffer.allocate((int) field.range().length()).order(ByteOrder.LITTLE_ENDIAN);
      source.read(field.range().offset(), bytes);
      assertEquals(new Field.Value(text, note), field.decoder().decode(bytes.flip()));
    }
  }

  @Test
  void longRowsAreMadeOfShorterOnes() {
    Row row =
        Row.of(
            "items",
            "items",
            Kind.DATA,
            "",
            100,
            10,
            1_000_000,
            i -> Part.leaf("item " + i, Kind.DATA, 100 + 10 * i, 10, ""));
    assertEquals(16, row.childCount());
    List<Structure> path = row.path(100 + 10 * 777_777 + 3);
    assertEquals(
        List.of("items", "items 720896 … 786431", "items 777728 … 777983", "item 777777"),
        path.stream().map(Structure::name).toList());
    assertEquals(-1, row.childAt(99));
    assertEquals(-1, row.childAt(100 + 10 * 1_000_000));
    assertEquals("items 983040 … 999999", row.child(15).name());
  }
}
