package org.dmsalvage.gui.view;

import java.util.function.Consumer;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.model.Session;
import org.jspecify.annotations.Nullable;

/** Asks for a cache and its companions. */
final class OpenSheet extends VBox {

  private final Overlay overlay;
  private final Consumer<Session.Paths> open;
  private final TextField cache = new TextField();
  private final TextField plog = new TextField();
  private final TextField backing = new TextField();
  private final Label message = new Label();

  OpenSheet(Overlay overlay, Consumer<Session.Paths> open) {
    this.overlay = overlay;
    this.open = open;
    getStyleClass().add("question");
    setMaxSize(620, USE_PREF_SIZE);
    Label title = new Label("Open a cache");
    title.getStyleClass().add("sheet-title");
    Label hint =
        new Label(
            "An image, a device, or a whole disk with partitions or LVM volumes on it. Everything"
                + " is opened read-only, and recognised by its bytes.");
    hint.setWrapText(true);
    hint.getStyleClass().add("dim");
    GridPane grid = new GridPane();
    grid.setHgap(10);
    grid.setVgap(8);
    ColumnConstraints names = new ColumnConstraints(110);
    ColumnConstraints values = new ColumnConstraints();
    values.setHgrow(Priority.ALWAYS);
    grid.getColumnConstraints().addAll(names, values);
    cache.setId("open-cache");
    backing.setId("open-backing");
    plog.setId("open-plog");
    row(grid, 0, "Cache", cache, "the cache device or image");
    row(grid, 1, "Backing device", backing, "the disk behind it, if it is at hand");
    row(grid, 2, "Persistent log", plog, "the plog device of a writeboost of type 1");
    message.getStyleClass().add("error");
    message.setWrapText(true);
    message.managedProperty().bind(message.textProperty().isNotEmpty());
    Button cancel = new Button("Cancel");
    cancel.setOnAction(_ -> overlay.hide());
    Button confirm = new Button("Open");
    confirm.getStyleClass().add("accent");
    confirm.setDefaultButton(true);
    confirm.setOnAction(_ -> confirm());
    HBox buttons = new HBox(8, cancel, confirm);
    buttons.setAlignment(Pos.CENTER_RIGHT);
    getChildren().addAll(title, hint, grid, message, buttons);
  }

  private void row(GridPane grid, int row, String name, TextField field, String prompt) {
    field.setPromptText(prompt);
    Button browse = new Button("Browse…");
    browse.setId(field.getId().replace("open", "browse"));
    browse.setOnAction(
        _ ->
            FileDialogs.of(getScene())
                .existing(getScene(), name)
                .ifPresent(
                    chosen -> {
                      field.setText(chosen.toString());
                      field.requestFocus();
                    }));
    grid.addRow(row, new Label(name), field, browse);
  }

  void open(String failure) {
    message.setText(failure);
    overlay.show(this, Pos.CENTER, cache);
  }

  /** Fills the fields with what could not be opened. */
  void fill(Session.Paths paths) {
    cache.setText(paths.cache());
    plog.setText(paths.plog() == null ? "" : paths.plog());
    backing.setText(paths.backing() == null ? "" : paths.backing());
  }

  private void confirm() {
    if (cache.getText().isBlank()) {
      message.setText("A cache is needed.");
      cache.requestFocus();
      return;
    }
    overlay.hide();
    open.accept(new Session.Paths(cache.getText().strip(), typed(plog), typed(backing), null));
  }

  private static @Nullable String typed(TextField field) {
    return field.getText().isBlank() ? null : field.getText().strip();
  }
}
