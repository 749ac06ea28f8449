package org.dmsalvage.gui.app;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.view.Rehearsal;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;

/**
 * Runs commands one after the other, for the build: the Java runtime records what they load and
 * link, and the distribution's cache of it makes every later start quick.
 */
final class Training {

  private Training() {}

  /**
   * Runs the commands of a file, a line each, with words separated by blanks. What they print and
   * how they end does not matter. A command "gui" opens a window without a display.
   */
  public static void main(String[] arguments) throws IOException {
    for (String line : Files.readAllLines(Path.of(arguments[0]))) {
      String[] words = line.split(" ");
      if (words[0].equals("gui")) {
        Rehearsal.run(new Session.Paths(words[1], null, words[3], null));
      } else if (!line.isBlank()) {
        PrintWriter nowhere = new PrintWriter(Writer.nullWriter());
        Application.run(Console.plain(nowhere, nowhere), Main::commands, words);
      }
    }
    // Last, because it ends the process: the streams and the handling of signals that only a real
    // start has.
    Main.main(new String[] {"--version"});
  }
}
