package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.replay.Replayers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Flushing with {@code --mark-clean} and {@code --report}. */
class MarkCleanTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path directory;

  private String cache = "";
  private String disk = "";
  private byte[] dirtyCache = {};
  private byte[] oldDisk = {};

  private void unpack(String name) throws IOException {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory.resolve("set"));
    Path backing = Optional.ofNullable(images.backing()).orElseThrow();
    cache = images.cache().toString();
    disk = backing.toString();
    dirtyCache = Files.readAllBytes(images.cache());
    oldDisk = Files.readAllBytes(backing);
  }

  private Run flush(String... more) {
    List<String> words = new ArrayList<>(List.of("flush", cache, "--backing", disk, "--yes"));
    words.addAll(List.of(more));
    return Run.of(words.toArray(String[]::new));
  }

  private String undo() {
    return directory.resolve("undo").toString();
  }

  private static JsonNode json(Run run) throws IOException {
    return JSON.readTree(run.out());
  }

  @Test
  void emptiesTheCacheAndTakesItBack() throws IOException {
    unpack("wb-crash");
    Run run = flush("--in-place", "--undo", undo(), "--mark-clean", "--hash", "--json");
    assertEquals(0, run.status(), run.err());
    assertTrue(json(run).at("/cleaned/writtenBytes").asLong() > 0);
    JsonNode after =
        json(Run.of("replay", cache, "--backing", disk, "--policy", "driver", "--hash", "--json"));
    assertEquals(0, after.get("appliedBlocks").asLong());
    assertEquals(json(run).at("/backing/sha256"), after.at("/logical/sha256"));
    assertEquals(0, Run.of("undo", undo()).status());
    assertArrayEquals(dirtyCache, Files.readAllBytes(Path.of(cache)));
    assertArrayEquals(oldDisk, Files.readAllBytes(Path.of(disk)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-crash", "wc4096-crash", "wb-o7-unwrapped-crash"})
  void saysBeforeWhatEmptyingWillWrite(String set) throws IOException {
    unpack(set);
    Run tried = flush("--in-place", "--mark-clean", "--dry-run", "--json");
    assertEquals(0, tried.status(), tried.err());
    assertArrayEquals(dirtyCache, Files.readAllBytes(Path.of(cache)));
    JsonNode done = json(flush("--in-place", "--undo", undo(), "--mark-clean", "--json"));
    long foretold = json(tried).at("/cleaned/bytesToWrite").asLong();
    long again = done.at("/cleaned/writtenBytes").asLong() - foretold;
    assertTrue(foretold > 0 && again >= 0 && again <= 1024, tried.out() + done);
    assertEquals(done.at("/writtenBytes"), json(tried).at("/bytesToWrite"));
    assertEquals(0, json(tried).at("/cleaned/writtenBytes").asLong());
  }

  @Test
  void emptiesTheCacheBehindANewImage() throws IOException {
    unpack("wcp512-clean");
    String output = directory.resolve("new.img").toString();
    Run run = flush("--output", output, "--undo", undo(), "--mark-clean", "--json");
    assertEquals(0, run.status(), run.err());
    assertArrayEquals(oldDisk, Files.readAllBytes(Path.of(disk)), "the disk is not the target");
    JsonNode entries = json(Run.of("inspect", cache, "--json"));
    assertEquals(0, entries.at("/summary/committed").asLong());
    assertEquals(0, Run.of("undo", undo()).status());
    assertArrayEquals(dirtyCache, Files.readAllBytes(Path.of(cache)));
  }

  @Test
  void leavesACacheAloneInWhichSomethingIsAtRisk() throws IOException {
    unpack("wc4096-twins");
    Run run = flush("--in-place", "--undo", undo(), "--mark-clean");
    assertEquals(4, run.status(), run.err());
    assertTrue(run.err().contains("left as it is"), run.err());
    assertArrayEquals(dirtyCache, Files.readAllBytes(Path.of(cache)));
    Run forced = flush("--in-place", "--undo", undo(), "--mark-clean", "--force");
    assertEquals(4, forced.status(), forced.err());
    assertFalse(Arrays.equals(dirtyCache, Files.readAllBytes(Path.of(cache))));
  }

  @Test
  void refusesToEmptyWhatIsNotFlushed() throws IOException {
    unpack("wb-crash");
    String[] inPlace = {"--in-place", "--undo", undo(), "--mark-clean"};
    assertEquals(16, flush("--in-place", "--mark-clean").status(), "no undo file");
    for (List<String> choice :
        List.of(List.of("--policy", "driver"), List.of("--as-of", "3"), List.of("--life=older"))) {
      List<String> words = new ArrayList<>(List.of(inPlace));
      words.addAll(choice);
      Run run = flush(words.toArray(String[]::new));
      assertEquals(16, run.status(), choice + run.err());
    }
    assertArrayEquals(dirtyCache, Files.readAllBytes(Path.of(cache)));
  }

  @Test
  void leavesARecordThatKeepsToItsSchema() throws IOException {
    unpack("wb-crash");
    Path record = directory.resolve("record");
    Run run = flush("--in-place", "--undo", undo(), "--mark-clean", "--report", record.toString());
    assertEquals(0, run.status(), run.err());
    JsonNode report = JSON.readTree(record.resolve("report.json").toFile());
    try (InputStream in = Replayers.class.getResourceAsStream("schema/report-1.json")) {
      JsonSchema schema =
          JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
      assertEquals(Set.of(), schema.validate(report));
    }
    assertEquals("flush", report.at("/commandLine/1").asText());
    assertEquals("cache", report.at("/images/0/role").asText());
    assertTrue(report.at("/images/0/written").asBoolean());
    assertTrue(report.at("/result/cleaned/writtenBytes").asLong() > 0);
    assertTrue(report.get("tool").asText().startsWith("dmsalvage"));
  }

  @Test
  void writesTheMapOfWhatItFlushes() throws IOException {
    unpack("wb-crash");
    Path map = directory.resolve("map");
    Path replayed = directory.resolve("replayed");
    Run run = flush("--output", directory.resolve("new.img").toString(), "--map", map.toString());
    assertEquals(0, run.status(), run.err());
    assertEquals(
        0, Run.of("replay", cache, "--backing", disk, "--map", replayed.toString()).status());
    assertEquals(-1, Files.mismatch(map, replayed));
  }

  @Test
  void doesNotOverwriteADiskThatWasUsedWithoutItsCache() throws IOException {
    unpack("wb-readcache");
    byte[] foreign = oldDisk.clone();
    for (int at = 0; at < foreign.length; at += 512) {
      foreign[at] ^= 0x5a;
    }
    Files.write(Path.of(disk), foreign);
    Run refused = flush("--in-place", "--undo", undo());
    assertEquals(8, refused.status(), refused.err());
    assertTrue(refused.err().contains("without its cache"), refused.err());
    assertArrayEquals(foreign, Files.readAllBytes(Path.of(disk)));
    Run warned = flush("--output", directory.resolve("new.img").toString());
    assertEquals(4, warned.status(), warned.err());
    assertTrue(warned.out().contains("XC-FOREIGN-BACKING"), warned.out());
  }
}
