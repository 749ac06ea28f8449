package org.dmsalvage.gui.draw;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import javafx.scene.Node;
import javafx.scene.SnapshotParameters;
import javafx.scene.paint.Color;
import javafx.scene.transform.Scale;
import org.dmsalvage.gui.look.Png;
import org.dmsalvage.inspect.error.OutputException;

/** Pictures of parts of a window, as files. */
public final class Pictures {

  /** Dots of a PNG for each pixel of the window, across and down. */
  private static final double DOTS = 2;

  /** A picture that only has to be written. */
  @FunctionalInterface
  public interface Picture {
    /**
     * Writes it.
     *
     * @return the file
     * @throws OutputException if that fails
     */
    Path write();
  }

  private Pictures() {}

  /**
   * Takes a picture of a node as it shows now, on the thread of the user interface; it can be
   * written by another thread.
   *
   * @param file as SVG if its name says so, else as PNG
   * @param ground what is behind the node
   */
  public static Picture take(Node node, Path file, Color ground) {
    if (file.toString().toLowerCase(Locale.ROOT).endsWith(".svg")) {
      String document = SceneSvg.of(node, ground);
      return () -> write(document, file);
    }
    SnapshotParameters parameters = new SnapshotParameters();
    parameters.setTransform(new Scale(DOTS, DOTS));
    parameters.setFill(ground);
    var image = node.snapshot(parameters, null);
    return () -> Png.save(image, file);
  }

  private static Path write(String document, Path file) {
    try {
      return Files.writeString(file, document);
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot be written", e);
    }
  }
}
