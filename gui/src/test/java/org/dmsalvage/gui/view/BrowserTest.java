package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32C;
import javafx.application.Platform;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.SplitPane;
import javafx.scene.control.TableView;
import javafx.scene.control.TextField;
import javafx.scene.image.WritableImage;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.stage.Stage;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.golden.Judge;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.map.MapPane;
import org.dmsalvage.gui.model.Jump;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clicks and types in real windows that show real crashed caches. */
class BrowserTest {

  @TempDir static Path directory;

  private static GoldenSet.Images torn;

  private Settings settings = Settings.none();
  private Stage stage;
  private BrowserWindow window;

  @BeforeAll
  static void unpack() throws IOException {
    torn = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory.resolve("torn"));
  }

  @AfterEach
  void close() {
    Fx.run(stage::close);
  }

  private void open(Path cache, Path backing, Theme theme) {
    start(cache, backing, theme);
    Fx.until("the hash is known", () -> text("#hash").matches("SHA-256 [0-9a-f]{12}…"));
    Fx.until("all is verified", () -> findings().getItems().size() > 0 && verified());
  }

  private void start(Path cache, Path backing, Theme theme) {
    Fx.run(
        () -> {
          stage = new Stage();
          window = new BrowserWindow(stage, Threads.with(Platform::runLater), theme, settings);
          stage.setHeight(720);
          stage.setX(0);
          stage.setY(0);
          window.show();
          window.open(
              new Session.Paths(
                  cache.toString(), null, backing == null ? null : backing.toString(), null));
        });
    Fx.until("the session is open", () -> window.session() != null);
  }

  private boolean verified() {
    return window.scene().getRoot().lookupAll(".bottom-head .label").stream()
        .anyMatch(n -> ((Label) n).getText().startsWith("all checksums"));
  }

  private String text(String selector) {
    Node node = window.scene().getRoot().lookup(selector);
    return node == null ? "" : ((Label) node).getText();
  }

  @SuppressWarnings("unchecked")
  private TableView<Finding> findings() {
    return (TableView<Finding>) window.scene().getRoot().lookup("#findings");
  }

  private static void click(Node node, double x, double y) {
    Fx.click(node, x, y, MouseButton.PRIMARY);
  }

  private void type(KeyCode... keys) {
    Fx.press(stage, keys);
  }

  private ByteRange here() {
    return Fx.get(() -> window.session().navigator().location().get().range());
  }

  @Test
  void bytesTreeAndFieldsFollowEachOther() {
    open(torn.cache(), torn.backing(), Theme.LIGHT);
    HexView hex = Fx.find(window.scene(), ".hex-view", HexView.class);

    TextField jump = Fx.find(window.scene(), "#jump", TextField.class);
    type(KeyCode.CONTROL, KeyCode.G);
    Fx.until("the field has the keyboard", jump::isFocused);
    Fx.run(() -> jump.setText("slot 48"));
    type(KeyCode.ENTER);
    Node problem = Fx.find(window.scene(), "#jump-problem", Node.class);
    assertTrue(Fx.get(problem::isVisible));
    assertEquals("there is no slot 48", text("#jump-problem"));
    Fx.run(() -> jump.setText("slot 43"));
    assertFalse(Fx.get(problem::isVisible));
    type(KeyCode.ENTER);
    assertEquals(new ByteRange(0x3b0000, 0x10000), here());
    assertEquals("slot 43", chosenStructure());

    Fx.until("the bytes have the keyboard", hex::isFocused);
    Point2D length = Fx.get(() -> hex.pointOf(0x3b000c));
    click(hex, length.getX(), length.getY());
    assertEquals(new ByteRange(0x3b000c, 1), here());
    assertEquals("header", chosenStructure());
    Fx.until("the field is decoded", () -> chosenField().equals("length 15"));

    type(KeyCode.RIGHT);
    type(KeyCode.SHIFT, KeyCode.RIGHT);
    assertEquals(new ByteRange(0x3b000d, 2), here());
    type(KeyCode.ALT, KeyCode.LEFT);
    assertEquals(new ByteRange(0, 1), here());
    type(KeyCode.ALT, KeyCode.RIGHT);
    assertEquals(0x3b000d, here().offset());
    Fx.screenshot(window.scene(), "bytes-light-1280x720", 1280, 720);
  }

  private String chosenStructure() {
    return Fx.get(
        () -> {
          var tree = (StructurePane) window.scene().getRoot().lookup(".structures");
          return tree.getSelectionModel().getSelectedItem().getValue().name();
        });
  }

  @SuppressWarnings("unchecked")
  private String chosenField() {
    var table =
        (TableView<FieldsPane.Entry>) window.scene().getRoot().lookup(".fields .table-view");
    FieldsPane.Entry entry = table.getSelectionModel().getSelectedItem();
    return entry == null ? "" : entry.field().name() + " " + entry.value().text();
  }

  @Test
  void aFindingLeadsToItsBytesAndIsExplained() {
    open(torn.cache(), torn.backing(), Theme.DARK);
    Fx.run(() -> findings().requestFocus());
    TableView<Finding> table = findings();
    int row =
        Fx.get(
            () ->
                table.getItems().stream()
                    .map(f -> f.code().id())
                    .toList()
                    .indexOf("WB-SLOT-REUSE-TEAR"));
    // Below the head of the table.
    click(table, 300, 26 + 24 * row + 12);
    assertEquals(0x3b0000, here().offset());
    assertTrue(
        Fx.get(
            () ->
                window.scene().getRoot().lookupAll(".explanation .label").stream()
                    .anyMatch(n -> ((Label) n).getText().contains("no data is lost"))));
    ByteRange around = new ByteRange(0x3affb0, 0x1000);
    Fx.until(
        "the bytes around are read", () -> window.session().cache().pages().bytes(around) != null);
    Fx.screenshot(window.scene(), "finding-dark-1280x720", 1280, 720);
    type(KeyCode.F8);
    assertNotEquals(row, Fx.get(() -> table.getSelectionModel().getSelectedIndex()));
  }

  @Test
  void theCommandPaletteFindsAndRunsCommands() {
    open(torn.cache(), torn.backing(), Theme.LIGHT);
    // Before the palette is drawn for the first time: nothing that is typed may be lost.
    Fx.run(
        () -> {
          type(KeyCode.CONTROL, KeyCode.K);
          type(KeyCode.L);
          type(KeyCode.O);
          type(KeyCode.D);
        });
    Fx.screenshot(window.scene(), "palette-light-1280x720", 1280, 720);
    type(KeyCode.ENTER);
    assertEquals(Theme.DARK, Fx.get(() -> window.theme().get()));
    Fx.screenshot(window.scene(), "changed-to-dark-1280x720", 1280, 720);
  }

  /** What the inspector shows with the lowest byte first. */
  private String little(String name) {
    List<Label> labels =
        window.scene().getRoot().lookupAll(".inspector-grid .label").stream()
            .map(Label.class::cast)
            .sorted(
                Comparator.comparingDouble(l -> l.getParent().getChildrenUnmodifiable().indexOf(l)))
            .toList();
    for (int i = 0; i + 1 < labels.size(); i++) {
      if (labels.get(i).getText().equals(name)) {
        return labels.get(i + 1).getText();
      }
    }
    return "";
  }

  @Test
  void mapsLightEachOtherUp() {
    open(torn.cache(), torn.backing(), Theme.LIGHT);
    type(KeyCode.CONTROL, KeyCode.DIGIT5);
    Fx.until(
        "the maps are there",
        () -> {
          MapPane maps = (MapPane) window.scene().getRoot().lookup(".maps");
          return maps != null && maps.cacheMap() != null && maps.diskMap() != null;
        });
    Fx.run(() -> window.scene().getRoot().layout());
    Node grid = Fx.find(window.scene(), ".grid-view", Node.class);
    click(grid, 5, 5);
    assertEquals(new ByteRange(0x100000, 0x10000), here());
    Fx.until("its id is read", () -> little("u64").equals("97"));
    String atOnce =
        Fx.get(
            () -> {
              type(KeyCode.RIGHT);
              return little("u64");
            });
    assertTrue(atOnce.equals("…") || atOnce.equals("98"), "never what stands elsewhere: " + atOnce);
    assertEquals(new ByteRange(0x110000, 0x10000), here());
    Fx.until("its id is read", () -> little("u64").equals("98"));
    Fx.screenshot(window.scene(), "maps-light-1280x720", 1280, 720);
    type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.L);
    type(KeyCode.CONTROL, KeyCode.M);
    Fx.screenshot(window.scene(), "maps-dark-1920x1080", 1920, 1080);
  }

  @Test
  void aWholeSessionFromTheTornSegmentToTheRecoveredDisk() throws Exception {
    GoldenSet set = GoldenSets.get("wb-o7-torn-tail-wrapped");
    GoldenSet.Images images = set.unpack(directory.resolve("session"));
    open(images.cache(), images.backing(), Theme.DARK);

    // Find the torn segment, and see why.
    for (int i = 0; i < 3 && !chosenFinding().equals("WB-SLOT-REUSE-TEAR"); i++) {
      type(KeyCode.F8);
    }
    assertEquals(new ByteRange(0x3b0000, 0x10000), here());
    assertTrue(
        Fx.get(
            () ->
                window.scene().getRoot().lookupAll(".explanation .label").stream()
                    .anyMatch(n -> ((Label) n).getText().contains("drops the whole log"))));

    // Preview the recovery, and run it.
    type(KeyCode.CONTROL, KeyCode.R);
    Fx.until("the preview is there", () -> window.scene().getRoot().lookup("#flush-begin") != null);
    assertTrue(
        Fx.get(
            () ->
                window.scene().getRoot().lookupAll(".flush .label").stream()
                    .anyMatch(n -> ((Label) n).getText().contains("948 KiB in 237 ranges"))));
    Fx.screenshot(window.scene(), "recovery-dark-1280x720", 1280, 720);
    Path recovered = directory.resolve("session/recovered.img");
    TextField path = Fx.find(window.scene(), "#flush-image", TextField.class);
    Fx.run(() -> path.setText(images.backing().toString()));
    Node begin = Fx.find(window.scene(), "#flush-begin", Node.class);
    assertTrue(Fx.get(begin::isDisabled), "an input is no target");
    Fx.until(
        "the keyboard is still in the sheet",
        () -> window.scene().getRoot().lookup(".flush").isFocusWithin());
    Fx.run(() -> path.setText(recovered.toString()));
    assertFalse(Fx.get(begin::isDisabled));
    click(begin, 20, 10);
    Fx.until("the report is there", () -> text("#flush-hash").length() == 64);
    Fx.screenshot(window.scene(), "recovered-dark-1280x720", 1280, 720);

    // Verify it.
    byte[] digest = MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(recovered));
    assertEquals(HexFormat.of().formatHex(digest), Fx.get(() -> text("#flush-hash")));
    assertEquals(0, Judge.judge(set, recovered).bad());
    type(KeyCode.ESCAPE);
    assertFalse(Fx.get(() -> window.scene().getRoot().lookup(".overlay").isVisible()));
  }

  private String chosenFinding() {
    Finding finding = Fx.get(() -> findings().getSelectionModel().getSelectedItem());
    return finding == null ? "" : finding.code().id();
  }

  @Test
  void findsBytesAndShowsTheOtherImage() {
    open(torn.cache(), torn.backing(), Theme.LIGHT);
    type(KeyCode.CONTROL, KeyCode.F);
    TextField search = Fx.find(window.scene(), "#search", TextField.class);
    assertNotNull(search);
    Fx.until("the field has the keyboard", search::isFocused);
    Fx.run(() -> search.setText("74 73 42 57"));
    type(KeyCode.ENTER);
    Fx.until("it is found", () -> here().equals(new ByteRange(0, 4)));
    type(KeyCode.CONTROL, KeyCode.I);
    assertEquals(
        "backing",
        Fx.get(() -> window.session().navigator().location().get().source().role().label()));
  }

  @Test
  void theWholeImageCanBeSelectedAndSummed() throws IOException {
    open(torn.cache(), torn.backing(), Theme.LIGHT);
    CRC32C crc = new CRC32C();
    crc.update(Files.readAllBytes(torn.cache()));
    type(KeyCode.CONTROL, KeyCode.END);
    type(KeyCode.CONTROL, KeyCode.SHIFT, KeyCode.HOME);
    assertEquals(new ByteRange(0, Files.size(torn.cache())), here());
    String whole = String.format("0x%08x", (int) crc.getValue());
    Fx.until("the checksum of all is known", () -> little("CRC-32C").equals(whole));
    assertEquals("4,194,304 bytes", Fx.get(() -> little("length")));
    type(KeyCode.RIGHT);
    assertEquals("", Fx.get(() -> little("CRC-32C")), "a single byte has none");
  }

  @Test
  void otherFormatsLookTheirPart() throws IOException {
    GoldenSet.Images cache = GoldenSets.get("wc4096-crash").unpack(directory.resolve("wc"));
    open(cache.cache(), cache.backing(), Theme.LIGHT);
    Fx.run(() -> window.session().navigator().jump(goTo("entry 3")));
    Fx.until("the entry is decoded", () -> !chosenField().contains("…"));
    WritableImage picture = Fx.screenshot(window.scene(), "writecache-light-3840x2160", 3840, 2160);
    assertEquals(3840, picture.getWidth());
    Fx.run(stage::close);
    Path device = GoldenSets.get("is-lzo-wb-crash").unpack(directory.resolve("is")).cache();
    open(device, null, Theme.DARK);
    assertEquals(Fx.get(() -> goTo("block 2")), Fx.get(() -> goTo("extent 2")));
    Fx.run(() -> window.session().navigator().jump(goTo("0x1003")));
    Fx.until("the bits are decoded", () -> chosenField().startsWith("block"));
    Fx.screenshot(window.scene(), "insitu-dark-1920x1080", 1920, 1080);
  }

  private Location goTo(String place) {
    return Jump.parse(place, window.session());
  }

  @Test
  void aSparseCacheOf500GiBIsSeenAtOnceInALittleMemory() throws IOException {
    Path sparse = GoldenSets.get("wb-torn").unpack(directory.resolve("sparse")).cache();
    long size = 500L << 30;
    try (FileChannel channel = FileChannel.open(sparse, StandardOpenOption.WRITE)) {
      assertEquals(1, channel.write(ByteBuffer.allocate(1), size - 1));
    }
    start(sparse, null, Theme.LIGHT);
    HexView hex = Fx.find(window.scene(), ".hex-view", HexView.class);
    Fx.until("bytes show", () -> window.session().cache().pages().byteAt(0) == 0x74);
    // Hashing takes its time, and can be stopped.
    Fx.run(() -> ((Button) window.scene().getRoot().lookup(".evidence .button")).fire());
    Fx.until("hashing has stopped", () -> text("#hash").endsWith("not computed"));
    Fx.run(() -> window.session().navigator().jump(goTo("slot 1023990")));
    assertEquals("slot 1023990", chosenStructure());
    Fx.run(hex::requestFocus);
    type(KeyCode.CONTROL, KeyCode.END);
    assertEquals(size - 1, here().offset());
    assertEquals(hex.model().lastTopRow(), Fx.get(() -> hex.model().topRow()));
    Fx.run(() -> Fx.screenshot(window.scene(), "sparse-light-1280x720", 1280, 720));
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    assertTrue(runtime.totalMemory() - runtime.freeMemory() < 512L << 20);
  }

  @Test
  void remembersThemeAndRecentImages() {
    Path file = directory.resolve("config/dmsalvage/gui.properties");
    settings = Settings.of(file);
    start(torn.cache(), torn.backing(), Theme.DARK);
    Fx.run(stage::close);
    Settings again = Settings.of(file);
    assertTrue(again.dark());
    assertEquals(1280, again.width(0));
    assertEquals(torn.backing().toString(), again.recent().getFirst().backing());
    Settings filling = Settings.of(file);
    filling.remember(true, 1920, 1080, true);
    assertTrue(Settings.of(file).maximized());
    assertEquals(1280, Settings.of(file).width(0), "the size it goes back to");
    Fx.run(
        () -> {
          stage = new Stage();
          window = new BrowserWindow(stage, Threads.with(Platform::runLater), Theme.DARK, again);
          window.show();
        });
    Fx.screenshot(window.scene(), "invitation-dark-1280x720", 1280, 720);
    Hyperlink link = Fx.find(window.scene(), ".recent .hyperlink", Hyperlink.class);
    Fx.run(link::fire);
    Fx.until("it is open again", () -> window.session() != null);
    Fx.run(() -> window.dropped(List.of("/a", "/b")));
    Fx.until(
        "it is asked which is what", () -> window.scene().getRoot().lookup("#open-cache") != null);
    assertEquals("/a", Fx.find(window.scene(), "#open-cache", TextField.class).getText());
  }

  @Test
  void dividersStayWhereTheyWerePut() {
    Path file = directory.resolve("dividers/gui.properties");
    settings = Settings.of(file);
    start(torn.cache(), torn.backing(), Theme.LIGHT);
    SplitPane rows = Fx.find(window.scene(), ".session > .split-pane", SplitPane.class);
    double usual = Fx.get(() -> rows.getDividerPositions()[0]);
    Fx.drag(Fx.find(window.scene(), ".session > .split-pane > .split-pane-divider", Node.class));
    double moved = Fx.get(() -> rows.getDividerPositions()[0]);
    assertTrue(moved < usual - 0.05 && moved > 0.4, "dragged upwards: " + moved);
    // The history needs more room, and takes it.
    type(KeyCode.CONTROL, KeyCode.DIGIT7);
    assertTrue(Fx.get(() -> rows.getDividerPositions()[0]) < 0.4);
    Fx.run(stage::close);

    settings = Settings.of(file);
    settings.rememberDividers(Map.of("columns", new double[] {0.24, 0.72}));
    start(torn.cache(), torn.backing(), Theme.LIGHT);
    SplitPane again = Fx.find(window.scene(), ".session > .split-pane", SplitPane.class);
    StructurePane tree = Fx.find(window.scene(), ".structures", StructurePane.class);
    Fx.run(() -> window.scene().getRoot().layout());
    assertEquals(moved, Fx.get(() -> again.getDividerPositions()[0]), 0.01);
    assertEquals(0.24 * 1280, Fx.get(tree::getWidth), 8);
  }

  @Test
  void openingIsCancelled() {
    List<Runnable> waiting = new ArrayList<>();
    Threads threads = new Threads(Platform::runLater, Runnable::run, waiting::add);
    Fx.run(
        () -> {
          stage = new Stage();
          window = new BrowserWindow(stage, threads, Theme.LIGHT, settings);
          window.show();
          window.open(new Session.Paths(torn.cache().toString(), null, null, null));
        });
    Fx.find(window.scene(), "#cancel-opening", Button.class);
    type(KeyCode.ESCAPE);
    Fx.until("it is as before", () -> window.scene().getRoot().lookup("#cancel-opening") == null);
    waiting.getFirst().run();
    assertFalse(Fx.get(() -> window.session() != null));
    // Of two that are opened one after the other, the second one shows, whichever is slower.
    Fx.run(() -> window.open(new Session.Paths("/no/such/image", null, null, null)));
    Fx.run(() -> window.open(new Session.Paths(torn.cache().toString(), null, null, null)));
    waiting.get(2).run();
    Fx.until("it is open", () -> window.session() != null);
    waiting.get(1).run();
    assertFalse(Fx.get(() -> window.scene().getRoot().lookup(".overlay").isVisible()));
    assertTrue(Fx.get(() -> window.session() != null));
  }

  @Test
  void whatCannotBeOpenedIsExplained() {
    Fx.run(
        () -> {
          stage = new Stage();
          window =
              new BrowserWindow(stage, Threads.with(Platform::runLater), Theme.LIGHT, settings);
          window.show();
          window.open(new Session.Paths("/no/such/image", null, null, null));
        });
    Fx.until("the message shows", () -> text(".question .error").contains("no such file"));
    assertFalse(Fx.get(() -> window.session() != null));
    Fx.screenshot(window.scene(), "failure-light-1280x720", 1280, 720);
  }
}
