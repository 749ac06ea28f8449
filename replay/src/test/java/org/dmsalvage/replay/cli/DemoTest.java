package org.dmsalvage.replay.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {

  private static final String HOME = "dmsalvage.home";

  @TempDir private Path home;
  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();

  @BeforeEach
  void install() throws IOException {
    Path share = Files.createDirectories(home.resolve("share/demo"));
    try (InputStream archive = GoldenSets.class.getResourceAsStream("demo.zip")) {
      Files.copy(Objects.requireNonNull(archive), share.resolve("demo.zip"));
    }
    System.setProperty(HOME, home.toString());
  }

  @AfterEach
  void remove() {
    System.clearProperty(HOME);
  }

  private ExitStatus run() {
    PrintWriter text = new PrintWriter(out, true);
    return new Demo(new TextReport(text, Style.PLAIN), Style.PLAIN, Progress.NONE).run(directory);
  }

  @Test
  void canBeRunAgainWhereItLeftItsImages() {
    assertEquals(ExitStatus.OK, run());
    assertEquals(ExitStatus.OK, run());
    assertTrue(out.toString().contains("0 durable lost"), out.toString());
  }

  @Test
  void replacesNoImageOfTheUser() throws IOException {
    Path backing = Files.writeString(directory.resolve("backing.img"), "the only copy");
    assertThrows(OutputException.class, this::run);
    assertEquals("the only copy", Files.readString(backing));
    Files.delete(backing);
    Path recovered = Files.writeString(directory.resolve("recovered.img"), "the only copy");
    for (String name : new String[] {"case.json", "sectors.tsv", "cache.img"}) {
      Files.deleteIfExists(directory.resolve(name));
    }
    assertThrows(OutputException.class, this::run);
    assertEquals("the only copy", Files.readString(recovered));
  }
}
