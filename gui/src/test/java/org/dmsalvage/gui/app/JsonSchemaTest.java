package org.dmsalvage.gui.app;

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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.repair.Repairers;
import org.dmsalvage.replay.Replayers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The documents that {@code --json} prints keep to the schemas that are shipped. */
class JsonSchemaTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final Map<String, JsonSchema> SCHEMAS =
      Map.of(
          "inspect", schema(Formats.class, "inspect"),
          "check", schema(Formats.class, "check"),
          "replay", schema(Replayers.class, "replay"),
          "flush", schema(Replayers.class, "flush"),
          "repair", schema(Repairers.class, "repair"),
          "undo", schema(Replayers.class, "undo"),
          "diff", schema(Replayers.class, "diff"),
          "pack", schema(Replayers.class, "pack"),
          "unpack", schema(Replayers.class, "unpack"));

  /** Lists of each family, by the first word of the format. */
  private static final Map<String, List<String>> LISTS =
      Map.of(
          "writeboost", List.of("segments", "metablocks"),
          "writecache", List.of("entries"),
          "insitu", List.of("extents"));

  @TempDir private Path directory;

  private static JsonSchema schema(Class<?> module, String command) {
    try (InputStream in = module.getResourceAsStream("schema/" + command + "-1.json")) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Stream<String> sets() {
    return Stream.of(
        "wb-crash",
        "wb-readcache",
        "wb-record",
        "wb-o7-torn-tail-wrapped",
        "wb-o7-lost-all-then-used",
        "wb-o7-record",
        "wb-one-segment",
        "wbp-o7-stale-ring",
        "wb13-o7-middle-lost-wrapped-reused",
        "wb13-mut-magic",
        "wb13-mut-order",
        "wc4096-crash",
        "wc4096-twins",
        "wc4096-badmagic",
        "wcp512-crash",
        "is-lzo-wb-crash",
        "is-deflate-wb-stale",
        "is-create-cut-ff");
  }

  @ParameterizedTest
  @MethodSource("sets")
  void documentsOfRealImagesAreValid(String name) throws IOException {
    GoldenSet set = GoldenSets.get(name);
    GoldenSet.Images images = set.unpack(directory);
    List<String> options = new ArrayList<>(List.of(images.cache().toString(), "--json"));
    if (images.backing() != null) {
      options.addAll(List.of("--backing", images.backing().toString()));
    }
    if (images.plog() != null) {
      options.addAll(List.of("--plog", images.plog().toString()));
    }
    valid("inspect", options);
    valid("inspect", options, "--verify");
    valid("check", options);
    JsonNode versions = valid("inspect", options, "--sector", "8");
    assertEquals(2, versions.path("winners").size());
    JsonNode story = valid("inspect", options, "--sector", "8", "--history").path("versions");
    assertEquals(versions.path("versions").size(), story.size());
    story.forEach(version -> assertTrue(version.path("standing").isTextual(), story.toString()));
    String family = set.info().format().replaceFirst("-.*", "");
    for (String list : LISTS.get(family)) {
      JsonNode document = valid("inspect", options, "--list", list);
      assertTrue(document.path(list).isArray());
    }
    JsonNode salvage = valid("replay", options, "--table", set.info().table(), "--hash");
    assertEquals("salvage", salvage.path("policy").asText());
    assertEquals(64, salvage.path("logical").path("sha256").asText().length());
    valid("replay", options, "--table", set.info().table(), "--policy", "driver", "--hash");
    if (images.backing() != null) {
      JsonNode check = valid("replay", options, "--cross-check").path("crossCheck");
      long applied = salvage.path("appliedSectors").asLong();
      long compared = 0;
      for (JsonNode sectors : check.path("sectors")) {
        compared += sectors.asLong();
      }
      assertEquals(applied, compared);
    }
    if (family.equals("writecache")) {
      JsonNode uncommitted = valid("replay", options, "--include-uncommitted");
      assertTrue(uncommitted.path("candidates").isArray());
    }
    JsonNode compared =
        valid("replay", options, "--table", set.info().table(), "--compare-policies");
    assertTrue(compared.path("comparison").path("differingSectors").isNumber());
    if (!family.equals("insitu")) {
      pointsInTime(options);
    }
    String table = set.info().table();
    if (family.equals("writeboost")) {
      JsonNode plan = valid("repair", options, "--table", table, "--dry-run", "--hex");
      assertFalse(plan.path("applied").asBoolean());
      JsonNode converted = valid("repair", options, "--to", "writeboost-2", "--dry-run");
      assertEquals(salvage.path("appliedSectors"), converted.path("converted").path("sectors"));
    }
    packs(options);
    String output = directory.resolve("new.img").toString();
    JsonNode image = valid("flush", options, "--table", table, "--hash", "--output", output);
    assertEquals(salvage.path("logical"), image.path("logical"));
    if (images.backing() != null) {
      flushInPlace(options, table, directory.resolve("disk.undo").toString());
    }
  }

  private void packs(List<String> options) throws IOException {
    String pack = directory.resolve("pack").toString();
    JsonNode packed = valid("pack", options, "--output", pack);
    assertEquals(Files.size(Path.of(pack)), packed.path("bytes").asLong());
    String output = directory.resolve("unpacked.img").toString();
    JsonNode unpacked = valid("unpack", List.of(pack, "--json"), "--output", output);
    assertEquals(packed.path("images").path(0).path("bytes"), unpacked.path("bytes"));
  }

  private static void pointsInTime(List<String> options) throws IOException {
    JsonNode timeline = valid("replay", options, "--timeline").path("timeline");
    String base = timeline.path("base").asText();
    JsonNode asOf = valid("replay", options, "--as-of", base);
    assertEquals(base, asOf.path("asOf").asText());
    assertEquals(0, asOf.path("appliedSectors").asLong());
    long shown = 0;
    for (JsonNode step : timeline.path("steps")) {
      shown += step.path("shownSectors").asLong();
    }
    JsonNode diff = valid("diff", options);
    assertEquals(base, diff.path("from").asText());
    long sectors = diff.path("sectors").asLong();
    assertEquals(valid("replay", options).path("appliedSectors").asLong(), sectors);
    assertTrue(shown <= sectors, "what was staged for reading shows, too");
    JsonNode bytes = valid("diff", options, "--content");
    assertTrue(bytes.path("sectors").asLong() <= sectors);
  }

  private static void flushInPlace(List<String> options, String table, String undo)
      throws IOException {
    JsonNode tried = valid("flush", options, "--table", table, "--in-place", "--dry-run");
    JsonNode done =
        valid("flush", options, "--table", table, "--in-place", "--undo", undo, "--yes", "--hash");
    assertEquals(tried.path("bytesToWrite"), done.path("writtenBytes"));
    assertEquals(done.path("logical").path("sha256"), done.path("backing").path("sha256"));
    JsonNode undone = valid("undo", List.of(undo, "--json"));
    assertEquals(done.path("writtenBytes"), undone.path("restoredBytes"));
    assertEquals("undone", undone.path("state").asText());
  }

  private static JsonNode valid(String command, List<String> options, String... more)
      throws IOException {
    List<String> arguments = new ArrayList<>(List.of(command));
    arguments.addAll(options);
    arguments.addAll(List.of(more));
    Run run = Run.of(arguments.toArray(String[]::new));
    assertTrue(Set.of(0, 4, 8).contains(run.status()), arguments + ": " + run.err());
    JsonNode document = JSON.readTree(run.out());
    assertEquals(Set.of(), SCHEMAS.get(command).validate(document), arguments.toString());
    return document;
  }

  @Test
  void schemasRefuseWhatTheyShould() throws IOException {
    JsonNode wrong = JSON.readTree("{\"schema\": \"dmsalvage/check/1\", \"verdict\": \"fine\"}");
    assertTrue(!SCHEMAS.get("check").validate(wrong).isEmpty());
  }
}
