package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.live.control.ControlClient;
import org.dmsalvage.live.nbd.TestClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Commands for a running server, as dmsetup would give them. */
@Timeout(60)
class ControlCommandTest {

  @TempDir private Path directory;
  private Path socket;
  private Path control;

  private record Result(int status, String out, String err) {}

  @BeforeEach
  void makeDevices() throws IOException {
    socket = directory.resolve("s");
    control = directory.resolve("c");
    for (int i = 0; i < 2; i++) {
      sparse("disk" + i, 1 << 20);
      sparse("cache" + i, 4096 + 50 * 4096);
    }
  }

  private void sparse(String name, long bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
      out.setLength(bytes);
    }
  }

  private String table(int number) {
    return "0 2048 writecache s %s %s 4096 0"
        .formatted(directory.resolve("disk" + number), directory.resolve("cache" + number));
  }

  private Result run(String... words) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    Console console = Console.plain(new PrintWriter(out), new PrintWriter(err, true));
    List<String> arguments = new ArrayList<>(List.of("live"));
    arguments.addAll(List.of(words));
    arguments.addAll(List.of("--control", control.toString()));
    int status =
        Application.run(
            console, c -> List.of(LiveCommand.create(c)), arguments.toArray(String[]::new));
    return new Result(status, out.toString(), err.toString());
  }

  private String done(String... words) {
    Result result = run(words);
    assertEquals(0, result.status(), result.err());
    return result.out();
  }

  @Test
  void managesDevicesWhileTheServerRuns() throws Exception {
    List<String> options =
        List.of("--table", table(0), "--name", "a", "--control", control.toString());
    try (RunningServer server = new RunningServer(socket, options)) {
      assertTrue(server.out().startsWith("a "), server.out());
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(control)));
      assertEquals("", done("create", "b", "--table", table(1)));
      assertEquals("a: " + table(0) + "\nb: " + table(1) + "\n", done("table"));
      assertEquals(table(1) + "\n", done("table", "b"));
      try (TestClient a = TestClient.structured(socket, "a");
          TestClient b = TestClient.structured(socket, "b")) {
        assertEquals(0, a.run(0, 1, 8192, 3, (byte) 1, (byte) 2, (byte) 3));
        assertEquals("0 2048 writecache 0 50 49 0 0 0 1 0 0 0 1 0 0 0\n", done("status", "a"));
        assertEquals("0 2048 writecache 0 50 50 0 0 0 0 0 0 0 0 0 0 0\n", done("status", "b"));
        done("message", "a", "0", "flush");
        assertEquals("0 2048 writecache 0 50 50 0 0 0 1 0 0 0 1 0 0 0\n", done("status", "a"));
        assertEquals(2, a.readData(8193, 1)[0]);

        done("suspend", "a");
        a.request(0, 0, 5, 8192, 3);
        assertEquals(0, b.readData(8193, 1)[0], "others go on");
        done("resume", "a");
        assertEquals(3, a.readAnswer(5)[2], "it waited");

        assertEquals(0, b.run(0, 1, 0, 1, (byte) 7));
        done("remove", "b");
        assertEquals(5, b.run(0, 1, 0, 1, (byte) 8), "EIO");
      }
      assertTrue(done("status").startsWith("a: 0 2048 writecache 0 50 50 0 "));
      done("create", "again", "--table", table(1));
      try (TestClient client = TestClient.structured(socket, "again")) {
        assertEquals(7, client.readData(0, 1)[0], "committed when it was removed");
      }
    }
    assertEquals(8, run("status").status(), "nobody answers");
  }

  @Test
  void findsDevicesInTheDirectoryOfTheClient() throws Exception {
    List<String> options = List.of("--control", control.toString());
    String line = "0 2048 writecache s %s %s 4096 0";
    String relative = line.formatted("disk0", "cache0");
    Path elsewhere = Files.createDirectory(directory.resolve("else where"));
    try (RunningServer _ = new RunningServer(socket, options)) {
      assertEquals(8, create(relative, elsewhere).status(), "nothing is there");
      assertEquals(0, create(relative, directory).status());
      assertEquals(table(0) + "\n", done("table", "r"));
      done("remove", "r");
      assertEquals(0, create(line.formatted("../disk0", "../cache0"), elsewhere).status());
      done("remove", "r");
      Result number = run("create", "r", "--table", line.formatted("4095:1048575", "cache0"));
      assertTrue(number.err().contains("/dev/block/4095:1048575: no such file"), number.err());
    }
  }

  private ControlClient.Answer create(String table, Path from) {
    return ControlClient.ask(control, List.of("create", "r", table, from.toString()));
  }

  @Test
  void refusesWhatMakesNoSense() throws Exception {
    List<String> options = List.of("--control", control.toString());
    try (RunningServer server = new RunningServer(socket, options)) {
      assertEquals("", server.out(), "nothing is served yet");
      done("create", "a", "--table", table(0));
      String[][] wrong = {
        {"create", "a", "--table", table(1)},
        {"create", "b/c", "--table", table(1)},
        {"create", "b", "--table", "0 8 linear x 0"},
        {"create", "b"},
        {"status", "b"},
        {"remove", "b"},
        {"message", "a", "0", "dance"},
        {"message", "a", "8", "flush"},
        {"message", "a", "0"},
        {"message", "a", "0", "fl\tush"},
        {"suspend"}
      };
      for (String[] words : wrong) {
        Result result = run(words);
        assertEquals(16, result.status(), String.join(" ", words) + ": " + result);
        assertTrue(result.err().startsWith("dmsalvage: "), result.err());
      }
      assertEquals(8, run("create", "b", "--table", table(0)).status(), "its devices are in use");
      assertTrue(done("status").startsWith("a: 0 2048 writecache 0 50 50 0 "));
    }
  }

  @Test
  void showsWhatGoesOn() throws Exception {
    List<String> options =
        List.of("--table", table(0), "--name", "a", "--control", control.toString(), "--metrics=0");
    try (RunningServer server = new RunningServer(socket, options);
        TestClient client = TestClient.structured(socket, "a")) {
      assertTrue(server.out().contains("\nmetrics "), server.out());
      assertTrue(server.out().contains(" http://127.0.0.1:"), server.out());
      assertEquals(0, client.run(0, 1, 8192, 4096, new byte[4096]));
      assertEquals(22, client.run(0, 0, 1 << 20, 1));
      String[] lines = done("top", "--once", "--interval=0.05").split("\n", -1);
      assertEquals(3, lines.length);
      assertTrue(lines[0].startsWith("time     device "), lines[0]);
      assertTrue(lines[1].contains("4.0 KiB   196 KiB"), "dirty and free: " + lines[1]);
      JsonNode figures = new ObjectMapper().readTree(done("top", "--json", "--once"));
      assertEquals("dmsalvage/live-top/1", figures.path("schema").asText());
      assertEquals(1, figures.path("connections").asInt());
      JsonNode a = figures.path("devices").path(0);
      assertEquals("a", a.path("name").asText());
      assertEquals("writecache", a.path("target").asText());
      assertEquals(4096, a.path("cache").path("dirtyBytes").asLong());
      assertEquals(0, a.path("write").path("requests").asLong(), "none in the interval");
      String text = done("metrics");
      assertTrue(
          text.contains("dmsalvage_io_bytes_total{device=\"a\",operation=\"write\"} 4096\n"), text);
      assertTrue(
          text.contains("dmsalvage_io_errors_total{device=\"a\",operation=\"read\"} 1\n"), text);
      assertEquals(16, run("top", "--interval", "0").status());
      sparse("log", 4 << 20);
      String log =
          "0 2048 writeboost 0 %s %s"
              .formatted(directory.resolve("disk1"), directory.resolve("log"));
      done("create", "w", "--table", log);
      try (TestClient w = TestClient.structured(socket, "w")) {
        assertEquals(0, w.run(0, 1, 8192, 4096, new byte[4096]));
        assertEquals(4096, w.readData(8192, 4096).length);
        assertEquals(4096, w.readData(0, 4096).length);
      }
      text = done("metrics");
      for (String sample :
          List.of(
              "cache_dirty_bytes{device=\"w\"} 4096",
              "cache_write_misses_total{device=\"w\"} 1",
              "cache_read_hits_total{device=\"w\"} 1",
              "cache_read_misses_total{device=\"w\"} 1")) {
        assertTrue(text.contains("dmsalvage_" + sample + "\n"), sample + " in " + text);
      }
      int segments = text.indexOf("dmsalvage_log_free_segments{device=\"w\"} ");
      assertTrue(segments > 0, text);
    }
    assertEquals(8, run("top", "--once").status());
  }

  @Test
  void bearsWithStrangers() throws Exception {
    List<String> options = List.of("--control", control.toString());
    try (RunningServer server = new RunningServer(socket, options)) {
      assertTrue(say("frobnicate\n").startsWith("error 16\n"));
      assertTrue(say("create\n").startsWith("error 16\n"));
      assertTrue(say("\n").startsWith("error 16\n"));
      assertEquals("", say("x".repeat(1 << 16)));
      try (SocketChannel silent = SocketChannel.open(UnixDomainSocketAddress.of(control))) {
        assertEquals("", done("status"), server.err());
        assertTrue(silent.isOpen());
      }
    }
  }

  private String say(String request) throws IOException {
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(control))) {
      ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8));
      while (bytes.hasRemaining()) {
        int _ = channel.write(bytes);
      }
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }
}
