package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Path;
import javafx.scene.control.TableView;
import javafx.scene.control.TextArea;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bookmarks in a real window. */
class NotesTest {

  @TempDir private Path directory;

  @Test
  void aPlaceIsMarkedAndFoundAgain() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    Path file = directory.resolve("config/gui.properties");
    try (Hands hands = new Hands(Theme.LIGHT, Settings.of(file))) {
      hands.open(images.cache(), images.backing());
      Fx.until("there are findings", () -> table(hands, "#findings").getItems().size() > 2);
      hands.press(KeyCode.F8);
      hands.press(KeyCode.CONTROL, KeyCode.D);
      hands.await("#note");
      hands.type("#note", "torn");
      Fx.until("the note is there", () -> note(hands).equals("torn"));
      hands.press(KeyCode.CONTROL, KeyCode.G);
      hands.type("#jump", "0x1000");
      hands.press(KeyCode.ENTER);
      hands.press(KeyCode.CONTROL, KeyCode.D);
      Fx.until("both are there", () -> table(hands, "#bookmarks").getItems().size() == 2);
      Fx.screenshot(hands.window.scene(), "bookmarks-light-1280x720", 1280, 720);
    }
    try (Hands hands = new Hands(Theme.DARK, Settings.of(file))) {
      hands.open(images.cache(), images.backing());
      hands.press(KeyCode.CONTROL, KeyCode.B);
      assertEquals(2, Fx.get(() -> table(hands, "#bookmarks").getItems().size()));
      Fx.run(() -> table(hands, "#bookmarks").getSelectionModel().select(1));
      assertEquals("torn", Fx.get(() -> note(hands)));
      assertEquals(
          new ByteRange(0x3b0000, 0x10000),
          Fx.get(() -> hands.window.session().navigator().location().get().range()));
      Fx.screenshot(hands.window.scene(), "bookmarks-dark-1280x720", 1280, 720);
      hands.press(KeyCode.DELETE);
      assertEquals(1, Fx.get(() -> table(hands, "#bookmarks").getItems().size()));
    }
  }

  private static String note(Hands hands) {
    return ((TextArea) hands.window.scene().getRoot().lookup("#note")).getText();
  }

  private static TableView<?> table(Hands hands, String selector) {
    return (TableView<?>) hands.window.scene().getRoot().lookup(selector);
  }
}
