package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import javafx.scene.Node;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.compare.Detail;
import org.dmsalvage.gui.compare.Pair;
import org.dmsalvage.gui.hex.SideBySide;
import org.dmsalvage.gui.look.Theme;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compares two caches in a window. */
class CompareViewTest {

  @TempDir static Path directory;

  @Test
  void differencesLeadToTheBytesOfBoth() throws IOException {
    GoldenSet.Images torn =
        GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory.resolve("a"));
    Path other = GoldenSets.get("wb-o7-wrapped-crash").unpack(directory.resolve("b")).cache();
    try (Window window = new Window(torn.cache(), torn.backing(), Theme.LIGHT)) {
      window.type(KeyCode.CONTROL, KeyCode.DIGIT8);
      TextField path = window.find("#compare-path", TextField.class);
      Fx.until("the field has the keyboard", path::isFocused);
      Fx.run(() -> path.setText(other.toString()));
      window.type(KeyCode.ENTER);
      Fx.until("it is compared", () -> window.find("#compare-pairs", Node.class) != null);
      var table = window.<Pair>table("#compare-pairs");
      Fx.until("pairs are listed", () -> table.getItems().size() > 1);
      assertTrue(Fx.get(() -> window.has("#compare-summary", "segments: ")));
      Fx.run(() -> table.getSelectionModel().select(1));
      var details = window.<Detail>table("#compare-details");
      Fx.until("values are listed", () -> !details.getItems().isEmpty());
      Fx.run(() -> details.getSelectionModel().select(0));
      SideBySide bytes = window.find(".side-by-side", SideBySide.class);
      Fx.until("bytes are there", () -> bytes.sides().size() == 2);
      assertEquals(
          Fx.get(() -> details.getSelectionModel().getSelectedItem().inLeft()), window.here());
      window.screenshot("compare-light", 1280, 720);
      window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.L);
      window.screenshot("compare-dark", 3840, 2160);
    }
  }
}
