package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs a main class of the tests in a JVM of its own, to give it less than this one has. */
final class Forked {
  private static final int MOST_SECONDS = 120;

  private Forked() {}

  /** What the main class prints; it must end well and soon. */
  static String run(Class<?> main, String... jvmOptions) throws IOException, InterruptedException {
    Path output = Files.createTempFile("forked", ".txt");
    try {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(List.of(jvmOptions));
      command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"));
      command.addAll(List.of("--sun-misc-unsafe-memory-access=allow"));
      command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      boolean ended = process.waitFor(MOST_SECONDS, TimeUnit.SECONDS);
      process.destroyForcibly().waitFor();
      String printed = Files.readString(output);
      assertTrue(ended, () -> "still running after " + MOST_SECONDS + " s:\n" + printed);
      assertEquals(0, process.exitValue(), printed);
      return printed;
    } finally {
      Files.delete(output);
    }
  }
}
