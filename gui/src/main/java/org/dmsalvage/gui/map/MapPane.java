package org.dmsalvage.gui.map;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import javafx.beans.value.ObservableValue;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.ProgressBar;
import javafx.scene.control.SplitPane;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.FlowPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.map.CacheMap.State;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.jspecify.annotations.Nullable;

/** The maps of the cache and of the disk behind it, side by side. */
public final class MapPane extends SplitPane {

  private static final int NAMED = 6;

  /** Of a long range of the disk, not every sector is looked up in the cache. */
  private static final int SECTORS_LIT = 64;

  private final Session session;
  private final Threads threads;
  private final ObservableValue<Colours> colours;
  private final MapLegends legends;
  private final GridView cacheGrid = new GridView("map of the cache");
  private final GridView diskGrid = new GridView("map of the disk");
  private final CloseUp cacheSectors = new CloseUp(cacheGrid);
  private final CloseUp diskSectors = new CloseUp(diskGrid);
  private GridView current = cacheGrid;
  private final Label cacheText = new Label();
  private final Label diskText = new Label();
  private final FlowPane cacheLegend = new FlowPane();
  private final FlowPane diskLegend = new FlowPane();
  private final List<Consumer<CacheMap>> onKnown = new ArrayList<>();
  private @Nullable CacheMap cache;
  private @Nullable DiskMap disk;
  private @Nullable SectorMap sectors;
  private @Nullable Work cacheWork;
  private @Nullable Work diskWork;
  private long chosenCell = -1;
  private @Nullable ByteRange chosenOnDisk;

  /** Makes maps that are worked out when they are first {@linkplain #start() wanted}. */
  public MapPane(Session session, Threads threads, ObservableValue<Colours> colours) {
    this.session = session;
    this.threads = threads;
    this.colours = colours;
    this.legends = new MapLegends(colours);
    getStyleClass().add("maps");
    getItems().add(side(overDisk() ? "Cache" : "Device", cacheText, cacheLegend, cacheGrid));
    getItems().add(side("Recovered disk", diskText, diskLegend, diskGrid));
    setDividerPositions(0.5);
    cacheGrid.setOnChosen(this::chooseCell);
    cacheGrid.setOnHover(this::hoverCell);
    diskGrid.setOnChosen(this::chooseBlock);
    diskGrid.setOnHover(this::hoverBlock);
    cacheGrid.setOnDeeper(this::lookIntoCell);
    cacheGrid.setOnOut(this::leaveCell);
    diskGrid.setOnDeeper(this::lookIntoBlock);
    diskGrid.setOnOut(this::leaveBlock);
    colours.addListener((_, _, _) -> redraw());
    session.navigator().location().addListener((_, _, to) -> follow(to));
  }

  private boolean overDisk() {
    return session.cache().label().equals("cache");
  }

  private static Node side(String name, Label text, FlowPane legend, GridView grid) {
    Label title = new Label(name);
    title.getStyleClass().add("pane-title");
    title.setMinWidth(Region.USE_PREF_SIZE);
    title.setTooltip(
        new Tooltip(
            "Arrow keys choose; + and −, or the wheel, zoom, at last to the sectors of one"
                + " square;\n"
                + "0 shows all again; Enter goes to the bytes."));
    text.getStyleClass().add("dim");
    HBox head = new HBox(12, title, text);
    head.setAlignment(Pos.BASELINE_LEFT);
    legend.getStyleClass().add("map-legend");
    StackPane place = new StackPane(grid);
    VBox.setVgrow(place, Priority.ALWAYS);
    VBox side = new VBox(head, place, legend);
    side.getStyleClass().add("map-side");
    return side;
  }

  /** Works the maps out, if that was not begun yet or was stopped. */
  public void start() {
    if (cache == null && mayBegin(cacheWork)) {
      startCache();
    }
    if (disk == null && mayBegin(diskWork)) {
      startDisk();
    }
  }

  private static boolean mayBegin(@Nullable Work work) {
    return work == null || work.isToStop();
  }

  private void startCache() {
    Source plog = session.source(Source.Role.PLOG).orElse(null);
    Work first =
        Work.start(
            threads.background(),
            threads.ui(),
            progress -> CacheMap.of(session.image(), plog == null ? null : plog.bytes(), progress),
            this::show);
    cacheWork = first;
    announce(first, cacheLegend, cacheText);
  }

  private void startDisk() {
    Work second =
        Work.start(
            threads.background(),
            threads.ui(),
            progress -> DiskMap.of(session, progress),
            this::show);
    diskWork = second;
    announce(second, diskLegend, diskText);
  }

  /** Shows how far some work has come in the place of a legend. */
  private static void announce(Work work, FlowPane place, Label text) {
    ProgressBar bar = new ProgressBar();
    bar.setPrefWidth(120);
    bar.progressProperty().bind(work.fraction());
    place.getChildren().setAll(bar);
    text.textProperty().bind(work.task());
    work.state()
        .addListener(
            (_, _, state) -> {
              if (!place.getChildren().contains(bar)) {
                return; // It was begun again.
              }
              text.textProperty().unbind();
              if (state != Work.State.DONE) {
                place.getChildren().clear();
                text.setText(
                    state == Work.State.CANCELLED
                        ? "stopped; show the maps to begin again"
                        : work.message().get());
              }
            });
  }

  /** Zooms the map that had the keyboard last: in, out, or, by 0, to all of it. */
  public void zoom(int by) {
    if (diskGrid.isFocused()) {
      current = diskGrid;
    } else if (cacheGrid.isFocused()) {
      current = cacheGrid;
    }
    current.zoom(by);
  }

  /** Has something called when the user wants to see the bytes of what is chosen. */
  public void setOnBytes(Runnable listener) {
    cacheGrid.setOnOpen(listener);
    diskGrid.setOnOpen(listener);
  }

  /** Has something called when the map of the cache is known. */
  public void onKnown(Consumer<CacheMap> listener) {
    onKnown.add(listener);
  }

  /** Stops what is still being worked out. */
  public void stop() {
    if (cacheWork != null) {
      cacheWork.cancel();
    }
    if (diskWork != null) {
      diskWork.cancel();
    }
  }

  /** {@return the map of the cache; null while it is worked out} */
  public @Nullable CacheMap cacheMap() {
    return cache;
  }

  /** {@return the map of the disk; null while it is worked out} */
  public @Nullable DiskMap diskMap() {
    return disk;
  }

  private void show(CacheMap map) {
    cache = map;
    onKnown.forEach(listener -> listener.accept(map));
    cacheGrid.setCells(map.cells());
    cacheGrid.setPainter(
        (pen, from, to, x, y, w, h) -> {
          SectorMap inside = sectors;
          if (inside == null) {
            paint(map, pen, from, to, x, y, w, h);
          } else {
            paint(inside, pen, from, to, x, y, w, h);
          }
        });
    cacheLegend.getChildren().setAll(legends.of(map));
    follow(session.navigator().location().get());
    hoverCell(-1);
  }

  private void lookIntoCell(long cell) {
    CacheMap map = cache;
    if (map == null || map.cells() == 0) {
      return;
    }
    if (cacheSectors.isOpen()) {
      chooseCell(cell);
      return;
    }
    openCell(map, cell);
    hoverCell(-1);
  }

  private void openCell(CacheMap map, long cell) {
    SectorMap inside = new SectorMap(session.cache(), map.range(cell));
    sectors = inside;
    cacheSectors.open(cell, inside.bytes());
    cacheGrid.reveal(cacheSectors.sectorAt(session.navigator().location().get().range().offset()));
    cacheLegend.getChildren().setAll(legends.of(inside));
  }

  private void leaveCell() {
    CacheMap map = cache;
    if (map != null && cacheSectors.isOpen()) {
      sectors = null;
      cacheSectors.close();
      cacheLegend.getChildren().setAll(legends.of(map));
      hoverCell(-1);
    }
  }

  private void lookIntoBlock(long block) {
    DiskMap map = disk;
    if (map == null || map.blocks() == 0) {
      return;
    }
    if (diskSectors.isOpen()) {
      chooseBlock(block);
      return;
    }
    diskSectors.open(block, blocks(map, block, block + 1));
    ByteRange chosen = chosenOnDisk;
    diskGrid.reveal(chosen == null ? -1 : diskSectors.sectorAt(chosen.offset()));
    hoverBlock(-1);
  }

  private void leaveBlock() {
    diskSectors.close();
    hoverBlock(-1);
  }

  private void show(DiskMap map) {
    disk = map;
    diskGrid.setCells(map.blocks());
    diskGrid.setPainter((pen, from, to, x, y, w, h) -> paint(map, pen, from, to, x, y, w, h));
    diskLegend.getChildren().setAll(legends.ofDisk(session.cache().label(), overDisk()));
    hoverBlock(-1);
  }

  private void redraw() {
    cacheGrid.requestLayout();
    diskGrid.requestLayout();
  }

  private void paint(
      CacheMap map, Pen pen, long from, long to, double x, double y, double w, double h) {
    List<State> states = map.statesIn(from, to);
    State worst = states.getLast();
    boolean mixed = states.size() > 1 && worst.look().compareTo(Look.GOOD) > 0;
    State base = mixed ? states.get(states.size() - 2) : worst;
    drawLook(pen, base.look(), 0.35 + 0.5 * map.freshness(to - 1), x, y, w, h);
    if (mixed) {
      pen.polygon(Looks.colour(worst.look(), colours.getValue()), x + w, y, x + w, y + h, x, y + h);
    }
    if (to - from == 1) {
      Looks.id(pen, colours.getValue(), map.id(from), x, y, w, h);
    }
    if (map.newest() >= from && map.newest() < to) {
      Looks.flag(pen, colours.getValue(), x, y, true);
    }
    if (map.oldest() >= from && map.oldest() < to && map.oldest() != map.newest()) {
      Looks.flag(pen, colours.getValue(), x, y, false);
    }
    DiskMap other = disk;
    ByteRange onDisk = chosenOnDisk;
    boolean lit =
        (chosenCell >= from && chosenCell < to)
            || (other != null
                && onDisk != null
                && LongStream.of(other.cellsOf(onDisk, NAMED)).anyMatch(c -> c >= from && c < to));
    if (lit) {
      Looks.choice(pen, colours.getValue(), x, y, w, h);
    }
  }

  private void paint(
      SectorMap inside, Pen pen, long from, long to, double x, double y, double w, double h) {
    Colours c = colours.getValue();
    ByteRange range = SectorMap.sector(inside.bytes(), from, to);
    Looks.kind(pen, c, inside.kinds(from, to).getFirst(), x, y, w, h);
    Looks.id(pen, c, range.offset() / BlockSource.SECTOR_BYTES, x, y, w, h);
    Location here = session.navigator().location().get();
    boolean chosen =
        here.source().equals(session.cache())
            && here.range().length() < inside.bytes().length()
            && here.range().intersects(range);
    if (chosen || comesFrom(range)) {
      Looks.choice(pen, c, x, y, w, h);
    }
  }

  /** Whether the first sectors of what is chosen on the disk stand in a range of the cache. */
  private boolean comesFrom(ByteRange range) {
    DiskMap map = disk;
    ByteRange onDisk = chosenOnDisk;
    if (map == null || onDisk == null) {
      return false;
    }
    long count = Math.min(SECTORS_LIT, SectorMap.countOf(onDisk));
    return LongStream.range(0, count)
        .mapToObj(i -> map.place(SectorMap.sector(onDisk, i, i + 1)))
        .flatMap(Optional::stream)
        .anyMatch(
            place -> place.source().equals(session.cache()) && place.range().intersects(range));
  }

  private void paint(
      DiskMap map, Pen pen, long from, long to, double x, double y, double w, double h) {
    ByteRange range = onDisk(map, from, to);
    long cached = map.cachedBytes(range);
    double part = (double) cached / Math.max(1, range.length());
    Look look =
        map.isAtRisk(range)
            ? Look.DAMAGED
            : cached == 0 ? Look.EMPTY : map.driverDiffers(range) ? Look.STALE : Look.GOOD;
    drawLook(pen, look, 0.3 + 0.6 * part, x, y, w, h);
    ByteRange onDisk = chosenOnDisk;
    if (diskSectors.isOpen()) {
      long sector = range.offset() / BlockSource.SECTOR_BYTES;
      Looks.id(pen, colours.getValue(), sector, x, y, w, h);
    }
    boolean lit =
        (onDisk != null && onDisk.intersects(range))
            || (chosenCell >= 0 && map.comesFrom(range, chosenCell));
    if (lit) {
      Looks.choice(pen, colours.getValue(), x, y, w, h);
    }
  }

  private static ByteRange blocks(DiskMap map, long from, long to) {
    return ByteRange.between(from * DiskMap.BLOCK, Math.min(to * DiskMap.BLOCK, map.bytes()));
  }

  /** {@return the bytes of squares of the map of the disk, be they blocks or sectors} */
  private ByteRange onDisk(DiskMap map, long from, long to) {
    return diskSectors.isOpen() ? diskSectors.range(from, to) : blocks(map, from, to);
  }

  private void drawLook(
      Pen pen, Look look, double strength, double x, double y, double w, double h) {
    Looks.draw(pen, colours.getValue(), look, strength, x, y, w, h);
  }

  private void chooseCell(long cell) {
    CacheMap map = cache;
    if (map != null) {
      ByteRange range =
          cacheSectors.isOpen() ? cacheSectors.range(cell, cell + 1) : map.range(cell);
      session.navigator().jump(new Location(session.cache(), range));
    }
  }

  private void chooseBlock(long block) {
    DiskMap map = disk;
    if (map == null) {
      return;
    }
    ByteRange range = onDisk(map, block, block + diskGrid.shape().perSquare());
    session
        .source(Source.Role.BACKING)
        .map(source -> new Location(source, range))
        .or(() -> map.place(range))
        .ifPresent(session.navigator()::jump);
    chosenOnDisk = range;
    diskGrid.reveal(block);
    hoverBlock(block);
    redraw();
  }

  /** Lights up what belongs to the place where the user is. */
  private void follow(Location to) {
    chosenOnDisk = to.source().role() == Source.Role.BACKING ? to.range() : null;
    chosenCell =
        to.source().role() == Source.Role.CACHE && to.range().length() < (1 << 20) + 1
            ? DiskMap.cellAt(to.source(), to.range().offset())
            : -1;
    CacheMap map = cache;
    if (map != null && cacheSectors.isOpen()) {
      if (chosenCell >= 0 && chosenCell != cacheSectors.cell()) {
        openCell(map, chosenCell);
      }
      cacheGrid.reveal(chosenCell < 0 ? -1 : cacheSectors.sectorAt(to.range().offset()));
    } else if (map != null) {
      cacheGrid.reveal(chosenCell);
    }
    if (disk != null) {
      revealOnDisk(disk);
    }
    hoverCell(-1);
    hoverBlock(-1);
  }

  private void revealOnDisk(DiskMap map) {
    ByteRange chosen = chosenOnDisk;
    if (chosen == null || !diskSectors.isOpen()) {
      diskGrid.reveal(chosen == null ? -1 : chosen.offset() / DiskMap.BLOCK);
      return;
    }
    long block = chosen.offset() / DiskMap.BLOCK;
    if (block != diskSectors.cell() && block < map.blocks()) {
      diskSectors.open(block, blocks(map, block, block + 1));
    }
    diskGrid.reveal(diskSectors.sectorAt(chosen.offset()));
  }

  private void hoverSector(CacheMap map, SectorMap inside, long hovered) {
    Location here = session.navigator().location().get();
    long chosen =
        here.source().equals(session.cache()) ? cacheSectors.sectorAt(here.range().offset()) : -1;
    long sector = hovered >= 0 ? hovered : chosen;
    long cell = cacheSectors.cell();
    cacheText.setText(
        sector < 0 || sector >= inside.count()
            ? MapWords.ofSectors(map, cell, inside)
            : MapWords.ofSector(map, cell, inside, sector));
  }

  private void hoverCell(long hovered) {
    CacheMap map = cache;
    SectorMap inside = sectors;
    if (map == null) {
      return;
    }
    if (inside != null) {
      hoverSector(map, inside, hovered);
      return;
    }
    long cell = hovered >= 0 ? hovered : chosenCell;
    boolean known = cell >= 0 && cell < map.cells();
    cacheText.setText(known ? MapWords.ofCell(map, cell) : MapWords.of(map));
  }

  private void hoverBlock(long hovered) {
    DiskMap map = disk;
    if (map == null) {
      return;
    }
    ByteRange chosen = chosenOnDisk;
    long block =
        hovered >= 0
            ? hovered
            : chosen == null
                ? -1
                : diskSectors.isOpen()
                    ? diskSectors.sectorAt(chosen.offset())
                    : chosen.offset() / DiskMap.BLOCK;
    if (block < 0 || block >= diskGrid.cells()) {
      diskText.setText(MapWords.of(map, session.cache().label()));
    } else {
      ByteRange range = onDisk(map, block, block + diskGrid.shape().perSquare());
      diskText.setText(MapWords.of(map, range, cache == null ? "cell" : cache.noun()));
    }
  }
}
