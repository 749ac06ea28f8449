package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Programs of others that speak to the server. In CI they must be there. */
final class Tool {

  private Tool() {}

  /** Skips the test, or fails it in CI, if a program is not installed. */
  static void require(String... programs) {
    for (String program : programs) {
      boolean found =
          List.of(System.getenv().getOrDefault("PATH", "").split(":", -1)).stream()
              .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
      if (!found && "true".equals(System.getenv("CI"))) {
        fail(program + " is not installed, and CI has to have it");
      } else if (!found) {
        abort(program + " is not installed");
      }
    }
  }

  /** Runs a program to its end, and gives its exit status and all it printed. */
  record Result(int status, String output) {}

  static Result result(String... command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }

  /** Runs a program that must succeed, and gives what it printed. */
  static String run(String... command) throws IOException, InterruptedException {
    Result result = result(command);
    assertEquals(0, result.status(), String.join(" ", command) + ": " + result.output());
    return result.output();
  }
}
