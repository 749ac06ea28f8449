package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import javafx.geometry.Point2D;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.hex.SideBySide;
import org.dmsalvage.gui.history.Copy;
import org.dmsalvage.gui.history.HistoryModel;
import org.dmsalvage.gui.history.HistoryPane;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Asks for histories by menu, key and palette. */
class HistoryViewTest {

  @TempDir static Path directory;

  @Test
  void everyWayLeadsToTheHistoryOfAnAddress() throws IOException {
    GoldenSet.Images torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    try (Window window = new Window(torn.cache(), torn.backing(), Theme.LIGHT)) {
      Fx.run(
          () ->
              window
                  .session()
                  .navigator()
                  .jump(new Location(window.session().cache(), new ByteRange(0x110200, 16))));
      window.type(KeyCode.CONTROL, KeyCode.H);
      HistoryModel model = Fx.get(() -> window.find(".history", HistoryPane.class).model());
      Fx.until("the metablock's address is known", () -> sector(model) == 0x2878);
      var copies = window.<Copy>table("#history-copies");
      Fx.until(
          "the driver's choice is told",
          () -> window.has(".verdicts .label", "driver shows the backing device"));
      SideBySide bytes = window.find(".side-by-side", SideBySide.class);
      assertEquals(3, Fx.get(() -> bytes.sides().size()));
      window.screenshot("history-light", 1280, 720);
      Fx.run(copies::requestFocus);
      window.type(KeyCode.ENTER);
      assertEquals(
          Fx.get(() -> copies.getSelectionModel().getSelectedItem().range()), window.here());

      // By the menu, on a byte of the second sector of block 0.
      HexView hex = window.find(".hex-view", HexView.class);
      Fx.run(
          () -> window.session().navigator().jump(Location.at(window.session().cache(), 0x111200)));
      Point2D at = Fx.get(() -> hex.pointOf(0x111200));
      window.click(hex, at.getX(), at.getY(), MouseButton.SECONDARY);
      Fx.until("the menu is open", () -> menu() != null);
      Fx.run(() -> menu().getItems().getFirst().fire());
      Fx.run(() -> menu().hide());
      Fx.until("the menu is closed", () -> menu() == null);
      Fx.until("the sector's address is known", () -> sector(model) == 0x2879);

      window.type(KeyCode.CONTROL, KeyCode.K);
      Fx.until(
          "the palette has the keyboard",
          () ->
              window.browser().scene().getFocusOwner() instanceof TextField field
                  && field.getParent() instanceof CommandPalette);
      for (KeyCode key :
          new KeyCode[] {KeyCode.DIGIT3, KeyCode.DIGIT9, KeyCode.DIGIT2, KeyCode.ENTER}) {
        window.type(key);
      }
      Fx.until("the typed address is asked for", () -> model.busy().get() || sector(model) == 392);
      Fx.until("it is known", () -> !model.busy().get());
      assertEquals(392, Fx.get(() -> sector(model)), () -> model.message().get());
      Fx.run(() -> window.find(".history", HistoryPane.class).otherPolicy());
      assertTrue(
          Fx.get(
              () ->
                  bytes.sides().getLast().title().equals("by driver")
                      && window.has(".tabs .toggle-button:selected", "by driver")));
      window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.L);
      window.screenshot("history-dark", 1920, 1080);
    }
  }

  private static long sector(HistoryModel model) {
    return model.history().get() == null ? -1 : model.history().get().sector();
  }

  private static ContextMenu menu() {
    return javafx.stage.Window.getWindows().stream()
        .filter(w -> w instanceof ContextMenu)
        .map(ContextMenu.class::cast)
        .findFirst()
        .orElse(null);
  }
}
