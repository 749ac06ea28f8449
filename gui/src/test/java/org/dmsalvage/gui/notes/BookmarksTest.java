package org.dmsalvage.gui.notes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bookmarks without a window. */
class BookmarksTest {

  private static final Threads AT_ONCE = new Threads(Runnable::run, Runnable::run, Runnable::run);

  @TempDir private Path directory;

  private Path evidence;
  private Path kept;
  private Session session;

  @BeforeEach
  void open() throws IOException {
    evidence = Files.createDirectory(directory.resolve("evidence"));
    kept = directory.resolve("config/bookmarks");
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(evidence);
    session =
        Session.open(
            new Session.Paths(images.cache().toString(), null, images.backing().toString(), null),
            AT_ONCE);
  }

  @AfterEach
  void close() {
    session.close();
  }

  private Location cache(long offset, long length) {
    return new Location(session.cache(), new ByteRange(offset, length));
  }

  private static List<String> files(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void areKeptForTheSameImagesButNotBesideThem() throws IOException {
    List<String> before = files(evidence);
    Bookmarks bookmarks = new Bookmarks(session, kept, AT_ONCE);
    Bookmark torn = bookmarks.add(cache(0x3b0000, 512));
    torn.note().set("torn\nhere");
    Source disk = session.source(Source.Role.BACKING).orElseThrow();
    Bookmark block = bookmarks.add(new Location(disk, new ByteRange(4096, 4096)));
    Bookmark first = bookmarks.add(cache(0, 8));
    assertEquals(List.of(first, torn, block), bookmarks.list());
    assertSame(torn, bookmarks.add(cache(0x3b0000, 512)), "a place is marked once");
    assertEquals("segments › slot 43 › header", torn.place());
    bookmarks.remove(first);

    Bookmarks again = new Bookmarks(session, kept, AT_ONCE);
    assertEquals("", again.problem().get());
    assertEquals(2, again.list().size());
    assertEquals("torn\nhere", again.list().getFirst().note().get());
    assertEquals(cache(0x3b0000, 512), again.location(again.list().getFirst()).orElseThrow());
    assertEquals(Source.Role.BACKING, again.list().getLast().role());
    assertEquals("torn\nhere", again.notes().getFirst().text());
    assertEquals(session.cache().bytes().name(), again.notes().getFirst().image());
    assertEquals(before, files(evidence), "the directory of the images stays as it was");
    assertTrue(new Bookmarks(session, null, AT_ONCE).list().isEmpty(), "or are forgotten");
  }

  @Test
  void areGivenAwayAsAPageOrADocument() throws IOException {
    Bookmarks bookmarks = new Bookmarks(session, null, AT_ONCE);
    bookmarks.add(cache(0x3b0000, 65536)).note().set("is <this> it?");
    Path page = directory.resolve("out.html");
    bookmarks.export(page);
    String html = Files.readString(page);
    assertTrue(html.contains("is &lt;this&gt; it?"));
    assertTrue(html.contains("5c 00 00 00"), "the bytes");
    assertFalse(html.contains("http"), "nothing is loaded");
    assertThrows(OutputException.class, () -> bookmarks.export(page), "once");
    Path cache = Path.of(session.paths().cache());
    assertThrows(OutputException.class, () -> bookmarks.export(cache));

    Path document = directory.resolve("out.json");
    bookmarks.export(document);
    Bookmarks others = new Bookmarks(session, kept, AT_ONCE);
    others.read(document);
    others.read(document);
    assertEquals(1, others.list().size());
    assertEquals(1, new Bookmarks(session, kept, AT_ONCE).list().size(), "they are kept now");
  }

  @Test
  void whatIsNoListOfThemIsRefused() throws IOException {
    Bookmarks bookmarks = new Bookmarks(session, kept, AT_ONCE);
    bookmarks.add(cache(0, 8));
    for (String text :
        List.of(
            "",
            "[]",
            "{\"schema\":\"dmsalvage/bookmarks/1\"",
            "{\"schema\":\"dmsalvage/bookmarks/1\",\"bookmarks\":[{\"offset\":-1}]}",
            "{\"schema\":\"dmsalvage/bookmarks/1\",\"bookmarks\":"
                + "[{\"offset\":9223372036854775807,\"length\":2}]}")) {
      Path file = Files.writeString(directory.resolve("list.json"), text);
      assertThrows(UnsupportedImageException.class, () -> bookmarks.read(file), text);
    }
    Path mine = kept.resolve(files(kept).getFirst());
    Files.writeString(mine, "spilt coffee");
    Bookmarks again = new Bookmarks(session, kept, AT_ONCE);
    assertTrue(again.problem().get().contains("no bookmarks"));
    assertTrue(again.list().isEmpty());
  }
}
