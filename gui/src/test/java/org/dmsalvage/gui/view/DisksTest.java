package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javafx.scene.control.ComboBox;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCode;
import org.dmsalvage.fixtures.golden.DiskImages;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.DiskLook;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Source;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real disks of a machine with LVM, and a cache among their volumes. */
class DisksTest {

  private static final String SET = "lvm-writecache";

  @TempDir private Path directory;
  private Path first;
  private Path second;

  @BeforeEach
  void unpack() throws IOException {
    first = DiskImages.unpack(SET, "pv1.img", directory);
    second = DiskImages.unpack(SET, "pv2.img", directory);
  }

  @Test
  void tellsWhatTheVolumesHoldAndWhichIsMeant() {
    Session.Paths one = new Session.Paths(first.toString(), null, null, null);
    DiskLook alone = DiskLook.at(one).orElseThrow();
    DiskLook both = DiskLook.at(alone.with(second.toString())).orElseThrow();
    assertEquals(List.of(second.toString()), both.paths().disks());
    DiskLook.Line likely = both.likely().orElseThrow();
    assertEquals("writecache", likely.holds());
    assertEquals("vault/main_wcorig", likely.origin());
    assertTrue(
        both.lines().stream()
            .filter(l -> l.name().equals("vault/main"))
            .allMatch(l -> l.remark().equals("vault/fast_cvol over vault/main_wcorig")));
    assertFalse(
        alone.lines().stream().filter(l -> l.name().equals("vault/wide")).toList().isEmpty());
    assertEquals(Optional.empty(), DiskLook.at(both.paths().with(likely.name(), null, null)));
  }

  @Test
  void aVolumeIsChosenAndItsDiskRecovered() throws Exception {
    Settings settings = Settings.of(directory.resolve("gui.properties"));
    try (Hands hands = new Hands(Theme.LIGHT, settings)) {
      Fx.run(() -> hands.window.open(new Session.Paths(first.toString(), null, null, null)));
      hands.await("#volumes");
      fill(hands, "#another-disk", second);
      hands.click("#add-disk");
      Fx.until("both disks were looked at", () -> hands.says(first + ", " + second));
      assertEquals(
          "as the metadata says: vault/main_wcorig",
          Fx.get(() -> ((ComboBox<?>) hands.find("#backing-volume")).getValue()));
      Fx.screenshot(hands.window.scene(), "volumes-light-1280x720", 1280, 720);
      hands.press(KeyCode.ENTER);
      hands.opened(first.toString());
      Session session = hands.window.session();
      assertEquals("writecache", session.image().format());
      assertEquals(16 << 20, session.source(Source.Role.BACKING).orElseThrow().bytes().size());

      hands.press(KeyCode.CONTROL, KeyCode.R);
      hands.await("#flush-begin");
      Path recovered = directory.resolve("recovered.img");
      fill(hands, "#flush-image", second);
      assertTrue(hands.find("#flush-begin").isDisabled(), "a disk below is no target");
      fill(hands, "#flush-image", recovered);
      hands.click("#flush-begin");
      Fx.until("the report is there", () -> hands.text("#flush-hash").length() == 64);
      assertEquals(truth("vault/main.sha256"), sha256(recovered));
      hands.press(KeyCode.ESCAPE);

      // The disks themselves, and back.
      Path undo = directory.resolve("disks.undo");
      hands.press(KeyCode.CONTROL, KeyCode.R);
      hands.await("#flush-in-place");
      hands.click("#flush-in-place");
      fill(hands, "#flush-undo", undo);
      hands.click("#flush-begin");
      hands.await("#confirm");
      hands.click("#confirm");
      Fx.until("the report is there", () -> hands.text("#flush-hash").length() == 64);
      assertEquals(truth("vault/main.sha256"), hands.text("#flush-hash"));
      assertFalse(truth("pv2.img.sha256").equals(sha256(second)));
      hands.press(KeyCode.ESCAPE);
      hands.press(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.Z);
      hands.await("#undo-file");
      fill(hands, "#undo-file", undo);
      hands.click("#undo-next");
      hands.await("#undo-begin");
      hands.click("#undo-begin");
      hands.await("#confirm");
      hands.click("#confirm");
      hands.awaitWords("Everything is as it was.");
      assertEquals(truth("pv1.img.sha256"), sha256(first));
      assertEquals(truth("pv2.img.sha256"), sha256(second));
    }
    assertEquals(List.of(second.toString()), settings.recent().getFirst().disks());
  }

  @Test
  void severalDisksCanBeDropped() {
    try (Hands hands = new Hands(Theme.DARK, Settings.none())) {
      Fx.run(() -> hands.window.dropped(List.of(second.toString(), first.toString())));
      hands.await("#volumes");
      Fx.run(() -> ((TableView<?>) hands.find("#volumes")).getSelectionModel().select(0));
      Fx.screenshot(hands.window.scene(), "volumes-dark-1280x720", 1280, 720);
      hands.press(KeyCode.ESCAPE);
      assertFalse(hands.there("#volumes"));
    }
  }

  private static void fill(Hands hands, String field, Path path) {
    Fx.run(() -> ((TextField) hands.find(field)).setText(path.toString()));
  }

  private static String truth(String key) throws IOException {
    return DiskImages.truth(SET).getProperty(key);
  }

  private static String sha256(Path file) throws IOException, NoSuchAlgorithmException {
    return HexFormat.of()
        .formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(file)));
  }
}
