package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a replay says about data that is missing, whatever else it is asked for. */
class UnreadableDataTest {

  @TempDir private Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"--json", "--hash", "--range=0..4096"})
  void blocksBehindTheEndOfTheImageAreLost(String option) throws IOException {
    GoldenSet.Images images = GoldenSets.get("wc512-crash").unpack(directory);
    assertEquals(0, replay(images, option).status());
    try (FileChannel cache = FileChannel.open(images.cache(), StandardOpenOption.WRITE)) {
      // The entries stand before the data.
      cache.truncate(Files.size(images.cache()) / 16);
    }
    Run run = replay(images, option);
    assertEquals(4, run.status(), run.err());
    assertTrue(run.out().contains("WC-DATA-MISSING"), run.out());
    assertFalse(run.out().contains("the newest copy of"), "they are listed once");
  }

  private static Run replay(GoldenSet.Images images, String... options) {
    List<String> arguments = new ArrayList<>(List.of("replay", images.cache().toString()));
    arguments.addAll(List.of("--backing", String.valueOf(images.backing())));
    arguments.addAll(List.of(options));
    return Run.of(arguments.toArray(String[]::new));
  }
}
