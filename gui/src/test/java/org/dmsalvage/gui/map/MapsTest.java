package org.dmsalvage.gui.map;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.map.CacheMap.State;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.tree.Kind;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The maps of real images. */
class MapsTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private Session open(String set) throws IOException {
    GoldenSet.Images images = GoldenSets.get(set).unpack(directory);
    return Session.open(
        new Session.Paths(
            images.cache().toString(),
            null,
            images.backing() == null ? null : images.backing().toString(),
            null),
        AT_ONCE);
  }

  @Test
  void aTornSlotIsSeenBetweenHeadAndTail() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      CacheMap map = CacheMap.of(session.image(), null, Progress.NONE);
      assertEquals(48, map.cells());
      assertEquals("id 92  torn", map.note(43));
      assertEquals(Look.DAMAGED, map.state(43).look());
      assertEquals(42, map.newest());
      assertEquals(44, map.oldest());
      assertEquals(1, map.freshness(42));
      assertEquals(0, map.freshness(44));
      assertEquals(new ByteRange(0x3b0000, 0x10000), map.range(43));
      List<String> found = map.statesIn(40, 48).stream().map(State::word).toList();
      assertEquals(List.of("current", "torn"), found);
      assertEquals(48, all(map));
    }
  }

  @Test
  void aSegmentIsMadeOfSectors() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      CacheMap map = CacheMap.of(session.image(), null, Progress.NONE);
      SectorMap slot = new SectorMap(session.cache(), map.range(43));
      assertEquals(128, slot.count());
      assertEquals(List.of(Kind.HEADER), slot.kinds(0, 1));
      assertEquals("header", slot.note(0));
      assertTrue(slot.kinds(1, 2).contains(Kind.MAPPING));
      assertEquals("metablocks › metablock 0 …", slot.note(1));
      assertEquals(List.of(Kind.DATA), slot.kinds(8, 16));
      assertEquals(List.of(Kind.HEADER), slot.kinds(0, 128).subList(0, 1));
      assertEquals(new ByteRange(0x3b0200, 512), SectorMap.sector(slot.bytes(), 1, 2));
      assertEquals("48 slots", MapWords.of(map));
      assertEquals("slot 43   128 sectors", MapWords.ofSectors(map, 43, slot));
      assertEquals(
          "slot 43 › sector 7552   header   at 0x3b0000", MapWords.ofSector(map, 43, slot, 0));
    }
  }

  @Test
  void theLastSectorMayBeShort() {
    ByteRange odd = new ByteRange(4096, 1000);
    assertEquals(2, SectorMap.countOf(odd));
    assertEquals(new ByteRange(4608, 488), SectorMap.sector(odd, 1, 2));
    assertEquals(odd, SectorMap.sector(odd, 0, 9));
  }

  @Test
  void theDiskShowsWhatTheRecoveryBrings() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      DiskMap map = DiskMap.of(session, Progress.NONE);
      ByteRange all = new ByteRange(0, map.bytes());
      assertEquals(session.sources().get(1).bytes().size(), map.bytes());
      assertEquals(map.report().appliedSectors() * 512, map.cachedBytes(all));
      assertTrue(map.driverDiffers(all), "the driver drops the whole log");
      assertFalse(map.isAtRisk(all));
      assertFalse(map.comesFrom(all, 43), "the torn slot");
      assertTrue(map.comesFrom(all, 42));
      ByteRange block = new ByteRange(9176L * 512, 4096);
      long[] cells = map.cellsOf(block, 4);
      if (cells.length > 0) {
        assertTrue(map.cachedBytes(block) > 0);
        long place = map.place(block).orElseThrow().range().offset();
        assertEquals(cells[0], DiskMap.cellAt(session.cache(), place));
      }
      assertArrayEquals(new long[0], map.cellsOf(new ByteRange(0, 0), 4));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"wc4096-crash", "wc512-crash", "wb13-o7-wrapped-crash", "wb-crash", "wb-wrap"})
  void runsPointIntoTheCellsThatHoldThem(String set) throws IOException {
    try (Session session = open(set)) {
      CacheMap cache = CacheMap.of(session.image(), null, Progress.NONE);
      DiskMap disk = DiskMap.of(session, Progress.NONE);
      for (long block = 0; block < disk.blocks(); block++) {
        ByteRange range =
            ByteRange.between(block * 4096, Math.min(block * 4096 + 4096, disk.bytes()));
        for (long cell : disk.cellsOf(range, 8)) {
          Look look = cache.state(cell).look();
          assertTrue(look == Look.GOOD || look == Look.UNPROVED, () -> set + ": " + look);
        }
      }
    }
  }

  @Test
  void extentsAreCountedInBlocks() throws IOException {
    try (Session session = open("is-lzo-wb-crash")) {
      CacheMap map = CacheMap.of(session.image(), null, Progress.NONE);
      assertEquals(map.cells(), all(map));
      assertTrue(map.states().stream().anyMatch(s -> s.word().equals("ok")));
      assertTrue(map.count(1) > 0, "some payloads prove themselves");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "48, 600, 100, 40, 1",
    "10, 600, 100, 58, 1",
    "1400, 600, 200, 9, 1",
    "131072, 1200, 300, 6, 14",
    "134217728, 600, 100, 6, 83887",
    "0, 600, 100, 58, 1"
  })
  void squaresAreAsLargeAsTheRoomAllows(
      long cells, double width, double height, double square, long per) {
    GridShape shape = GridShape.of(cells, width, height);
    assertEquals(square, shape.width());
    assertEquals(per, shape.perSquare());
    assertTrue((long) shape.columns() * shape.rows() * shape.perSquare() >= cells);
    assertTrue(shape.rows() * shape.height() <= height || cells == 0);
  }

  @Test
  void aPointFindsItsCell() {
    GridShape shape = GridShape.of(131_072, 1200, 300);
    assertEquals(0, shape.cellAt(1, 1, 131_072));
    assertEquals(14, shape.cellAt(7, 1, 131_072));
    assertEquals(200 * 14, shape.cellAt(1, 7, 131_072));
    assertEquals(-1, shape.cellAt(1199, 299, 131_072));
    assertEquals(-1, shape.cellAt(-1, 0, 131_072));
  }

  private static long all(CacheMap map) {
    return IntStream.range(0, map.states().size()).mapToLong(map::count).sum();
  }
}
