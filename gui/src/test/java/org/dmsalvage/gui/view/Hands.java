package org.dmsalvage.gui.view;

import java.nio.file.Path;
import java.util.Locale;
import javafx.application.Platform;
import javafx.geometry.Bounds;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.Labeled;
import javafx.scene.control.TextInputControl;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.robot.Robot;
import javafx.stage.Stage;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;
import org.jspecify.annotations.Nullable;

/** A user at a window: sees, clicks, types. */
final class Hands implements AutoCloseable {

  private final Stage stage;
  final BrowserWindow window;

  Hands(Theme theme, Settings settings) {
    stage = Fx.get(Stage::new);
    window =
        Fx.get(() -> new BrowserWindow(stage, Threads.with(Platform::runLater), theme, settings));
    Fx.run(
        () -> {
          stage.setHeight(720);
          stage.setX(0);
          stage.setY(0);
          window.show();
        });
  }

  /** Opens images, and waits until they show. */
  void open(Path cache, @Nullable Path backing) {
    String disk = backing == null ? null : backing.toString();
    Fx.run(() -> window.open(new Session.Paths(cache.toString(), null, disk, null)));
    opened(cache.toString());
  }

  /** Waits until an image shows. */
  void opened(String cache) {
    Fx.until(
        cache + " is open",
        () -> window.session() != null && window.session().paths().cache().equals(cache));
  }

  Node find(String selector) {
    return Fx.find(window.scene(), selector, Node.class);
  }

  boolean there(String selector) {
    return Fx.get(() -> window.scene().getRoot().lookup(selector) != null);
  }

  void await(String selector) {
    Fx.until(selector + " shows", () -> there(selector));
  }

  /** The text of a label or a button; empty if there is none. */
  String text(String selector) {
    return Fx.get(
        () ->
            window.scene().getRoot().lookup(selector) instanceof Labeled labeled
                ? labeled.getText()
                : "");
  }

  /** Whether some label says something. */
  boolean says(String words) {
    return Fx.get(
        () ->
            window.scene().getRoot().lookupAll(".label").stream()
                .anyMatch(n -> n instanceof Label label && label.getText().contains(words)));
  }

  void awaitWords(String words) {
    Fx.until("'" + words + "' can be read", () -> says(words));
  }

  void click(String selector) {
    click(find(selector));
  }

  /** Clicks into the middle of a node. */
  private static void click(Node node) {
    Bounds bounds =
        Fx.get(
            () -> {
              node.getScene().getRoot().applyCss();
              node.getScene().getRoot().layout();
              return node.getLayoutBounds();
            });
    Fx.click(node, bounds.getCenterX(), bounds.getCenterY(), MouseButton.PRIMARY);
  }

  /** Presses keys together. */
  void press(KeyCode... keys) {
    Fx.press(stage, keys);
  }

  /** Types small letters, digits and what paths are made of, over what a field holds. */
  void type(String field, String text) {
    TextInputControl input = (TextInputControl) find(field);
    Fx.until(field + " has the keyboard", input::isFocused);
    press(KeyCode.CONTROL, KeyCode.A);
    for (char c : text.chars().mapToObj(c -> (char) c).toList()) {
      KeyCode key =
          switch (c) {
            case '/' -> KeyCode.SLASH;
            case '.' -> KeyCode.PERIOD;
            case '-' -> KeyCode.MINUS;
            case ' ' -> KeyCode.SPACE;
            default -> KeyCode.getKeyCode(String.valueOf(c).toUpperCase(Locale.ROOT));
          };
      Fx.run(() -> new Robot().keyType(key));
    }
    Fx.until(text + " is typed", () -> input.getText().equals(text));
  }

  @Override
  public void close() {
    Fx.run(stage::close);
  }
}
