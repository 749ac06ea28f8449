package org.dmsalvage.gui.wizard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javafx.beans.value.ChangeListener;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.CheckBox;
import javafx.scene.control.CheckMenuItem;
import javafx.scene.control.CustomMenuItem;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.ListView;
import javafx.scene.control.MenuButton;
import javafx.scene.control.MenuItem;
import javafx.scene.control.RadioButton;
import javafx.scene.control.ScrollPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.wizard.RepairModel.Choice;
import org.dmsalvage.gui.wizard.RepairModel.Outlook;
import org.dmsalvage.gui.wizard.RepairModel.Preview;
import org.dmsalvage.gui.wizard.RepairModel.Report;
import org.dmsalvage.gui.wizard.RepairModel.Target;
import org.dmsalvage.gui.wizard.RepairModel.Wanted;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/** Shows the plan of a repair, asks where to, carries it out, and reports. */
public final class RepairSheet extends WizardSheet {

  private static final double WIDTH = 980;
  private static final double ROW = 24;

  private final Session session;
  private final Threads threads;
  private final RepairModel model;
  private final Ways ways;
  private final Set<FindingCode> known = new LinkedHashSet<>();
  private final TableView<Action> table = new TableView<>();
  private final Label why = new Label();
  private final VBox doubts = new VBox(6);
  private final Hyperlink place = new Hyperlink();
  private final ListView<ChangedRows.Row> rows = new ListView<>();
  private final TextField copyPath = new TextField();
  private final TextField plogPath = new TextField();
  private final TextField undoPath = new TextField();
  private final RadioButton toCopy = new RadioButton("A repaired copy");
  private final RadioButton inPlace = new RadioButton("The cache itself, in place");
  private final Label objection = dim("");
  private final ChangeListener<@Nullable Preview> shows = (_, _, plan) -> planned(plan);
  private Wanted wanted = Wanted.ALL;
  private @Nullable Work asking;

  /**
   * Where a sheet leads.
   *
   * @param closed closes it
   * @param show closes it and shows bytes
   * @param open closes it and opens images
   * @param undo closes it and asks about an undo file
   * @param reopen opens the session's images again when the sheet is closed: they were written
   */
  public record Ways(
      Runnable closed,
      Consumer<Location> show,
      Consumer<Session.Paths> open,
      Consumer<String> undo,
      Runnable reopen) {}

  /** Makes a sheet; if there is no plan yet, it begins to make one. */
  public RepairSheet(Session session, Threads threads, RepairModel model, Ways ways) {
    super("Repair the cache", WIDTH, ways.closed());
    this.session = session;
    this.threads = threads;
    this.model = model;
    this.ways = ways;
    getStyleClass().add("repair");
    String cache = session.paths().cache();
    copyPath.setText(cache + ".repaired");
    undoPath.setText(cache + ".undo");
    plogPath.setText(session.paths().plog() == null ? "" : session.paths().plog() + ".repaired");
    toCopy.setSelected(true);
    fillTable();
    model.preview().addListener(shows);
    Preview made = model.preview().get();
    if (made == null) {
      plan();
    } else {
      wanted = made.wanted();
      showPlan(made);
    }
  }

  @Override
  public void stop() {
    super.stop();
    model.preview().removeListener(shows);
    if (asking != null) {
      asking.cancel();
    }
  }

  private void plan() {
    setMaxWidth(680);
    run(
        model.plan(wanted),
        Kind.READS,
        "Nothing is written: this works out what a repair would change.");
  }

  private void planned(@Nullable Preview plan) {
    if (plan != null) {
      showPlan(plan);
    }
  }

  // ---- the plan ----

  private void fillTable() {
    table.setId("plan");
    table.getStyleClass().addAll("dense", "quiet");
    table.setFixedCellSize(ROW);
    table.getColumns().add(Columns.text("answers", "mono", 200, a -> a.code().id()));
    table.getColumns().add(Columns.text("in", "", 60, a -> a.role().toString()));
    table.getColumns().add(Columns.text("at", "mono", 110, a -> "0x%x".formatted(a.offset())));
    table
        .getColumns()
        .add(Columns.text("bytes", "mono number", 70, a -> "%,d".formatted(a.length())));
    table.getColumns().add(Columns.text("why", "", 440, Action::reason));
    Columns.keepFirst(table, 4);
    table.getSelectionModel().selectedItemProperty().addListener((_, _, a) -> explain(a));
    why.setWrapText(true);
    why.setMinHeight(USE_PREF_SIZE);
    place.getStyleClass().add("mono");
    place.setId("show-bytes");
    rows.setCellFactory(_ -> new ChangedRowCell());
    rows.setFixedCellSize(ChangedRowCell.HEIGHT);
    rows.setPlaceholder(dim("no byte becomes another"));
    rows.getStyleClass().add("changed-rows");
    rows.setId("changed-rows");
    rows.setFocusTraversable(false);
  }

  private void showPlan(Preview preview) {
    setTitle("Repair the cache");
    known.addAll(preview.codes().keySet());
    if (preview.plan().actions().isEmpty() && preview.wanted().equals(Wanted.ALL)) {
      setMaxWidth(680);
      body.getChildren()
          .setAll(
              sentence(
                  "There is nothing to repair: a driver shows what recovery shows.",
                  Icons.FINE.node("fine")));
      remaining(preview).ifPresent(body.getChildren()::add);
      setButtons(button("Close", this::close));
      return;
    }
    setMaxWidth(WIDTH);
    int count = preview.plan().actions().size();
    Label summary =
        new Label(
            "%,d %s, %,d bytes. Nothing is written yet."
                .formatted(count, count == 1 ? "change" : "changes", preview.bytes()));
    summary.setId("plan-summary");
    table.getItems().setAll(preview.plan().actions());
    table.setPrefHeight(Math.clamp(count, 3, 7) * ROW + 30);
    table.setMinHeight(80);
    VBox prose = new VBox(8, why, doubts, place);
    prose.getStyleClass().add("action");
    ScrollPane scroll = new ScrollPane(prose);
    scroll.setFitToWidth(true);
    scroll.setFocusTraversable(false);
    scroll.setPrefWidth(330);
    scroll.setMinWidth(280);
    HBox.setHgrow(rows, Priority.ALWAYS);
    HBox detail = new HBox(12, scroll, rows);
    detail.setPrefHeight(190);
    detail.setMinHeight(90);
    VBox.setVgrow(detail, Priority.ALWAYS);
    Button next = accent("Next: where to…", "repair-next", () -> askTarget(preview));
    next.setDisable(count == 0);
    body.getChildren().setAll(summary, choices(preview, next), table, detail, outlook(preview));
    VBox.setVgrow(body, Priority.ALWAYS);
    table.getSelectionModel().selectFirst();
    setButtons(button("Cancel", this::close), next);
  }

  /** What is answered, and how; after a change, a new plan is asked for before anything else. */
  private FlowPane choices(Preview preview, Button next) {
    FlowPane line = new FlowPane(16, 6);
    line.setAlignment(Pos.CENTER_LEFT);
    Map<FindingCode, Integer> codes = preview.codes();
    for (FindingCode code : known) {
      CheckBox box = new CheckBox(code.id() + "  " + codes.getOrDefault(code, 0));
      box.getStyleClass().add("mono");
      box.setSelected(!wanted.except().contains(code));
      box.setOnAction(
          _ -> {
            Set<FindingCode> except = new LinkedHashSet<>(wanted.except());
            if (box.isSelected()) {
              except.remove(code);
            } else {
              except.add(code);
            }
            change(new Wanted(except, wanted.preferred()), preview, next);
          });
      line.getChildren().add(box);
    }
    MenuButton menu = new MenuButton("Choices");
    menu.getStyleClass().add("small");
    menu.setId("choices");
    Map<String, CheckMenuItem> items = new LinkedHashMap<>();
    for (Choice choice : model.choices()) {
      menu.getItems().add(item(choice, items, preview, next));
    }
    line.getChildren().add(menu);
    return line;
  }

  private MenuItem item(
      Choice choice, Map<String, CheckMenuItem> items, Preview preview, Button next) {
    if (choice.word().endsWith("=")) {
      TextField number = new TextField();
      number.setPrefColumnCount(7);
      wanted.preferred().stream()
          .filter(p -> p.startsWith(choice.word()))
          .findFirst()
          .ifPresent(p -> number.setText(p.substring(choice.word().length())));
      number.setOnAction(
          _ -> {
            List<String> others =
                wanted.preferred().stream().filter(p -> !p.startsWith(choice.word())).toList();
            Wanted now = new Wanted(wanted.except(), others);
            String typed = number.getText().strip();
            change(typed.isEmpty() ? now : now.with(choice.word() + typed, true), preview, next);
          });
      HBox line = new HBox(8, new Label(choice.meaning()), number);
      line.setAlignment(Pos.CENTER_LEFT);
      return new CustomMenuItem(line, false);
    }
    CheckMenuItem item = new CheckMenuItem(choice.meaning());
    item.setSelected(wanted.preferred().contains(choice.word()));
    items.put(choice.word(), item);
    item.setOnAction(
        _ -> {
          change(wanted.with(choice.word(), item.isSelected()), preview, next);
          items.forEach((word, other) -> other.setSelected(wanted.preferred().contains(word)));
        });
    return item;
  }

  private void change(Wanted now, Preview preview, Button next) {
    wanted = now;
    boolean same = now.equals(preview.wanted());
    next.setText(same ? "Next: where to…" : "Plan again");
    next.setDisable(same && preview.plan().actions().isEmpty());
    next.setOnAction(_ -> onNext(same, preview));
    table.setDisable(!same);
  }

  private void onNext(boolean same, Preview preview) {
    if (same) {
      askTarget(preview);
    } else {
      table.setDisable(false);
      plan();
    }
  }

  private void explain(@Nullable Action action) {
    if (action == null) {
      return;
    }
    why.setText(sentenceCase(action.reason()));
    doubts.getChildren().clear();
    Icons mark = action.risky() ? Icons.WARNING : Icons.FINE;
    String colour = action.risky() ? "warning" : "fine";
    doubts.getChildren().add(sentence("Risk: " + action.risk(), mark.node(colour)));
    if (!action.lost().isEmpty()) {
      doubts.getChildren().add(sentence("Lost: " + action.lost(), Icons.ERROR.node("error")));
    }
    if (action.lost().isEmpty()) {
      doubts.getChildren().add(sentence("Nothing is lost by it.", Icons.FINE.node("fine")));
    }
    place.setText("bytes 0x%x … 0x%x".formatted(action.offset(), action.end() - 1));
    place.setOnAction(
        _ -> {
          Source.Role role = action.role() == Role.PLOG ? Source.Role.PLOG : Source.Role.CACHE;
          session
              .source(role)
              .ifPresent(
                  s ->
                      ways.show()
                          .accept(
                              new Location(s, new ByteRange(action.offset(), action.length()))));
        });
    rows.getItems().setAll(ChangedRows.of(action));
  }

  private static String sentenceCase(String text) {
    return text.isEmpty() ? text : Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
  }

  /** What the driver does now and would do then; worked out while the plan is looked at. */
  private VBox outlook(Preview preview) {
    GridPane facts = grid();
    Label now = fact(facts, "The driver", "…");
    Label then = fact(facts, "Repaired, it", "…");
    now.setId("driver-now");
    then.setId("driver-then");
    VBox box = new VBox(6, facts);
    remaining(preview).ifPresent(box.getChildren()::add);
    if (asking != null) {
      asking.cancel();
    }
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            progress -> model.outlook(preview, progress),
            (Outlook outlook) -> {
              now.setText(outlook.now().map(FlushSheet::sentence).orElse("is not known"));
              then.setText(outlook.then().map(FlushSheet::sentence).orElse("is not known"));
            });
    work.message().addListener((_, _, message) -> now.setText(message));
    asking = work;
    return box;
  }

  private static Optional<Label> remaining(Preview preview) {
    List<String> remaining =
        preview.plan().remaining().stream().map(f -> f.code().id()).distinct().toList();
    return remaining.isEmpty()
        ? Optional.empty()
        : Optional.of(
            dim("What remains, as repair has no answer to it: " + String.join(", ", remaining)));
  }

  // ---- the target ----

  private void askTarget(Preview preview) {
    setMaxWidth(680);
    ToggleGroup group = new ToggleGroup();
    toCopy.setToggleGroup(group);
    inPlace.setToggleGroup(group);
    copyPath.setId("repair-copy");
    undoPath.setId("repair-undo");
    inPlace.setId("repair-in-place");
    body.getChildren()
        .setAll(toCopy, path(copyPath, "a new, sparse file", () -> toCopy.setSelected(true)));
    if (preview.changesPlog()) {
      body.getChildren()
          .add(path(plogPath, "the copy of the persistent log", () -> toCopy.setSelected(true)));
    }
    body.getChildren().add(inPlace);
    for (String device : model.devices(preview)) {
      Label name = dim(device);
      name.getStyleClass().add("indented");
      body.getChildren().add(name);
    }
    Button begin = accent("", "repair-begin", () -> begin(preview));
    body.getChildren()
        .addAll(
            path(undoPath, "undo file: can take everything back", () -> inPlace.setSelected(true)),
            objection);
    group.selectedToggleProperty().addListener((_, _, _) -> check(preview, begin));
    for (TextField field : List.of(copyPath, plogPath, undoPath)) {
      field.textProperty().addListener((_, _, _) -> check(preview, begin));
    }
    check(preview, begin);
    setButtons(button("Back", () -> showPlan(preview)), begin);
  }

  private Optional<Target> target(Preview preview) {
    if (!toCopy.isSelected()) {
      return named(undoPath).map(Target.InPlace::new);
    }
    Optional<Path> plog = preview.changesPlog() ? named(plogPath) : Optional.empty();
    return named(copyPath).map(path -> new Target.Copy(path, plog.orElse(null)));
  }

  private void check(Preview preview, Button begin) {
    copyPath.setDisable(!toCopy.isSelected());
    plogPath.setDisable(!toCopy.isSelected());
    undoPath.setDisable(toCopy.isSelected());
    Optional<Target> target = target(preview);
    String against =
        target.isEmpty()
            ? "This is no file name."
            : model.objection(preview, target.get()).orElse("");
    boolean goesOn = target.isPresent() && model.goesOn(target.get());
    judge(
        objection,
        against,
        toCopy.isSelected()
            ? "The copy gets its name when it is complete. No input is written."
            : goesOn
                ? "This undo file was begun by a repair that was stopped: it is gone on with."
                : "Each sector is written only after what it held is safe in the undo file; Undo"
                    + " takes everything back.");
    begin.setText(toCopy.isSelected() ? "Write the copy" : goesOn ? "Go on…" : "Change it…");
    begin.setDisable(!against.isEmpty());
  }

  private void begin(Preview preview) {
    Target target = target(preview).orElseThrow();
    if (target instanceof Target.InPlace(Path undo)) {
      List<String> lines = new ArrayList<>(model.devices(preview));
      lines.add("undo file " + undo);
      int count = preview.plan().actions().size();
      confirm(
          "About to change %,d %s of".formatted(count, count == 1 ? "place" : "places"),
          lines,
          "Change the cache",
          () -> repair(preview, target),
          () -> askTarget(preview));
    } else {
      repair(preview, target);
    }
  }

  private void repair(Preview preview, Target target) {
    boolean copies = target instanceof Target.Copy;
    run(
        model.repair(preview, target, this::report),
        Kind.WRITES,
        copies
            ? "Stopping leaves nothing behind."
            : "Stopping leaves the cache partly repaired: begin again with the same undo file, or"
                + " undo.",
        () -> stopped(preview, target));
  }

  private void stopped(Preview preview, Target target) {
    if (target instanceof Target.InPlace(Path undo)) {
      ways.reopen().run();
      body.getChildren()
          .setAll(
              sentence(
                  "Stopped. The cache is partly repaired; what it held is in %s.".formatted(undo),
                  Icons.WARNING.node("warning")));
      setButtons(
          button("Close", this::close),
          button("Undo…", () -> ways.undo().accept(undo.toString())),
          accent("Go on", "go-on", () -> askTarget(preview)));
    } else {
      refuse("Stopped. Nothing is left of the copy.");
    }
  }

  private void report(Report report) {
    setTitle("Repaired");
    boolean copy = report.undo() == null;
    GridPane facts = grid();
    fact(facts, copy ? "Copy" : "Cache", report.result().cache());
    if (copy && report.result().plog() != null) {
      fact(facts, "Persistent log", report.result().plog());
    }
    fact(facts, "Written", Values.binary(report.written()));
    String sha256 = report.sha256();
    if (sha256 != null) {
      Label hash = fact(facts, "SHA-256", sha256);
      hash.getStyleClass().add("mono");
      hash.setId("repair-hash");
    }
    Path undo = report.undo();
    if (undo != null) {
      fact(facts, "Undo file", undo.toString());
      ways.reopen().run();
    }
    body.getChildren()
        .setAll(
            sentence(
                copy
                    ? "The copy is repaired; the original was not touched."
                    : "The cache is repaired, and this is on stable storage.",
                Icons.FINE.node("fine")),
            facts);
    if (report.unreadable() > 0) {
      body.getChildren()
          .add(
              sentence(
                  "The copy has zeros where the original cannot be read (%,d ranges)."
                      .formatted(report.unreadable()),
                  Icons.WARNING.node("warning")));
    }
    Button open =
        accent(
            copy ? "Open the repaired copy" : "Open it again",
            "open-repaired",
            () -> ways.open().accept(report.result()));
    if (undo == null) {
      setButtons(button("Close", this::close), open);
    } else {
      setButtons(
          button("Close", this::close),
          button("Undo…", () -> ways.undo().accept(undo.toString())),
          open);
    }
  }
}
