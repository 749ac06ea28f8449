package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.regex.Pattern;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.nbd.TestClient;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A running cache that is served, with clients that others wrote. */
@Timeout(120)
class ServeTableTest {

  private static final long DISK_BYTES = 8 << 20;

  @TempDir private Path directory;
  private Path backing;
  private Path cache;
  private Path plog;
  private Path socket;
  private String uri;

  @BeforeEach
  void makeDevices() throws IOException {
    backing = sparse("backing", DISK_BYTES);
    cache = sparse("cache", 1 << 20);
    plog = directory.resolve("plog");
    socket = directory.resolve("s");
    uri = "nbd+unix:///writecache?socket=" + socket;
  }

  private Path sparse(String name, long bytes) throws IOException {
    Path file = directory.resolve(name);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(bytes);
    }
    return file;
  }

  private RunningServer serve() throws InterruptedException {
    String line =
        "0 %d writecache s %s %s 4096 2 autocommit_time 50"
            .formatted(DISK_BYTES / 512, backing, cache);
    return new RunningServer(socket, List.of("--table", line));
  }

  private byte[] replayed() {
    try (BlockSource disk = Images.open(backing.toString());
        BlockSource log = Images.open(cache.toString())) {
      OpenRequest request = new OpenRequest(log, null, disk, null, null, OptionalInt.empty());
      byte[] bytes = new byte[(int) DISK_BYTES];
      Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
          .logical()
          .orElseThrow()
          .read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  private RunningServer serve(String arguments) throws InterruptedException {
    String line =
        "0 %d %s"
            .formatted(
                DISK_BYTES / 512,
                arguments
                    .replace("BACKING", backing.toString())
                    .replace("CACHE", cache.toString())
                    .replace("PLOG", plog.toString()));
    return new RunningServer(socket, List.of("--table", line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "writecache s BACKING CACHE 4096 2 autocommit_time 50",
        "writeboost BACKING CACHE 4 writeback_threshold 100 nr_max_batched_writeback 2",
        "writeboost 1 BACKING CACHE PLOG 2 segment_size_order 7 2 allow_writeback 1"
      })
  void runsUnderFioAndHoldsAllAfterwards(String arguments) throws Exception {
    Tool.require("fio", "nbdcopy", "nbdinfo");
    Path copy = directory.resolve("copy");
    String target = arguments.substring(0, arguments.indexOf(' '));
    uri = "nbd+unix:///" + target + "?socket=" + socket;
    if (target.equals("writeboost")) {
      cache = sparse("log", 4 << 20);
      plog = sparse("plog", 1 << 20);
    }
    try (RunningServer server = serve(arguments)) {
      assertTrue(server.out().startsWith(target + " "), server.out());
      String output =
          Tool.run(
              "fio",
              "--name=verify",
              "--ioengine=nbd",
              "--uri=" + uri,
              "--rw=randwrite",
              "--bsrange=512-16k",
              "--blockalign=512",
              "--iodepth=32",
              "--size=" + DISK_BYTES,
              "--io_size=4M",
              "--fsync=100",
              "--verify=crc32c",
              "--verify_fatal=1",
              "--verify_state_save=0",
              "--randseed=9");
      assertTrue(output.contains("err= 0"), output + server.err());
      Pattern dirty = Pattern.compile("\\d +\\d+\\.\\d+% +[01]\\s");
      String map = Tool.run("nbdinfo", "--map=dmsalvage:dirty", "--totals", uri);
      assertTrue(dirty.matcher(map).find(), map);
      Tool.run("nbdcopy", "--connections=4", uri, copy.toString());
    }
    byte[] expected = Files.readAllBytes(copy);
    assertArrayEquals(expected, replayed(), "the images after a clean end");
    try (RunningServer server = serve(arguments)) {
      Path again = directory.resolve("again");
      Tool.run("nbdcopy", uri, again.toString());
      assertArrayEquals(expected, Files.readAllBytes(again), server.err());
    }
  }

  @Test
  void answersNbdinfoInEveryWay() throws Exception {
    Tool.require("nbdinfo");
    try (RunningServer server = serve();
        TestClient client = TestClient.structured(socket, "")) {
      assertEquals(0, client.run(0, 1, 8192, 3, (byte) 1, (byte) 2, (byte) 3), server.err());
      ObjectMapper json = new ObjectMapper();
      JsonNode list = json.readTree(Tool.run("nbdinfo", "--list", "--json", uri));
      JsonNode export = list.path("exports").path(0);
      assertEquals("writecache", export.path("export-name").asText());
      assertEquals(DISK_BYTES, export.path("export-size").asLong());
      assertEquals(4096, export.path("block_size_preferred").asLong());
      assertEquals(
          List.of("base:allocation", "dmsalvage:dirty"),
          json.convertValue(export.path("contexts"), List.class));
      String[] abilities = {"connect", "read", "write", "trim", "zero", "fua", "flush"};
      for (String can : abilities) {
        Tool.run("nbdinfo", "--can", can, uri);
      }
      for (String can : List.of("cache", "df", "multi-conn", "structured-reply")) {
        Tool.run("nbdinfo", "--can", can, uri);
      }
      assertEquals(2, Tool.result("nbdinfo", "--is", "read-only", uri).status());
      assertEquals(2, Tool.result("nbdinfo", "--is", "tls", uri).status());
      assertEquals(DISK_BYTES + "\n", Tool.run("nbdinfo", "--size", uri));
      JsonNode dirty = json.readTree(Tool.run("nbdinfo", "--json", "--map=dmsalvage:dirty", uri));
      assertEquals(3, dirty.size(), dirty.toString());
      assertEquals(8192, dirty.path(1).path("offset").asLong());
      assertEquals(4096, dirty.path(1).path("length").asLong());
      assertEquals(1, dirty.path(1).path("type").asLong());
      JsonNode allocation = json.readTree(Tool.run("nbdinfo", "--json", "--map", uri));
      long end = 0;
      for (JsonNode extent : allocation) {
        assertEquals(end, extent.path("offset").asLong());
        end += extent.path("length").asLong();
      }
      assertEquals(DISK_BYTES, end);
    }
  }

  @Test
  void qemuConvertsBothWays() throws Exception {
    Tool.require("qemu-img", "qemu-io");
    byte[] data = new byte[(int) DISK_BYTES];
    new Random(12).nextBytes(data);
    Arrays.fill(data, 1 << 20, 5 << 20, (byte) 0);
    Path source = Files.write(directory.resolve("source"), data);
    Path converted = directory.resolve("converted");
    try (RunningServer server = serve()) {
      Tool.run("qemu-img", "convert", "-n", "-f", "raw", "-O", "raw", source.toString(), uri);
      String same = Tool.run("qemu-img", "compare", "-f", "raw", source.toString(), uri);
      assertTrue(same.contains("identical"), same + server.err());
      Tool.run("qemu-img", "convert", "-f", "raw", "-O", "qcow2", uri, converted.toString());
      same = Tool.run("qemu-img", "compare", "-F", "raw", converted.toString(), source.toString());
      assertTrue(same.contains("identical"), same);
      String output =
          Tool.run(
              "qemu-io",
              "-f",
              "raw",
              "-c",
              "write -f -P 0xaa 0 64k",
              "-c",
              "write -P 0xbb 65537 511",
              "-c",
              "write -z -u 4k 8k",
              "-c",
              "discard 16k 8k",
              "-c",
              "flush",
              "-c",
              "read -P 0xaa 0 4k",
              "-c",
              "read -P 0 4k 8k",
              "-c",
              "read -P 0 16k 8k",
              "-c",
              "read -P 0xaa 24k 40k",
              "-c",
              "read -P 0xbb 65537 511",
              uri);
      assertFalse(output.contains("failed"), output + server.err());
    }
    byte[] replayed = replayed();
    assertEquals((byte) 0xaa, replayed[0]);
    assertEquals(0, replayed[16 << 10], "what was discarded does not come back");
    assertArrayEquals(
        Arrays.copyOfRange(data, 128 << 10, data.length),
        Arrays.copyOfRange(replayed, 128 << 10, data.length));
  }

  @Test
  void refusesWhatCannotBeRun() throws Exception {
    List<List<String>> wrong =
        List.of(
            List.of(),
            List.of("--table", "nonsense"),
            List.of("--table", "0 8 linear /dev/null 0"),
            List.of("--table", "0 8 writecache s a b 4096 0", "--read-only"),
            List.of("--table", "0 8 writecache s a b 4096 0", "--backing", "x"));
    for (List<String> options : wrong) {
      RunningServer server = new RunningServer(socket, options);
      assertEquals(16, server.stop(), server.err());
    }
    RunningServer missing =
        new RunningServer(socket, List.of("--table", "0 8 writecache s /none /none 4096 0"));
    assertEquals(8, missing.stop(), missing.err());
    try (RunningServer server = serve()) {
      RunningServer second =
          new RunningServer(
              directory.resolve("s2"),
              List.of("--table", "0 8 writecache s %s %s 4096 0".formatted(backing, cache)));
      assertEquals(8, second.stop(), server.err());
      assertTrue(second.err().contains("is locked by another program"), second.err());
    }
  }
}
