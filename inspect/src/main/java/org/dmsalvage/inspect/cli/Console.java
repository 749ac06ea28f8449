package org.dmsalvage.inspect.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.Style;

/**
 * Where a command writes, and what it knows of the terminal.
 *
 * @param out results
 * @param err everything else
 * @param outIsTerminal whether results go to a terminal
 * @param errIsTerminal whether messages go to a terminal
 * @param stop set when the user asks to stop
 * @param keyboard where the user types; empty if nobody can be asked
 */
public record Console(
    PrintWriter out,
    PrintWriter err,
    boolean outIsTerminal,
    boolean errIsTerminal,
    AtomicBoolean stop,
    Optional<BufferedReader> keyboard) {

  /** A console that is no terminal, for tests and embedding. */
  public static Console plain(PrintWriter out, PrintWriter err) {
    return new Console(out, err, false, false, new AtomicBoolean(), Optional.empty());
  }

  /** {@return the style of results} */
  public Style style(CommonOptions options) {
    return switch (options.colour) {
      case ALWAYS -> Style.COLOURED;
      case NEVER -> Style.PLAIN;
      case AUTO ->
          outIsTerminal && System.getenv("NO_COLOR") == null ? Style.COLOURED : Style.PLAIN;
    };
  }

  /** {@return a receiver of progress, as the options want it shown} */
  public Progress progress(CommonOptions options) {
    boolean wanted =
        switch (options.progress) {
          case ALWAYS -> true;
          case NEVER -> false;
          case AUTO -> errIsTerminal && !options.quiet;
        };
    return wanted ? new TerminalProgress(err, stop, errIsTerminal) : new SilentProgress(stop);
  }

  /**
   * Asks the user a question that only the word {@code yes} answers in the affirmative.
   *
   * @return whether it was answered so; empty if nobody can be asked
   */
  public Optional<Boolean> confirm(String question) {
    return keyboard.map(
        keys -> {
          err.print(question + " Type yes to go on: ");
          err.flush();
          try {
            String answer = keys.readLine();
            return answer != null && answer.strip().equals("yes");
          } catch (IOException _) {
            return false;
          }
        });
  }

  /** Prints a warning unless the user wants none. */
  public void warn(CommonOptions options, String message) {
    if (!options.quiet) {
      err.println("dmsalvage: warning: " + message);
      err.flush();
    }
  }
}
