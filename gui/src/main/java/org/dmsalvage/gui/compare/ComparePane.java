package org.dmsalvage.gui.compare;

import java.util.stream.Collectors;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import org.dmsalvage.gui.hex.SideBySide;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** Shows what differs between this cache and another image: structures, their values, bytes. */
public final class ComparePane extends BorderPane {

  private final Session session;
  private final CompareModel model;
  private final TextField path = new TextField();
  private final Label summary = new Label();
  private final HBox running = new HBox(6);
  private final TableView<Pair> pairs = new TableView<>();
  private final TableView<Detail> details = new TableView<>();
  private final SideBySide bytes;
  private final SplitPane parts;
  private final Label message = new Label();

  /** Makes a view of a comparison. */
  public ComparePane(Session session, CompareModel model, ObservableValue<Colours> colours) {
    this.session = session;
    this.model = model;
    this.bytes = new SideBySide(colours);
    getStyleClass().add("compare");
    buildTables();
    parts = new SplitPane(pairs, details, bytes);
    parts.setDividerPositions(0.3, 0.58);
    setTop(head());
    message.getStyleClass().addAll("dim", "notice");
    message.setWrapText(true);
    message.textProperty().bind(model.message());
    setCenter(message);
    model.comparison().addListener((_, _, shown) -> show(shown));
    model.work().addListener((_, _, work) -> follow(work));
  }

  /** {@return what it shows} */
  public CompareModel model() {
    return model;
  }

  /** {@return its parts, side by side} */
  public SplitPane parts() {
    return parts;
  }

  /** {@return what takes the keyboard} */
  public TextField keyboard() {
    return path;
  }

  private HBox head() {
    path.setId("compare-path");
    path.setPromptText("the other image");
    path.setPrefColumnCount(26);
    path.setOnAction(
        _ -> {
          if (!path.getText().isBlank()) {
            model.compareWith(path.getText().strip());
          }
        });
    Button browse = new Button("Browse…");
    browse.getStyleClass().add("small");
    browse.setFocusTraversable(false);
    browse.setOnAction(_ -> browse());
    summary.setId("compare-summary");
    running.setAlignment(Pos.CENTER_LEFT);
    HBox line = new HBox(8, new Label("Compare with"), path, browse, running, summary);
    line.setAlignment(Pos.CENTER_LEFT);
    line.getStyleClass().add("history-head");
    return line;
  }

  /** Asks for the other image, and compares with it. */
  public void browse() {
    FileDialogs.of(getScene())
        .existing(getScene(), "Compare with")
        .ifPresent(
            chosen -> {
              path.setText(chosen.toString());
              model.compareWith(chosen.toString());
            });
  }

  private void buildTables() {
    pairs.setId("compare-pairs");
    prepare(pairs, "Nothing differs.");
    pairs.getColumns().add(Columns.text("structure", "", 110, Pair::name));
    pairs.getColumns().add(Columns.text("what differs", "dim", 300, Pair::what));
    Columns.keepFirst(pairs, 1);
    pairs.getSelectionModel().selectedItemProperty().addListener((_, _, pair) -> chosen(pair));
    details.setId("compare-details");
    prepare(details, "");
    details.getColumns().add(Columns.text("in", "", 106, Detail::where));
    details.getColumns().add(Columns.text("field", "", 78, Detail::field));
    details.getColumns().add(Columns.text("this", "mono", 84, Detail::left));
    details.getColumns().add(Columns.text("other", "mono", 84, Detail::right));
    Columns.keepFirst(details, 2);
    details
        .getSelectionModel()
        .selectedItemProperty()
        .addListener((_, _, detail) -> chosen(detail));
  }

  private static <T> void prepare(TableView<T> table, String nothing) {
    table.getStyleClass().addAll("dense", "quiet");
    table.setFixedCellSize(22);
    table.setPlaceholder(new Label(nothing));
  }

  private void follow(@Nullable Work work) {
    if (work == null) {
      return;
    }
    ProgressBar bar = new ProgressBar();
    bar.setPrefWidth(120);
    bar.progressProperty().bind(work.fraction());
    Button stop = new Button(null, Icons.CLOSE.node());
    stop.getStyleClass().addAll("flat", "small");
    stop.setFocusTraversable(false);
    stop.setOnAction(_ -> work.cancel());
    running.getChildren().setAll(bar, stop);
    work.state().addListener((_, _, _) -> running.getChildren().clear());
  }

  private void show(@Nullable Comparison comparison) {
    details.getItems().clear();
    if (comparison == null) {
      setCenter(message);
      summary.setText("");
      return;
    }
    String rest =
        comparison.different() > comparison.pairs().size()
            ? ";  the first %d are listed".formatted(comparison.pairs().size())
            : "";
    String bad =
        comparison.unreadable() == 0
            ? ""
            : ";  %d bytes could not be read".formatted(comparison.unreadable());
    summary.setText(
        comparison.parts().stream().map(Part::sentence).collect(Collectors.joining(";  "))
            + rest
            + bad);
    setCenter(parts);
    pairs.getItems().setAll(comparison.pairs());
    Columns.fit(pairs, 0, 1);
    if (!comparison.pairs().isEmpty()) {
      pairs.getSelectionModel().selectFirst();
    }
  }

  private void chosen(@Nullable Pair pair) {
    if (pair == null) {
      return;
    }
    session.navigator().jump(new Location(session.cache(), pair.left().range()));
    model.details(
        pair,
        found -> {
          if (pair.equals(pairs.getSelectionModel().getSelectedItem())) {
            details.getItems().setAll(found);
            Columns.fit(details, 0, 2);
            details.getSelectionModel().selectFirst();
          }
        });
  }

  private void chosen(@Nullable Detail detail) {
    if (detail == null) {
      return;
    }
    session.navigator().move(new Location(session.cache(), detail.inLeft()));
    // A value is seen among its neighbours: the whole sector, from its beginning.
    ByteRange here = around(detail.inLeft());
    ByteRange there = around(detail.inRight());
    model.sides(here, there, sides -> bytes.show(here.offset(), sides));
  }

  private static ByteRange around(ByteRange value) {
    long line = 16;
    long from = value.offset() / line * line;
    return ByteRange.between(from, Math.max(value.end(), from + 8 * line));
  }
}
