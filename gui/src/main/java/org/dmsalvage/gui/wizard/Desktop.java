package org.dmsalvage.gui.wizard;

import java.io.IOException;
import java.nio.file.Path;
import org.dmsalvage.inspect.error.OutputException;

/** The desktop around the window. */
final class Desktop {

  private static final String OPENER = "xdg-open";

  private Desktop() {}

  /**
   * Has a file shown by the program that the user's desktop has for it.
   *
   * @throws OutputException if there is no such program
   */
  static void open(Path file) {
    try {
      var _ =
          new ProcessBuilder(OPENER, file.toAbsolutePath().toString())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException _) {
      throw new OutputException(
          file.toString(), "cannot be shown: this desktop has no " + OPENER + "; open it yourself");
    }
  }
}
