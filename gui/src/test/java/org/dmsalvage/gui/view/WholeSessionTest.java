package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an engineer does with a crashed cache, from clicks and keys alone. */
class WholeSessionTest {

  @TempDir private Path directory;

  @Test
  void fromTheOpenSheetToTheVerifiedDiskAndItsRecord() throws Exception {
    GoldenSet set = GoldenSets.get("wb-o7-torn-tail-wrapped");
    GoldenSet.Images images = set.unpack(directory);
    byte[] before = Files.readAllBytes(images.cache());
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      // Open the cache and its disk.
      hands.press(KeyCode.CONTROL, KeyCode.O);
      hands.type("#open-cache", images.cache().toString());
      hands.click("#open-backing");
      hands.type("#open-backing", images.backing().toString());
      hands.press(KeyCode.ENTER);
      hands.opened(images.cache().toString());
      hands.awaitWords("all checksums and payloads verified");

      // Find the torn segment, see why, and note it.
      hands.press(KeyCode.F8);
      for (int i = 0; i < 3 && !hands.says("segment id 140 was being written over it"); i++) {
        hands.press(KeyCode.F8);
      }
      assertEquals(
          new ByteRange(0x3b0000, 0x10000),
          Fx.get(() -> hands.window.session().navigator().location().get().range()));
      hands.awaitWords("drops the whole log");
      hands.press(KeyCode.CONTROL, KeyCode.D);
      hands.type("#note", "the torn one");

      // Preview the recovery, and run it.
      hands.press(KeyCode.CONTROL, KeyCode.R);
      hands.await("#flush-begin");
      hands.awaitWords("948 KiB in 237 ranges");
      Path recovered = directory.resolve("recovered.img");
      hands.click("#flush-image");
      hands.type("#flush-image", recovered.toString());
      hands.click("#flush-record");
      Path record = directory.resolve("record");
      hands.click("#flush-record-path");
      hands.type("#flush-record-path", record.toString());
      Fx.screenshot(hands.window.scene(), "session-recovery-light-1280x720", 1280, 720);
      hands.click("#flush-begin");
      Fx.until("the report is there", () -> hands.text("#flush-hash").length() == 64);
      Fx.screenshot(hands.window.scene(), "session-recovered-light-1280x720", 1280, 720);

      // Verify it.
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(recovered));
      assertEquals(HexFormat.of().formatHex(digest), hands.text("#flush-hash"));
      assertEquals(0, Judge.judge(set, recovered).bad());
      assertArrayEquals(before, Files.readAllBytes(images.cache()), "the evidence is untouched");
      assertEquals(record.resolve("report.html").toString(), hands.text("#flush-page"));
      String page = Files.readString(record.resolve("report.html"));
      assertTrue(page.contains("the torn one") && page.contains("segments › slot 43"));
      assertTrue(page.contains(HexFormat.of().formatHex(digest)));

      // The bookmark is still there.
      hands.press(KeyCode.ESCAPE);
      hands.press(KeyCode.CONTROL, KeyCode.B);
      Fx.until(
          "the bookmark shows",
          () -> ((TableView<?>) hands.window.scene().getRoot().lookup("#bookmarks")) != null);
    }
  }
}
