package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.fixtures.tool.Tools;
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

/** The server behind and before nbdkit, whose filters log, delay and spoil requests. */
@Timeout(120)
class ThirdPartyProxyTest {

  private static final int DISK_BYTES = 8 << 20;
  private static final int BLOCK = 4096;

  @TempDir private Path directory;
  private Path backing;
  private Path cache;
  private Path socket;

  /** A run of nbdkit, which listens when it has been made. */
  private static final class Proxy implements AutoCloseable {
    private final Process process;

    Proxy(Path socket, String... arguments) throws IOException, InterruptedException {
      List<String> command = new ArrayList<>(List.of("nbdkit", "--foreground"));
      command.addAll(List.of("--unix", socket.toString()));
      command.addAll(List.of(arguments));
      Path said = socket.resolveSibling(socket.getFileName() + ".out");
      process = Tools.serve(socket, said, command.toArray(String[]::new));
    }

    @Override
    public void close() {
      process.destroy();
      Process _ = process.onExit().join();
    }
  }

  @BeforeEach
  void makeDevices() throws IOException {
    socket = directory.resolve("s");
    backing = sparse("backing", DISK_BYTES);
    cache = sparse("cache", 16 << 20);
  }

  private Path sparse(String name, long bytes) throws IOException {
    Path file = directory.resolve(name);
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.setLength(bytes);
    }
    return file;
  }

  private List<String> options() {
    String line =
        "0 %d writecache s %s %s 4096 2 autocommit_time 3600000"
            .formatted(DISK_BYTES / 512, backing, cache);
    return List.of("--socket", socket.toString(), "--table", line);
  }

  private String uri() {
    return "nbd+unix:///writecache?socket=" + socket;
  }

  private byte[] replayed() {
    try (BlockSource disk = Images.open(backing.toString());
        BlockSource log = Images.open(cache.toString())) {
      OpenRequest request = new OpenRequest(log, null, disk, null, null, OptionalInt.empty());
      byte[] bytes = new byte[DISK_BYTES];
      Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
          .logical()
          .orElseThrow()
          .read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  /** Which blocks a log of nbdkit proves durable: written before a flush that was answered. */
  private static Set<Long> durable(List<String> log) {
    Pattern line = Pattern.compile("connection=(\\d+) (\\.\\.\\.)?(Write|Flush) id=(\\d+)(.*)");
    Pattern place = Pattern.compile("offset=0x([0-9a-f]+) count=0x([0-9a-f]+)");
    Map<String, Set<Long>> writes = new HashMap<>();
    Map<String, Set<Long>> covered = new HashMap<>();
    Set<Long> written = new HashSet<>();
    Set<Long> durable = new HashSet<>();
    for (String entry : log) {
      Matcher found = line.matcher(entry);
      if (!found.find()) {
        continue;
      }
      String id = found.group(1) + "." + found.group(4);
      boolean answered = found.group(2) != null && found.group(5).contains("return=0");
      if (found.group(3).equals("Flush")) {
        if (found.group(2) == null) {
          covered.put(id, Set.copyOf(written));
        } else if (answered) {
          durable.addAll(covered.remove(id));
        }
      } else if (answered) {
        written.addAll(writes.remove(id));
      } else if (found.group(2) == null) {
        Matcher where = place.matcher(found.group(5));
        assertTrue(where.find(), entry);
        long from = Long.parseLong(where.group(1), 16);
        Set<Long> blocks = new HashSet<>();
        for (long at = 0; at < Long.parseLong(where.group(2), 16); at += BLOCK) {
          blocks.add(from + at);
        }
        writes.put(id, blocks);
      }
    }
    return durable;
  }

  @Test
  void holdsWhatFioHasFlushedWhenItIsKilled() throws Exception {
    Tool.require("nbdkit", "fio");
    Path front = directory.resolve("front");
    Path log = directory.resolve("log");
    Process fio;
    try (ServerProcess server = new ServerProcess(directory, options());
        Proxy _ =
            new Proxy(
                front,
                "--filter=log",
                "--filter=delay",
                "nbd",
                "uri=" + uri(),
                "logfile=" + log,
                "wdelay=1ms")) {
      fio =
          new ProcessBuilder(
                  "fio",
                  "--name=verify",
                  "--ioengine=nbd",
                  "--uri=nbd+unix:///?socket=" + front,
                  "--rw=randwrite",
                  "--bs=4k",
                  "--iodepth=16",
                  "--size=" + DISK_BYTES,
                  "--fsync=32",
                  "--verify=crc32c",
                  "--verify_state_save=0",
                  "--do_verify=0",
                  "--randseed=5")
              .redirectErrorStream(true)
              .redirectOutput(directory.resolve("fio.out").toFile())
              .start();
      boolean over = false;
      while (!over && durable(Files.readAllLines(log)).size() < 200) {
        over = fio.waitFor(5, TimeUnit.MILLISECONDS);
      }
      server.kill();
      fio.destroyForcibly().waitFor();
    }
    Set<Long> durable = durable(Files.readAllLines(log));
    assertTrue(durable.size() >= 200 && durable.size() < DISK_BYTES / BLOCK, "" + durable.size());
    byte[] found = replayed();
    Path copy = Files.write(directory.resolve("copy"), found);
    List<String> reads = new ArrayList<>(List.of("fio version 2 iolog"));
    reads.addAll(List.of(copy + " add", copy + " open"));
    durable.stream().sorted().forEach(at -> reads.add(copy + " read " + at + " " + BLOCK));
    reads.add(copy + " close");
    Path iolog = Files.write(directory.resolve("iolog"), reads);
    String verdict =
        Tool.run(
            "fio",
            "--name=check",
            "--ioengine=psync",
            "--read_iolog=" + iolog,
            "--replay_no_stall=1",
            "--bs=4k",
            "--verify=crc32c",
            "--verify_state_save=0",
            "--verify_fatal=1");
    assertTrue(verdict.contains("err= 0"), verdict);
    assertTrue(verdict.contains("total=" + durable.size() + ",0,0,0"), verdict);
    for (int at = 0; at < found.length; at += BLOCK) {
      byte[] block = Arrays.copyOfRange(found, at, at + BLOCK);
      boolean fios = block[0] == (byte) 0xca && block[1] == (byte) 0xac;
      assertTrue(fios || Arrays.equals(block, new byte[BLOCK]), "invented at " + at);
    }
    try (RunningServer server = new RunningServer(socket, options().subList(2, 4));
        TestClient client = TestClient.structured(socket, "writecache")) {
      assertArrayEquals(found, client.readData(0, DISK_BYTES), server.err());
    }
  }

  @Test
  void servesThroughDelaysAndErrorsOnTheWay() throws Exception {
    Tool.require("nbdkit", "nbdcopy");
    byte[] data = new byte[DISK_BYTES];
    new Random(4).nextBytes(data);
    Path source = Files.write(directory.resolve("source"), data);
    Path front = directory.resolve("front");
    Path spoil = directory.resolve("spoil");
    try (RunningServer server = new RunningServer(socket, options().subList(2, 4));
        Proxy _ =
            new Proxy(
                front,
                "--filter=error",
                "--filter=delay",
                "nbd",
                "uri=" + uri(),
                "error=EIO",
                "error-rate=100%",
                "error-file=" + spoil,
                "delay-read=1ms",
                "delay-write=2ms",
                "delay-zero=1ms")) {
      String there = "nbd+unix:///?socket=" + front;
      Path copy = directory.resolve("copy");
      String[] write = {"nbdcopy", "--connections=4", "--flush", source.toString(), there};
      String[] read = {"nbdcopy", "--connections=4", there, copy.toString()};
      Files.createFile(spoil);
      assertNotEquals(0, Tool.result(write).status(), "spoilt on the way");
      Files.delete(spoil);
      Tool.run(write);
      Files.createFile(spoil);
      assertNotEquals(0, Tool.result(read).status());
      Files.delete(spoil);
      Tool.run(read);
      assertArrayEquals(data, Files.readAllBytes(copy), server.err());
    }
    assertArrayEquals(data, replayed());
  }

  @Test
  void passesOnWhatItsOwnBackingDeviceCannotRead() throws Exception {
    Tool.require("nbdkit");
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    Path disk = directory.resolve("disk");
    Path spoil = directory.resolve("spoil");
    try (Proxy _ =
            new Proxy(
                disk,
                "--filter=error",
                "file",
                String.valueOf(images.backing()),
                "error-pread=EIO",
                "error-pread-rate=100%",
                "error-file=" + spoil);
        RunningServer server =
            new RunningServer(
                socket,
                List.of(
                    "--read-only",
                    images.cache().toString(),
                    "--backing",
                    "nbd+unix:///?socket=" + disk));
        TestClient client =
            TestClient.structured(socket, "recovered", "base:allocation", "dmsalvage:dirty")) {
      int size = (int) Files.size(images.backing());
      byte[] whole = client.readData(0, size);
      Files.createFile(spoil);
      assertNotEquals(0, client.run(0, 0, 0, size), "EIO");
      assertTrue(server.err().contains("cannot read"), server.err());
      Files.delete(spoil);
      assertArrayEquals(whole, client.readData(0, size));
    }
  }

  @Test
  void outlivesClientsThatAreKilled() throws Exception {
    Tool.require("nbdcopy");
    try (RunningServer server = new RunningServer(socket, options().subList(2, 4))) {
      for (int i = 0; i < 3; i++) {
        Process copy =
            new ProcessBuilder("nbdcopy", "--connections=4", uri(), "null:")
                .redirectErrorStream(true)
                .start();
        if (i > 0) {
          try (TestClient client = TestClient.structured(socket, "writecache")) {
            assertEquals(0, client.run(0, 3, 0, 0), "while another is at work");
          }
        }
        copy.destroyForcibly().waitFor();
      }
      try (TestClient client = TestClient.structured(socket, "writecache")) {
        assertEquals(0, client.run(1, 1, 0, 1, (byte) 9), server.err());
      }
      assertFalse(server.err().contains("internal error"), server.err());
    }
  }
}
