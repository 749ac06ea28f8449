package org.dmsalvage.gui.view;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;
import javafx.application.Platform;
import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.Scene;
import javafx.scene.control.Tooltip;
import javafx.scene.image.WritableImage;
import javafx.scene.input.KeyCode;
import javafx.scene.input.MouseButton;
import javafx.scene.input.PickResult;
import javafx.scene.input.ScrollEvent;
import javafx.scene.robot.Robot;
import javafx.stage.Stage;
import javafx.stage.Window;
import org.dmsalvage.gui.look.Fonts;
import org.dmsalvage.gui.look.Png;

/** JavaFX without a display: its own Headless platform, drawn by software. */
final class Fx {

  private static final Path SCREENSHOTS = Path.of("target/screenshots");
  private static final long PATIENCE_SECONDS = 120;
  private static final Logger COMPLAINTS = Logger.getLogger("javafx");

  static {
    System.setProperty("glass.platform", "Headless");
    System.setProperty("prism.order", "sw");
    COMPLAINTS.setLevel(Level.OFF);
    // Nothing that FX runs may be a lambda of this class, which is not initialised before it ends.
    CountDownLatch started = new CountDownLatch(1);
    Platform.startup(Fonts::load);
    Platform.setImplicitExit(false);
    Platform.runLater(started::countDown);
    try {
      started.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private Fx() {}

  /** Does something on the FX thread, and waits for it. */
  static <T> T get(Callable<T> action) {
    FutureTask<T> task = new FutureTask<>(action);
    if (Platform.isFxApplicationThread()) {
      task.run();
    } else {
      Platform.runLater(task);
    }
    try {
      return task.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  /** Does something on the FX thread, and waits for it. */
  static void run(Runnable action) {
    var _ =
        get(
            () -> {
              action.run();
              return true;
            });
  }

  /** Waits until something holds; it is asked on the FX thread. */
  static void until(String what, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!get(condition::getAsBoolean)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("in vain waited until " + what);
      }
      Thread.onSpinWait();
      try {
        Thread.sleep(5);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /**
   * Keeps a picture of a scene among the build's output. The platform's screen has a million
   * pixels, so what is larger is laid out for the picture alone.
   */
  static WritableImage screenshot(Scene scene, String name, int width, int height) {
    WritableImage image =
        get(
            () -> {
              Parent root = scene.getRoot();
              double w = root.getLayoutBounds().getWidth();
              double h = root.getLayoutBounds().getHeight();
              root.resize(width, height);
              root.applyCss();
              root.layout();
              WritableImage picture = root.snapshot(null, null);
              root.resize(w, h);
              return picture;
            });
    try {
      Files.createDirectories(SCREENSHOTS);
      try (OutputStream out = Files.newOutputStream(SCREENSHOTS.resolve(name + ".png"))) {
        Png.write(image, out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return image;
  }

  /** Finds the node with a style class or id; waits for it, unless it is asked on the FX thread. */
  static <T extends Node> T find(Scene scene, String selector, Class<T> type) {
    if (!Platform.isFxApplicationThread()) {
      until(selector + " is there", () -> scene.getRoot().lookup(selector) != null);
    }
    return get(() -> type.cast(scene.getRoot().lookup(selector)));
  }

  /** Clicks at a place of a node, where the node is by now. */
  static void click(Node node, double x, double y, MouseButton button) {
    run(
        () -> {
          Parent root = node.getScene().getRoot();
          root.applyCss();
          root.layout();
          // On a slow machine the pointer has rested long enough for one, and it would be clicked.
          List.copyOf(Window.getWindows()).stream()
              .filter(window -> window instanceof Tooltip)
              .forEach(Window::hide);
          Point2D at = node.localToScreen(x, y);
          Robot robot = new Robot();
          robot.mouseMove(at);
          robot.mouseClick(button);
        });
  }

  /** Drags a node upwards by its middle, 80 pixels. */
  static void drag(Node node) {
    Point2D from =
        get(
            () -> {
              Bounds bounds = node.localToScreen(node.getLayoutBounds());
              return new Point2D(bounds.getCenterX(), bounds.getCenterY());
            });
    run(
        () -> {
          Robot robot = new Robot();
          robot.mouseMove(from);
          robot.mousePress(MouseButton.PRIMARY);
          robot.mouseMove(from.subtract(0, 40));
          robot.mouseMove(from.subtract(0, 80));
          robot.mouseRelease(MouseButton.PRIMARY);
        });
  }

  /**
   * Turns the wheel by a notch over a place of a node, away from the user if that is positive. The
   * platform's robot turns it over the corner of the window, wherever the pointer is.
   */
  static void wheel(Node node, double x, double y, int notches) {
    run(
        () -> {
          node.getScene().getRoot().layout();
          Point2D screen = node.localToScreen(x, y);
          double delta = 40.0 * notches;
          node.fireEvent(
              new ScrollEvent(
                  ScrollEvent.SCROLL,
                  x,
                  y,
                  screen.getX(),
                  screen.getY(),
                  false,
                  false,
                  false,
                  false,
                  false,
                  false,
                  0,
                  delta,
                  0,
                  delta,
                  ScrollEvent.HorizontalTextScrollUnits.NONE,
                  0,
                  ScrollEvent.VerticalTextScrollUnits.LINES,
                  notches,
                  0,
                  new PickResult(node, x, y)));
        });
  }

  /** Presses keys together, once a window has the keyboard. */
  static void press(Stage stage, KeyCode... keys) {
    until("the window has the keyboard", stage::isFocused);
    run(
        () -> {
          Robot robot = new Robot();
          for (KeyCode key : keys) {
            robot.keyPress(key);
          }
          for (KeyCode key : keys) {
            robot.keyRelease(key);
          }
        });
  }
}
