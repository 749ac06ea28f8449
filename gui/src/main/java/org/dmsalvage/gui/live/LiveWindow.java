package org.dmsalvage.gui.live;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import javafx.beans.binding.Bindings;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.collections.ListChangeListener;
import javafx.geometry.Pos;
import javafx.scene.Scene;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyCombination;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import javafx.scene.text.TextAlignment;
import javafx.stage.Stage;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Threads;
import org.jspecify.annotations.Nullable;

/** A window that watches a running server through its control socket. */
public final class LiveWindow {

  private static final long EVERY_MILLIS = 1000;

  private final Stage stage;
  private final Threads threads;
  private final long everyMillis;
  private final ReadOnlyObjectWrapper<Colours> colours;
  private final TextField socket = new TextField();
  private final Label state = new Label();
  private final Label empty = new Label();
  private final VBox cards = new VBox(12);
  private final Scene scene;
  private @Nullable LiveModel model;

  /**
   * Makes a window that watches nothing yet.
   *
   * @param stage that it takes
   * @param threads that ask for it
   * @param theme light or dark
   */
  public LiveWindow(Stage stage, Threads threads, Theme theme) {
    this(stage, threads, theme, EVERY_MILLIS);
  }

  /**
   * Makes a window that asks more or less often.
   *
   * @param stage that it takes
   * @param threads that ask for it
   * @param theme light or dark
   * @param everyMillis how often
   */
  public LiveWindow(Stage stage, Threads threads, Theme theme, long everyMillis) {
    this.stage = stage;
    this.threads = threads;
    this.everyMillis = everyMillis;
    this.colours = new ReadOnlyObjectWrapper<>(theme.colours());
    socket.setPromptText("the control socket, as 'live serve --control' named it");
    socket.setId("control");
    HBox.setHgrow(socket, Priority.ALWAYS);
    socket.setOnAction(_ -> watch(socket.getText().strip()));
    Button browse = new Button("Browse…");
    browse.setOnAction(_ -> browse());
    Button watch = new Button("Watch");
    watch.getStyleClass().add("accent");
    watch.setOnAction(_ -> watch(socket.getText().strip()));
    state.setId("live-state");
    HBox bar = new HBox(8, socket, browse, watch);
    bar.getStyleClass().add("toolbar");
    bar.setAlignment(Pos.CENTER_LEFT);
    cards.getStyleClass().add("cards");
    HBox status = new HBox(state);
    status.getStyleClass().add("status");
    ScrollPane scroll = new ScrollPane(cards);
    scroll.setFitToWidth(true);
    scroll.setHbarPolicy(ScrollPane.ScrollBarPolicy.NEVER);
    cards.setMinWidth(0);
    scroll.setFocusTraversable(false);
    empty.getStyleClass().addAll("dim", "notice");
    empty.setWrapText(true);
    empty.setTextAlignment(TextAlignment.CENTER);
    empty.setMaxWidth(560);
    empty.visibleProperty().bind(Bindings.isEmpty(cards.getChildren()));
    BorderPane main = new BorderPane(new StackPane(scroll, empty), bar, null, status, null);
    main.getStyleClass().add("browser");
    scene = new Scene(main, 900, 560);
    theme.use();
    theme.use(scene);
    scene.getAccelerators().put(KeyCombination.valueOf("Shortcut+W"), stage::close);
    scene.getAccelerators().put(KeyCombination.valueOf("Shortcut+Shift+L"), () -> change(scene));
    stage.setTitle("Running devices – dmsalvage");
    stage.setScene(scene);
    stage.setOnHidden(_ -> stop());
    say("Nothing is watched yet.", null);
  }

  /** {@return the scene} */
  public Scene scene() {
    return scene;
  }

  /** Shows the window. */
  public void show() {
    stage.show();
    socket.requestFocus();
  }

  private void browse() {
    FileDialogs.of(scene)
        .existing(scene, "Control socket")
        .ifPresent(chosen -> watch(chosen.toString()));
  }

  private void change(Scene changed) {
    Theme theme = (colours.get().equals(Theme.LIGHT.colours()) ? Theme.DARK : Theme.LIGHT);
    colours.set(theme.colours());
    theme.use();
    theme.use(changed);
  }

  /** Watches a server, instead of another. */
  public void watch(String control) {
    stop();
    socket.setText(control);
    cards.getChildren().clear();
    LiveModel watched;
    try {
      watched = LiveModel.of(Path.of(control), threads);
    } catch (InvalidPathException _) {
      say("This is no file name.", Icons.ERROR);
      return;
    }
    model = watched;
    watched.devices().addListener((ListChangeListener<DeviceHistory>) _ -> showDevices(watched));
    watched.state().addListener((_, _, _) -> showState(watched));
    watched.problem().addListener((_, _, _) -> showState(watched));
    say("Asking " + control, null);
    watched.start(everyMillis);
  }

  private void showDevices(LiveModel watched) {
    cards
        .getChildren()
        .removeIf(card -> !watched.devices().contains(((DeviceCard) card).history()));
    for (int i = 0; i < watched.devices().size(); i++) {
      DeviceHistory device = watched.devices().get(i);
      if (cards.getChildren().stream().noneMatch(c -> device.equals(((DeviceCard) c).history()))) {
        cards.getChildren().add(i, new DeviceCard(device, colours));
      }
    }
  }

  /** What was last known of a server that is gone stays, but pale. */
  private void showState(LiveModel watched) {
    switch (watched.state().get()) {
      case ASKING -> say("Asking.", null);
      case WATCHING ->
          say(watched.devices().isEmpty() ? "The server has no devices." : "Watching.", Icons.FINE);
      case GONE ->
          say("The server does not answer: %s".formatted(watched.problem().get()), Icons.ERROR);
    }
    cards.setOpacity(watched.state().get() == LiveModel.State.GONE ? 0.45 : 1);
  }

  private void say(String text, @Nullable Icons icon) {
    state.setText(text);
    empty.setText(
        icon == Icons.ERROR
            ? text
            : model == null
                ? "Name the control socket of a server: 'dmsalvage live serve … --control SOCKET'"
                    + " makes one. Its devices show here, with what they read, write and write"
                    + " back, and how full their caches are."
                : "");
    state.setGraphic(icon == null ? null : icon.node(icon == Icons.FINE ? "fine" : "error"));
  }

  private void stop() {
    if (model != null) {
      model.close();
    }
  }
}
