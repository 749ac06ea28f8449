package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What ddrescue could not read is unknown, though the image has bytes there. */
class ReadMapTest {

  @TempDir private Path directory;
  private String cache = "";
  private String backing = "";
  private String map = "";

  private static JsonNode json(Run run, int status) throws IOException {
    assertEquals(status, run.status(), run.err());
    return new ObjectMapper().readTree(run.out());
  }

  @BeforeEach
  void unpack() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory);
    cache = images.cache().toString();
    backing = images.backing().toString();
  }

  private JsonNode dirtyEntry() throws IOException {
    JsonNode entries =
        json(Run.of("inspect", cache, "--list", "entries", "--state", "committed", "--json"), 0);
    return entries.path("entries").path(7);
  }

  private void writeMap(long bad, long length) throws IOException {
    long size = Files.size(Path.of(cache));
    map =
        Files.writeString(
                directory.resolve("map"),
                "0 + 1\n0 %d +\n%d %d -\n%d %d +\n"
                    .formatted(bad, bad, length, bad + length, size - bad - length))
            .toString();
  }

  @Test
  void aCachedBlockThatWasNotReadIsLost() throws IOException {
    JsonNode entry = dirtyEntry();
    long place = entry.path("dataOffset").asLong();
    assertTrue(place > 0, entry.toString());
    writeMap(place, 4096);
    JsonNode whole = json(Run.of("replay", cache, "--backing", backing, "--json"), 0);
    assertEquals(0, whole.path("lost").size());
    JsonNode holed =
        json(Run.of("replay", cache, "--backing", backing, "--read-map", map, "--json"), 4);
    assertEquals(1, holed.path("lost").size(), holed.toString());
    Run over =
        Run.of("replay", cache, "--backing", backing, "--read-map", map, "--map", map, "--force");
    assertEquals(8, over.status(), over.err());
    assertTrue(over.err().contains(map + ": is an input"), over.err());
    assertEquals(place, holed.path("lost").path(0).path("offset").asLong());
    long lost = entry.path("originalSector").asLong() * 512;
    assertEquals(lost, holed.path("lost").path(0).path("logicalOffset").asLong());
    JsonNode check = json(Run.of("check", cache, "--read-map", cache + "=" + map, "--json"), 4);
    boolean found = false;
    for (JsonNode f : check.path("findings")) {
      found |=
          f.path("code").asText().equals("IO-UNREADABLE")
              && f.path("offset").asLong() == place
              && f.path("length").asLong() == 4096;
    }
    assertTrue(found, check.path("findings").toString());
  }

  @Test
  void holesOfTheBackingDeviceAreReported() throws IOException {
    long size = Files.size(Path.of(backing));
    Path ofBacking =
        Files.writeString(
            directory.resolve("backing.map"),
            "0 + 1\n0 %d +\n%d 512 -\n".formatted(size - 512, size - 512));
    String output = directory.resolve("out.img").toString();
    Run run =
        Run.of(
            "flush",
            cache,
            "--backing",
            backing,
            "--read-map",
            backing + "=" + ofBacking,
            "--output",
            output);
    assertEquals(4, run.status(), run.err() + run.out());
  }

  @Test
  void aMapOfNoImageIsAUsageError() {
    Run run = Run.of("check", cache, "--read-map", directory.resolve("none").toString());
    assertEquals(8, run.status(), run.err());
    Run nonsense = Run.of("check", directory.resolve("none").toString(), "--read-map", cache);
    assertEquals(8, nonsense.status(), nonsense.err());
  }
}
