package org.dmsalvage.gui.app;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A pack says of a cache what the cache says, without what was stored in it. */
class PackTest {

  @TempDir private Path directory;

  private static JsonNode json(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.add("--json");
    Run run = Run.of(all.toArray(String[]::new));
    assertTrue(run.status() == 0 || run.status() == 4, run.err());
    return new ObjectMapper().readTree(run.out());
  }

  /** A report without names of files, and without bytes of contents. */
  private static String nameless(JsonNode report) {
    removeNames(report);
    String bytes = "0x\\p{XDigit}{2} at offset (\\w+) becomes 0x\\p{XDigit}{2}";
    return report.toString().replaceAll(bytes, "$1");
  }

  private static void removeNames(JsonNode report) {
    if (report instanceof ObjectNode object) {
      object.remove(List.of("path", "image"));
    }
    report.forEach(PackTest::removeNames);
  }

  private static boolean holds(Path file, String text) throws IOException {
    return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).contains(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb-crash",
        "wb-rot",
        "wb-o7-torn-half",
        "wb-o7-torn-tail-wrapped",
        "wb13-o7-torn-1",
        "wbp-o7-torn-plog",
        "wbp-o7-crash",
        "wc4096-crash",
        "wc512-midcommit"
      })
  void reportsAreTheSame(String name) throws IOException {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory);
    String cache = images.cache().toString();
    String pack = directory.resolve("pack").toString();
    String unpacked = directory.resolve("unpacked.img").toString();
    String[] plog =
        images.plog() == null ? new String[0] : new String[] {"--plog", "" + images.plog()};
    List<String> packing = new ArrayList<>(List.of("pack", cache, "--output", pack, "--fine"));
    packing.addAll(List.of(plog));
    json(packing.toArray(String[]::new));
    assertTrue(Files.size(Path.of(pack)) < Files.size(Path.of(cache)) / 4);
    json("unpack", pack, "--output", unpacked);
    assertEquals(Files.size(Path.of(cache)), Files.size(Path.of(unpacked)));
    for (String command : List.of("check", "inspect", "replay")) {
      List<String> whole = new ArrayList<>(List.of(command, cache));
      whole.addAll(List.of(plog));
      String expected = nameless(json(whole.toArray(String[]::new)));
      assertEquals(expected, nameless(json(command, pack)), command);
      if (plog.length == 0) {
        assertEquals(expected, nameless(json(command, unpacked)), command + " of the unpacked");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-torn-tail-wrapped", "wc4096-crash"})
  void mapsAndDifferencesNeedNoContents(String name) throws IOException {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory);
    String cache = images.cache().toString();
    String backing = images.backing().toString();
    String pack = directory.resolve("pack").toString();
    json("pack", cache, "--output", pack);
    List<String> maps = new ArrayList<>();
    for (String image : List.of(cache, pack)) {
      String map = directory.resolve("map" + maps.size()).toString();
      json("replay", image, "--backing", backing, "--map", map);
      maps.add(Files.readString(Path.of(map)).replaceAll("(?m)^#.*\\R", ""));
      maps.add(nameless(json("diff", image, "--backing", backing)));
    }
    assertEquals(maps.subList(0, 2), maps.subList(2, 4));
  }

  @ParameterizedTest
  @CsvSource({
    // In the superblock's room, in a segment.
    "wb-o7-torn-tail-wrapped, 900000",
    "wb-o7-torn-tail-wrapped, 2000001",
    // In an entry of the table, in the data.
    "wc512-midcommit, 40005",
    "wc512-midcommit, 3000000",
    "is-lzo-wb-crash, 5000003"
  })
  void whatWasCutOffIsMissing(String name, int bytes) throws IOException {
    Path cache = GoldenSets.get(name).unpack(directory).cache();
    try (FileChannel channel = FileChannel.open(cache, StandardOpenOption.WRITE)) {
      channel.truncate(bytes);
    }
    sameReports(name, cache, List.of());
  }

  @ParameterizedTest
  @CsvSource({
    // A sector of metablocks, and more than a chunk of them and contents.
    "wb-o7-torn-tail-wrapped, 0x180200, 0x200",
    "wb-o7-torn-tail-wrapped, 0x182600, 0x120000",
    "wc512-midcommit, 0x1000, 0x400",
    "wc512-midcommit, 0x0, 0x200",
    "is-lzo-wb-crash, 0x15000, 0x200"
  })
  void whatCouldNotBeReadStaysSo(String name, String from, String length) throws IOException {
    Path cache = GoldenSets.get(name).unpack(directory).cache();
    long start = Long.decode(from);
    long end = start + Long.decode(length);
    Path map = directory.resolve("map");
    String before = start == 0 ? "" : "0 %d +%n".formatted(start);
    Files.writeString(
        map,
        "0 + 1%n%s%d %d -%n%d %d +%n"
            .formatted(before, start, end - start, end, Files.size(cache) - end));
    sameReports(name, cache, List.of("--read-map", map.toString()));
  }

  private void sameReports(String name, Path cache, List<String> options) throws IOException {
    String format = GoldenSets.get(name).info().format();
    String pack = directory.resolve("pack").toString();
    String other = directory.resolve("sanitized").toString();
    List<String> named = new ArrayList<>(List.of("pack", cache.toString(), "--format", format));
    named.addAll(options);
    json(with(named, "--output", pack));
    json(with(named, "--sanitize", "--output", other));
    List<String> asked = List.of("check", "--format", format);
    JsonNode expected =
        json(with(with(asked, List.of(cache.toString())), options.toArray(String[]::new)));
    JsonNode found = json(with(asked, pack));
    if (found.path("verified").asBoolean()) {
      assertEquals(nameless(expected), nameless(found));
    }
    assertEquals(
        found.path("findings").findValuesAsText("code"),
        json(with(asked, other)).path("findings").findValuesAsText("code"));
  }

  private static List<String> with(List<String> arguments, List<String> more) {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(more);
    return all;
  }

  private static String[] with(List<String> arguments, String... more) {
    return with(arguments, List.of(more)).toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"wc4096-crash", "wc512-midcommit"})
  void whatWasStoredIsNotInIt(String name) throws IOException {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory);
    assertTrue(holds(images.cache(), "LAB1 s="), "else this test shows nothing");
    Path pack = directory.resolve("pack");
    Path unpacked = directory.resolve("unpacked.img");
    json("pack", images.cache().toString(), "--output", pack.toString());
    json("unpack", pack.toString(), "--output", unpacked.toString());
    assertFalse(holds(unpacked, "LAB1"));
    assertFalse(holds(pack, "LAB1"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"wb-o7-torn-tail-wrapped", "wb13-o7-torn-1", "wc512-midcommit"})
  void noAddressIsInASanitizedOne(String name) throws IOException {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory);
    String cache = images.cache().toString();
    Path pack = directory.resolve("pack");
    Path unpacked = directory.resolve("unpacked.img");
    JsonNode report = json("pack", cache, "--sanitize", "--output", pack.toString());
    assertTrue(report.path("sanitized").asBoolean());
    json("unpack", pack.toString(), "--output", unpacked.toString());
    assertEquals(places(images.cache()), places(unpacked), "structures are where they were");
    Set<Long> addresses = addresses(cache);
    assertFalse(addresses.isEmpty());
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(unpacked));
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (int at = 0; at + Long.BYTES <= bytes.limit(); at++) {
      long value = bytes.getLong(at);
      int found = at;
      assertFalse(addresses.contains(value), () -> "address " + value + " at " + found);
    }
  }

  /** Addresses that are no other number in a cache, too. */
  private static Set<Long> addresses(String cache) throws IOException {
    Set<Long> addresses = new HashSet<>();
    for (JsonNode row : list(cache)) {
      long sector = row.path("sector").asLong(row.path("originalSector").asLong(-1));
      if (sector > 4096) {
        addresses.add(sector);
      }
    }
    return addresses;
  }

  /** A list without addresses and checksums. */
  private static List<String> places(Path cache) throws IOException {
    List<String> rows = new ArrayList<>();
    for (JsonNode row : list(cache.toString())) {
      ((ObjectNode) row).remove(List.of("sector", "originalSector"));
      rows.add(row.toString());
    }
    return rows;
  }

  private static JsonNode list(String cache) throws IOException {
    boolean log = json("inspect", cache).path("format").asText().startsWith("writeboost");
    String list = log ? "metablocks" : "entries";
    return json("inspect", cache, "--list", list).path(list);
  }

  @Test
  void saysWhereContentsAreNeeded() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-crash").unpack(directory);
    String pack = directory.resolve("pack").toString();
    json("pack", images.cache().toString(), "--output", pack);
    String backing = images.backing().toString();
    for (String[] command :
        new String[][] {
          {"flush", pack, "--backing", backing, "--output", "" + directory.resolve("out")},
          {"replay", pack, "--backing", backing, "--hash"},
          {"diff", pack, "--backing", backing, "--content"},
          {"repair", pack, "--output", directory.resolve("out").toString()},
          {"live", "serve", "--read-only", pack, "--backing", backing, "--stdio"}
        }) {
      Run run = Run.of(command);
      assertEquals(8, run.status(), String.join(" ", command));
      assertTrue(run.err().contains("is a pack"), run.err());
    }
    String cache = images.cache().toString();
    Run behind = Run.of("replay", cache, "--backing", pack, "--hash");
    assertEquals(8, behind.status());
    assertTrue(behind.err().contains(pack + ": is a pack"), behind.err());
    assertFalse(Files.exists(directory.resolve("out")));
    Run plan = Run.of("repair", pack, "--dry-run");
    assertTrue(plan.status() == 0 || plan.status() == 4, plan.err());
  }

  @Test
  void payloadsAreNotCalledDamagedThatAreNotThere() throws IOException {
    GoldenSet.Images images = GoldenSets.get("is-lzo-text").unpack(directory);
    String pack = directory.resolve("pack").toString();
    json("pack", images.cache().toString(), "--output", pack);
    JsonNode check = json("check", pack);
    assertEquals("clean", check.path("verdict").asText());
    assertFalse(check.path("verified").asBoolean());
    assertTrue(Run.of("check", pack).err().contains("was not checked"));
    assertEquals(8, Run.of("replay", pack).status());
    assertEquals(8, Run.of("repair", pack, "--dry-run").status());
  }

  @Test
  void aDamagedPackIsNoCache() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wb-crash").unpack(directory);
    Path pack = directory.resolve("pack");
    json("pack", images.cache().toString(), "--output", pack.toString());
    byte[] whole = Files.readAllBytes(pack);
    for (int at : new int[] {8, 12, 20, 30, 40, whole.length - 1}) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x40;
      Files.write(pack, damaged);
      Run run = Run.of("check", pack.toString());
      assertEquals(8, run.status(), "byte " + at + ": " + run.err());
      assertTrue(run.err().contains("the pack is damaged"), run.err());
    }
    byte[] frame = whole.clone();
    frame[600] ^= 1;
    Files.write(pack, frame);
    Run run = Run.of("inspect", pack.toString());
    assertNotEquals(0, run.out().length() + run.err().length());
    assertTrue(
        run.out().contains("IO-UNREADABLE") || run.err().contains("pack damaged"),
        run.out() + run.err());
  }
}
