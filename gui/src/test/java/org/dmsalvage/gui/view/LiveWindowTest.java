package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javafx.application.Platform;
import javafx.scene.canvas.Canvas;
import javafx.scene.control.Label;
import javafx.scene.image.WritableImage;
import javafx.scene.input.KeyCombination;
import javafx.scene.paint.Color;
import javafx.stage.Stage;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.live.LiveWindow;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.nbd.NbdSource;
import org.dmsalvage.live.cli.LiveCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Watches a real server, over a real cache, until it is gone. */
class LiveWindowTest {

  private static final Pattern FILLED = Pattern.compile("^([0-9]+) of ([0-9]+) segments filled");

  @TempDir private Path directory;

  private final AtomicBoolean stop = new AtomicBoolean();

  private Thread serve(String set, String table, Path control, Path socket) throws Exception {
    GoldenSet.Images images = GoldenSets.get(set).unpack(directory.resolve("set"));
    CountDownLatch serving = new CountDownLatch(1);
    PrintWriter results =
        new PrintWriter(new StringWriter()) {
          @Override
          public void flush() {
            serving.countDown();
          }
        };
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    Console console = new Console(results, nowhere, false, false, stop, Optional.empty());
    String[] words = {
      "live",
      "serve",
      "--table",
      table.formatted(images.backing(), images.cache()),
      "--control",
      control.toString(),
      "--socket",
      socket.toString()
    };
    Thread server =
        Thread.ofPlatform()
            .start(() -> Application.run(console, c -> List.of(LiveCommand.create(c)), words));
    assertTrue(serving.await(60, TimeUnit.SECONDS));
    return server;
  }

  @Test
  void showsWhatDevicesDoUntilTheServerIsGone() throws Exception {
    Path control = directory.resolve("c");
    Path socket = directory.resolve("s");
    Thread server = serve("wc4096-crash", "0 2048 writecache s %s %s 4096 0", control, socket);
    Stage stage = Fx.get(Stage::new);
    try {
      LiveWindow window =
          Fx.get(() -> new LiveWindow(stage, Threads.with(Platform::runLater), Theme.LIGHT, 50));
      Fx.run(
          () -> {
            window.show();
            window.watch(control.toString());
          });
      Fx.until("the device shows", () -> window.scene().getRoot().lookup(".card") != null);
      try (NbdSource device = new NbdSource("nbd+unix:///?socket=" + socket)) {
        ByteBuffer bytes = ByteBuffer.allocate(64 << 10);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!says(window, "KiB/s") && !says(window, "MiB/s")) {
          assertTrue(System.nanoTime() < end, "no rate shows");
          device.read(0, bytes.clear());
        }
      }
      Fx.until("the cache's use shows", () -> says(window, "dirty, of them"));
      Fx.screenshot(window.scene(), "live-light-900x560", 900, 560);
      Fx.run(
          () ->
              window
                  .scene()
                  .getAccelerators()
                  .get(KeyCombination.valueOf("Shortcut+Shift+L"))
                  .run());
      Fx.screenshot(window.scene(), "live-dark-1280x720", 1280, 720);
    } finally {
      stop.set(true);
      server.join();
    }
    Fx.until("it is said", () -> text(stage).startsWith("The server does not answer: " + control));
    Fx.screenshot(stage.getScene(), "live-gone-dark-900x560", 900, 560);
    Fx.run(stage::close);
  }

  @Test
  void segmentsShowAsAStripThatFills() throws Exception {
    Path control = directory.resolve("c");
    Thread server =
        serve(
            "wb-o7-unwrapped-crash",
            "0 2048 writeboost 0 %s %s 4 segment_size_order 7 nr_rambuf_pool 8 2"
                + " allow_writeback 0",
            control,
            directory.resolve("s"));
    Stage stage = Fx.get(Stage::new);
    try {
      LiveWindow window =
          Fx.get(() -> new LiveWindow(stage, Threads.with(Platform::runLater), Theme.LIGHT, 50));
      Fx.run(
          () -> {
            window.show();
            window.watch(control.toString());
          });
      Fx.until("segments are counted", () -> says(window, " segments filled"));
      Fx.screenshot(window.scene(), "live-segments-light-900x560", 900, 560);
      Canvas strip = Fx.find(window.scene(), ".segment-strip", Canvas.class);
      Fx.until("the strip has its width", () -> strip.getWidth() > 400);
      int[] counts = Fx.get(() -> filled(window));
      assertTrue(0 < counts[0] && counts[0] < counts[1], Arrays.toString(counts));
      WritableImage drawn = Fx.get(() -> strip.snapshot(null, null));
      int y = (int) strip.getHeight() / 2;
      double cell = drawn.getWidth() / counts[1];
      Color first = drawn.getPixelReader().getColor((int) (cell / 2), y);
      for (int i = 0; i < counts[1]; i++) {
        Color colour = drawn.getPixelReader().getColor((int) ((i + 0.5) * cell), y);
        assertEquals(i < counts[0], colour.equals(first), "segment " + i);
      }
    } finally {
      stop.set(true);
      server.join();
      Fx.run(stage::close);
    }
  }

  /** How many segments are filled, and how many there are. */
  private static int[] filled(LiveWindow window) {
    return window.scene().getRoot().lookupAll(".label").stream()
        .map(n -> FILLED.matcher(((Label) n).getText()))
        .filter(Matcher::find)
        .map(m -> new int[] {Integer.parseInt(m.group(1)), Integer.parseInt(m.group(2))})
        .findFirst()
        .orElseThrow();
  }

  private static String text(Stage stage) {
    return ((Label) stage.getScene().getRoot().lookup("#live-state")).getText();
  }

  private static boolean says(LiveWindow window, String words) {
    return Fx.get(
        () ->
            window.scene().getRoot().lookupAll(".label").stream()
                .anyMatch(n -> ((Label) n).getText().contains(words)));
  }
}
