package org.dmsalvage.gui.notes;

import java.nio.file.Path;
import java.util.List;
import java.util.function.Function;
import javafx.beans.property.ReadOnlyStringWrapper;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableColumn;
import javafx.scene.control.TableView;
import javafx.scene.control.TextArea;
import javafx.scene.input.KeyCode;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import javafx.stage.FileChooser.ExtensionFilter;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.TextCell;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.jspecify.annotations.Nullable;

/** The bookmarks, and the note of the one that is chosen. */
public final class NotesPane extends SplitPane {

  private final Session session;
  private final Threads threads;
  private final Bookmarks bookmarks;
  private final TableView<Bookmark> table;
  private final TextArea note = new TextArea();
  private final Label message = new Label();
  private @Nullable Bookmark shown;

  /** Shows bookmarks. */
  public NotesPane(Session session, Bookmarks bookmarks, Threads threads) {
    this.session = session;
    this.threads = threads;
    this.bookmarks = bookmarks;
    this.table = new TableView<>(bookmarks.list());
    getStyleClass().add("notes");
    table.setId("bookmarks");
    table.getStyleClass().addAll("dense", "quiet");
    table.setFixedCellSize(24);
    Label nothing = new Label("Ctrl D marks the bytes at the cursor, or those selected.");
    nothing.getStyleClass().add("dim");
    table.setPlaceholder(nothing);
    table.getColumns().add(column("image", "", 80, b -> text(b.role().label())));
    table
        .getColumns()
        .add(column("offset", "mono", 120, b -> text("0x%x".formatted(b.range().offset()))));
    table
        .getColumns()
        .add(column("bytes", "mono number", 90, b -> text("%,d".formatted(b.range().length()))));
    table.getColumns().add(column("in", "", 220, b -> text(b.place())));
    table.getColumns().add(column("note", "", 320, b -> b.note().map(NotesPane::firstLine)));
    Columns.keepFirst(table, 3);
    table
        .getSelectionModel()
        .selectedItemProperty()
        .addListener((_, _, bookmark) -> choose(bookmark));
    table.setOnKeyPressed(
        e -> {
          if (e.getCode() == KeyCode.DELETE) {
            remove();
          }
        });
    getItems().addAll(table, side());
    setDividerPositions(0.62);
    choose(null);
  }

  private static ObservableValue<String> text(String text) {
    return new ReadOnlyStringWrapper(text);
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("");
  }

  private static TableColumn<Bookmark, String> column(
      String name, String style, double width, Function<Bookmark, ObservableValue<String>> text) {
    TableColumn<Bookmark, String> column = new TableColumn<>(name);
    column.setCellFactory(_ -> new TextCell<>());
    column.setCellValueFactory(b -> text.apply(b.getValue()));
    column.setPrefWidth(width);
    column.setSortable(false);
    if (!style.isEmpty()) {
      column.getStyleClass().addAll(style.split(" "));
    }
    return column;
  }

  private VBox side() {
    note.setWrapText(true);
    note.setId("note");
    note.setPrefRowCount(3);
    note.textProperty()
        .addListener(
            (_, _, text) -> {
              if (shown != null) {
                shown.note().set(text);
              }
            });
    VBox.setVgrow(note, Priority.ALWAYS);
    message.getStyleClass().add("dim");
    bookmarks.problem().addListener((_, _, problem) -> say(problem, true));
    if (!bookmarks.problem().get().isEmpty()) {
      say(bookmarks.problem().get(), true);
    }
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    HBox.setHgrow(message, Priority.ALWAYS);
    Button remove = small("Remove", this::remove);
    remove.disableProperty().bind(table.getSelectionModel().selectedItemProperty().isNull());
    HBox buttons =
        new HBox(
            6, message, space, remove, small("Load…", this::load), small("Export…", this::save));
    buttons.setAlignment(Pos.CENTER_RIGHT);
    VBox side = new VBox(6, note, buttons);
    side.getStyleClass().add("note-side");
    return side;
  }

  private static Button small(String text, Runnable action) {
    Button button = new Button(text);
    button.getStyleClass().add("small");
    button.setMinWidth(Region.USE_PREF_SIZE);
    button.setOnAction(_ -> action.run());
    return button;
  }

  private void say(String text, boolean wrong) {
    message.setText(text);
    message.getStyleClass().remove("error");
    if (wrong) {
      message.getStyleClass().add("error");
    }
  }

  private void choose(@Nullable Bookmark bookmark) {
    shown = null;
    note.setText(bookmark == null ? "" : bookmark.note().get());
    note.setDisable(bookmark == null);
    note.setPromptText(bookmark == null ? "" : "A note about these bytes");
    shown = bookmark;
    if (bookmark != null) {
      bookmarks.location(bookmark).ifPresent(session.navigator()::jump);
    }
  }

  /** Marks where the user is, and lets a note be written about it. */
  public void mark() {
    Location here = session.navigator().location().get();
    Bookmark bookmark = bookmarks.add(here);
    table.getSelectionModel().select(bookmark);
    table.scrollTo(bookmark);
    note.requestFocus();
    note.end();
  }

  /** {@return the table, for the keyboard} */
  public TableView<Bookmark> table() {
    return table;
  }

  /** Removes the chosen bookmark. */
  public void remove() {
    Bookmark chosen = table.getSelectionModel().getSelectedItem();
    if (chosen != null) {
      bookmarks.remove(chosen);
    }
  }

  /** Asks where to, and exports all bookmarks. */
  public void save() {
    FileDialogs.of(getScene())
        .created(
            getScene(),
            "Export bookmarks",
            "bookmarks.html",
            List.of(new ExtensionFilter("Page", "*.html"), new ExtensionFilter("JSON", "*.json")))
        .ifPresent(this::export);
  }

  /** Writes a page or a document. */
  void export(Path path) {
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            _ -> {
              bookmarks.export(path);
              return path;
            },
            done -> say("Written to " + done, false));
    work.message().addListener((_, _, failure) -> say(failure, true));
  }

  /** Asks for exported bookmarks, and adds them. */
  public void load() {
    FileDialogs.of(getScene()).existing(getScene(), "Load bookmarks").ifPresent(this::load);
  }

  private void load(Path path) {
    Work work =
        Work.start(
            threads.ui(),
            threads.ui(),
            _ -> {
              bookmarks.read(path);
              return path;
            },
            done -> say("Read from " + done, false));
    work.message().addListener((_, _, failure) -> say(failure, true));
  }
}
