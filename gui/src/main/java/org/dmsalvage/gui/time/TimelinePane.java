package org.dmsalvage.gui.time;

import java.util.OptionalLong;
import javafx.beans.binding.Bindings;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.scene.control.ToggleButton;
import javafx.scene.control.ToggleGroup;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.BorderPane;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.look.Columns;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.map.CacheMap;
import org.dmsalvage.gui.map.CacheMap.State;
import org.dmsalvage.gui.map.DiskMap;
import org.dmsalvage.gui.map.GridView;
import org.dmsalvage.gui.map.Legend;
import org.dmsalvage.gui.map.Look;
import org.dmsalvage.gui.map.Looks;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Pages;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.time.Moment.Against;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.jspecify.annotations.Nullable;

/** Goes through the time of the log: both maps, the differences, and the disk's bytes follow. */
public final class TimelinePane extends BorderPane {

  private final Session session;
  private final Threads threads;
  private final TimelineModel model;
  private final ObservableValue<Colours> colours;
  private final TimeStrip strip;
  private final GridView cacheGrid = new GridView("cache at this point");
  private final GridView diskGrid = new GridView("disk at this point");
  private final TableView<Change> changes = new TableView<>();
  private final Label count = new Label();
  private final Label sentence = new Label();
  private final Label message = new Label();
  private final Hyperlink stepLink = new Hyperlink();
  private final Hyperlink originLink = new Hyperlink();
  private final Label origin = new Label();
  private final VBox bytes = new VBox();
  private final SplitPane parts;
  private @Nullable CacheMap cache;
  private @Nullable LogicalSource logical;
  private @Nullable HexView hex;
  private @Nullable Pages pages;

  /**
   * Makes a view of a timeline, which begins to be read when {@link TimelineModel#start} says so.
   */
  public TimelinePane(
      Session session, Threads threads, TimelineModel model, ObservableValue<Colours> colours) {
    this.session = session;
    this.threads = threads;
    this.model = model;
    this.colours = colours;
    this.strip = new TimeStrip(model, colours);
    getStyleClass().add("timeline");
    VBox top = new VBox(buttons(), strip);
    top.getStyleClass().add("time-head");
    setTop(top);
    parts = new SplitPane(maps(), differences(), bytes);
    parts.setDividerPositions(0.4, 0.69);
    setCenter(parts);
    cacheGrid.setOnChosen(this::chooseCell);
    diskGrid.setOnChosen(this::chooseBlock);
    message.getStyleClass().addAll("dim", "notice");
    message.textProperty().bind(model.message());
    model.message().addListener((_, _, text) -> setCenter(text.isEmpty() ? parts : message));
    model.steps().addListener((_, _, steps) -> known(steps));
    model.moment().addListener((_, _, moment) -> show(moment));
    colours.addListener((_, _, _) -> redraw());
  }

  /** {@return its parts, side by side} */
  public SplitPane parts() {
    return parts;
  }

  /** {@return what takes the keyboard} */
  public Node keyboard() {
    return strip;
  }

  /** {@return where in time the user is} */
  public TimelineModel model() {
    return model;
  }

  /** {@return the sector of the disk that the user is at; empty while there is none} */
  public OptionalLong sector() {
    HexView view = hex;
    return view == null
        ? OptionalLong.empty()
        : OptionalLong.of(view.model().cursor() / BlockSource.SECTOR_BYTES);
  }

  /** {@return whether the byte that the user is at has been read} */
  public boolean bytesAreThere() {
    HexView view = hex;
    Pages read = pages;
    return view != null && read != null && read.byteAt(view.model().cursor()) != Pages.PENDING;
  }

  /** Takes the map of the cache. */
  public void setCache(CacheMap map) {
    cache = map;
    cacheGrid.setCells(map.cells());
    cacheGrid.setPainter(this::paintCell);
  }

  private HBox buttons() {
    Button play = button(Icons.PLAY, "Play  (space)", model::playOrPause);
    play.setId("time-play");
    play.graphicProperty()
        .bind(
            Bindings.createObjectBinding(
                () -> (model.playing().get() ? Icons.PAUSE : Icons.PLAY).node(), model.playing()));
    Label now = new Label();
    now.getStyleClass().addAll("mono", "time-now");
    now.setMinWidth(Region.USE_PREF_SIZE);
    now.textProperty().bind(Bindings.createStringBinding(this::now, model.point(), model.steps()));
    sentence.getStyleClass().add("dim");
    stepLink.getStyleClass().add("small");
    stepLink.setMinWidth(Region.USE_PREF_SIZE);
    stepLink.setOnAction(_ -> showStep());
    Region space = new Region();
    HBox.setHgrow(space, Priority.ALWAYS);
    HBox line =
        new HBox(
            button(Icons.FIRST, "Before the first step  (Home)", model::toBeginning),
            button(Icons.BACK, "A step back  (←)", () -> model.step(-1)),
            play,
            button(Icons.FORWARD, "A step on  (→)", () -> model.step(1)),
            button(Icons.LAST, "The end of the log  (End)", model::toEnd),
            now,
            sentence,
            stepLink);
    line.getStyleClass().add("time-buttons");
    line.setAlignment(Pos.CENTER_LEFT);
    return line;
  }

  private static Button button(Icons icon, String tip, Runnable action) {
    Button button = new Button(null, icon.node());
    button.getStyleClass().addAll("flat", "small");
    button.setTooltip(new Tooltip(tip));
    button.setFocusTraversable(false);
    button.setOnAction(_ -> action.run());
    return button;
  }

  private String now() {
    Steps steps = model.steps().get();
    return steps == null
        ? ""
        : "%s %s"
            .formatted(
                session.image().format().startsWith("writecache") ? "seq_count" : "id",
                Long.toUnsignedString(steps.id(model.point().get())));
  }

  private Node maps() {
    FlowPane legend = new FlowPane();
    legend.getStyleClass().add("map-legend");
    legend
        .getChildren()
        .addAll(
            Legend.item(
                colours,
                "written by then",
                "What the cache held at this point; the newer, the darker.",
                Look.GOOD,
                0.7),
            Legend.item(
                colours,
                "changed",
                "Comes from another place than at the point it is compared with.",
                (pen, c) -> Looks.changed(pen, c, 0.5, 0.5, 15, 12)),
            Legend.item(
                colours,
                "cannot be known",
                "Only later steps name it, and may have been written back over what was here.",
                Look.UNPROVED,
                1),
            Legend.item(
                colours,
                "not yet",
                "Written later, or not at all: what stood here before is overwritten.",
                Look.EMPTY,
                1));
    VBox.setVgrow(cacheGrid, Priority.SOMETIMES);
    VBox.setVgrow(diskGrid, Priority.ALWAYS);
    cacheGrid.setMinHeight(40);
    cacheGrid.setPrefHeight(90);
    diskGrid.setMinHeight(60);
    VBox maps = new VBox(title("Cache"), cacheGrid, title("Disk"), diskGrid, legend);
    maps.getStyleClass().add("map-side");
    return maps;
  }

  private static Label title(String text) {
    Label label = new Label(text);
    label.getStyleClass().add("pane-title");
    return label;
  }

  private Node differences() {
    ToggleGroup group = new ToggleGroup();
    HBox choice = new HBox(2);
    choice.getStyleClass().add("tabs");
    for (Against against : Against.values()) {
      ToggleButton button = new ToggleButton(against.label());
      button.setToggleGroup(group);
      button.setFocusTraversable(false);
      button.setSelected(against == model.against().get());
      button.setOnAction(
          _ -> {
            button.setSelected(true);
            model.compare(against);
          });
      // The keyboard chooses past the buttons.
      model.against().addListener((_, _, now) -> button.setSelected(now == against));
      choice.getChildren().add(button);
    }
    changes.setId("time-changes");
    changes.getStyleClass().addAll("dense", "quiet");
    changes.setFixedCellSize(22);
    changes.setPlaceholder(new Label("Nothing changes."));
    changes
        .getColumns()
        .add(Columns.text("sectors", "mono", 98, c -> c.sector() + " + " + c.sectors()));
    changes.getColumns().add(Columns.text("by", "mono", 64, Change::by));
    changes.getColumns().add(Columns.text("what differs", "dim", 190, Change::note));
    Columns.keepFirst(changes, 2);
    changes
        .getSelectionModel()
        .selectedItemProperty()
        .addListener(
            (_, _, change) -> {
              if (change != null) {
                reveal(change.range());
              }
            });
    count.getStyleClass().addAll("dim", "small", "count");
    VBox box = new VBox(6, choice, count, changes);
    VBox.setVgrow(changes, Priority.ALWAYS);
    box.getStyleClass().add("time-changes");
    return box;
  }

  private void known(@Nullable Steps steps) {
    if (steps != null && steps.beyond() > 0) {
      strip.setAccessibleHelp(steps.beyond() + " steps lead to no point in time");
    }
  }

  private void show(@Nullable Moment moment) {
    if (moment == null) {
      return;
    }
    sentence.setText(moment.sentence());
    stepLink.setText(moment.point() == 0 ? "" : "show its bytes");
    changes.getItems().setAll(moment.changes());
    Columns.fit(changes, 0, 2);
    count.setText(
        moment.changedRanges() == 0
            ? ""
            : "%d sectors in %d ranges%s"
                .formatted(
                    moment.changedSectors(),
                    moment.changedRanges(),
                    moment.changedRanges() > moment.changes().size()
                        ? ", the first %d listed".formatted(moment.changes().size())
                        : ""));
    showBytes(moment);
    long blocks = (moment.device().size() + DiskMap.BLOCK - 1) / DiskMap.BLOCK;
    if (diskGrid.cells() != blocks) {
      diskGrid.setCells(blocks);
      diskGrid.setPainter(this::paintBlock);
    }
    if (!moment.changes().isEmpty() && moment.against() != Against.START) {
      reveal(moment.changes().getFirst().range());
    }
    redraw();
  }

  private void showBytes(Moment moment) {
    LogicalSource source = logical;
    Pages read = pages;
    if (source == null || read == null) {
      LogicalSource made = new LogicalSource(moment);
      read = new Pages(made, threads.reader(), threads.ui());
      HexView view = new HexView(new Source(Source.Role.RECOVERED, made, made, read), colours);
      view.setOnMoved(_ -> tellOrigin());
      logical = made;
      hex = view;
      pages = read;
      origin.getStyleClass().addAll("dim", "small");
      originLink.getStyleClass().add("small");
      HBox line = new HBox(4, origin, originLink);
      line.setAlignment(Pos.CENTER_LEFT);
      line.getStyleClass().add("time-origin");
      VBox.setVgrow(view, Priority.ALWAYS);
      view.setMinWidth(200);
      bytes.getChildren().setAll(view, line);
    } else {
      source.show(moment);
      read.forget();
    }
    tellOrigin();
  }

  /** {@return the bytes at this point; null while there are none} */
  @Nullable HexView hex() {
    return hex;
  }

  private void reveal(ByteRange range) {
    HexView view = hex;
    if (view != null) {
      view.show(range);
    }
    diskGrid.reveal(range.offset() / DiskMap.BLOCK);
    tellOrigin();
  }

  private void tellOrigin() {
    HexView view = hex;
    Moment moment = model.moment().get();
    if (view == null || moment == null || view.model().size() == 0) {
      return;
    }
    long sector = view.model().cursor() / BlockSource.SECTOR_BYTES;
    switch (moment.device().originOf(sector)) {
      case Origin.Backing() -> tell("sector %d, from the disk as it is now".formatted(sector), "");
      case Origin.Zeros() -> tell("sector %d, zeros".formatted(sector), "");
      case Origin.Cached(String image, long offset) -> {
        tell("sector %d, from the cache".formatted(sector), "0x%x".formatted(offset));
        session
            .source(image)
            .ifPresent(
                source ->
                    originLink.setOnAction(
                        _ ->
                            session
                                .navigator()
                                .jump(
                                    new Location(
                                        source, new ByteRange(offset, BlockSource.SECTOR_BYTES)))));
      }
    }
  }

  private void tell(String text, String link) {
    origin.setText(text);
    originLink.setText(link);
  }

  private void showStep() {
    Moment moment = model.moment().get();
    if (moment != null && moment.point() > 0) {
      var step = moment.steps().step(moment.point());
      session
          .source(step.image())
          .ifPresent(
              source ->
                  session.navigator().jump(new Location(source, bytesOf(source, step.offset()))));
    }
  }

  /** {@return the whole segment of a step, or the place where its first entry stands} */
  private ByteRange bytesOf(Source source, long offset) {
    CacheMap map = cache;
    long cell = DiskMap.cellAt(source, offset);
    return map != null && cell >= 0 && map.noun().equals("slot")
        ? map.range(cell)
        : new ByteRange(offset, 1);
  }

  private void redraw() {
    cacheGrid.requestLayout();
    diskGrid.requestLayout();
  }

  private void paintCell(Pen pen, long from, long to, double x, double y, double w, double h) {
    CacheMap map = cache;
    Moment moment = model.moment().get();
    if (map == null) {
      return;
    }
    Colours c = colours.getValue();
    long id = moment == null ? -1 : moment.steps().id(moment.point());
    boolean here = false;
    boolean later = moment != null;
    for (long cell = from; cell < to; cell++) {
      long time = map.time(cell);
      here |= moment != null && moment.point() > 0 && time == id;
      later &= time != 0 && Long.compareUnsigned(time, id) > 0;
    }
    State worst = map.statesIn(from, to).getLast();
    Look look = later && worst.look() != Look.DAMAGED ? Look.EMPTY : worst.look();
    Looks.draw(pen, c, look, 0.35 + 0.5 * map.freshness(to - 1), x, y, w, h);
    if (to - from == 1 && look != Look.EMPTY) {
      Looks.id(pen, c, map.id(from), x, y, w, h);
    }
    if (here) {
      Looks.changed(pen, c, x, y, w, h);
    }
  }

  private void paintBlock(Pen pen, long from, long to, double x, double y, double w, double h) {
    Moment moment = model.moment().get();
    if (moment == null) {
      return;
    }
    ByteRange range = blocks(moment, from, to);
    Colours c = colours.getValue();
    long cached = moment.cachedBytes(range);
    double part = (double) cached / Math.max(1, range.length());
    Look look = cached > 0 ? Look.GOOD : moment.unknown(range) ? Look.UNPROVED : Look.EMPTY;
    Looks.draw(pen, c, look, 0.3 + 0.6 * part, x, y, w, h);
    if (moment.changed(range)) {
      Looks.changed(pen, c, x, y, w, h);
    }
    HexView view = hex;
    if (view != null && view.model().selection().intersects(range)) {
      Looks.choice(pen, c, x, y, w, h);
    }
  }

  private static ByteRange blocks(Moment moment, long from, long to) {
    return ByteRange.between(
        from * DiskMap.BLOCK, Math.min(to * DiskMap.BLOCK, moment.device().size()));
  }

  private void chooseCell(long cell) {
    CacheMap map = cache;
    Steps steps = model.steps().get();
    if (map != null && steps != null && map.time(cell) != 0) {
      model.step(steps.pointOf(map.time(cell)) - model.point().get());
    }
  }

  private void chooseBlock(long block) {
    Moment moment = model.moment().get();
    if (moment != null) {
      reveal(blocks(moment, block, block + 1));
    }
  }
}
