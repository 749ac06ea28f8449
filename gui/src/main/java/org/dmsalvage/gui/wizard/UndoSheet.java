package org.dmsalvage.gui.wizard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.TextField;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.UndoModel.Content;
import org.dmsalvage.gui.wizard.UndoModel.Report;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;

/** Asks for an undo file, shows what it can put back, does it, and reports. */
public final class UndoSheet extends WizardSheet {

  private final Threads threads;
  private final Runnable onRestored;
  private final TextField file = new TextField();

  /**
   * Makes a sheet.
   *
   * @param suggested an undo file that the user is likely to mean; may be empty
   * @param threads that work for it
   * @param onClosed closes the sheet
   * @param onRestored told when devices have been written
   */
  public UndoSheet(String suggested, Threads threads, Runnable onClosed, Runnable onRestored) {
    super("Undo what was written in place", 680, onClosed);
    this.threads = threads;
    this.onRestored = onRestored;
    getStyleClass().add("undo");
    file.setId("undo-file");
    file.setText(suggested);
    askFile("");
  }

  private void askFile(String failure) {
    Label message = dim("");
    judge(
        message,
        failure,
        "The undo file of a recovery or a repair in place. Before anything is put back, every"
            + " device is compared: one that holds anything but the old or the new bytes is"
            + " refused.");
    HBox line = path(file, "the file that --undo named", d -> d.existing(getScene(), "Undo file"));
    body.getChildren().setAll(line, message);
    Button next = accent("Next", "undo-next", this::look);
    next.disableProperty().bind(file.textProperty().isEmpty());
    setButtons(button("Cancel", this::close), next);
  }

  @Override
  public TextField focus() {
    return file;
  }

  private void look() {
    Optional<Path> path = named(file);
    if (path.isEmpty()) {
      askFile("This is no file name.");
      return;
    }
    Work reading =
        Work.start(
            threads.workers(), threads.ui(), _ -> UndoModel.read(path.get()), this::askDevices);
    reading.message().addListener((_, _, message) -> askFile(message));
  }

  private void askDevices(Content content) {
    askDevices(content, content.paths());
  }

  private void askDevices(Content content, List<String> suggested) {
    GridPane facts = grid();
    fact(facts, "Undo file", "%s, %s".formatted(content.file(), word(content.state())));
    fact(facts, "Saved", Values.binary(content.savedBytes()));
    body.getChildren().setAll(facts);
    List<TextField> fields = new ArrayList<>();
    Label objection = dim("");
    Button next = accent("Put it back…", "undo-begin", () -> ask(content, paths(fields)));
    for (int i = 0; i < content.targets().size(); i++) {
      UndoTarget target = content.targets().get(i);
      Label name =
          new Label(
              "%s, %s%s"
                  .formatted(
                      target.role(),
                      Values.binary(target.bytes()),
                      target.model().isEmpty() ? "" : ", " + target.model()));
      name.getStyleClass().add("pane-title");
      TextField field = new TextField(suggested.get(i));
      HBox.setHgrow(field, Priority.ALWAYS);
      fields.add(field);
      field.textProperty().addListener((_, _, _) -> check(content, fields, objection, next));
      body.getChildren()
          .addAll(
              name,
              path(
                  field, "where it is now", d -> d.existing(getScene(), target.role().toString())));
    }
    body.getChildren().add(objection);
    check(content, fields, objection, next);
    setButtons(button("Back", () -> askFile("")), next);
  }

  private static List<String> paths(List<TextField> fields) {
    return fields.stream().map(field -> field.getText().strip()).toList();
  }

  private static String word(UndoState state) {
    return switch (state) {
      case OPEN -> "of something that was stopped on its way";
      case COMPLETE -> "complete";
      case UNDOING -> "of which an undo was stopped on its way";
      case UNDONE -> "undone already";
    };
  }

  private static void check(Content content, List<TextField> fields, Label objection, Button next) {
    String against = "";
    for (int i = 0; i < fields.size() && against.isEmpty(); i++) {
      String path = fields.get(i).getText().strip();
      against =
          named(fields.get(i)).isEmpty()
              ? "This is no file name."
              : UndoModel.objection(content.targets().get(i), path).orElse("");
    }
    judge(objection, against, "The undo file stays. An undo that was stopped can be begun again.");
    next.setDisable(!against.isEmpty());
  }

  private void ask(Content content, List<String> paths) {
    confirm(
        "About to put back %s on".formatted(Values.binary(content.savedBytes())),
        paths.stream().map(UndoModel::describe).toList(),
        "Put it back",
        () -> undo(content, paths),
        () -> askDevices(content, paths));
  }

  private void undo(Content content, List<String> paths) {
    run(
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> UndoModel.undo(content, paths, progress),
            this::report),
        Kind.WRITES,
        "Stopped, it can be begun again.",
        () -> {
          onRestored.run();
          refuse("Stopped. Begin again to put back the rest.");
        });
  }

  private void report(Report report) {
    boolean all = report.state() == UndoState.UNDONE;
    setTitle(all ? "Undone" : "Undone in part");
    GridPane facts = grid();
    fact(facts, "Put back", Values.binary(report.result().restored())).setId("undone-bytes");
    fact(facts, "Saved", Values.binary(report.result().saved()) + "; the others were there");
    if (report.result().unknown() > 0) {
      fact(
          facts,
          "Unknown",
          Values.binary(report.result().unknown())
              + " could not be read before they were overwritten, and stay as they are");
    }
    if (!all) {
      fact(facts, "Refused", "%,d ranges".formatted(report.result().notWritten().count()));
    }
    body.getChildren()
        .setAll(
            sentence(
                all ? "Everything is as it was." : "Some ranges could not be written.",
                (all ? Icons.FINE : Icons.WARNING).node(all ? "fine" : "warning")),
            facts);
    onRestored.run();
    setButtons(button("Close", this::close));
  }
}
