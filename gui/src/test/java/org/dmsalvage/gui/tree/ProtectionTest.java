package org.dmsalvage.gui.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to protect bytes of real images. */
class ProtectionTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  @ParameterizedTest
  @CsvSource({
    "wb-o7-torn-tail-wrapped, 0x0, only the magic",
    "wb-o7-torn-tail-wrapped, 0x110008, Not covered",
    "wb-o7-torn-tail-wrapped, 0x110200, Protected by the segment's checksum",
    "wb-o7-torn-tail-wrapped, 0x111000, Protected by the segment's checksum",
    "wb13-o7-wrapped-crash, 0x100000, laps",
    "wb13-o7-wrapped-crash, 0x101000, nothing proves",
    "wc4096-crash, 0x0, magic",
    "wc4096-crash, 0x1000, seq_count",
    "is-lzo-wb-crash, 0x0, sizes",
    "is-lzo-wb-crash, 0x1000, unpacks"
  })
  void everyStructureSaysWhatProtectsIt(String set, String offset, String words)
      throws IOException {
    Path image = GoldenSets.get(set).unpack(directory).cache();
    try (Session session =
        Session.open(new Session.Paths(image.toString(), null, null, null), AT_ONCE)) {
      String said = session.protection(Location.at(session.cache(), Long.decode(offset)));
      assertTrue(said.contains(words), said);
      Structure data = session.cache().root();
      for (Structure part : data.path(session.cache().bytes().size() / 2)) {
        Location where = new Location(session.cache(), part.range());
        if (part.kind() == Kind.DATA && part.childCount() == 0) {
          assertTrue(!session.protection(where).isEmpty(), part.name());
        }
      }
      assertEquals("", session.protection(new Location(session.cache(), data.range())));
    }
  }
}
