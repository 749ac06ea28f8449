package org.dmsalvage.gui.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.hex.Side;
import org.dmsalvage.gui.model.Jump;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.recovery.Policy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The histories of addresses of real disks. */
class HistoryModelTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private Session open(String set) throws IOException {
    GoldenSet.Images images = GoldenSets.get(set).unpack(directory);
    return Session.open(
        new Session.Paths(
            images.cache().toString(),
            images.plog() == null ? null : images.plog().toString(),
            images.backing() == null ? null : images.backing().toString(),
            null),
        AT_ONCE);
  }

  /** The metablock at 0x110200, of slot 1: sector 0x2878. */
  private static Location metablock(Session session) {
    return new Location(session.cache(), new ByteRange(0x110200, 16));
  }

  @Test
  void aMetablockLeadsToAllCopiesOfItsAddress() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      HistoryModel model = new HistoryModel(session, AT_ONCE);
      model.show(metablock(session));
      assertEquals("", model.message().get());
      assertFalse(model.busy().get());
      AddressHistory history = model.history().get();
      assertEquals(0x2878, history.sector());
      List<Copy> copies = history.copies();
      assertTrue(copies.stream().anyMatch(c -> c.range().offset() == 0x111000));
      for (int i = 1; i < copies.size(); i++) {
        assertTrue(
            Long.compareUnsigned(
                    copies.get(i - 1).version().order(), copies.get(i).version().order())
                >= 0,
            "the newest first");
      }
      Copy shown = copies.stream().filter(c -> c.shownBy().contains("salvage")).findFirst().get();
      assertEquals("its checksum is right", shown.proof());
      assertTrue(history.verdict(Policy.SALVAGE).contains(shown.version().place()));
      assertTrue(
          history.verdict(Policy.DRIVER).startsWith("driver shows the backing device: "),
          history.verdict(Policy.DRIVER));
    }
  }

  @Test
  void theResultIsTheCopyThatShowsOrTheDisk() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      HistoryModel model = new HistoryModel(session, AT_ONCE);
      model.show(metablock(session));
      AddressHistory history = model.history().get();
      int shown = 0;
      while (!history.copies().get(shown).shownBy().contains("salvage")) {
        shown++;
      }
      List<Side> salvage = history.sides(shown, Policy.SALVAGE);
      assertEquals(3, salvage.size());
      assertEquals(512, salvage.getFirst().length());
      assertEquals(0, salvage.get(0).differences(salvage.get(2)));
      List<Side> driver = history.sides(shown, Policy.DRIVER);
      assertEquals(0, driver.get(1).differences(driver.get(2)), "the driver drops the log");
      assertEquals(
          driver.get(0).differences(driver.get(1)) > 0,
          driver.get(0).differences(driver.get(2)) > 0);
    }
  }

  @Test
  void anAddressThatTheCacheNeverHeldShowsTheDisk() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      HistoryModel model = new HistoryModel(session, AT_ONCE);
      model.show(0);
      AddressHistory history = model.history().get();
      if (history.copies().isEmpty()) {
        List<Side> sides = history.sides(-1, Policy.SALVAGE);
        assertFalse(sides.getFirst().missing().isEmpty());
        assertEquals(-1, sides.get(0).differences(sides.get(1)));
        assertEquals(0, sides.get(1).differences(sides.get(2)));
        assertEquals("salvage shows the backing device", history.verdict(Policy.SALVAGE));
      }
      model.step(-5);
      assertEquals(0, model.history().get().sector());
      model.step(8);
      assertEquals(8, model.history().get().sector());
      model.show(Long.MAX_VALUE / 1024);
      assertEquals(
          List.of(true, true),
          model.history().get().sides(-1, Policy.SALVAGE).stream()
              .skip(1)
              .map(s -> s.missing().equals("beyond the end"))
              .toList());
      model.show(-1);
      assertNull(model.history().get());
      assertTrue(model.message().get().contains("beyond any device"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "wb-o7-torn-tail-wrapped, slot 1, false",
    "wb-o7-torn-tail-wrapped, 0x111200, true",
    "wb13-o7-wrapped-crash, 0x101000, true",
    "wc4096-crash, entry 3, true",
    "is-lzo-wb-crash, block 5, true",
    "is-lzo-wb-crash, 0, false"
  })
  void placesOfEveryFormatStandForAddresses(String set, String place, boolean stands)
      throws IOException {
    try (Session session = open(set)) {
      Location where = Jump.parse(place, session);
      OptionalLong sector = Addresses.of(session, where);
      assertEquals(stands, sector.isPresent());
      HistoryModel model = new HistoryModel(session, AT_ONCE);
      model.show(where);
      if (stands) {
        AddressHistory history = model.history().get();
        assertNotNull(history, () -> model.message().get());
        assertEquals(sector.getAsLong(), history.sector());
        assertTrue(history.copies().size() > 0 || set.startsWith("wc") || set.startsWith("is"));
      } else {
        assertTrue(model.message().get().contains("stands for no address"));
      }
    }
  }

  @Test
  void theSecondSectorOfABlockIsOneFurther() throws IOException {
    try (Session session = open("wb-o7-torn-tail-wrapped")) {
      assertEquals(
          0x2879, Addresses.of(session, Location.at(session.cache(), 0x111200 + 3)).orElseThrow());
      assertEquals(
          7,
          Addresses.of(session, Location.at(session.sources().get(1), 7 * 512 + 1)).orElseThrow());
    }
  }

  @Test
  void differencesAreCountedByteByByte() {
    Side a = Side.of("a", new byte[] {1, 2, 3});
    Side b = Side.of("b", new byte[] {1, 9, 3, 4});
    assertEquals(2, a.differences(b));
    assertTrue(a.differs(b, 1));
    assertFalse(a.differs(b, 3));
    assertEquals(Side.NONE, a.at(3));
    assertEquals(-1, a.differences(Side.missing("c", "why")));
  }
}
