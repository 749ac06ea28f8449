package org.dmsalvage.gui.wizard;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.Label;
import javafx.scene.control.RadioButton;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.GridPane;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.FlushModel.Preview;
import org.dmsalvage.gui.wizard.FlushModel.Report;
import org.dmsalvage.gui.wizard.FlushModel.Target;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.evidence.Evidence;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;

/** Shows what a recovery would do, asks where to, does it, and reports. */
public final class FlushSheet extends WizardSheet {

  private final Threads threads;
  private final FlushModel model;
  private final Runnable onWritten;
  private final Supplier<List<Evidence.Note>> notes;
  private final CheckBox leaveRecord = new CheckBox("Leave a record: hashes, findings, notes");
  private final TextField recordPath = new TextField();
  private final TextField imagePath = new TextField();
  private final TextField undoPath = new TextField();
  private final RadioButton toImage = new RadioButton("A new image");
  private final RadioButton inPlace = new RadioButton("The disk itself, in place");
  private final Label objection = dim("");
  private final Button begin = accent("", "flush-begin", () -> {});

  /**
   * Makes a sheet, which begins to work at once.
   *
   * @param session the cache
   * @param threads that work for it
   * @param notes what the user noted about the images, for the record
   * @param onClosed closes the sheet
   * @param onWritten told when the backing device has been written
   */
  public FlushSheet(
      Session session,
      Threads threads,
      Supplier<List<Evidence.Note>> notes,
      Runnable onClosed,
      Runnable onWritten) {
    super("Recover the disk", 680, onClosed);
    this.threads = threads;
    this.model = new FlushModel(session);
    this.onWritten = onWritten;
    this.notes = notes;
    getStyleClass().add("flush");
    imagePath.setText(session.paths().cache() + ".recovered");
    undoPath.setText(session.request().backing() == null ? "" : suggestedUndo(session));
    recordPath.setText(session.paths().cache() + ".record");
    toImage.setSelected(true);
    if (model.needsDisk()) {
      refuse("The disk behind the cache is needed: open the cache together with it (Ctrl O).");
      return;
    }
    run(
        Work.start(threads.workers(), threads.ui(), model::preview, this::ask),
        Kind.READS,
        "Nothing is written yet: this works out what a recovery would do.");
  }

  private static String suggestedUndo(Session session) {
    String disk = session.paths().backing();
    return (disk == null ? session.paths().cache() : disk) + ".undo";
  }

  private void ask(Preview preview) {
    GridPane facts = grid();
    ReplayReport report = preview.report();
    fact(
        facts,
        "From the cache",
        "%s in %,d ranges"
            .formatted(Values.binary(preview.plan().bytes()), preview.plan().ranges()));
    loss(facts, "Lost", report.lost(), "no version of it can be had");
    loss(facts, "At risk", report.atRisk(), "the newest copy is damaged, an older one shows");
    loss(facts, "Not applied", report.dropped(), "left out, as it would do harm or proves nothing");
    report.driver().ifPresent(driver -> fact(facts, "The driver", sentence(driver)));
    body.getChildren().setAll(facts);
    for (String doubt : preview.doubts()) {
      body.getChildren().add(sentence(doubt, Icons.of(Severity.WARNING).node("warning")));
    }
    ToggleGroup group = new ToggleGroup();
    toImage.setToggleGroup(group);
    inPlace.setToggleGroup(group);
    imagePath.setId("flush-image");
    undoPath.setId("flush-undo");
    inPlace.setId("flush-in-place");
    Label where = new Label("Write to");
    where.getStyleClass().add("pane-title");
    body.getChildren()
        .addAll(
            where,
            toImage,
            path(imagePath, "sparse; the inputs stay untouched", () -> toImage.setSelected(true)));
    if (model.hasDisk()) {
      Label name = dim(preview.disk() == null ? "" : preview.disk().describe());
      name.getStyleClass().add("indented");
      body.getChildren()
          .addAll(
              inPlace,
              name,
              path(
                  undoPath,
                  "undo file: can take everything back",
                  () -> inPlace.setSelected(true)));
    }
    leaveRecord.setId("flush-record");
    recordPath.setId("flush-record-path");
    body.getChildren()
        .addAll(
            leaveRecord,
            path(
                recordPath,
                "directory for one HTML page and the same as JSON, with hashes",
                dialogs -> dialogs.directory(getScene(), "Record of the recovery"),
                () -> leaveRecord.setSelected(true)),
            objection);
    leaveRecord.selectedProperty().addListener((_, _, _) -> check(preview));
    recordPath.textProperty().addListener((_, _, _) -> check(preview));
    begin.setOnAction(_ -> start(preview));
    group.selectedToggleProperty().addListener((_, _, _) -> check(preview));
    imagePath.textProperty().addListener((_, _, _) -> check(preview));
    undoPath.textProperty().addListener((_, _, _) -> check(preview));
    check(preview);
    setButtons(button("Cancel", this::close), begin);
  }

  static String sentence(DriverOutcome driver) {
    String then =
        driver.outcome() == DriverOutcome.Outcome.ACCEPT
            ? ", and writing back " + driver.writeback()
            : "";
    return "would %s%s%s"
        .formatted(driver.outcome(), then, driver.reason().isEmpty() ? "" : ": " + driver.reason());
  }

  private static void loss(GridPane grid, String name, LossList list, String meaning) {
    fact(
        grid,
        name,
        list.count() == 0
            ? "nothing"
            : "%,d %s, %,d sectors – %s"
                .formatted(
                    list.count(), list.count() == 1 ? "place" : "places", list.sectors(), meaning));
  }

  private Optional<Target> target() {
    return toImage.isSelected()
        ? named(imagePath).map(Target.NewImage::new)
        : named(undoPath).map(Target.InPlace::new);
  }

  private Optional<String> recordObjection() {
    if (!leaveRecord.isSelected()) {
      return Optional.empty();
    }
    return named(recordPath).map(model::recordObjection).orElse(Optional.of("This is no name."));
  }

  private FlushModel.@Nullable RecordWish record() {
    return leaveRecord.isSelected()
        ? new FlushModel.RecordWish(named(recordPath).orElseThrow(), notes.get())
        : null;
  }

  /** Says what speaks against the target, while it is typed. */
  private void check(Preview preview) {
    imagePath.setDisable(!toImage.isSelected());
    undoPath.setDisable(toImage.isSelected());
    recordPath.setDisable(!leaveRecord.isSelected());
    Optional<Target> target = target();
    String against =
        target.isEmpty()
            ? "This is no file name."
            : model.objection(preview, target.get()).or(this::recordObjection).orElse("");
    boolean goesOn = target.isPresent() && model.goesOn(target.get());
    judge(
        objection,
        against,
        toImage.isSelected()
            ? "The image gets its name when it is complete. No input is written."
            : goesOn
                ? "This undo file was begun by a recovery that was stopped: it is gone on with."
                : "Each sector is written only after what it held is safe in the undo file; Undo"
                    + " takes everything back. Stopped, it can be begun again.");
    begin.setText(toImage.isSelected() ? "Write the image" : goesOn ? "Go on…" : "Write to it…");
    begin.setDisable(!against.isEmpty());
  }

  private void start(Preview preview) {
    Target target = target().orElseThrow();
    if (target instanceof Target.InPlace(Path undo)) {
      confirm(
          "About to write up to %s in %,d ranges into"
              .formatted(Values.binary(preview.plan().bytes()), preview.plan().ranges()),
          List.of(preview.disk() == null ? "" : preview.disk().describe(), "undo file " + undo),
          "Write to the disk",
          () -> write(preview, target),
          () -> ask(preview));
    } else {
      write(preview, target);
    }
  }

  private void write(Preview preview, Target target) {
    boolean image = target instanceof Target.NewImage;
    FlushModel.RecordWish record = record();
    run(
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> model.flush(preview, target, record, progress),
            this::report),
        Kind.WRITES,
        image
            ? "Stopping leaves nothing behind."
            : "Stopping leaves the disk partly written: begin again with the same undo file, or"
                + " undo.",
        () -> stopped(preview, target));
  }

  private void stopped(Preview preview, Target target) {
    if (target instanceof Target.InPlace(Path undo)) {
      onWritten.run();
      body.getChildren()
          .setAll(
              sentence(
                  "Stopped. The disk is partly written; what it held is in "
                      + undo
                      + ". Go on, or take it back with Undo.",
                  Icons.WARNING.node("warning")));
      setButtons(button("Close", this::close), accent("Go on", "go-on", () -> ask(preview)));
    } else {
      refuse("Stopped. Nothing is left of the image.");
    }
  }

  private void report(Report report) {
    setTitle(report.complete() ? "Recovered" : "Recovered in part");
    GridPane facts = grid();
    fact(facts, "Disk", report.path().toString());
    fact(facts, "Written", Values.binary(report.result().written()));
    String sha256 = report.result().sha256();
    Label hash = fact(facts, "SHA-256", sha256 == null ? "not computed" : sha256);
    hash.getStyleClass().add("mono");
    hash.setId("flush-hash");
    if (report.undo() != null) {
      fact(facts, "To undo", "dmsalvage undo " + report.undo());
      onWritten.run();
    }
    Label verdict =
        sentence(
            report.complete()
                ? "Every write that the cache had acknowledged is there."
                : "What is lost or at risk is listed by 'dmsalvage replay'.",
            (report.complete() ? Icons.FINE : Icons.WARNING)
                .node(report.complete() ? "fine" : "warning"));
    body.getChildren().setAll(verdict, facts);
    Path page = report.page();
    if (page == null) {
      setButtons(button("Close", this::close));
    } else {
      fact(facts, "Record", page.toString()).setId("flush-page");
      setButtons(
          button("Close", this::close),
          accent("Open the record", "open-record", () -> showPage(page)));
    }
  }

  private void showPage(Path page) {
    Work opening =
        Work.start(
            threads.workers(),
            threads.ui(),
            _ -> {
              Desktop.open(page);
              return page;
            },
            _ -> {});
    opening
        .message()
        .addListener(
            (_, _, message) ->
                body.getChildren()
                    .add(sentence(message, Icons.of(Severity.WARNING).node("warning"))));
  }
}
