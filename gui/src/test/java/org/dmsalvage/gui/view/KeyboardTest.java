package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javafx.scene.input.Clipboard;
import javafx.scene.input.KeyCode;
import javafx.scene.robot.Robot;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.history.HistoryModel;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.map.GridView;
import org.dmsalvage.gui.map.MapPane;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.time.TimelineModel;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does with keys alone what the mouse can do. */
class KeyboardTest {

  @TempDir private static Path directory;

  private static GoldenSet.Images torn;
  private static Window window;

  @BeforeAll
  static void open() throws IOException {
    torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    window = new Window(torn.cache(), torn.backing(), Theme.LIGHT);
  }

  @AfterAll
  static void close() {
    window.close();
  }

  /** Runs a command by the first letters of its words. */
  private static void command(String initials) {
    window.type(KeyCode.CONTROL, KeyCode.K);
    Fx.run(
        () ->
            initials
                .toUpperCase(Locale.ROOT)
                .chars()
                .forEach(c -> new Robot().keyType(KeyCode.getKeyCode(String.valueOf((char) c)))));
    window.type(KeyCode.ENTER);
  }

  private static String clipboard() {
    return Clipboard.getSystemClipboard().getString();
  }

  @Test
  void bytesOffsetsAndTheHashAreCopied() throws IOException {
    Fx.run(() -> go(0, 1));
    window.type(KeyCode.CONTROL, KeyCode.DIGIT2);
    Fx.until(
        "the bytes have the keyboard", () -> window.browser().view().bytes().view().isFocused());
    for (int i = 0; i < 3; i++) {
      window.type(KeyCode.SHIFT, KeyCode.RIGHT);
    }
    window.type(KeyCode.CONTROL, KeyCode.C);
    Fx.until("the digits are copied", () -> "74 73 42 57".equals(clipboard()));
    assertTrue(Fx.get(() -> window.has("#notice", "copied 4 bytes")));
    window.type(KeyCode.CONTROL, KeyCode.ALT, KeyCode.C);
    Fx.until("the text is copied", () -> "tsBW".equals(clipboard()));
    Fx.run(() -> go(0x3b0000, 4096));
    window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.C);
    Fx.until("the offset is copied", () -> "0x3b0000".equals(clipboard()));
    window.type(KeyCode.CONTROL, KeyCode.PERIOD);
    // Begins anew if it was stopped.
    window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.H);
    Fx.until("the hash is known", () -> window.has("#hash", "…"));
    window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.H);
    Fx.until("the hash is copied", () -> clipboard().matches("[0-9a-f]{64}"));
    assertTrue(Fx.get(() -> window.has("#notice", "copied the SHA-256")));

    window.type(KeyCode.CONTROL, KeyCode.DIGIT2);
    window.type(KeyCode.CONTROL, KeyCode.A);
    assertEquals(new ByteRange(0, Files.size(torn.cache())), window.here());
    window.type(KeyCode.CONTROL, KeyCode.C);
    Fx.until("it is too much", () -> window.has("#notice", "can be copied"));
    assertTrue(Fx.get(KeyboardTest::clipboard).length() == 64, "as it was");
  }

  private static void go(long offset, long length) {
    window
        .session()
        .navigator()
        .jump(new Location(window.session().cache(), new ByteRange(offset, length)));
  }

  @Test
  void mapsAreWalkedAndZoomed() {
    // Also when they were stopped before.
    Fx.run(() -> window.browser().view().maps().stop());
    window.type(KeyCode.CONTROL, KeyCode.DIGIT5);
    MapPane maps = window.find(".maps", MapPane.class);
    Fx.until("the maps are there", () -> maps.cacheMap() != null && maps.diskMap() != null);
    GridView grid = window.find(".grid-view", GridView.class);
    Fx.until("the map has the keyboard", grid::isFocused);
    Fx.run(() -> go(0x100000, 0x10000));
    window.type(KeyCode.RIGHT);
    assertEquals(0x110000, window.here().offset());
    window.type(KeyCode.END);
    assertEquals(0x3f0000, window.here().offset());
    window.type(KeyCode.LEFT);
    assertEquals(0x3e0000, window.here().offset());
    window.type(KeyCode.HOME);
    assertEquals(0x100000, window.here().offset());
    long all = Fx.get(() -> grid.cells());
    window.type(KeyCode.ADD);
    assertTrue(Fx.get(() -> grid.shown()) < all);
    command("mao");
    assertEquals(all, Fx.get(() -> grid.shown()));
    command("mzi");
    assertTrue(Fx.get(() -> grid.shown()) < all);
    command("mzo");
    assertEquals(all, Fx.get(() -> grid.shown()));
    // On to the map of the disk, whose keys choose its blocks.
    Fx.until("the map has the keyboard", grid::isFocused);
    window.type(KeyCode.TAB);
    assertFalse(Fx.get(grid::isFocused));
    window.type(KeyCode.RIGHT);
    assertEquals("backing", Fx.get(() -> role()));
    assertEquals(0, window.here().offset());
    window.type(KeyCode.RIGHT);
    assertEquals(0, window.here().offset() % 4096);
    assertNotEquals(0, window.here().offset());
  }

  private static String role() {
    return window.session().navigator().location().get().source().role().label();
  }

  @Test
  void timeHistoryBookmarksAndVerificationHaveCommands() {
    window.type(KeyCode.CONTROL, KeyCode.DIGIT6);
    TimelineModel time = Fx.get(() -> window.browser().view().timeline().model());
    Fx.until("the end is known", () -> time.moment().get() != null);
    int last = Fx.get(() -> time.point().get());
    command("tasb");
    assertEquals(last - 1, Fx.get(() -> time.point().get()));
    command("taso");
    command("tbt");
    assertEquals(0, Fx.get(() -> time.point().get()));
    command("tpo");
    Fx.until("it plays", () -> time.point().get() > 0);
    window.type(KeyCode.CONTROL, KeyCode.PERIOD);
    assertFalse(Fx.get(() -> time.playing().get()));
    command("tte");
    assertEquals(last, Fx.get(() -> time.point().get()));

    Fx.run(() -> window.browser().view().showHistoryOf(0));
    HistoryModel history = Fx.get(() -> window.browser().view().history().model());
    Fx.until("a history is there", () -> history.history().get() != null);
    command("htnb");
    Fx.until("the next block", () -> history.history().get().sector() == 8);

    window.type(KeyCode.CONTROL, KeyCode.D);
    Fx.until("a place is marked", () -> window.browser().view().bookmarks().list().size() == 1);
    command("brt");
    assertEquals(0, Fx.get(() -> window.browser().view().bookmarks().list().size()));

    command("vac");
    Fx.until("it is verified", () -> window.has(".bottom-head .label", "all checksums"));
  }
}
