package org.dmsalvage.gui.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.hex.Side;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real images against damaged copies of themselves. */
class CompareModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private Path image(String set) throws IOException {
    return GoldenSets.get(set).unpack(directory.resolve(set)).cache();
  }

  private static Session open(Path image) {
    return Session.open(new Session.Paths(image.toString(), null, null, null), AT_ONCE);
  }

  /** A copy with some bytes turned over. */
  private Path changed(Path image, long... offsets) throws IOException {
    Path copy = directory.resolve("copy.img");
    Files.copy(image, copy);
    try (RandomAccessFile file = new RandomAccessFile(copy.toFile(), "rw")) {
      for (long offset : offsets) {
        file.seek(offset);
        int value = file.read();
        file.seek(offset);
        file.write(value ^ 0xff);
      }
    }
    return copy;
  }

  private static Comparison compared(CompareModel model, Path other) {
    model.compareWith(other.toString());
    assertEquals("", model.message().get());
    Comparison comparison = model.comparison().get();
    assertNotNull(comparison);
    return comparison;
  }

  private static List<Detail> details(CompareModel model, Pair pair) {
    List<Detail> found = new ArrayList<>();
    model.details(pair, found::addAll);
    return found;
  }

  @Test
  void aCopyIsTheSame() throws IOException {
    Path image = image("wb-o7-torn-tail-wrapped");
    try (Session session = open(image)) {
      CompareModel model = new CompareModel(session, AT_ONCE);
      Comparison comparison = compared(model, changed(image));
      assertEquals(List.of(), comparison.pairs());
      assertEquals(
          List.of("superblock: all 3 the same", "segments: all 48 the same"),
          comparison.parts().stream().map(Part::sentence).toList());
      model.close();
      assertNull(model.other());
    }
  }

  @Test
  void valuesOfSegmentsAreComparedDecoded() throws IOException {
    Path image = image("wb-o7-torn-tail-wrapped");
    // The superblock's order, slot 1's id and first metablock, and a byte of its third block.
    Path other = changed(image, 0x110000, 0x110200, 0x113007);
    try (Session session = open(image)) {
      CompareModel model = new CompareModel(session, AT_ONCE);
      Comparison comparison = compared(model, other);
      assertEquals("segments: 1 of 48 differ", comparison.parts().getLast().sentence());
      Pair slot = comparison.pairs().getFirst();
      assertEquals("slot 1", slot.name());
      assertEquals("id 98 → 157,  1 of 15 metablocks,  1 of 15 blocks", slot.what());
      List<Detail> details = details(model, slot);
      assertEquals(3, details.size());
      Detail id = details.getFirst();
      assertEquals(
          new Detail("header", "id", "98", "157", range(0x110000, 8), range(0x110000, 8)), id);
      assertEquals("metablock 0", details.get(1).where());
      assertEquals("10360", details.get(1).left());
      assertEquals("block 2", details.get(2).where());
      assertEquals("1 bytes differ", details.get(2).left());
      List<Side> sides = new ArrayList<>();
      model.sides(id.inLeft(), id.inRight(), sides::addAll);
      assertEquals(1, sides.getFirst().differences(sides.getLast()));
      model.close();
    }
  }

  private static ByteRange range(long offset, long length) {
    return new ByteRange(offset, length);
  }

  @Test
  void entriesAndBlocksOfAWritecacheAreComparedEach() throws IOException {
    Path image = image("wc4096-crash");
    try (Session session = open(image)) {
      long entry = session.cache().root().child(1).child(0).child(0).range().offset();
      CompareModel model = new CompareModel(session, AT_ONCE);
      Comparison comparison = compared(model, changed(image, 24, entry + 3 * 16 + 8));
      assertEquals(List.of("superblock", "entry 3"), names(comparison));
      assertTrue(comparison.pairs().getFirst().what().startsWith("seq_count "));
      assertEquals(1, details(model, comparison.pairs().get(1)).size());
      model.close();
    }
  }

  @Test
  void blocksAndBitsOfAnInsituDeviceAreComparedEach() throws IOException {
    Path image = image("is-lzo-wb-crash");
    try (Session session = open(image)) {
      ByteRange block =
          session.cache().root().child(session.cache().root().childCount() - 1).range();
      CompareModel model = new CompareModel(session, AT_ONCE);
      Comparison comparison = compared(model, changed(image, 0x1000, block.offset() + 4096 * 2));
      assertEquals("blocks 0 … 7", names(comparison).getFirst());
      assertEquals("block 2", names(comparison).getLast());
      assertEquals(2, comparison.different());
      model.close();
    }
  }

  private static List<String> names(Comparison comparison) {
    return comparison.pairs().stream().map(Pair::name).toList();
  }

  @Test
  void cachesOfTwoSizesAreComparedAsFarAsBothReach() throws IOException {
    Path image = image("wb-o7-unwrapped-crash");
    Path other = changed(image);
    try (RandomAccessFile file = new RandomAccessFile(other.toFile(), "rw")) {
      file.setLength(file.length() - (3 << 16));
    }
    try (Session session = open(image)) {
      CompareModel model = new CompareModel(session, AT_ONCE);
      Comparison comparison = compared(model, other);
      Part segments = comparison.parts().getLast();
      assertTrue(
          segments.sentence().endsWith(" the same, 3 only in the first image"),
          segments.sentence());
      assertEquals(0, segments.different());
      model.close();
    }
  }

  @Test
  void otherFormatsAndMissingFilesAreRefused() throws IOException {
    Path image = image("wb-o7-torn-tail-wrapped");
    try (Session session = open(image)) {
      CompareModel model = new CompareModel(session, AT_ONCE);
      model.compareWith(image("wc4096-crash").toString());
      assertTrue(model.message().get().contains("only images of one format"));
      model.compareWith("/no/such/image");
      assertTrue(model.message().get().contains("no such file"), model.message().get());
      assertNull(model.comparison().get());
      model.close();
    }
  }

  @Test
  void aComparisonCanBeStopped() throws IOException {
    Path image = image("wb-o7-torn-tail-wrapped");
    Deque<Runnable> waiting = new ArrayDeque<>();
    try (Session session = open(image)) {
      CompareModel model =
          new CompareModel(session, new Threads(Runnable::run, Runnable::run, waiting::add));
      model.compareWith(image.toString());
      model.stop();
      waiting.pop().run();
      assertEquals("stopped", model.message().get());
      assertNull(model.comparison().get());
    }
  }
}
