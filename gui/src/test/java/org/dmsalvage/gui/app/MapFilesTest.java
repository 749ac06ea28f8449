package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The files that a replay writes beside the recovered image. */
class MapFilesTest {

  @TempDir private Path directory;
  private GoldenSet.Images images = new GoldenSet.Images(Path.of("cache"), null, null);

  @BeforeEach
  void unpack() throws IOException {
    images = GoldenSets.get("wb-o7-torn-tail-wrapped").unpack(directory.resolve("set"));
  }

  private Run replay(String... options) {
    List<String> arguments = new ArrayList<>(List.of("replay", images.cache().toString()));
    arguments.addAll(List.of("--backing", String.valueOf(images.backing())));
    arguments.addAll(List.of(options));
    return Run.of(arguments.toArray(String[]::new));
  }

  private List<String> files() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.map(f -> f.getFileName().toString()).filter(f -> !f.equals("set")).toList();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"--map", "--list-dirty", "--dfxml"})
  void areWrittenAsOutputsAre(String option) throws IOException {
    Path file = directory.resolve("file");
    assertEquals(0, replay(option, file.toString(), "--force").status());
    byte[] written = Files.readAllBytes(file);
    assertTrue(written.length > 100);
    Files.writeString(file, "something else");
    Run refused = replay(option, file.toString());
    assertEquals(8, refused.status());
    assertTrue(refused.err().contains("exists already"), refused.err());
    assertEquals("something else", Files.readString(file));
    assertEquals(0, replay(option, file.toString(), "--force").status());
    assertArrayEquals(written, Files.readAllBytes(file));
    assertEquals(List.of("file"), files(), "nothing is left beside it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--map", "--list-dirty", "--dfxml"})
  void neverReplaceAnInputOrEachOther(String option) throws IOException {
    byte[] before = Files.readAllBytes(images.cache());
    assertEquals(8, replay(option, images.cache().toString(), "--force").status());
    assertArrayEquals(before, Files.readAllBytes(images.cache()));
    String file = directory.resolve("file").toString();
    Run twice = replay(option, file, "--output", directory.resolve("./file").toString());
    assertEquals(16, twice.status(), twice.err());
    assertEquals(List.of(), files());
  }

  @ParameterizedTest
  @ValueSource(strings = {"--map", "--list-dirty", "--dfxml"})
  void areNotWrittenWhenThereIsNoDevice(String option) throws IOException {
    images = GoldenSets.get("wb-one-segment").unpack(directory.resolve("set/other"));
    String file = directory.resolve("file").toString();
    // Another order than the one on disk: refused.
    Run run =
        replay(
            option,
            file,
            "--policy",
            "driver",
            "--table",
            "0 128 writeboost 0 b c 2 segment_size_order 5");
    assertEquals(4, run.status(), run.err());
    assertTrue(run.err().contains("there is no logical device"), run.err());
    assertEquals(List.of(), files());
  }

  @Test
  void aListCanTakeThePlaceOfTheReport() {
    Run run = replay("--list-dirty", "-");
    assertEquals(0, run.status(), run.err());
    List<String> lines = run.out().lines().toList();
    assertEquals("offset,length,image,imageOffset,imageLength,id,status", lines.getFirst());
    assertTrue(lines.size() > 100);
    Run jsonl = replay("--list-dirty", "-", "--rows", "jsonl");
    assertEquals(lines.size() - 1, jsonl.out().lines().count());
    assertTrue(jsonl.out().lines().allMatch(line -> line.startsWith("{\"offset\":")));
    assertEquals(16, replay("--list-dirty", "-", "--json").status());
    assertEquals(16, replay("--rows", "csv").status());
  }

  @Test
  void listsMarkWhatWasNeverCommitted() throws IOException {
    images = GoldenSets.get("wcp512-crash").unpack(directory.resolve("cache"));
    Path list = directory.resolve("list");
    assertEquals(0, replay("--list-dirty", list.toString()).status());
    List<String> committed = Files.readAllLines(list);
    assertTrue(committed.stream().noneMatch(row -> row.endsWith(",uncommitted")));
    String[] all = {"--include-uncommitted", "--list-dirty", list.toString(), "--force"};
    assertEquals(0, replay(all).status());
    List<String> rows = Files.readAllLines(list);
    assertTrue(rows.stream().anyMatch(row -> row.endsWith(",8,uncommitted")), rows.toString());
    assertTrue(rows.stream().noneMatch(row -> row.endsWith(",8,dirty")), rows.toString());
  }
}
