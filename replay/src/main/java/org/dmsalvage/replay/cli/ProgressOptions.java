package org.dmsalvage.replay.cli;

import java.nio.charset.StandardCharsets;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.Posix;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Progress for programs, beside what is shown to people. */
public final class ProgressOptions {

  @Option(
      names = "--progress-fd",
      paramLabel = "N",
      description = {
        "Report progress to file descriptor N, in lines of words separated by tabs:",
        "task, total bytes (-1: unknown), name;",
        "at, bytes done, total bytes, bytes per second, seconds left (-1: unknown);",
        "end."
      })
  private @Nullable Integer descriptor;

  /**
   * Adds the lines to what is shown, if they are wanted.
   *
   * @throws UsageException if the descriptor is not open for writing
   */
  LineProgress over(Progress shown) {
    return new LineProgress(shown, descriptor == null ? Lines.NONE : Lines.to(descriptor));
  }

  /** Takes lines. */
  @FunctionalInterface
  interface Lines {
    /** For nobody. */
    Lines NONE = _ -> {};

    /** Takes a line, which ends in a newline. */
    void line(String line);

    /** Writes to a descriptor; once nobody reads any more, to nowhere. */
    static Lines to(int descriptor) {
      if (descriptor < 0 || !Posix.write(descriptor, new byte[0])) {
        throw new UsageException("--progress-fd: descriptor " + descriptor + " is not open");
      }
      return line -> {
        boolean _ = Posix.write(descriptor, line.getBytes(StandardCharsets.UTF_8));
      };
    }
  }
}
