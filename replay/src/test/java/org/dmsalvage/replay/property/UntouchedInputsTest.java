package org.dmsalvage.replay.property;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Asking everything about files leaves them, and the directory they are in, as they were. */
class UntouchedInputsTest {
  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb-lossy-wrap1",
        "wbp-tiny-cache",
        "wb13-o4-unwrapped-crash",
        "wc512-crash",
        "is-lzo-text"
      })
  void nothingIsWritten(String name) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images images = set.unpack(directory);
    Map<String, String> before = state();
    try (BlockSource cache = Images.open(images.cache().toString());
        BlockSource plog = images.plog() == null ? null : Images.open(images.plog().toString());
        BlockSource backing =
            images.backing() == null ? null : Images.open(images.backing().toString())) {
      DmTable table = DmTable.parse(set.info().table());
      String answers =
          Everything.about(new OpenRequest(cache, plog, backing, null, table, OptionalInt.empty()));
      assertFalse(answers.isEmpty());
    }
    assertEquals(before, state());
  }

  /** Sum, size and time of last change of every file. */
  private Map<String, String> state() throws IOException {
    Map<String, String> state = new TreeMap<>();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        CRC32C sum = new CRC32C();
        sum.update(Files.readAllBytes(file));
        state.put(
            file.toString(),
            sum.getValue() + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
      }
    }
    return state;
  }
}
