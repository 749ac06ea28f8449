package org.dmsalvage.gui.history;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.control.Tooltip;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.hex.SideBySide;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.map.DiskMap;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.Policy;
import org.jspecify.annotations.Nullable;

/** Shows all copies of an address, and the bytes side by side. */
public final class HistoryPane extends BorderPane {

  private static final int SECTORS = DiskMap.BLOCK / BlockSource.SECTOR_BYTES;

  private final Session session;
  private final HistoryModel model;
  private final TextField address = new TextField();
  private final Label place = new Label();
  private final VBox verdicts = new VBox(1);
  private final TableView<Copy> copies = new TableView<>();
  private final SideBySide bytes;
  private final SplitPane parts;
  private final Label message = new Label();
  private final Map<Policy, ToggleButton> results = new EnumMap<>(Policy.class);
  private Policy policy = Policy.SALVAGE;

  /** Makes a view of a history. */
  public HistoryPane(Session session, HistoryModel model, ObservableValue<Colours> colours) {
    this.session = session;
    this.model = model;
    this.bytes = new SideBySide(colours);
    getStyleClass().add("history");
    parts = new SplitPane(left(), right());
    parts.setDividerPositions(0.42);
    setTop(head());
    message.getStyleClass().addAll("dim", "notice");
    message.setWrapText(true);
    message.textProperty().bind(model.message());
    setCenter(message);
    model.history().addListener((_, _, shown) -> show(shown));
  }

  /** {@return what it shows} */
  public HistoryModel model() {
    return model;
  }

  /** {@return its parts, side by side} */
  public SplitPane parts() {
    return parts;
  }

  /** {@return what takes the keyboard} */
  public TextField keyboard() {
    return address;
  }

  private HBox head() {
    address.setId("history-sector");
    address.setPrefColumnCount(12);
    address.setPromptText("sector");
    address.getStyleClass().add("mono");
    address.setTooltip(
        new Tooltip("Sector of the disk, 512 bytes each; 0x… is an address in bytes"));
    address.setOnAction(_ -> go());
    address.setOnKeyPressed(
        e -> {
          if (e.getCode() == KeyCode.UP || e.getCode() == KeyCode.DOWN) {
            model.step(e.getCode() == KeyCode.UP ? -1 : 1);
            e.consume();
          }
        });
    place.getStyleClass().add("dim");
    HBox line =
        new HBox(
            6,
            new Label("Sector of the disk"),
            button(Icons.BACK, "The block before", () -> stepBlock(-1)),
            address,
            button(Icons.FORWARD, "The next block", () -> stepBlock(1)),
            place);
    line.setAlignment(Pos.CENTER_LEFT);
    line.getStyleClass().add("history-head");
    return line;
  }

  private static Button button(Icons icon, String tip, Runnable action) {
    Button button = new Button(null, icon.node());
    button.getStyleClass().addAll("flat", "small");
    button.setTooltip(new Tooltip(tip));
    button.setFocusTraversable(false);
    button.setOnAction(_ -> action.run());
    return button;
  }

  private void go() {
    String typed = address.getText().strip();
    try {
      model.show(
          typed.startsWith("0x")
              ? Long.parseLong(typed.substring(2), 16) / BlockSource.SECTOR_BYTES
              : Long.parseLong(typed));
    } catch (NumberFormatException _) {
      model.explain("“%s” is no sector: type a number, or an address as 0x12000".formatted(typed));
    }
  }

  private VBox left() {
    copies.setId("history-copies");
    copies.getStyleClass().addAll("dense", "quiet");
    copies.setFixedCellSize(24);
    copies.setPlaceholder(new Label("The cache holds no copy of it."));
    copies.getColumns().add(Columns.text("shown by", "", 98, c -> String.join(", ", c.shownBy())));
    copies
        .getColumns()
        .add(
            Columns.text(
                session.image().format().startsWith("writecache") ? "seq_count" : "id",
                "mono",
                session.image().format().startsWith("writecache") ? 80 : 56,
                Copy::order));
    copies.getColumns().add(Columns.text("state", "", 82, c -> c.version().state()));
    copies.getColumns().add(Columns.text("why", "dim", 230, Copy::standing));
    copies.getColumns().add(Columns.text("proof", "dim", 142, Copy::proof));
    Columns.keepFirst(copies, 3);
    copies.getSelectionModel().selectedIndexProperty().addListener((_, _, _) -> showBytes());
    copies.setOnMouseClicked(
        e -> {
          if (e.getClickCount() == 2) {
            goToCopy();
          }
        });
    copies.setOnKeyPressed(
        e -> {
          if (e.getCode() == KeyCode.ENTER) {
            goToCopy();
            e.consume();
          }
        });
    verdicts.getStyleClass().add("verdicts");
    VBox box = new VBox(verdicts, copies);
    box.setMinWidth(280);
    VBox.setVgrow(copies, Priority.ALWAYS);
    return box;
  }

  private void choose(Policy chosen) {
    policy = chosen;
    results.forEach((each, button) -> button.setSelected(each == chosen));
    showBytes();
  }

  /** Shows beside the copies what the other policy makes of them. */
  public void otherPolicy() {
    List<Policy> all = List.of(Policy.values());
    choose(all.get((all.indexOf(policy) + 1) % all.size()));
  }

  private VBox right() {
    ToggleGroup group = new ToggleGroup();
    Label result = new Label("Result");
    HBox.setMargin(result, new Insets(0, 8, 0, 0));
    HBox choice = new HBox(4, result);
    choice.getStyleClass().add("tabs");
    choice.setAlignment(Pos.CENTER_LEFT);
    for (Policy each : Policy.values()) {
      ToggleButton button = new ToggleButton("by " + each);
      button.setToggleGroup(group);
      button.setFocusTraversable(false);
      button.setSelected(each == policy);
      button.setOnAction(_ -> choose(each));
      results.put(each, button);
      choice.getChildren().add(button);
    }
    Button go = new Button("Show the copy in its image");
    go.getStyleClass().add("small");
    go.setFocusTraversable(false);
    go.setOnAction(_ -> goToCopy());
    HBox.setMargin(go, new Insets(0, 0, 0, 14));
    choice.getChildren().add(go);
    choice.getStyleClass().add("history-choice");
    VBox box = new VBox(choice, bytes);
    VBox.setVgrow(bytes, Priority.ALWAYS);
    return box;
  }

  private void show(@Nullable AddressHistory history) {
    if (history == null) {
      setCenter(message);
      place.setText("");
      return;
    }
    setCenter(parts);
    address.setText(String.valueOf(history.sector()));
    place.setText(
        "byte 0x%x, sector %d of block %d"
            .formatted(
                history.sector() * BlockSource.SECTOR_BYTES,
                history.sector() % SECTORS,
                history.sector() / SECTORS));
    verdicts.getChildren().clear();
    for (Policy each : Policy.values()) {
      Label verdict = new Label(history.verdict(each));
      verdict.setWrapText(true);
      verdict.setMinHeight(USE_PREF_SIZE);
      verdicts.getChildren().add(verdict);
    }
    copies.getItems().setAll(history.copies());
    Columns.fit(copies, 0, 3);
    List<Copy> all = history.copies();
    int shown = 0;
    while (shown < all.size() && !all.get(shown).shownBy().contains(Policy.SALVAGE.toString())) {
      shown++;
    }
    copies.getSelectionModel().select(shown == all.size() ? 0 : shown);
    showBytes();
  }

  private void showBytes() {
    AddressHistory history = model.history().get();
    if (history != null) {
      bytes.show(
          history.sector() * BlockSource.SECTOR_BYTES,
          history.sides(copies.getSelectionModel().getSelectedIndex(), policy));
    }
  }

  /** Goes some blocks on, or back. */
  public void stepBlock(int by) {
    model.step((long) by * SECTORS);
  }

  /** Shows where the chosen copy stands. */
  public void goToCopy() {
    Copy copy = copies.getSelectionModel().getSelectedItem();
    if (copy != null) {
      session
          .source(copy.version().image())
          .ifPresent(source -> session.navigator().jump(new Location(source, copy.range())));
    }
  }
}
