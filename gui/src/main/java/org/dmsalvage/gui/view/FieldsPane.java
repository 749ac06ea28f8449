package org.dmsalvage.gui.view;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.scene.control.Label;
import javafx.scene.control.TableCell;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableRow;
import javafx.scene.control.TableView;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Field;
import org.dmsalvage.gui.tree.Field.Value;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** The fields of the structure that the user is in, decoded. */
final class FieldsPane extends VBox {

  /** Longer fields are not decoded, only named. */
  private static final int LONGEST = 8192;

  private static final Value READING = new Value("…", "");
  private static final Value UNREADABLE = new Value("–", "not read");

  /** A field with its value. */
  record Entry(Field field, Value value) {}

  private final Session session;
  private final Label title = new Label();
  private final Label meaning = new Label();
  private final TableView<Entry> table = new TableView<>();
  private @Nullable Structure shown;
  private boolean syncing;

  FieldsPane(Session session) {
    this.session = session;
    getStyleClass().add("fields");
    title.getStyleClass().add("pane-title");
    meaning.getStyleClass().add("meaning");
    meaning.setWrapText(true);
    meaning.setMinHeight(USE_PREF_SIZE);
    VBox.setVgrow(table, Priority.ALWAYS);
    getChildren().addAll(title, meaning, table);

    table.getStyleClass().addAll("dense", "quiet");
    table.setFixedCellSize(24);
    table.setPlaceholder(new Label());
    table.getColumns().add(column("field", "", 96, e -> e.field().name()));
    table.getColumns().add(column("value", "mono", 72, e -> e.value().text()));
    table.getColumns().add(column("means", "dim", 170, e -> e.value().note()));
    Columns.keepFirst(table, 2);
    table.setRowFactory(_ -> new Row());
    table
        .getSelectionModel()
        .selectedItemProperty()
        .addListener(
            (_, _, entry) -> {
              if (entry != null && !syncing) {
                Source source = session.navigator().location().get().source();
                session.navigator().move(new Location(source, entry.field().range()));
              }
            });
    session.navigator().location().addListener((_, _, to) -> follow(to));
    session.sources().forEach(s -> s.pages().onArrival(this::refreshValues));
    follow(session.navigator().location().get());
  }

  /** {@return the table, for the keyboard} */
  TableView<Entry> table() {
    return table;
  }

  private static TableColumn<Entry, String> column(
      String name, String style, double width, Function<Entry, String> text) {
    TableColumn<Entry, String> column = new TableColumn<>(name);
    column.setCellValueFactory(e -> new ReadOnlyStringWrapper(text.apply(e.getValue())));
    column.setPrefWidth(width);
    column.setSortable(false);
    column.setReorderable(false);
    column.setCellFactory(
        _ -> {
          TableCell<Entry, String> cell =
              new TableCell<>() {
                @Override
                protected void updateItem(@Nullable String value, boolean empty) {
                  super.updateItem(value, empty);
                  setText(empty ? null : value);
                }
              };
          return cell;
        });
    if (!style.isEmpty()) {
      column.getStyleClass().add(style);
    }
    return column;
  }

  private void follow(Location to) {
    if (syncing) {
      return;
    }
    List<Structure> path = to.source().path(to.range());
    Structure structure = path.getLast();
    // A field that stands elsewhere was chosen: what it describes stays in sight.
    boolean chosen =
        shown != null
            && shown.fields().stream().anyMatch(f -> f.range().equals(to.range()))
            && table.isFocused();
    if (!chosen && !isShown(structure)) {
      shown = structure;
      title.setText(names(path));
      meaning.setText(structure.meaning());
      refreshValues();
    }
    selectField(to.range());
  }

  private boolean isShown(Structure structure) {
    Structure now = shown;
    return now != null
        && now.range().equals(structure.range())
        && now.name().equals(structure.name())
        && now.meaning().equals(structure.meaning());
  }

  private static String names(List<Structure> path) {
    List<String> names = new ArrayList<>();
    for (Structure s : path.subList(Math.min(1, path.size() - 1), path.size())) {
      // Parts of a long row say nothing that the item does not.
      if (!s.name().contains("…")) {
        names.add(s.name());
      }
    }
    if (path.getLast().name().contains("…")) {
      names.add(path.getLast().name());
    }
    return String.join(" › ", names);
  }

  private void selectField(ByteRange range) {
    syncing = true;
    int best = -1;
    for (int i = 0; i < table.getItems().size(); i++) {
      ByteRange field = table.getItems().get(i).field().range();
      if (field.offset() <= range.offset() && range.end() <= field.end()) {
        best = i;
      }
    }
    if (best >= 0) {
      table.getSelectionModel().select(best);
    } else {
      table.getSelectionModel().clearSelection();
    }
    syncing = false;
  }

  private void refreshValues() {
    Structure structure = shown;
    if (structure == null) {
      return;
    }
    Location here = session.navigator().location().get();
    List<Entry> entries =
        structure.fields().stream().map(f -> new Entry(f, value(here.source(), f))).toList();
    if (!entries.equals(table.getItems())) {
      int selected = table.getSelectionModel().getSelectedIndex();
      syncing = true;
      table.getItems().setAll(entries);
      Columns.fit(table, 0, 2);
      table.getSelectionModel().select(selected);
      syncing = false;
      selectField(here.range());
    }
  }

  private static Value value(Source source, Field field) {
    ByteRange range = field.range();
    if (range.length() > LONGEST || range.end() > source.bytes().size()) {
      return UNREADABLE;
    }
    byte[] bytes = source.pages().bytes(range);
    return bytes == null
        ? READING
        : field.decoder().decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
  }

  /** A row whose tooltip teaches. */
  private final class Row extends TableRow<Entry> {
    private final Tooltip tooltip = new Tooltip();

    Row() {
      tooltip.setWrapText(true);
      tooltip.setMaxWidth(380);
    }

    @Override
    protected void updateItem(@Nullable Entry entry, boolean empty) {
      super.updateItem(entry, empty);
      if (empty || entry == null) {
        setTooltip(null);
        return;
      }
      ByteRange range = entry.field().range();
      Source source = session.navigator().location().get().source();
      String protection = session.protection(new Location(source, range));
      tooltip.setText(
          "%s  %s%n%s%n%n%sbytes 0x%x … 0x%x"
              .formatted(
                  entry.field().name(),
                  (entry.value().text() + "  " + entry.value().note()).strip(),
                  entry.field().meaning(),
                  protection.isEmpty() ? "" : protection + "\n",
                  range.offset(),
                  range.end() - 1));
      setTooltip(tooltip);
    }
  }
}
