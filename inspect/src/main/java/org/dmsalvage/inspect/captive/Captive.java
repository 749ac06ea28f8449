package org.dmsalvage.inspect.captive;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A program that runs for this process and ends with it, also if this process is killed: a shell
 * between the two waits for the end of its standard input, which comes when this process ends. The
 * shell makes the program a directory of its own, and removes it at the end.
 */
final class Captive implements AutoCloseable {

  /**
   * What the shell does. The keyboard's interrupt is for this process alone: it may have to go on
   * reading until its work is in a good state.
   */
  private static final String KEEPER =
      """
      trap '' INT QUIT HUP
      umask 077
      exec 3<&0 </dev/null
      d=$(mktemp -d "${TMPDIR:-/tmp}/dmsalvage.XXXXXX") || exit 1
      job=$1
      shift
      setsid sh -c "$job" sh "$d" "$@" 3<&- >/dev/null &
      c=$!
      (read _ <&3; kill -TERM -$c; sleep 2; kill -KILL -$c) >/dev/null 2>&1 &
      w=$!
      trap '' TERM PIPE
      echo "$d"
      wait $c
      s=$?
      kill $w
      echo $s
      read _ <&3
      rm -rf "$d"
      """;

  private static final int MOST_SAID = 2000;
  private static final long END_SECONDS = 10;

  private final Process keeper;
  private final BufferedReader told;
  private final Thread listener;
  private final StringBuilder said = new StringBuilder();
  private final String directory;

  /**
   * Starts a program.
   *
   * @param job what the shell runs; {@code $1} is the directory, the arguments follow
   * @param arguments of the job
   * @throws IOException if there is no shell, or no directory can be made
   */
  Captive(String job, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("sh", "-c", KEEPER, "sh", job));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().merge("PATH", Programs.MORE_PATHS, (path, more) -> path + ":" + more);
    keeper = builder.start();
    told =
        new BufferedReader(new InputStreamReader(keeper.getInputStream(), StandardCharsets.UTF_8));
    listener = Thread.ofVirtual().start(this::listen);
    String line = told.readLine();
    if (line == null) {
      close();
      throw new IOException(said().isEmpty() ? "no directory can be made" : said());
    }
    directory = line;
  }

  private void listen() {
    try (BufferedReader errors =
        new BufferedReader(
            new InputStreamReader(keeper.getErrorStream(), StandardCharsets.UTF_8))) {
      char[] part = new char[512];
      for (int n = errors.read(part); n >= 0; n = errors.read(part)) {
        synchronized (said) {
          said.append(part, 0, Math.min(n, MOST_SAID - said.length()));
        }
      }
    } catch (IOException _) {
      // The program ended, and that is told otherwise.
    }
  }

  /** {@return the directory of the program} */
  String directory() {
    return directory;
  }

  /** {@return what the program complained about so far, in one line} */
  String said() {
    synchronized (said) {
      return said.toString().strip().replaceAll("\\s*\\n\\s*", "; ");
    }
  }

  /** {@return whether the program has ended} */
  boolean ended() {
    try {
      return told.ready() || !keeper.isAlive();
    } catch (IOException _) {
      return true;
    }
  }

  /** {@return the exit status of the program that has ended, and all of its complaints} */
  int status() {
    try {
      String status = told.readLine();
      return status == null ? 1 : Integer.parseInt(status);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the program and removes its directory. */
  @Override
  public void close() {
    try {
      keeper.getOutputStream().close();
      if (!keeper.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        keeper.destroyForcibly();
      }
      boolean _ = listener.join(Duration.ofSeconds(1));
      told.close();
    } catch (IOException _) {
      // It is closed, then.
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }
}
