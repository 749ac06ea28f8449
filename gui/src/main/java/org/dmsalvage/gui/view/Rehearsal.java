package org.dmsalvage.gui.view;

import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Predicate;
import javafx.application.Platform;
import javafx.scene.control.Label;
import javafx.stage.Stage;
import javafx.stage.Window;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.jspecify.annotations.Nullable;

/**
 * Opens a window without a display, looks at everything once, and closes it: for the build, which
 * records the classes that a window needs, so that real windows open quickly.
 */
public final class Rehearsal {

  private static final long PATIENCE_SECONDS = 20;
  private static final long PAUSE_MILLIS = 50;

  private Rehearsal() {}

  /** Opens a window, and returns when it is closed again. */
  public static void run(Session.Paths paths) {
    System.setProperty("glass.platform", "Headless");
    System.setProperty("prism.order", "sw");
    Thread.ofPlatform().daemon().name("rehearsal").start(Rehearsal::play);
    Gui.run(List.of(paths), Settings.none());
  }

  private static void play() {
    waitFor(view -> has(view, "all checksums"));
    show(SessionView::showMaps);
    waitFor(view -> view.maps().cacheMap() != null && view.maps().diskMap() != null);
    show(SessionView::showTimeline);
    waitFor(view -> view.timeline().model().moment().get() != null);
    show(view -> view.showHistoryOf(0));
    waitFor(view -> view.history().model().history().get() != null);
    show(SessionView::showFindings);
    show(_ -> List.copyOf(Window.getWindows()).forEach(Window::hide));
  }

  private static boolean has(SessionView view, String words) {
    return view.lookupAll(".bottom-head .label").stream()
        .anyMatch(n -> n instanceof Label label && label.getText().startsWith(words));
  }

  private static @Nullable SessionView shown() {
    for (Window window : Window.getWindows()) {
      if (window instanceof Stage stage
          && stage.getScene().getRoot().lookup(".session") instanceof SessionView view) {
        return view;
      }
    }
    return null;
  }

  private static void show(Consumer<SessionView> action) {
    var _ =
        ask(
            view -> {
              action.accept(view);
              return true;
            });
  }

  private static void waitFor(Predicate<SessionView> condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    try {
      while (!ask(condition) && System.nanoTime() < end) {
        Thread.sleep(PAUSE_MILLIS);
      }
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  /** Asks something about the view on its own thread; no while there is none. */
  private static boolean ask(Predicate<SessionView> question) {
    FutureTask<Boolean> task =
        new FutureTask<>(
            () -> {
              SessionView view = shown();
              return view != null && question.test(view);
            });
    try {
      Platform.runLater(task);
      return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (IllegalStateException | ExecutionException | TimeoutException _) {
      return false;
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
