package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import org.dmsalvage.inspect.Formats;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every command that takes an image owes its user. */
class CommandContractTest {

  @TempDir private Path directory;

  private String file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes).toString();
  }

  private static void refuses(String expected, Run run) {
    assertAll(
        () -> assertEquals(8, run.status(), run.err()),
        () -> assertTrue(run.err().startsWith("dmsalvage: "), run.err()),
        () -> assertTrue(run.err().contains(expected), run.err()),
        () -> assertEquals(1, run.err().lines().count(), "one line, no stack trace"),
        () -> assertEquals("", run.out()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "check", "replay", "diff"})
  void namesTheImageThatCannotBeUsed(String command) throws IOException {
    refuses("missing: no such file", Run.of(command, directory.resolve("missing").toString()));
    refuses(directory + ": is a directory", Run.of(command, directory.toString()));
    byte[] random = new byte[3 << 20];
    new Random(1).nextBytes(random);
    byte[][] contents = {{}, {1}, new byte[511], new byte[4096], new byte[2 << 20], random};
    for (byte[] content : contents) {
      String image = file("image" + content.length, content);
      refuses(image + ": no known cache format recognised", Run.of(command, image));
      assertArrayEquals(content, Files.readAllBytes(Path.of(image)), "the input is untouched");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "check", "replay", "diff"})
  void neverWaitsForWhatIsNoImage(String command) throws IOException, InterruptedException {
    String pipe = directory.resolve("pipe").toString();
    assertEquals(0, new ProcessBuilder("mkfifo", pipe).inheritIO().start().waitFor());
    String image = file("image", new byte[4096]);
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> {
          refuses(pipe + ": is a pipe", Run.of(command, pipe));
          refuses("/dev/zero: is a character device", Run.of(command, "/dev/zero"));
          for (String option : new String[] {"--plog", "--backing"}) {
            refuses(pipe + ": is a pipe", Run.of(command, image, option, pipe));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "check", "replay", "diff"})
  void neverFailsOtherThanCleanlyWhenAFormatIsForced(String command) throws IOException {
    byte[] random = new byte[3 << 20];
    new Random(2).nextBytes(random);
    byte[][] contents = {{}, {1}, new byte[511], new byte[4096], new byte[2 << 20], random};
    for (String format : Formats.names()) {
      for (byte[] content : contents) {
        String image = file("image" + content.length, content);
        Run run = Run.of(command, "--format", format, image);
        boolean useless = command.equals("diff") && format.equals("insitu");
        assertTrue(
            run.status() == 0
                || run.status() == 4
                || run.status() == 8
                || (run.status() == 16 && useless),
            format + " " + content.length + ": " + run);
        assertTrue(!run.err().contains("internal error"), format + " " + run.err());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "check", "replay", "diff"})
  void explainsUsageErrors(String command) throws IOException {
    String image = file("image", new byte[4096]);
    for (Run run :
        new Run[] {
          Run.of(command),
          Run.of(command, "--no-such-option", image),
          Run.of(command, image + "\u0000"),
          Run.of(command, "--format", "ext4", image),
          Run.of(command, "--offset", "1x", image),
          Run.of(command, "--offset", "8192", image),
          Run.of(command, "--size", "8192", image),
          Run.of(command, "--table", "nonsense", image),
          Run.of(command, image, image)
        }) {
      assertEquals(16, run.status(), run.toString());
      assertTrue(run.err().startsWith("dmsalvage: "), run.err());
      assertEquals("", run.out());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inspect", "check", "replay", "diff", "repair"})
  void helpsAndSaysItsExitStatuses(String command) {
    Run run = Run.of(command, "--help");
    assertEquals(0, run.status());
    assertTrue(run.out().contains("Usage: dmsalvage " + command), run.out());
    assertTrue(run.out().contains("Exit status:"), run.out());
    assertTrue(run.out().contains("Examples:"), run.out());
  }

  @Test
  void showsItsCommandsWhenAskedNothing() {
    Run run = Run.of();
    assertEquals(16, run.status());
    assertTrue(run.out().contains("inspect"), run.out());
    assertEquals(16, Run.of("frobnicate").status());
    assertEquals(0, Run.of("--version").status());
    assertTrue(Run.of("--version").out().matches("(?s)dmsalvage [0-9]+\\.[0-9]+.*"));
  }

  @Test
  void neverWritesOverAnInput() throws IOException {
    String image = file("image", new byte[4096]);
    Run run = Run.of("replay", image, "--output", image, "--force");
    assertEquals(8, run.status());
    assertArrayEquals(new byte[4096], Files.readAllBytes(Path.of(image)));
  }
}
