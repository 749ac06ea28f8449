package org.dmsalvage.gui.view;

import java.nio.file.Path;
import javafx.application.Platform;
import javafx.scene.Node;
import javafx.scene.control.Labeled;
import javafx.scene.control.TableView;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.stage.Stage;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** A window on the Headless platform, with somebody in front of it. */
final class Window implements AutoCloseable {

  private final Stage stage;
  private final BrowserWindow browser;

  Window(Path cache, @Nullable Path backing, Theme theme) {
    stage = Fx.get(Stage::new);
    browser =
        Fx.get(
            () ->
                new BrowserWindow(stage, Threads.with(Platform::runLater), theme, Settings.none()));
    Fx.run(
        () -> {
          stage.setWidth(1280);
          stage.setHeight(720);
          stage.setX(0);
          stage.setY(0);
          browser.show();
          browser.open(
              new Session.Paths(
                  cache.toString(), null, backing == null ? null : backing.toString(), null));
        });
    Fx.until("the session is open", () -> browser.session() != null);
    Fx.until("all is verified", () -> has(".bottom-head .label", "all checksums"));
  }

  BrowserWindow browser() {
    return browser;
  }

  Session session() {
    return browser.session();
  }

  ByteRange here() {
    return Fx.get(() -> session().navigator().location().get().range());
  }

  <T extends Node> T find(String selector, Class<T> type) {
    return Fx.find(browser.scene(), selector, type);
  }

  @SuppressWarnings("unchecked")
  <T> TableView<T> table(String selector) {
    return find(selector, TableView.class);
  }

  /** Whether a label, or another thing with a text, shows some words. To be asked within Fx. */
  boolean has(String selector, String words) {
    return browser.scene().getRoot().lookupAll(selector).stream()
        .anyMatch(
            n -> n instanceof Labeled l && l.getText() != null && l.getText().contains(words));
  }

  void click(Node node, double x, double y) {
    click(node, x, y, MouseButton.PRIMARY);
  }

  void click(Node node, double x, double y, MouseButton button) {
    Fx.click(node, x, y, button);
  }

  void type(KeyCode... keys) {
    Fx.press(stage, keys);
  }

  void screenshot(String name, int width, int height) {
    var _ = Fx.screenshot(browser.scene(), name + "-" + width + "x" + height, width, height);
  }

  @Override
  public void close() {
    Fx.run(stage::close);
  }
}
