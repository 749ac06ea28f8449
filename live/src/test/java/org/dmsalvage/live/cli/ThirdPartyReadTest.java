package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.live.nbd.Certificates;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What clients that others wrote make of a recovered view that is served read-only. */
@Timeout(120)
class ThirdPartyReadTest {

  private static final long SECTOR = 512;

  @TempDir static Path directory;
  private static RunningServer server;
  private static long logicalBytes;
  private static String recovered;

  @BeforeAll
  static void serve() throws Exception {
    GoldenSet.Images images = GoldenSets.get("wb-crash").unpack(directory.resolve("set"));
    Path socket = directory.resolve("s");
    String cache = images.cache().toString();
    String backing = String.valueOf(images.backing());
    logicalBytes = Files.size(images.backing());
    server = new RunningServer(socket, List.of("--read-only", cache, "--backing", backing));
    recovered = "nbd+unix:///recovered?socket=" + socket;
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  @Test
  void nbdinfoFindsWhatIsServed() throws Exception {
    Tool.require("nbdinfo");
    JsonNode list = new ObjectMapper().readTree(Tool.run("nbdinfo", "--list", "--json", recovered));
    assertEquals("newstyle-fixed", list.path("protocol").asText());
    assertEquals(3, list.path("exports").size());
    JsonNode first = list.path("exports").get(0);
    assertEquals("recovered", first.path("export-name").asText());
    assertEquals(logicalBytes, first.path("export-size").asLong());
    assertTrue(first.path("is_read_only").asBoolean());
    assertTrue(first.path("contexts").toString().contains("dmsalvage:dirty"));
    for (String can : List.of("df", "cache", "multi-conn", "structured-reply", "flush")) {
      Tool.run("nbdinfo", "--can", can, recovered);
    }
    for (String cannot : List.of("write", "trim", "zero")) {
      assertEquals(2, Tool.result("nbdinfo", "--can", cannot, recovered).status(), cannot);
    }
  }

  @Test
  void nbdinfoMapsWhatComesFromTheCache() throws Exception {
    Tool.require("nbdinfo");
    JsonNode map =
        new ObjectMapper()
            .readTree(Tool.run("nbdinfo", "--json", "--map=dmsalvage:dirty", recovered));
    long dirty = 0;
    long end = 0;
    for (JsonNode extent : map) {
      assertEquals(end, extent.path("offset").asLong());
      end += extent.path("length").asLong();
      dirty += extent.path("type").asLong() == 1 ? extent.path("length").asLong() : 0;
    }
    assertEquals(logicalBytes, end);
    // What the replay of this set applies.
    assertEquals(11528 * SECTOR, dirty);
  }

  @Test
  void nbdinfoProvesWhoItIsUnderTls() throws Exception {
    Tool.require("nbdinfo");
    Path keys = Files.createDirectory(directory.resolve("keys"));
    Certificates.make(keys);
    Path socket = directory.resolve("tls");
    String image = directory.resolve("set/cache.img").toString();
    List<String> options =
        List.of(
            "--read-only",
            image,
            "--tls",
            "require",
            "--tls-certificates",
            keys.toString(),
            "--tls-verify-clients");
    try (RunningServer secured = new RunningServer(socket, options)) {
      assertTrue(secured.out().contains("nbds+unix:///recovered?socket="), secured.out());
      String uri = "://localhost/recovered?socket=" + socket;
      String known = "nbds+unix" + uri + "&tls-certificates=" + keys + "&tls-verify-peer=false";
      assertTrue(Tool.run("nbdinfo", known).contains("with TLS"));
      assertEquals(1, Tool.result("nbdinfo", "nbd+unix" + uri).status(), "turned away");
    }
  }

  @Test
  void nbdcopyAndQemuReadTheSame() throws Exception {
    Tool.require("nbdcopy", "qemu-img");
    Path copy = directory.resolve("copy");
    Tool.run("nbdcopy", "--connections=4", recovered, copy.toString());
    assertEquals(logicalBytes, Files.size(copy));
    assertTrue(
        Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", copy.toString(), recovered)
            .contains("identical"));
  }
}
