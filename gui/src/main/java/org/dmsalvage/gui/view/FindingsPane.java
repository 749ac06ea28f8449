package org.dmsalvage.gui.view;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyObjectWrapper;
import javafx.geometry.Pos;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Examination;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.wizard.RepairModel;
import org.dmsalvage.gui.wizard.RepairNote;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** What the examination found, with the codes of the command line, and what each finding means. */
final class FindingsPane extends SplitPane {

  private final Session session;
  private final TableView<Finding> table = new TableView<>();
  private final VBox explanation = new VBox();
  private final RepairNote repairNote;

  FindingsPane(Session session, RepairModel repair) {
    this.session = session;
    this.repairNote = new RepairNote(repair);
    getStyleClass().add("findings");
    table.getStyleClass().addAll("dense", "quiet");
    table.setId("findings");
    table.setFixedCellSize(24);
    table.setPlaceholder(new Label("Nothing found."));
    table.getColumns().add(severityColumn());
    table.getColumns().add(column("code", "mono", 196, f -> f.code().id()));
    table
        .getColumns()
        .add(column("offset", "mono", 100, f -> "0x%x".formatted(f.where().offset())));
    table.getColumns().add(column("expected and found", "", 600, Finding::message));
    Columns.keepFirst(table, 3);
    table
        .getSelectionModel()
        .selectedItemProperty()
        .addListener(
            (_, _, finding) -> {
              if (finding != null) {
                explain(finding);
                go(finding);
              }
            });
    explanation.getStyleClass().add("explanation");
    ScrollPane scroll = new ScrollPane(explanation);
    scroll.setFitToWidth(true);
    scroll.setFocusTraversable(false);
    getItems().addAll(table, scroll);
    setDividerPositions(0.66);
  }

  /** {@return the table, for the keyboard} */
  TableView<Finding> table() {
    return table;
  }

  /** Shows what an examination found, the worst first; what was chosen stays chosen. */
  void show(Examination examination) {
    Finding chosen = table.getSelectionModel().getSelectedItem();
    List<Finding> sorted =
        examination.findings().stream()
            .sorted((a, b) -> b.severity().compareTo(a.severity()))
            .toList();
    if (sorted.equals(table.getItems())) {
      return;
    }
    table.getItems().setAll(sorted);
    Columns.fit(table, 1, 3);
    if (chosen == null || !sorted.contains(chosen)) {
      table.getSelectionModel().clearSelection();
      explainNothing(examination);
    } else {
      table.getSelectionModel().select(chosen);
    }
  }

  /** Chooses the next finding, or the one before. */
  void step(int by) {
    int count = table.getItems().size();
    if (count > 0) {
      int at = table.getSelectionModel().getSelectedIndex();
      int next = at < 0 ? (by > 0 ? 0 : count - 1) : Math.floorMod(at + by, count);
      table.getSelectionModel().select(next);
      table.scrollTo(Math.max(0, next - 2));
    }
  }

  private void go(Finding finding) {
    Source source = session.source(finding.image()).orElse(session.cache());
    ByteRange where = finding.where();
    session
        .navigator()
        .jump(new Location(source, new ByteRange(where.offset(), Math.max(1, where.length()))));
  }

  private void explainNothing(Examination examination) {
    Label text =
        new Label(
            examination.findings().isEmpty()
                ? "Nothing is wrong as far as was looked."
                : "Choose a finding to see what it means for the data, and what can be done.");
    text.setWrapText(true);
    text.getStyleClass().add("dim");
    explanation.getChildren().setAll(text);
  }

  private void explain(Finding finding) {
    String word = finding.severity().name().toLowerCase(Locale.ROOT);
    Label code = new Label(finding.code().id());
    code.getStyleClass().addAll("pane-title", "mono");
    HBox head = new HBox(8, Icons.of(finding.severity()).node(word), code);
    head.setAlignment(Pos.CENTER_LEFT);
    explanation.getChildren().setAll(head);
    add("What was found", finding.message());
    add("What it means", finding.code().meaning());
    add("What can be done", finding.code().remedy());
    heading("What repair would do");
    repairNote.show(finding);
    explanation.getChildren().add(repairNote);
    for (Rule rule : Rule.citedBy(finding.message() + " " + finding.code().meaning())) {
      add("Rule " + rule.name() + " of the drivers", rule.meaning());
    }
    Optional<Source> source = session.source(finding.image());
    if (source.isPresent()) {
      ByteRange where = finding.where();
      Hyperlink link =
          new Hyperlink("bytes 0x%x … 0x%x".formatted(where.offset(), where.end() - 1));
      link.getStyleClass().add("mono");
      link.setOnAction(_ -> go(finding));
      explanation.getChildren().add(link);
    }
  }

  private void heading(String text) {
    Label head = new Label(text);
    head.getStyleClass().addAll("dim", "small", "heading");
    explanation.getChildren().add(head);
  }

  private void add(String heading, String text) {
    heading(heading);
    Label body = new Label(text);
    body.setWrapText(true);
    body.setMinHeight(USE_PREF_SIZE);
    explanation.getChildren().add(body);
  }

  private static TableColumn<Finding, Finding> severityColumn() {
    TableColumn<Finding, Finding> column = new TableColumn<>("severity");
    column.setCellValueFactory(f -> new ReadOnlyObjectWrapper<>(f.getValue()));
    column.setComparator((a, b) -> a.severity().compareTo(b.severity()));
    column.setPrefWidth(86);
    column.setCellFactory(
        _ ->
            new TableCell<>() {
              @Override
              protected void updateItem(@Nullable Finding finding, boolean empty) {
                super.updateItem(finding, empty);
                if (empty || finding == null) {
                  setText(null);
                  setGraphic(null);
                  return;
                }
                Severity severity = finding.severity();
                String word = severity.name().toLowerCase(Locale.ROOT);
                setText(word);
                setGraphic(Icons.of(severity).node(word));
              }
            });
    return column;
  }

  private static TableColumn<Finding, String> column(
      String name, String style, double width, Function<Finding, String> text) {
    TableColumn<Finding, String> column = Columns.text(name, style, width, text);
    column.setSortable(true);
    if (name.equals("offset")) {
      column.setComparator((a, b) -> Long.compareUnsigned(Long.decode(a), Long.decode(b)));
    }
    return column;
  }
}
