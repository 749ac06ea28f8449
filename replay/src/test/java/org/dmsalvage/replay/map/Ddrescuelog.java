package org.dmsalvage.replay.map;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** GNU ddrescuelog, where it is installed. */
public final class Ddrescuelog {

  private Ddrescuelog() {}

  /** {@return whether it is there to be asked} */
  public static boolean isInstalled() {
    return Pattern.compile(":")
        .splitAsStream(System.getenv().getOrDefault("PATH", ""))
        .anyMatch(path -> Files.isExecutable(Path.of(path, "ddrescuelog")));
  }

  /**
   * Lets it read a mapfile, and expects that it accepts it.
   *
   * @return what it prints
   */
  public static String run(Path file, String... options) throws IOException {
    List<String> command = new ArrayList<>(List.of("ddrescuelog"));
    command.addAll(List.of(options));
    command.add(file.toString());
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      assertEquals(0, process.waitFor(), out);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException(e);
    }
    return out;
  }

  /** Writes a map as a mapfile, and expects that ddrescuelog accepts it as finished. */
  public static void accepts(RecoveryMap map, Path file) throws IOException {
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(file))) {
      MapFile.write(map, List.of(), out);
    }
    String status = run(file, "--show-status");
    assertEquals(true, status.contains("current status: finished"), status);
    Files.delete(file);
  }
}
