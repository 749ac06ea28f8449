package org.dmsalvage.gui.wizard;

import java.io.File;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import javafx.geometry.Pos;
import javafx.geometry.VPos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.RadioButton;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import javafx.stage.FileChooser;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.FlushModel.Preview;
import org.dmsalvage.gui.wizard.FlushModel.Report;
import org.dmsalvage.gui.wizard.FlushModel.Target;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;

/** Shows what a recovery would do, asks where to, does it, and reports. */
public final class FlushSheet extends VBox {

  private final Session session;
  private final Threads threads;
  private final FlushModel model;
  private final Runnable onClosed;
  private final Runnable onWritten;
  private final Label title = new Label("Recover the disk");
  private final VBox body = new VBox(10);
  private final HBox buttons = new HBox(8);
  private final TextField imagePath = new TextField();
  private final TextField undoPath = new TextField();
  private final RadioButton toImage = new RadioButton("A new image");
  private final RadioButton inPlace = new RadioButton("The disk itself, in place");
  private final Label objection = new Label();
  private final Button begin = new Button();
  private @Nullable Work work;

  /**
   * Makes a sheet, which begins to work at once.
   *
   * @param session the cache
   * @param threads that work for it
   * @param onClosed closes the sheet
   * @param onWritten told when the backing device has been written
   */
  public FlushSheet(Session session, Threads threads, Runnable onClosed, Runnable onWritten) {
    this.session = session;
    this.threads = threads;
    this.model = new FlushModel(session);
    this.onClosed = onClosed;
    this.onWritten = onWritten;
    getStyleClass().addAll("question", "flush");
    setMaxSize(680, USE_PREF_SIZE);
    title.getStyleClass().add("sheet-title");
    objection.getStyleClass().add("dim");
    objection.setWrapText(true);
    buttons.setAlignment(Pos.CENTER_RIGHT);
    getChildren().addAll(title, body, buttons);
    if (model.needsDisk()) {
      refuse("The disk behind the cache is needed: open the cache together with it (Ctrl O).");
      return;
    }
    run(
        Work.start(threads.workers(), threads.ui(), model::preview, this::ask),
        "Nothing is written yet: this works out what a recovery would do.");
  }

  /** {@return the button that goes on} */
  public Node focus() {
    return begin;
  }

  /** Stops what runs, if anything does. */
  public void stop() {
    if (work != null) {
      work.cancel();
    }
  }

  private static Button button(String text, Runnable action) {
    Button button = new Button(text);
    button.setOnAction(_ -> action.run());
    return button;
  }

  private void run(Work running, String explanation) {
    work = running;
    Label task = new Label();
    task.textProperty().bind(running.task());
    ProgressBar bar = new ProgressBar();
    bar.setMaxWidth(Double.MAX_VALUE);
    bar.progressProperty().bind(running.fraction());
    Label note = new Label(explanation);
    note.setWrapText(true);
    note.getStyleClass().add("dim");
    body.getChildren().setAll(task, bar, note);
    Button stop = button("Stop", running::cancel);
    buttons.getChildren().setAll(stop);
    stop.requestFocus();
    running
        .state()
        .addListener(
            (_, _, state) -> {
              switch (state) {
                case FAILED -> refuse(running.message().get());
                case CANCELLED -> refuse("Stopped.");
                case RUNNING, DONE -> {}
              }
            });
  }

  private void refuse(String why) {
    Label label = new Label(why, Icons.of(Severity.ERROR).node("error"));
    label.setWrapText(true);
    label.setId("refusal");
    body.getChildren().setAll(label);
    Button close = button("Close", onClosed);
    buttons.getChildren().setAll(close);
    close.requestFocus();
  }

  private void ask(Preview preview) {
    GridPane facts = grid();
    ReplayReport report = preview.report();
    fact(
        facts,
        "From the cache",
        "%s in %,d ranges"
            .formatted(Values.binary(preview.plan().bytes()), preview.plan().ranges()),
        "");
    loss(facts, "Lost", report.lost(), "no version of it can be had");
    loss(facts, "At risk", report.atRisk(), "the newest copy is damaged, an older one shows");
    loss(facts, "Not applied", report.dropped(), "left out, as it would do harm or proves nothing");
    report.driver().ifPresent(driver -> fact(facts, "The driver", sentence(driver), ""));
    body.getChildren().setAll(facts);
    for (String doubt : preview.doubts()) {
      Label label = new Label(doubt, Icons.of(Severity.WARNING).node("warning"));
      label.setWrapText(true);
      label.setMinHeight(USE_PREF_SIZE);
      body.getChildren().add(label);
    }
    ToggleGroup group = new ToggleGroup();
    toImage.setToggleGroup(group);
    inPlace.setToggleGroup(group);
    toImage.setSelected(true);
    inPlace.setDisable(!model.hasDisk());
    imagePath.setId("flush-image");
    imagePath.setText(session.paths().cache() + ".recovered");
    undoPath.setText(session.paths().backing() == null ? "" : session.paths().backing() + ".undo");
    Label where = new Label("Write to");
    where.getStyleClass().add("pane-title");
    body.getChildren().addAll(where, toImage, path(imagePath, "sparse; the inputs stay untouched"));
    if (model.hasDisk()) {
      String disk = preview.disk() == null ? "" : preview.disk().describe();
      Label name = new Label(disk);
      name.setWrapText(true);
      name.getStyleClass().add("dim");
      body.getChildren()
          .addAll(inPlace, name, path(undoPath, "undo file: can take everything back"));
    }
    body.getChildren().add(objection);
    begin.getStyleClass().add("accent");
    begin.setDefaultButton(true);
    begin.setId("flush-begin");
    begin.setOnAction(_ -> start(preview));
    buttons.getChildren().setAll(button("Cancel", onClosed), begin);
    group.selectedToggleProperty().addListener((_, _, _) -> check(preview));
    imagePath.textProperty().addListener((_, _, _) -> check(preview));
    undoPath.textProperty().addListener((_, _, _) -> check(preview));
    check(preview);
    begin.requestFocus();
  }

  private static String sentence(DriverOutcome driver) {
    String then =
        driver.outcome() == DriverOutcome.Outcome.ACCEPT
            ? ", and writing back " + driver.writeback()
            : "";
    return "would %s%s%s"
        .formatted(driver.outcome(), then, driver.reason().isEmpty() ? "" : ": " + driver.reason());
  }

  private static GridPane grid() {
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

  private static void fact(GridPane grid, String name, String value, String note) {
    Label what = new Label(name);
    what.getStyleClass().add("dim");
    what.setMinWidth(Region.USE_PREF_SIZE);
    Label text = new Label(note.isEmpty() ? value : value + " – " + note);
    text.setWrapText(true);
    GridPane.setValignment(what, VPos.TOP);
    grid.addRow(grid.getRowCount(), what, text);
  }

  private static void loss(GridPane grid, String name, LossList list, String meaning) {
    fact(
        grid,
        name,
        list.count() == 0
            ? "nothing"
            : "%,d %s, %,d sectors"
                .formatted(list.count(), list.count() == 1 ? "place" : "places", list.sectors()),
        list.count() == 0 ? "" : meaning);
  }

  private HBox path(TextField field, String prompt) {
    field.setPromptText(prompt);
    HBox.setHgrow(field, Priority.ALWAYS);
    Button browse =
        button(
            "Browse…",
            () -> {
              File chosen = new FileChooser().showSaveDialog(getScene().getWindow());
              if (chosen != null) {
                field.setText(chosen.getPath());
              }
            });
    HBox line = new HBox(8, field, browse);
    line.getStyleClass().add("indented");
    return line;
  }

  private Optional<Target> target() {
    try {
      return Optional.of(
          toImage.isSelected()
              ? new Target.NewImage(Path.of(imagePath.getText().strip()))
              : new Target.InPlace(Path.of(undoPath.getText().strip())));
    } catch (InvalidPathException _) {
      return Optional.empty();
    }
  }

  /** Says what speaks against the target, while it is typed. */
  private void check(Preview preview) {
    imagePath.setDisable(!toImage.isSelected());
    undoPath.setDisable(toImage.isSelected());
    Optional<Target> target = target();
    String against =
        target.isEmpty()
            ? "This is no file name."
            : model.objection(preview, target.get()).orElse("");
    String what =
        toImage.isSelected()
            ? "The image gets its name when it is complete. No input is written."
            : "Each sector is written only after what it held is safe in the undo file;"
                + " 'dmsalvage undo' takes everything back. Stopped, it can be begun again.";
    objection.setText(against.isEmpty() ? what : against);
    objection.getStyleClass().remove("error");
    if (!against.isEmpty()) {
      objection.getStyleClass().add("error");
    }
    begin.setText(toImage.isSelected() ? "Write the image" : "Write to the disk");
    begin.setDisable(!against.isEmpty());
  }

  private void start(Preview preview) {
    Target target = target().orElseThrow();
    run(
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> model.flush(preview, target, progress),
            this::report),
        target instanceof Target.NewImage
            ? "Stopping leaves nothing behind."
            : "Stopping leaves the disk partly written: begin again with the same undo file, or"
                + " undo.");
  }

  private void report(Report report) {
    title.setText(report.complete() ? "Recovered" : "Recovered in part");
    GridPane facts = grid();
    fact(facts, "Disk", report.path().toString(), "");
    fact(facts, "Written", Values.binary(report.result().written()), "");
    String sha256 = report.result().sha256();
    Label hash = new Label(sha256 == null ? "not computed" : sha256);
    hash.getStyleClass().add("mono");
    hash.setId("flush-hash");
    Label name = new Label("SHA-256");
    name.getStyleClass().add("dim");
    facts.addRow(facts.getRowCount(), name, hash);
    if (report.undo() != null) {
      fact(facts, "To undo", "dmsalvage undo " + report.undo(), "");
      onWritten.run();
    }
    Label verdict =
        new Label(
            report.complete()
                ? "Every write that the cache had acknowledged is there."
                : "What is lost or at risk is listed by 'dmsalvage replay'.",
            (report.complete() ? Icons.FINE : Icons.WARNING)
                .node(report.complete() ? "fine" : "warning"));
    verdict.setWrapText(true);
    body.getChildren().setAll(verdict, facts);
    Button close = button("Close", onClosed);
    buttons.getChildren().setAll(close);
    close.requestFocus();
  }
}
