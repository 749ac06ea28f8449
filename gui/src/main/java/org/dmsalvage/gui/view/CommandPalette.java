package org.dmsalvage.gui.view;

import java.util.Comparator;
import java.util.List;
import java.util.function.Function;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.ListCell;
import javafx.scene.control.ListView;
import javafx.scene.control.TextField;
import javafx.scene.input.KeyEvent;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.jspecify.annotations.Nullable;

/** Finds a command by a few letters of its name. */
final class CommandPalette extends VBox {

  private static final double ROW = 30;
  private static final int MOST = 12;

  private final Overlay overlay;
  private final List<Command> commands;
  private Function<String, List<Command>> offers = _ -> List.of();
  private Function<String, List<Command>> furtherOffers = _ -> List.of();
  private final TextField field = new TextField();
  private final ListView<Command> list = new ListView<>();

  CommandPalette(Overlay overlay, List<Command> commands) {
    this.overlay = overlay;
    this.commands = commands;
    getStyleClass().addAll("question", "palette");
    setMaxSize(520, Region.USE_PREF_SIZE);
    field.setPromptText("What do you want to do? Or the number of a sector");
    list.setCellFactory(_ -> new Cell());
    list.setFixedCellSize(ROW);
    list.setFocusTraversable(false);
    getChildren().addAll(field, list);
    field.textProperty().addListener((_, _, typed) -> filter(typed));
    field.addEventFilter(KeyEvent.KEY_PRESSED, this::key);
    list.setOnMouseClicked(_ -> run());
  }

  /**
   * Says which further commands typed words make.
   *
   * @param before those that stand before all others
   * @param behind those that stand behind them
   */
  void setOffers(Function<String, List<Command>> before, Function<String, List<Command>> behind) {
    offers = before;
    furtherOffers = behind;
  }

  void open() {
    field.clear();
    filter("");
    overlay.show(this, Pos.TOP_CENTER, field);
  }

  private void filter(String typed) {
    list.getItems().setAll(offers.apply(typed));
    list.getItems()
        .addAll(
            commands.stream()
                .filter(c -> c.possible().getAsBoolean() && c.score(typed) >= 0)
                .sorted(Comparator.comparingInt((Command c) -> -c.score(typed)))
                .toList());
    list.getItems().addAll(furtherOffers.apply(typed));
    list.setPrefHeight(Math.clamp(list.getItems().size(), 1, MOST) * ROW + 2);
    list.getSelectionModel().selectFirst();
  }

  private void key(KeyEvent event) {
    int at = list.getSelectionModel().getSelectedIndex();
    switch (event.getCode()) {
      case DOWN -> list.getSelectionModel().select(Math.min(at + 1, list.getItems().size() - 1));
      case UP -> list.getSelectionModel().select(Math.max(at - 1, 0));
      case ENTER -> run();
      default -> {
        return;
      }
    }
    list.scrollTo(Math.max(0, list.getSelectionModel().getSelectedIndex() - MOST / 2));
    event.consume();
  }

  private void run() {
    Command chosen = list.getSelectionModel().getSelectedItem();
    if (chosen != null) {
      overlay.hide();
      chosen.action().run();
    }
  }

  private static final class Cell extends ListCell<Command> {
    private final Label name = new Label();
    private final Label keys = new Label();
    private final HBox row = new HBox(name, new Region(), keys);

    Cell() {
      row.setAlignment(Pos.CENTER_LEFT);
      HBox.setHgrow(row.getChildren().get(1), Priority.ALWAYS);
      keys.getStyleClass().add("keys");
    }

    @Override
    protected void updateItem(@Nullable Command command, boolean empty) {
      super.updateItem(command, empty);
      if (empty || command == null) {
        setGraphic(null);
        return;
      }
      name.setText(command.name());
      keys.setText(command.keysText());
      keys.setVisible(command.keys() != null);
      setGraphic(row);
    }
  }
}
