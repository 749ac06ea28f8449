package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Repairs and undoes in a real window, over a real cache. */
class WizardTest {

  @TempDir private Path directory;

  private GoldenSet.Images unpack() throws IOException {
    return GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
  }

  private static void fill(Hands hands, String field, Path path) {
    Fx.run(() -> ((TextField) hands.find(field)).setText(path.toString()));
  }

  @Test
  void repairsACopyAndOpensIt() throws IOException {
    GoldenSet.Images images = unpack();
    byte[] before = Files.readAllBytes(images.cache());
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      hands.open(images.cache(), images.backing());
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.R);
      hands.await("#plan-summary");
      assertEquals("1 change, 8 bytes. Nothing is written yet.", hands.text("#plan-summary"));
      Fx.until("the driver was asked", () -> hands.text("#driver-then").startsWith("would accept"));
      assertTrue(hands.text("#driver-now").contains("is dropped"), hands.text("#driver-now"));
      Fx.screenshot(hands.window.scene(), "repair-plan-light-1280x720", 1280, 720);

      // One click shows the bytes.
      hands.click("#show-bytes");
      assertEquals(
          new ByteRange(0x3b0000, 8),
          Fx.get(() -> hands.window.session().navigator().location().get().range()));
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.R);
      hands.await("#repair-next");
      hands.click("#repair-next");
      Path copy = directory.resolve("repaired.img");
      fill(hands, "#repair-copy", images.backing());
      assertTrue(hands.find("#repair-begin").isDisabled(), "an input is no target");
      fill(hands, "#repair-copy", copy);
      assertFalse(hands.find("#repair-begin").isDisabled());
      Fx.screenshot(hands.window.scene(), "repair-target-light-1280x720", 1280, 720);
      hands.click("#repair-begin");
      hands.await("#open-repaired");
      assertEquals(64, hands.text("#repair-hash").length());
      Fx.screenshot(hands.window.scene(), "repaired-light-1280x720", 1280, 720);
      assertArrayEquals(before, Files.readAllBytes(images.cache()));
      hands.press(KeyCode.ENTER);
      hands.opened(copy.toString());
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.R);
      hands.awaitWords("There is nothing to repair");
    }
  }

  @Test
  void repairsInPlaceAndTakesItBack() throws IOException {
    GoldenSet.Images images = unpack();
    byte[] before = Files.readAllBytes(images.cache());
    Path undo = directory.resolve("cache.undo");
    try (Hands hands = new Hands(Theme.DARK, Settings.none())) {
      hands.open(images.cache(), images.backing());
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.R);
      hands.await("#repair-next");
      Fx.until("the driver was asked", () -> hands.text("#driver-then").startsWith("would accept"));
      Fx.screenshot(hands.window.scene(), "repair-plan-dark-1920x1080", 1920, 1080);
      hands.press(KeyCode.ENTER);
      hands.await("#repair-in-place");
      hands.click("#repair-in-place");
      fill(hands, "#repair-undo", undo);
      hands.click("#repair-begin");
      hands.await("#confirm");
      assertTrue(hands.says(images.cache().toRealPath() + ", "), "the device is named");
      assertArrayEquals(before, Files.readAllBytes(images.cache()), "not before it is confirmed");
      Fx.screenshot(hands.window.scene(), "repair-confirm-dark-1280x720", 1280, 720);
      hands.click("#confirm");
      hands.await("#open-repaired");
      assertFalse(Arrays.equals(before, Files.readAllBytes(images.cache())));
      Fx.screenshot(hands.window.scene(), "repaired-dark-1280x720", 1280, 720);
      hands.press(KeyCode.ESCAPE);
      hands.opened(images.cache().toString());

      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.Z);
      hands.await("#undo-file");
      fill(hands, "#undo-file", images.cache());
      hands.click("#undo-next");
      hands.awaitWords("no header of an undo file");
      fill(hands, "#undo-file", undo);
      hands.click("#undo-next");
      hands.await("#undo-begin");
      Fx.screenshot(hands.window.scene(), "undo-dark-1280x720", 1280, 720);
      hands.click("#undo-begin");
      hands.await("#confirm");
      hands.click("#confirm");
      hands.awaitWords("Everything is as it was.");
      assertArrayEquals(before, Files.readAllBytes(images.cache()));
      Fx.screenshot(hands.window.scene(), "undone-dark-1280x720", 1280, 720);
    }
  }

  @Test
  void aFindingSaysWhatRepairWouldDo() throws IOException {
    GoldenSet.Images images = unpack();
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      hands.open(images.cache(), images.backing());
      Fx.until("the plan is known", () -> hands.window.view().repair().preview().get() != null);
      for (int i = 0; i < 4 && !hands.says("segment 92 was being overwritten: a driver"); i++) {
        hands.press(KeyCode.F8);
      }
      hands.awaitWords("Change 8 bytes at 0x3b0000 of the cache");
      Fx.screenshot(hands.window.scene(), "finding-repair-light-1280x720", 1280, 720);
    }
  }
}
