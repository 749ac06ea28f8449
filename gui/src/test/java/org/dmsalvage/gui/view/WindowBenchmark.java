package org.dmsalvage.gui.view;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.animation.AnimationTimer;
import javafx.application.Platform;
import javafx.scene.Scene;
import javafx.scene.layout.Background;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import javafx.stage.Stage;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.gui.hex.HexView;
import org.dmsalvage.gui.look.Fonts;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Jump;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;

/**
 * Measures what somebody who opens a sparse cache of 500 GiB waits for: from the start of the
 * process until its bytes are drawn, each frame while the bytes scroll from one end to the other,
 * and the heap. {@code mvn -q verify -DskipTests -Pbenchmark-window} runs it as the distribution
 * runs.
 */
public final class WindowBenchmark {

  private static final long SIZE = 500L << 30;
  private static final int FRAMES = 600;
  private static final int WARM_UP = 100;
  private static final long JUMP = 97;

  /** Kept, or it would forget its level: JavaFX complains here that it runs from a class path. */
  private static final Logger COMPLAINTS = Logger.getLogger("javafx");

  private WindowBenchmark() {}

  /**
   * Makes the image, has two processes of the same kind measure with it, and removes it.
   *
   * @param args directory for the sparse image; or, to measure, what ("paint" or "scroll"), the
   *     image, and when the process was started, in milliseconds since 1970 (the system's own
   *     record of that is off by up to a second)
   */
  public static void main(String[] args) throws Exception {
    if (args.length > 1) {
      COMPLAINTS.setLevel(Level.OFF);
      System.setProperty("glass.platform", "Headless");
      System.setProperty("prism.order", "sw");
      Path cache = Path.of(args[1]);
      if (args[0].equals("paint")) {
        measurePaint(cache, Instant.ofEpochMilli(Long.parseLong(args[2])));
      } else {
        measureScrolling(cache);
      }
      Runtime.getRuntime().halt(0);
    }
    Path directory = Files.createTempDirectory(Path.of(args[0]), "window");
    try {
      Path cache = sparse(directory);
      ProcessHandle.Info self = ProcessHandle.current().info();
      for (String what : List.of("paint", "scroll")) {
        List<String> command = new ArrayList<>(List.of(self.command().orElseThrow()));
        command.addAll(List.of(self.arguments().orElseThrow()));
        command.removeLast();
        command.addAll(List.of(what, cache.toString()));
        command.add(Long.toString(System.currentTimeMillis()));
        int status = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (status != 0) {
          throw new IllegalStateException("the measuring process ended with " + status);
        }
      }
    } finally {
      remove(directory);
    }
  }

  private static void remove(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }

  private static void measurePaint(Path cache, Instant began) throws Exception {
    Instant entered = Instant.now();
    CountDownLatch started = new CountDownLatch(1);
    Platform.startup(started::countDown);
    started.await();
    open(cache);
    System.out.printf(
        "first paint of the bytes   %5d ms, %d of them for the virtual machine; processor time %d"
            + " ms (limit 2000)%n",
        Duration.between(began, Instant.now()).toMillis(),
        Duration.between(began, entered).toMillis(),
        processorMillis());
  }

  private static void measureScrolling(Path cache) throws Exception {
    CompletableFuture<Void> warm = new CompletableFuture<>();
    Platform.startup(() -> warmUp(warm));
    warm.get();
    BrowserWindow window = open(cache);
    long[] frames = scroll(window).get();
    Arrays.sort(frames);
    System.out.printf(
        "%d frames while scrolling %5.1f ms in the middle, %.1f ms at most (limit 100)%n",
        FRAMES, frames[frames.length / 2] / 1e6, frames[frames.length - 1] / 1e6);
    CompletableFuture<Long> jump = new CompletableFuture<>();
    Platform.runLater(
        () -> {
          long now = System.nanoTime();
          Session session = window.session();
          session.navigator().jump(Jump.parse("slot 900000", session));
          jump.complete(System.nanoTime() - now);
        });
    System.out.printf("jump to slot 900000      %7.1f ms%n", jump.get() / 1e6);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "heap in use                %5d MiB; it could not grow beyond %d MiB (limit 512)%n",
        (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20);
  }

  /** {@return a window whose bytes have been drawn} */
  private static BrowserWindow open(Path cache) throws InterruptedException {
    AtomicReference<BrowserWindow> window = new AtomicReference<>();
    CountDownLatch shown = new CountDownLatch(1);
    Platform.runLater(
        () -> {
          Fonts.load();
          BrowserWindow opened =
              new BrowserWindow(
                  new Stage(), Threads.with(Platform::runLater), Theme.LIGHT, Settings.none());
          opened.show();
          opened.open(new Session.Paths(cache.toString(), null, null, null));
          window.set(opened);
          afterFrame(
              opened.scene(),
              () -> opened.session() != null && opened.session().cache().pages().byteAt(0) >= 0,
              shown);
        });
    shown.await();
    return window.get();
  }

  /**
   * Draws an empty window again and again. The platform without a display copies every pixel of a
   * frame by itself, with a new object for each; until the virtual machine has compiled that, it
   * takes more than everything else in a frame. No platform with a display does so.
   */
  private static void warmUp(CompletableFuture<Void> warm) {
    Platform.setImplicitExit(false);
    Region empty = new Region();
    Stage stage = new Stage();
    stage.setScene(new Scene(empty, 1280, 800));
    stage.show();
    new AnimationTimer() {
      private int count;

      @Override
      public void handle(long now) {
        empty.setBackground(Background.fill(Color.gray(count % 2)));
        if (++count == WARM_UP) {
          stop();
          stage.hide();
          warm.complete(null);
        }
      }
    }.start();
  }

  /** {@return what the process has used up so far, which says more where others work, too} */
  private static long processorMillis() {
    return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO).toMillis();
  }

  private static Path sparse(Path directory) throws IOException {
    Path cache = GoldenSets.get("wb-torn").unpack(directory).cache();
    try (FileChannel channel = FileChannel.open(cache, StandardOpenOption.WRITE)) {
      if (channel.write(ByteBuffer.allocate(1), SIZE - 1) != 1) {
        throw new IOException("the image cannot be made");
      }
    }
    return cache;
  }

  /** Counts down after the frame in which something holds was laid out and drawn. */
  private static void afterFrame(Scene scene, BooleanSupplier condition, CountDownLatch latch) {
    new AnimationTimer() {
      private boolean drawn;

      @Override
      public void handle(long now) {
        if (drawn) {
          stop();
          latch.countDown();
        } else if (condition.getAsBoolean()) {
          drawn = true;
          scene.getRoot().requestLayout();
        }
      }
    }.start();
  }

  /** Scrolls in every frame: some by a page, some across the whole image. */
  private static CompletableFuture<long[]> scroll(BrowserWindow window) {
    CompletableFuture<long[]> times = new CompletableFuture<>();
    Platform.runLater(
        () -> {
          HexView view = (HexView) window.scene().getRoot().lookup(".hex-view");
          long[] frames = new long[FRAMES];
          new AnimationTimer() {
            private int count = -1;
            private long last;

            @Override
            public void handle(long now) {
              long time = System.nanoTime();
              if (count >= 0) {
                frames[count] = time - last;
              }
              last = time;
              if (++count == FRAMES) {
                stop();
                times.complete(frames);
                return;
              }
              long rows = view.model().lastTopRow();
              long page = count * 25L;
              long far = rows / JUMP * (count * 31L % JUMP);
              view.model().scrollTo(count % 4 == 0 ? far : Math.min(rows, far + page));
              view.requestLayout();
            }
          }.start();
        });
    return times;
  }
}
