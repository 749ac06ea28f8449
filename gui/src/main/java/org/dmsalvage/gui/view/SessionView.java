package org.dmsalvage.gui.view;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import javafx.application.Platform;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Orientation;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.SplitPane;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.compare.CompareModel;
import org.dmsalvage.gui.compare.ComparePane;
import org.dmsalvage.gui.history.HistoryModel;
import org.dmsalvage.gui.history.HistoryPane;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.map.MapPane;
import org.dmsalvage.gui.model.Examination;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.SelectionSums;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.gui.notes.Bookmarks;
import org.dmsalvage.gui.notes.NotesPane;
import org.dmsalvage.gui.time.Moment;
import org.dmsalvage.gui.time.TimelineModel;
import org.dmsalvage.gui.time.TimelinePane;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.gui.wizard.RepairModel;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Fact;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.report.Values;
import org.jspecify.annotations.Nullable;

/** Everything about one session: structures, bytes, fields, findings. */
final class SessionView extends BorderPane {

  private static final double USUAL_DIVIDER = 0.74;

  /** Where the divider stands at most while something shows below that needs room. */
  private static final double ROOMY_DIVIDER = 0.38;

  private static final double ROOM_FOR_BOTH = 300;

  /** While the timeline plays, each step shows so long. */
  private static final Executor A_MOMENT =
      CompletableFuture.delayedExecutor(450, TimeUnit.MILLISECONDS, Platform::runLater);

  private final Session session;
  private final Threads threads;
  private final ObservableValue<Colours> colours;
  private final List<StructurePane> trees = new ArrayList<>();
  private final StackPane treeStack = new StackPane();
  private final BytesPane bytes;
  private final FieldsPane fields;
  private final SelectionSums sums;
  private final RepairModel repair;
  private final FindingsPane findings;
  private final Bookmarks bookmarks;
  private final NotesPane notes;
  private final MapPane maps;
  private final TimelinePane timeline;
  private final HistoryPane history;
  private final PictureSaver pictures;
  private final ComparePane compare;
  private final SplitPane rows;
  private final Dividers dividers;
  private final StackPane bottomStack = new StackPane();
  private final Map<Node, ToggleButton> bottomTabs = new LinkedHashMap<>();
  private final Label breadcrumb = new Label();
  private final Label position = new Label();
  private final Label notice = new Label();
  private final HBox counts = new HBox();
  private final HBox examining = new HBox();
  private final SessionMenu menu;
  private @Nullable Work examination;
  private double beforeRoomy = USUAL_DIVIDER;

  SessionView(
      Session session,
      Threads threads,
      ObservableValue<Colours> colours,
      Bookmarks bookmarks,
      Dividers dividers) {
    this.session = session;
    this.dividers = dividers;
    this.threads = threads;
    this.colours = colours;
    getStyleClass().add("session");
    for (Source source : session.sources()) {
      trees.add(new StructurePane(source, session, colours));
    }
    bytes = new BytesPane(session, threads, colours);
    fields = new FieldsPane(session);
    repair = new RepairModel(session, threads);
    findings = new FindingsPane(session, repair);
    sums = new SelectionSums(threads);
    InspectorPane inspector = new InspectorPane(session, sums);
    VBox right = new VBox(fields, inspector);
    right.getStyleClass().add("side");
    // Where there is no room for both, the fields stay.
    inspector.visibleProperty().bind(right.heightProperty().greaterThan(ROOM_FOR_BOTH));
    inspector.managedProperty().bind(inspector.visibleProperty());
    right.setMinHeight(0);
    VBox.setVgrow(fields, Priority.ALWAYS);
    SplitPane columns = new SplitPane(treeStack, bytes, right);
    columns.setDividerPositions(0.19, 0.715);
    columns.setMinHeight(160);
    treeStack.setMinWidth(170);
    SplitPane.setResizableWithParent(treeStack, false);
    SplitPane.setResizableWithParent(right, false);
    this.bookmarks = bookmarks;
    notes = new NotesPane(session, bookmarks, threads);
    bytes.setBookmarks(bookmarks);
    maps = new MapPane(session, threads, colours);
    maps.setOnBytes(this::focusBytes);
    maps.onKnown(map -> trees.getFirst().setNotes(map::shortNote));
    timeline =
        new TimelinePane(session, threads, new TimelineModel(session, threads, A_MOMENT), colours);
    maps.onKnown(timeline::setCache);
    compare = new ComparePane(session, new CompareModel(session, threads), colours);
    pictures = new PictureSaver(threads);
    history = new HistoryPane(session, new HistoryModel(session, threads), colours);
    VBox bottom = new VBox(bottomHead(), bottomStack);
    VBox.setVgrow(bottomStack, Priority.ALWAYS);
    bottom.getStyleClass().add("bottom");
    rows = new SplitPane(columns, bottom);
    rows.setOrientation(Orientation.VERTICAL);
    rows.setDividerPositions(USUAL_DIVIDER);
    SplitPane.setResizableWithParent(bottom, false);
    dividers.keep("columns", columns);
    dividers.keep("rows", rows);
    dividers.keep("findings", findings);
    dividers.keep("maps", maps);
    dividers.keep("timeline", timeline.parts());
    dividers.keep("history", history.parts());
    dividers.keep("compare", compare.parts());
    dividers.keep("bookmarks", notes);
    setTop(identity());
    setCenter(rows);
    setBottom(status());
    session.navigator().location().addListener((_, _, to) -> follow(to));
    follow(session.navigator().location().get());
    menu = SessionMenu.install(this);
    examine();
  }

  /** {@return what is shown} */
  Session session() {
    return session;
  }

  /** {@return what a repair would do} */
  RepairModel repair() {
    return repair;
  }

  BytesPane bytes() {
    return bytes;
  }

  FindingsPane findings() {
    return findings;
  }

  void focusTree() {
    ((StructurePane) treeStack.getChildren().getFirst()).requestFocus();
  }

  void focusBytes() {
    bytes.view().requestFocus();
  }

  void focusFields() {
    fields.table().requestFocus();
  }

  /** {@return the theme's colours} */
  Colours colours() {
    return colours.getValue();
  }

  /** One line that says what this is. */
  private HBox identity() {
    Label format = new Label(session.image().format());
    format.getStyleClass().add("format");
    HBox line = new HBox(format, dim(session.image().variant()));
    line.getStyleClass().add("identity");
    line.setAlignment(Pos.BASELINE_LEFT);
    line.getChildren().add(mono(Values.binary(session.cache().bytes().size())));
    for (Fact fact : session.image().geometry().all()) {
      if (fact.value() != null && line.getChildren().size() < 6) {
        HBox pair =
            new HBox(5, dim(words(fact.name())), mono(Values.text(fact.unit(), fact.value())));
        pair.setAlignment(Pos.BASELINE_LEFT);
        line.getChildren().add(pair);
      }
    }
    return line;
  }

  private static Label dim(String text) {
    Label label = new Label(text);
    label.getStyleClass().add("dim");
    return label;
  }

  private static Label mono(String text) {
    Label label = new Label(text);
    label.getStyleClass().add("mono");
    return label;
  }

  /** {@return a name in camel case as words} */
  static String words(String camel) {
    return camel.replaceAll("([A-Z])", " $1").toLowerCase(Locale.ROOT);
  }

  private HBox bottomHead() {
    HBox tabs = new HBox();
    tabs.getStyleClass().add("tabs");
    tabs.setAlignment(Pos.CENTER_LEFT);
    ToggleGroup group = new ToggleGroup();
    tabs.getChildren()
        .addAll(
            tab(group, "Findings", findings),
            tab(group, "Maps", maps),
            tab(group, "Timeline", timeline),
            tab(group, "History", history),
            tab(group, "Compare", compare),
            tab(group, "Bookmarks", notes));
    counts.getStyleClass().add("counts");
    counts.setAlignment(Pos.CENTER_LEFT);
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    examining.setAlignment(Pos.CENTER_RIGHT);
    examining.setSpacing(8);
    HBox head = new HBox(tabs, counts, space, examining);
    head.getStyleClass().add("bottom-head");
    head.setAlignment(Pos.CENTER_LEFT);
    showBottom(findings);
    return head;
  }

  private ToggleButton tab(ToggleGroup group, String name, Node content) {
    ToggleButton tab = new ToggleButton(name);
    tab.setToggleGroup(group);
    tab.setFocusTraversable(false);
    tab.setOnAction(_ -> showBottom(content));
    bottomTabs.put(content, tab);
    return tab;
  }

  private void showBottom(Node content) {
    bottomStack.getChildren().setAll(content);
    bottomTabs.forEach((node, tab) -> tab.setSelected(node.equals(content)));
    // Parts that were never shown take in their contents with their style.
    content.applyCss();
    if (content.equals(maps)) {
      maps.start();
    } else if (content.equals(timeline)) {
      maps.start();
      timeline.model().start();
      giveRoom();
    } else if (content.equals(history) || content.equals(compare)) {
      giveRoom();
    }
  }

  private void giveRoom() {
    double now = rows.getDividerPositions()[0];
    if (now > ROOMY_DIVIDER) {
      beforeRoomy = now;
      rows.setDividerPositions(ROOMY_DIVIDER);
    }
  }

  void showFindings() {
    showBottom(findings);
    findings.table().requestFocus();
  }

  MapPane maps() {
    return maps;
  }

  /** Zooms the map that has the keyboard, or had it last: in, out, or, by 0, to all of it. */
  void zoomMap(int by) {
    if (!bottomStack.getChildren().contains(maps)) {
      showMaps();
    }
    maps.zoom(by);
  }

  void showMaps() {
    showBottom(maps);
    maps.lookup(".grid-view").requestFocus();
  }

  TimelinePane timeline() {
    return timeline;
  }

  void showTimeline() {
    showBottom(timeline);
    timeline.keyboard().requestFocus();
  }

  /** {@return what can be done where the user is} */
  SessionMenu menu() {
    return menu;
  }

  /** Compares the point of the timeline with the next of what it can be compared with. */
  void compareOtherwise() {
    List<Moment.Against> all = List.of(Moment.Against.values());
    int now = all.indexOf(timeline.model().against().get());
    timeline.model().compare(all.get((now + 1) % all.size()));
  }

  HistoryPane history() {
    return history;
  }

  void showHistory() {
    showBottom(history);
    history.keyboard().requestFocus();
  }

  /** Shows what became of the address that the place where the user is stands for. */
  void showHistoryOfHere() {
    showBottom(history);
    history.model().show(session.navigator().location().get());
  }

  /** Shows what became of a sector of the disk. */
  void showHistoryOf(long sector) {
    showBottom(history);
    history.model().show(sector);
  }

  /** {@return the places that are marked} */
  Bookmarks bookmarks() {
    return bookmarks;
  }

  void removeBookmark() {
    showBookmarks();
    notes.remove();
  }

  void loadBookmarks() {
    showBookmarks();
    notes.load();
  }

  void exportBookmarks() {
    showBookmarks();
    notes.save();
  }

  void browseCompare() {
    showCompare();
    compare.browse();
  }

  void mark() {
    showBottom(notes);
    notes.mark();
  }

  void showBookmarks() {
    showBottom(notes);
    notes.table().requestFocus();
  }

  void showCompare() {
    showBottom(compare);
    compare.keyboard().requestFocus();
  }

  /** Has a picture of one of the parts saved where the user says. */
  void savePicture(Node part) {
    pictures.save(part, colours.getValue().background());
  }

  /** {@return what shows below} */
  Node bottom() {
    return bottomStack;
  }

  /** Gives what is below more room, or less again. */
  void growBottom() {
    rows.setDividerPositions(rows.getDividerPositions()[0] > 0.5 ? 0.35 : USUAL_DIVIDER);
  }

  private HBox status() {
    breadcrumb.getStyleClass().add("breadcrumb");
    position.getStyleClass().add("mono");
    position.setMinWidth(Region.USE_PREF_SIZE);
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    notice.setId("notice");
    HBox status = new HBox(breadcrumb, space, notice, position);
    status.getStyleClass().add("status");
    return status;
  }

  /** Says something in passing; it stays until the user goes elsewhere. */
  void say(String text, boolean wrong) {
    notice.setText(text);
    notice.getStyleClass().remove("error");
    if (wrong) {
      notice.getStyleClass().add("error");
    }
  }

  /** {@return who does what} */
  Threads threads() {
    return threads;
  }

  private void follow(Location to) {
    say("", false);
    int index = session.sources().indexOf(to.source());
    if (!treeStack.getChildren().contains(trees.get(index))) {
      treeStack.getChildren().setAll(trees.get(index));
    }
    List<String> names = to.source().path(to.range()).stream().map(Structure::name).toList();
    breadcrumb.setText(to.source().label() + " › " + String.join(" › ", names));
    long offset = to.range().offset();
    String selected =
        to.range().length() > 1 ? "   %,d bytes selected".formatted(to.range().length()) : "";
    position.setText(
        "0x%x   sector %d + %d%s"
            .formatted(
                offset,
                offset / BlockSource.SECTOR_BYTES,
                offset % BlockSource.SECTOR_BYTES,
                selected));
  }

  /** Examines by headers alone, which is quick, then everything. */
  private void examine() {
    examine(Depth.HEADERS);
  }

  private void examine(Depth depth) {
    Work work =
        Work.start(
            threads.background(),
            threads.ui(),
            progress -> Examination.of(session.image(), depth, progress),
            result -> {
              examined(result);
              if (depth == Depth.HEADERS) {
                examine(Depth.VERIFY);
              } else {
                maps.start();
                repair.planIfSmall();
              }
            });
    examination = work;
    ProgressBar bar = new ProgressBar();
    bar.progressProperty().bind(work.fraction());
    bar.setPrefWidth(120);
    Button stop = new Button(null, Icons.CLOSE.node());
    stop.getStyleClass().addAll("flat", "small");
    stop.setFocusTraversable(false);
    stop.setOnAction(_ -> work.cancel());
    Label task = dim("");
    task.textProperty().bind(work.task());
    examining.getChildren().setAll(task, bar, stop);
    work.state()
        .addListener(
            (_, _, state) -> {
              switch (state) {
                case CANCELLED -> examining.getChildren().setAll(stopped(depth));
                case FAILED -> {
                  Label failure = new Label(work.message().get());
                  failure.getStyleClass().add("error");
                  examining.getChildren().setAll(failure);
                }
                case DONE -> {
                  if (depth == Depth.VERIFY) {
                    examining.getChildren().setAll(dim("all checksums and payloads verified"));
                  }
                }
                case RUNNING -> {}
              }
            });
  }

  /** Verifies everything once more, unless that is being done. */
  void examineAgain() {
    if (examination == null || examination.state().get() != Work.State.RUNNING) {
      examine(Depth.VERIFY);
    }
  }

  /** Stops whatever runs for this session; what is known stays. */
  void stopBackground() {
    if (examination != null) {
      examination.cancel();
    }
    bytes.stopSearching();
    sums.stop();
    maps.stop();
    timeline.model().stop();
    repair.stop();
    history.model().stop();
    compare.model().stop();
  }

  private HBox stopped(Depth depth) {
    Button again = new Button("Verify");
    again.getStyleClass().add("small");
    again.setOnAction(_ -> examine(depth));
    HBox line = new HBox(8, dim("by headers alone"), again);
    line.setAlignment(Pos.CENTER_RIGHT);
    return line;
  }

  private void examined(Examination result) {
    findings.show(result);
    bytes.setMarks(result.findings());
    counts.getChildren().clear();
    for (Severity severity : Severity.values()) {
      long count = result.findings().stream().filter(f -> f.severity() == severity).count();
      if (count > 0) {
        String word = severity.name().toLowerCase(Locale.ROOT);
        Label label =
            new Label(count + " " + word + (count == 1 ? "" : "s"), Icons.of(severity).node(word));
        counts.getChildren().addFirst(label);
      }
    }
    if (result.findings().isEmpty()) {
      counts.getChildren().add(new Label("nothing wrong", Icons.FINE.node("fine")));
    }
    if (result.omitted() > 0) {
      counts.getChildren().add(dim(result.omitted() + " more of the same kinds"));
    }
  }

  /** Stops everything that runs for this session, and closes its images. */
  void close() {
    // What the window did of its own accord is not what the user wants the next time.
    if (Math.abs(rows.getDividerPositions()[0] - ROOMY_DIVIDER) < 0.01) {
      rows.setDividerPositions(beforeRoomy);
    }
    dividers.remember();
    stopBackground();
    compare.model().close();
    session.close();
  }
}
