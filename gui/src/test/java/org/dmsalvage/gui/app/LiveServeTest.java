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
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.live.cli.LiveCommand;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code live serve} owes its user, as far as the program as a whole is concerned. */
class LiveServeTest {

  @TempDir private Path directory;

  private static JsonSchema schema(String command) throws IOException {
    String name = "/org/dmsalvage/live/schema/" + command + "-1.json";
    try (InputStream in = LiveCommand.class.getResourceAsStream(name)) {
      return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012).getSchema(in);
    }
  }

  @Test
  void announcesItselfInOneValidDocument() throws IOException {
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    StringWriter out = new StringWriter();
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    AtomicBoolean stop = new AtomicBoolean();
    PrintWriter results =
        new PrintWriter(out) {
          @Override
          public void flush() {
            super.flush();
            stop.set(true);
          }
        };
    Console console = new Console(results, nowhere, false, false, stop, Optional.empty());
    String[] arguments = {
      "live",
      "serve",
      "--read-only",
      images.cache().toString(),
      "--listen",
      "0",
      "--metrics",
      "0",
      "--json"
    };
    assertEquals(0, Application.run(console, Main::commands, arguments));
    JsonNode document = new ObjectMapper().readTree(out.toString());
    assertEquals(Set.of(), schema("live-serve").validate(document));
    assertTrue(document.path("metrics").asText().endsWith("/metrics"));
    assertTrue(document.path("exports").get(0).path("uri").asText().startsWith("nbd://127.0.0.1:"));
    JsonNode wrong = new ObjectMapper().readTree("{\"schema\": \"dmsalvage/live-serve/1\"}");
    assertFalse(schema("live-serve").validate(wrong).isEmpty());
  }

  @Test
  void tellsProgramsWhatGoesOnInValidLines() throws Exception {
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    String control = directory.resolve("c").toString();
    String table = "0 2048 writecache s %s %s 4096 0".formatted(images.backing(), images.cache());
    CountDownLatch serving = new CountDownLatch(1);
    AtomicBoolean stop = new AtomicBoolean();
    PrintWriter results =
        new PrintWriter(new StringWriter()) {
          @Override
          public void flush() {
            serving.countDown();
          }
        };
    PrintWriter nowhere = new PrintWriter(new StringWriter());
    Console console = new Console(results, nowhere, false, false, stop, Optional.empty());
    String[] arguments = {
      "live", "serve", "--table", table, "--control", control, "--socket", directory + "/s"
    };
    Thread server =
        Thread.ofPlatform().start(() -> Application.run(console, Main::commands, arguments));
    try {
      assertTrue(serving.await(30, TimeUnit.SECONDS));
      Run top = Run.of("live", "top", "--control", control, "--once", "--interval=0.1", "--json");
      assertEquals(0, top.status(), top.err());
      JsonNode line = new ObjectMapper().readTree(top.out());
      assertEquals(Set.of(), schema("live-top").validate(line));
      assertEquals(1, line.path("devices").size());
    } finally {
      stop.set(true);
      server.join();
    }
    JsonNode wrong =
        new ObjectMapper().readTree("{\"schema\": \"dmsalvage/live-top/1\", \"devices\": [1]}");
    assertFalse(schema("live-top").validate(wrong).isEmpty());
  }

  @Test
  void helpsAndRefusesAsEveryCommand() {
    assertEquals(16, Run.of("live").status());
    assertEquals(16, Run.of("live", "frobnicate").status());
    assertEquals(16, Run.of("live", "serve").status());
    Run help = Run.of("live", "serve", "--help");
    assertEquals(0, help.status());
    assertTrue(help.out().contains("Exit status:"), help.out());
    assertTrue(help.out().contains("Examples:"), help.out());
    Run missing = Run.of("live", "serve", "--read-only", directory.resolve("none").toString());
    assertEquals(8, missing.status());
    assertTrue(missing.err().contains("no such file"), missing.err());
  }
}
