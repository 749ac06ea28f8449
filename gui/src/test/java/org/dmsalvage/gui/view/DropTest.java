package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.javafx.scene.input.DragboardHelper;
import com.sun.javafx.tk.TKClipboard;
import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javafx.event.EventType;
import javafx.scene.Node;
import javafx.scene.control.TextField;
import javafx.scene.image.Image;
import javafx.scene.input.DataFormat;
import javafx.scene.input.DragEvent;
import javafx.scene.input.Dragboard;
import javafx.scene.input.KeyCode;
import javafx.scene.input.PickResult;
import javafx.scene.input.TransferMode;
import javafx.util.Pair;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Settings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Drops things on the window. The Headless platform knows no dragging from outside: the events that
 * other platforms make of it are sent to the scene.
 */
class DropTest {

  @TempDir private Path directory;

  /** What another program offers. */
  private record Offer(Map<DataFormat, Object> contents) implements TKClipboard {

    @Override
    public Set<DataFormat> getContentTypes() {
      return contents.keySet();
    }

    @Override
    public boolean hasContent(DataFormat format) {
      return contents.containsKey(format);
    }

    @Override
    public Object getContent(DataFormat format) {
      return contents.get(format);
    }

    @Override
    public Set<TransferMode> getTransferModes() {
      return EnumSet.allOf(TransferMode.class);
    }

    @Override
    @SafeVarargs
    public final boolean putContent(Pair<DataFormat, Object>... content) {
      return false;
    }

    @Override
    public void setDragView(Image image) {}

    @Override
    public void setDragViewOffsetX(double x) {}

    @Override
    public void setDragViewOffsetY(double y) {}

    @Override
    public Image getDragView() {
      return null;
    }

    @Override
    public double getDragViewOffsetX() {
      return 0;
    }

    @Override
    public double getDragViewOffsetY() {
      return 0;
    }
  }

  private static DragEvent send(Hands hands, Offer offer, EventType<DragEvent> type) {
    return Fx.get(
        () -> {
          Node root = hands.window.scene().getRoot();
          Dragboard board = DragboardHelper.createDragboard(offer);
          DragEvent event =
              new DragEvent(
                  null,
                  root,
                  type,
                  board,
                  100,
                  100,
                  100,
                  100,
                  TransferMode.COPY,
                  null,
                  null,
                  new PickResult(root, 100, 100));
          root.fireEvent(event);
          return event;
        });
  }

  /** Drags something over the window, and drops it there; says whether it was taken. */
  private static boolean drop(Hands hands, DataFormat format, Object content) {
    Offer offer = new Offer(Map.of(format, content));
    boolean wanted = send(hands, offer, DragEvent.DRAG_OVER).isAccepted();
    boolean taken = send(hands, offer, DragEvent.DRAG_DROPPED).isDropCompleted();
    assertEquals(wanted, taken);
    return taken;
  }

  private static String field(Hands hands, String name) {
    return Fx.get(
        () ->
            hands.window.scene().getRoot().lookup(name) instanceof TextField field
                ? field.getText()
                : "");
  }

  @Test
  void filesDirectoriesAndTextAreDropped() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory);
    File cache = images.cache().toFile();
    File backing = images.backing().toFile();
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      assertFalse(drop(hands, DataFormat.HTML, "<p>"), "nothing that could be a file");

      assertTrue(drop(hands, DataFormat.FILES, List.of(directory.toFile())));
      hands.awaitWords("is a directory: drop the images that are in it");
      assertTrue(drop(hands, DataFormat.PLAIN_TEXT, "just words"));
      hands.awaitWords("What was dropped is text, and no path of a file: “just words”");

      // Two images: the user confirms which is what.
      assertTrue(drop(hands, DataFormat.FILES, List.of(cache, backing)));
      Fx.until(
          "the sheet is filled", () -> field(hands, "#open-backing").equals(backing.getPath()));
      assertEquals(cache.getPath(), field(hands, "#open-cache"));
      hands.press(KeyCode.ENTER);
      hands.opened(cache.getPath());

      // One image takes the place of what shows, also by its path.
      assertTrue(drop(hands, DataFormat.FILES, List.of(backing)));
      hands.awaitWords(backing.getPath());
      assertTrue(drop(hands, DataFormat.PLAIN_TEXT, images.cache().toUri().toString()));
      hands.opened(cache.getPath());
      assertTrue(Fx.get(() -> hands.window.session().sources().size() == 1));

      assertTrue(drop(hands, DataFormat.FILES, List.of(cache, backing, directory.toFile(), cache)));
      hands.awaitWords("is a directory");
      assertEquals(backing.getPath(), field(hands, "#open-backing"));
    }
  }

  @Test
  void nothingIsDroppedOnWhatMustNotBeLeft() {
    try (Hands hands = new Hands(Theme.LIGHT, Settings.none())) {
      hands.press(KeyCode.CONTROL, KeyCode.O);
      Overlay overlay = (Overlay) hands.find(".overlay");
      Fx.run(() -> overlay.setMayLeave(() -> false));
      assertFalse(drop(hands, DataFormat.FILES, List.of(directory.toFile())));
    }
  }
}
