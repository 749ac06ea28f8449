package org.dmsalvage.gui.view;

import java.util.function.Consumer;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.ComboBox;
import javafx.scene.control.Label;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.input.MouseButton;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.DiskLook;
import org.dmsalvage.gui.model.DiskLook.Line;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.Values;
import org.jspecify.annotations.Nullable;

/** Shows the volumes of whole disks, and asks which one is the cache. */
final class VolumeSheet extends VBox {

  private static final String BY_METADATA = "as the metadata says: ";
  private static final String NONE = "none";
  private static final double ROW = 24;

  private final DiskLook look;
  private final TableView<Line> table = new TableView<>();
  private final ComboBox<String> backing = new ComboBox<>();
  private final ComboBox<String> plog = new ComboBox<>();
  private final Button open = new Button("Open");

  /**
   * Makes a sheet.
   *
   * @param look what is on the disks
   * @param cancel closes it
   * @param choose opens a volume, or looks again with another disk
   */
  VolumeSheet(DiskLook look, Runnable cancel, Consumer<Session.Paths> choose) {
    this.look = look;
    getStyleClass().addAll("question", "wizard");
    setMaxSize(860, USE_PREF_SIZE);
    Label title = new Label("Which volume is the cache?");
    title.getStyleClass().add("sheet-title");
    Label disks = new Label(String.join(", ", look.paths().all()));
    disks.setWrapText(true);
    disks.getStyleClass().add("dim");
    fill(choose);
    GridPane companions = new GridPane();
    companions.setHgap(10);
    companions.setVgap(8);
    backing.setId("backing-volume");
    companions.addRow(0, new Label("Backing device"), backing);
    companions.addRow(1, new Label("Persistent log"), plog);
    companions.addRow(2, new Label("Another disk"), anotherDisk(choose));
    companions.getColumnConstraints().add(new ColumnConstraints(110));
    Button back = new Button("Cancel");
    back.setOnAction(_ -> cancel.run());
    open.getStyleClass().add("accent");
    open.setDefaultButton(true);
    open.setId("open-volume");
    open.setOnAction(_ -> choose.accept(chosen()));
    HBox buttons = new HBox(8, back, open);
    buttons.setAlignment(Pos.CENTER_RIGHT);
    getChildren().addAll(title, disks, table);
    for (String problem : look.problems()) {
      Label label = new Label(problem, Icons.of(Severity.WARNING).node("warning"));
      label.setWrapText(true);
      getChildren().add(label);
    }
    getChildren().addAll(companions, buttons);
    select(table.getSelectionModel().getSelectedItem());
  }

  /** {@return what has the keyboard} */
  Node focus() {
    return table;
  }

  private void fill(Consumer<Session.Paths> choose) {
    table.setId("volumes");
    table.getStyleClass().addAll("dense", "quiet");
    table.setFixedCellSize(ROW);
    table.getColumns().add(Columns.text("volume", "mono", 190, Line::name));
    table.getColumns().add(Columns.text("type", "", 130, VolumeSheet::type));
    table.getColumns().add(Columns.text("size", "mono number", 90, l -> Values.binary(l.bytes())));
    table
        .getColumns()
        .add(Columns.text("holds", "", 130, l -> l.holds() + (weak(l) ? ", perhaps" : "")));
    table.getColumns().add(Columns.text("remark", "", 240, Line::remark));
    Columns.keepFirst(table, 4);
    table.getItems().setAll(look.lines());
    table.setPrefHeight(Math.clamp(look.lines().size(), 3, 9) * ROW + 30);
    table.setMinHeight(80);
    table.setPlaceholder(new Label("No volumes."));
    table.getSelectionModel().selectedItemProperty().addListener((_, _, l) -> select(l));
    table.setOnMouseClicked(
        e -> {
          if (e.getButton() == MouseButton.PRIMARY
              && e.getClickCount() == 2
              && !open.isDisabled()) {
            choose.accept(chosen());
          }
        });
    look.likely().ifPresent(table.getSelectionModel()::select);
  }

  private static boolean weak(Line line) {
    return !line.holds().isEmpty() && !line.certain();
  }

  private static String type(Line line) {
    return line.label().isEmpty() ? line.type() : line.label() + ", " + line.type();
  }

  private HBox anotherDisk(Consumer<Session.Paths> choose) {
    TextField path = new TextField();
    path.setId("another-disk");
    path.setPromptText("a further disk of the same volumes");
    HBox.setHgrow(path, Priority.ALWAYS);
    path.setPrefColumnCount(32);
    Button browse = new Button("Browse…");
    browse.setOnAction(
        _ ->
            FileDialogs.of(getScene())
                .existing(getScene(), "Another disk")
                .ifPresent(chosen -> path.setText(chosen.toString())));
    Button add = new Button("Add");
    add.setId("add-disk");
    add.setMinWidth(Region.USE_PREF_SIZE);
    add.disableProperty().bind(path.textProperty().isEmpty());
    add.setOnAction(_ -> choose.accept(look.with(path.getText().strip())));
    path.setOnAction(_ -> add.fire());
    return new HBox(8, path, browse, add);
  }

  private void select(@Nullable Line line) {
    open.setDisable(line == null || !line.openable());
    backing.getItems().clear();
    plog.getItems().setAll(NONE);
    String named = look.paths().backing();
    String origin = line == null ? null : line.origin();
    backing.getItems().add(named != null ? named : origin == null ? NONE : BY_METADATA + origin);
    for (Line other : look.lines()) {
      if (other.openable() && !other.equals(line) && other.holds().isEmpty()) {
        backing.getItems().add(other.name());
        plog.getItems().add(other.name());
      }
    }
    backing.getSelectionModel().selectFirst();
    plog.getSelectionModel().selectFirst();
  }

  private Session.Paths chosen() {
    Line line = table.getSelectionModel().getSelectedItem();
    return look.paths().with(line == null ? null : line.name(), volume(backing), volume(plog));
  }

  /** The first entry is what happens if nothing is said. */
  private static @Nullable String volume(ComboBox<String> box) {
    return box.getSelectionModel().getSelectedIndex() <= 0
        ? null
        : box.getSelectionModel().getSelectedItem();
  }
}
