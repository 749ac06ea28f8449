package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import javafx.scene.Node;
import javafx.scene.Scene;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.stage.FileChooser.ExtensionFilter;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Chooses files in dialogs, and goes round in sheets. */
class DialogsTest {

  @TempDir private Path directory;

  /** Somebody who chooses what was agreed on before. */
  private static final class Choices implements FileDialogs {
    private final Deque<Optional<Path>> choices = new ArrayDeque<>();
    private final List<String> asked = new ArrayList<>();

    Choices then(Path choice) {
      choices.add(Optional.of(choice));
      return this;
    }

    Choices thenNothing() {
      choices.add(Optional.empty());
      return this;
    }

    private Optional<Path> choose(String question) {
      asked.add(question);
      return choices.remove();
    }

    @Override
    public Optional<Path> existing(Scene scene, String title) {
      return choose("existing " + title);
    }

    @Override
    public Optional<Path> created(
        Scene scene, String title, String suggestion, List<ExtensionFilter> kinds) {
      return choose("created " + title);
    }

    @Override
    public Optional<Path> directory(Scene scene, String title) {
      return choose("directory " + title);
    }
  }

  @Test
  void dialogsFillWhatTheSheetsAskFor() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    Path record = directory.resolve("record");
    Path picture = directory.resolve("window.svg");
    Choices choices =
        new Choices()
            .then(images.cache())
            .thenNothing()
            .then(images.backing())
            .then(directory.resolve("image"))
            .then(record)
            .then(images.cache())
            .then(picture);
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      Fx.run(() -> choices.use(hands.window.scene()));
      hands.press(KeyCode.CONTROL, KeyCode.O);
      hands.await("#open-cache");
      hands.click("#browse-cache");
      assertEquals(images.cache().toString(), text(hands, "#open-cache"));
      hands.click("#browse-backing");
      assertEquals("", text(hands, "#open-backing"), "nothing was chosen");
      hands.click("#browse-backing");
      assertEquals(images.backing().toString(), text(hands, "#open-backing"));
      hands.press(KeyCode.ENTER);
      hands.opened(images.cache().toString());

      hands.press(KeyCode.CONTROL, KeyCode.R);
      hands.await("#flush-begin");
      hands.click("#browse-flush-image");
      assertEquals(directory.resolve("image").toString(), text(hands, "#flush-image"));
      hands.click("#browse-flush-record-path");
      assertEquals(record.toString(), text(hands, "#flush-record-path"));
      assertFalse(hands.find("#flush-record-path").isDisabled(), "who names a record wants one");
      hands.press(KeyCode.ESCAPE);
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.Z);
      hands.await("#undo-file");
      hands.click("#browse-undo-file");
      assertEquals(images.cache().toString(), text(hands, "#undo-file"));
      hands.press(KeyCode.ESCAPE);

      hands.press(KeyCode.CONTROL, KeyCode.K);
      for (KeyCode key : List.of(KeyCode.S, KeyCode.P, KeyCode.O, KeyCode.T, KeyCode.W)) {
        hands.press(key);
      }
      hands.press(KeyCode.ENTER);
      Fx.until("the picture is there", () -> Files.exists(picture));
    }
    assertEquals(
        List.of(
            "existing Cache",
            "existing Backing device",
            "existing Backing device",
            "created Recover the disk",
            "directory Record of the recovery",
            "existing Undo file",
            "created Save a picture"),
        choices.asked);
  }

  private static String text(Hands hands, String field) {
    return Fx.get(() -> ((TextField) hands.window.scene().getRoot().lookup(field)).getText());
  }

  @Test
  void tabGoesRoundInASheet() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      hands.open(images.cache(), images.backing());
      hands.press(KeyCode.CONTROL, KeyCode.O);
      hands.await("#open-cache");
      for (KeyCode[] keys : new KeyCode[][] {{KeyCode.TAB}, {KeyCode.SHIFT, KeyCode.TAB}}) {
        Set<Node> seen = new HashSet<>();
        for (int i = 0; i < 8; i++) {
          assertTrue(seen.add(inSheet(hands)), "each of the eight stops once");
          hands.press(keys);
        }
        assertEquals("open-cache", inSheet(hands).getId());
      }
    }
  }

  private static Node inSheet(Hands hands) {
    return Fx.get(
        () -> {
          Node owner = hands.window.scene().getFocusOwner();
          Node above = owner;
          while (above != null && !(above instanceof Overlay)) {
            above = above.getParent();
          }
          return above == null ? hands.window.scene().getRoot() : owner;
        });
  }
}
