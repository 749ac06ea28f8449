package org.dmsalvage.gui.view;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.application.Platform;
import javafx.collections.ListChangeListener;
import javafx.stage.Stage;
import javafx.stage.Window;
import org.dmsalvage.gui.look.Fonts;
import org.dmsalvage.gui.look.Theme;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Settings;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.inspect.error.OutputException;

/** Starts the windows, and waits until the user has closed them. */
public final class Gui {

  /** Kept, or it would forget its level: JavaFX complains here that it runs from a class path. */
  private static final Logger COMPLAINTS = Logger.getLogger("javafx");

  private Gui() {}

  /**
   * Shows a window for each of the sessions, or an empty one, until all are closed.
   *
   * @param sessions what to open
   * @param settings what is remembered
   * @throws OutputException if there is no display
   */
  public static void run(List<Session.Paths> sessions, Settings settings) {
    CountDownLatch closed = new CountDownLatch(1);
    start(
        () -> {
          Threads threads = Threads.with(Platform::runLater);
          if (sessions.isEmpty()) {
            window(threads, settings);
          }
          for (Session.Paths paths : sessions) {
            window(threads, settings).open(paths);
          }
        },
        closed);
    try {
      closed.await();
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static BrowserWindow window(Threads threads, Settings settings) {
    BrowserWindow window =
        new BrowserWindow(
            new Stage(), threads, settings.dark() ? Theme.DARK : Theme.LIGHT, settings);
    window.show();
    return window;
  }

  private static void start(Runnable first, CountDownLatch closed) {
    COMPLAINTS.setLevel(Level.OFF);
    try {
      Platform.startup(
          () -> {
            Fonts.load();
            first.run();
            // Windows that are hidden for good end the toolkit, and with it the program.
            Window.getWindows()
                .addListener(
                    (ListChangeListener<Window>)
                        _ -> {
                          if (Window.getWindows().isEmpty()) {
                            closed.countDown();
                          }
                        });
          });
    } catch (UnsupportedOperationException e) {
      throw new OutputException("window", "cannot be opened: " + e.getMessage());
    }
  }
}
