package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.tool.Tools;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Images that are not quite the device. */
class InputsTest {

  @TempDir private Path directory;

  private byte[] cache(String set) throws IOException {
    return Files.readAllBytes(GoldenSets.get(set).unpack(directory).cache());
  }

  private String file(String name, byte[] bytes) throws IOException {
    return Files.write(directory.resolve(name), bytes).toString();
  }

  private static JsonNode check(int status, String... image) throws IOException {
    String[] command = new String[image.length + 2];
    command[0] = "check";
    command[1] = "--json";
    System.arraycopy(image, 0, command, 2, image.length);
    Run run = Run.of(command);
    assertEquals(status, run.status(), run.err() + run.out());
    return new ObjectMapper().readTree(run.out());
  }

  private static String message(JsonNode check, String code) {
    for (JsonNode finding : check.path("findings")) {
      if (finding.path("code").asText().equals(code)) {
        return finding.path("message").asText();
      }
    }
    throw new AssertionError("no " + code + " in " + check.path("findings"));
  }

  @ParameterizedTest
  @CsvSource({
    "wb-wrap, WB-RESIZED, it was cut off",
    "wc4096-crash, WC-BEYOND-DEVICE, ''",
    "is-lzo-text, IO-TRUNCATED, ''"
  })
  void aTruncatedImageIsCalledSo(String set, String code, String words) throws IOException {
    byte[] whole = cache(set);
    byte[] part = Arrays.copyOf(whole, whole.length / 10 * 8 / 512 * 512 + 100);
    assertTrue(message(check(4, file("part", part)), code).contains(words));
  }

  @ParameterizedTest
  @CsvSource({"wb-wrap, WB-RESIZED", "is-lzo-text, IN-GEOMETRY"})
  void anOversizedImageIsCalledSo(String set, String code) throws IOException {
    byte[] whole = cache(set);
    String more = file("more", Arrays.copyOf(whole, whole.length + (3 << 19)));
    String told = message(check(4, more), code);
    assertTrue(!told.isEmpty());
    JsonNode cut = check(0, more, "--size", String.valueOf(whole.length));
    assertEquals("clean", cut.path("verdict").asText());
    if (code.equals("WB-RESIZED")) {
      String size = told.replaceFirst(".*--size (\\d+) .*", "$1");
      assertEquals("clean", check(0, more, "--size", size).path("verdict").asText(), told);
    }
  }

  @Test
  void aWritecacheDoesNotMindWhatFollowsIt() throws IOException {
    byte[] whole = cache("wc4096-crash");
    check(0, file("more", Arrays.copyOf(whole, whole.length + 1_000_000)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-crash", "wc4096-crash", "is-lzo-text"})
  void aCacheBehindAPrefixIsFoundAndRead(String set) throws IOException {
    byte[] whole = cache(set);
    byte[] bytes = new byte[whole.length + 123 * 512];
    new Random(5).nextBytes(bytes);
    System.arraycopy(whole, 0, bytes, 123 * 512, whole.length);
    String image = file("prefixed", bytes);
    Run refused = Run.of("check", image);
    assertEquals(8, refused.status());
    assertTrue(refused.err().contains("inspect --scan"), refused.err());
    Run scan = Run.of("inspect", "--scan", image);
    assertTrue(scan.out().contains("--offset " + 123 * 512), scan.out());
    assertEquals("clean", check(0, image, "--offset", "123s").path("verdict").asText());
  }

  @Test
  void aSplitImageIsOne() throws IOException {
    byte[] whole = cache("wb-crash");
    JsonNode expected = check(0, file("whole", whole)).path("summary");
    int third = whole.length / 3 + 77;
    String first = file("disk.001", Arrays.copyOf(whole, third));
    file("disk.002", Arrays.copyOfRange(whole, third, 2 * third));
    file("disk.003", Arrays.copyOfRange(whole, 2 * third, whole.length));
    assertEquals(expected, check(0, first).path("summary"));
  }

  @Test
  void aCompressedImageIsTheSame() throws Exception {
    assumeTrue(Tools.have("zstd", "setsid"));
    byte[] whole = cache("wb-crash");
    String image = file("whole", whole);
    JsonNode expected = check(0, image).path("summary");
    Tools.run("zstd", "-q", "--rm", image);
    assertEquals(expected, check(0, image + ".zst").path("summary"));
  }

  @Test
  void aScanPairsALogWithTheOnlyCache() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wbp-o7-crash").unpack(directory);
    Path disk = directory.resolve("disk");
    Files.write(disk, new byte[5 * 512]);
    long plog = Files.size(disk);
    Files.write(disk, Files.readAllBytes(images.plog()), StandardOpenOption.APPEND);
    long cache = Files.size(disk);
    Files.write(disk, Files.readAllBytes(images.cache()), StandardOpenOption.APPEND);
    Run scan = Run.of("inspect", "--scan", disk.toString());
    String command =
        "dmsalvage replay %s --offset %d --plog %s --plog-offset %d"
            .formatted(disk, cache, disk, plog);
    assertTrue(scan.out().contains(command + System.lineSeparator()), scan.out());
    String[] words = command.split(" ", -1);
    Run replay = Run.of(Arrays.copyOfRange(words, 1, words.length));
    assertTrue(replay.status() == 0 || replay.status() == 4, replay.err());
  }
}
