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
  private static final long JUMP = 97;

  /** Kept, or it would forget its level: JavaFX complains here that it runs from a class path. */
  private static final Logger COMPLAINTS = Logger.getLogger("javafx");

  private WindowBenchmark() {}

  /**
   * Makes the image, has a process of the same kind measure, and removes the image.
   *
   * @param args directory for the sparse image; and that image, to measure with it
   */
  public static void main(String[] args) throws Exception {
    if (args.length > 1) {
      measure(Path.of(args[1]));
      return;
    }
    Path directory = Files.createTempDirectory(Path.of(args[0]), "window");
    try {
      ProcessHandle.Info self = ProcessHandle.current().info();
      List<String> command = new ArrayList<>(List.of(self.command().orElseThrow()));
      command.addAll(List.of(self.arguments().orElseThrow()));
      command.add(sparse(directory).toString());
      int status = new ProcessBuilder(command).inheritIO().start().waitFor();
      if (status != 0) {
        throw new IllegalStateException("the measuring process ended with " + status);
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

  private static void measure(Path cache) throws Exception {
    Instant began = ProcessHandle.current().info().startInstant().orElseGet(Instant::now);
    Instant entered = Instant.now();
    COMPLAINTS.setLevel(Level.OFF);
    System.setProperty("glass.platform", "Headless");
    System.setProperty("prism.order", "sw");
    AtomicReference<BrowserWindow> window = new AtomicReference<>();
    CountDownLatch shown = new CountDownLatch(1);
    Platform.startup(
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
    Instant painted = Instant.now();
    System.out.printf(
        "first paint of the bytes   %5d ms, %d of them for the virtual machine; processor time %d"
            + " ms (limit 2000)%n",
        Duration.between(began, painted).toMillis(),
        Duration.between(began, entered).toMillis(),
        processorMillis());
    long[] frames = scroll(window.get()).get();
    Arrays.sort(frames);
    System.out.printf(
        "%d frames while scrolling %5.1f ms in the middle, %.1f ms at most (limit 100)%n",
        FRAMES, frames[frames.length / 2] / 1e6, frames[frames.length - 1] / 1e6);
    CompletableFuture<Long> jump = new CompletableFuture<>();
    Platform.runLater(
        () -> {
          long now = System.nanoTime();
          Session session = window.get().session();
          session.navigator().jump(Jump.parse("slot 900000", session));
          jump.complete(System.nanoTime() - now);
        });
    System.out.printf("jump to slot 900000      %7.1f ms%n", jump.get() / 1e6);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "heap in use                %5d MiB; it could not grow beyond %d MiB (limit 512)%n",
        (runtime.totalMemory() - runtime.freeMemory()) >> 20, runtime.maxMemory() >> 20);
    Runtime.getRuntime().halt(0);
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
