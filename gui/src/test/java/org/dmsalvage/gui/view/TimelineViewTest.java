package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import javafx.scene.Node;
import javafx.scene.control.Hyperlink;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.time.Change;
import org.dmsalvage.gui.time.Moment;
import org.dmsalvage.gui.time.TimelineModel;
import org.dmsalvage.gui.time.TimelinePane;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goes through time by keys and clicks. */
class TimelineViewTest {

  @TempDir static Path directory;

  @Test
  void mapsBytesAndDifferencesFollowTheTime() throws IOException {
    GoldenSet.Images torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    try (Window window = new Window(torn.cache(), torn.backing(), Theme.LIGHT)) {
      window.type(KeyCode.CONTROL, KeyCode.DIGIT6);
      TimelinePane pane = window.find(".timeline", TimelinePane.class);
      TimelineModel model = pane.model();
      Fx.until("the end is known", () -> model.moment().get() != null);
      int last = Fx.get(() -> model.point().get());
      Fx.until(
          "the strip has the keyboard", () -> window.find(".time-strip", Node.class).isFocused());
      for (int i = 0; i < 20; i++) {
        window.type(KeyCode.LEFT);
      }
      Fx.until("point " + (last - 20), () -> model.moment().get().point() == last - 20);
      assertTrue(Fx.get(() -> window.has(".time-now", "id 119")));
      var changes = window.<Change>table("#time-changes");
      assertEquals(model.moment().get().changes().size(), Fx.get(() -> changes.getItems().size()));
      Fx.until("bytes are there", () -> window.has(".time-origin .label", "from the cache"));
      Fx.run(() -> changes.getSelectionModel().select(1));
      Fx.until("they are read", () -> pane.bytesAreThere());
      window.screenshot("timeline-light", 1280, 720);
      window.type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.L);
      window.screenshot("timeline-dark", 1280, 720);
      window.screenshot("timeline-dark", 3840, 2160);

      // The bar of the first segment, then what it wrote.
      Node strip = window.find(".time-strip", Node.class);
      window.click(strip, 9, 20);
      Fx.until("the beginning is known", () -> model.moment().get().point() == 0);
      window.type(KeyCode.SPACE);
      Fx.until("it plays", () -> model.moment().get().point() >= 2);
      window.type(KeyCode.SPACE);
      assertFalse(Fx.get(() -> model.playing().get()));
      window.type(KeyCode.END);
      Fx.until("the end shows again", () -> model.moment().get().point() == last);
      Fx.run(() -> window.find(".time-buttons .hyperlink", Hyperlink.class).fire());
      assertEquals(new ByteRange(0x3a0000, 0x10000), window.here(), "slot 42 with id 139");

      // What it is compared with, by the initials of the command.
      window.type(KeyCode.CONTROL, KeyCode.K);
      for (KeyCode key :
          new KeyCode[] {KeyCode.T, KeyCode.W, KeyCode.E, KeyCode.C, KeyCode.W, KeyCode.ENTER}) {
        window.type(key);
      }
      assertEquals(Moment.Against.NEXT, Fx.get(() -> model.against().get()));
      assertTrue(Fx.get(() -> window.has(".tabs .toggle-button:selected", "by the next step")));
    }
  }
}
