package org.dmsalvage.gui.wizard;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import javafx.geometry.Pos;
import javafx.geometry.VPos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.TextField;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.check.Severity;
import org.jspecify.annotations.Nullable;

/** A few questions, work that can be stopped, and a report: what all wizards have in common. */
public abstract class WizardSheet extends VBox {

  /** What the work that runs may cost when it is stopped. */
  enum Kind {
    /** It only reads: the sheet can be closed at any time. */
    READS,
    /** It writes: it must be stopped before the sheet can be closed. */
    WRITES
  }

  final VBox body = new VBox(10);
  private final Label title = new Label();
  private final HBox buttons = new HBox(8);
  private final Runnable onClosed;
  private @Nullable Work work;
  private boolean writing;

  WizardSheet(String name, double width, Runnable onClosed) {
    this.onClosed = onClosed;
    getStyleClass().addAll("question", "wizard");
    setMaxSize(width, USE_PREF_SIZE);
    setTitle(name);
    title.getStyleClass().add("sheet-title");
    buttons.setAlignment(Pos.CENTER_RIGHT);
    getChildren().addAll(title, body, buttons);
  }

  /** {@return what should have the keyboard when the sheet is shown} */
  public Node focus() {
    return buttons.getChildren().isEmpty() ? this : buttons.getChildren().getLast();
  }

  /** Stops what runs, if anything does. */
  public void stop() {
    if (work != null) {
      work.cancel();
    }
  }

  /** {@return whether the sheet can be closed without stopping something that writes} */
  public boolean mayClose() {
    return !writing;
  }

  final void setTitle(String text) {
    title.setText(text);
  }

  final void close() {
    onClosed.run();
  }

  static Button button(String text, Runnable action) {
    Button button = new Button(text);
    button.setOnAction(_ -> action.run());
    return button;
  }

  static Button accent(String text, String id, Runnable action) {
    Button button = button(text, action);
    button.getStyleClass().add("accent");
    button.setDefaultButton(true);
    button.setId(id);
    return button;
  }

  /** Shows buttons; the last one that can be pressed has the keyboard. */
  final void setButtons(Button... shown) {
    buttons.getChildren().setAll(shown);
    for (int i = shown.length - 1; i >= 0; i--) {
      if (!shown[i].isDisabled()) {
        shown[i].requestFocus();
        return;
      }
    }
  }

  /** Shows how some work gets on; its end is shown by the work itself, its failure here. */
  final void run(Work running, Kind kind, String explanation) {
    run(running, kind, explanation, () -> refuse("Stopped."));
  }

  final void run(Work running, Kind kind, String explanation, Runnable onStopped) {
    work = running;
    writing = kind == Kind.WRITES;
    Label task = new Label();
    task.textProperty().bind(running.task());
    Label amount = new Label();
    amount.getStyleClass().addAll("mono", "dim");
    amount.textProperty().bind(running.amount());
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    ProgressBar bar = new ProgressBar();
    bar.setMaxWidth(Double.MAX_VALUE);
    bar.progressProperty().bind(running.fraction());
    body.getChildren().setAll(new HBox(8, task, space, amount), bar, dim(explanation));
    setButtons(button("Stop", running::cancel));
    running
        .state()
        .addListener(
            (_, _, state) -> {
              writing = false;
              switch (state) {
                case FAILED -> refuse(running.message().get());
                case CANCELLED -> onStopped.run();
                case RUNNING, DONE -> {}
              }
            });
  }

  final void refuse(String why) {
    Label label = sentence(why, Icons.of(Severity.ERROR).node("error"));
    label.setId("refusal");
    body.getChildren().setAll(label);
    setButtons(button("Close", this::close));
  }

  /** Asks once more before something is overwritten, and names it. */
  final void confirm(String what, List<String> devices, String verb, Runnable go, Runnable back) {
    body.getChildren().setAll(sentence(what, Icons.of(Severity.WARNING).node("warning")));
    for (String device : devices) {
      Label name = new Label(device);
      name.setWrapText(true);
      name.setMinHeight(USE_PREF_SIZE);
      name.getStyleClass().add("device");
      body.getChildren().add(name);
    }
    setButtons(button("Back", back), accent(verb, "confirm", go));
  }

  static Label dim(String text) {
    Label label = new Label(text);
    label.setWrapText(true);
    label.setMinHeight(USE_PREF_SIZE);
    label.getStyleClass().add("dim");
    return label;
  }

  static Label sentence(String text, Node icon) {
    Label label = new Label(text, icon);
    label.setWrapText(true);
    label.setMinHeight(USE_PREF_SIZE);
    label.setGraphicTextGap(8);
    return label;
  }

  static GridPane grid() {
    GridPane grid = new GridPane();
    grid.setHgap(14);
    grid.setVgap(5);
    ColumnConstraints names = new ColumnConstraints();
    names.setMinWidth(96);
    ColumnConstraints values = new ColumnConstraints();
    values.setHgrow(Priority.ALWAYS);
    grid.getColumnConstraints().addAll(names, values);
    return grid;
  }

  static Label fact(GridPane grid, String name, String value) {
    Label what = new Label(name);
    what.getStyleClass().add("dim");
    what.setMinWidth(Region.USE_PREF_SIZE);
    Label text = new Label(value);
    text.setWrapText(true);
    text.setMinHeight(USE_PREF_SIZE);
    GridPane.setValignment(what, VPos.TOP);
    grid.addRow(grid.getRowCount(), what, text);
    return text;
  }

  /** A field for the name of a file that is to be written. */
  final HBox path(TextField field, String prompt) {
    return path(field, prompt, () -> {});
  }

  /**
   * A field for the name of a file that is to be written if the user takes an option.
   *
   * @param option takes it, as one does who chooses a file for it
   */
  final HBox path(TextField field, String prompt, Runnable option) {
    return path(
        field,
        prompt,
        dialogs -> dialogs.created(getScene(), title.getText(), "", List.of()),
        option);
  }

  /** A field for the name of a file or a directory, which can be asked for with a dialog, too. */
  final HBox path(TextField field, String prompt, Function<FileDialogs, Optional<Path>> dialog) {
    return path(field, prompt, dialog, () -> {});
  }

  /** A field for a name that is needed if the user takes an option. */
  final HBox path(
      TextField field,
      String prompt,
      Function<FileDialogs, Optional<Path>> dialog,
      Runnable option) {
    field.setPromptText(prompt);
    HBox.setHgrow(field, Priority.ALWAYS);
    Button browse =
        button(
            "Browse…",
            () ->
                dialog
                    .apply(FileDialogs.of(getScene()))
                    .ifPresent(
                        chosen -> {
                          option.run();
                          field.setText(chosen.toString());
                          field.requestFocus();
                        }));
    browse.setId("browse-" + field.getId());
    HBox line = new HBox(8, field, browse);
    line.getStyleClass().add("indented");
    return line;
  }

  /** {@return what a field names; empty if that is no name} */
  static Optional<Path> named(TextField field) {
    try {
      return Optional.of(Path.of(field.getText().strip()));
    } catch (InvalidPathException _) {
      return Optional.empty();
    }
  }

  /** Says what speaks against a target, or what will be done. */
  static void judge(Label label, String against, String otherwise) {
    label.setText(against.isEmpty() ? otherwise : against);
    label.getStyleClass().remove("error");
    if (!against.isEmpty()) {
      label.getStyleClass().add("error");
    }
  }
}
