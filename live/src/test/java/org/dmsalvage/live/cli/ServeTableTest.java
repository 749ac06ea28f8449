package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running cache that is served, with clients that others wrote. */
@Timeout(120)
class ServeTableTest {

  private static final long DISK_BYTES = 8 << 20;

  @TempDir private Path directory;
  private Path backing;
  private Path cache;
  private Path socket;
  private String uri;

  @BeforeEach
  void makeDevices() throws IOException {
    backing = sparse("backing", DISK_BYTES);
    cache = sparse("cache", 1 << 20);
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

  @Test
  void runsUnderFioAndHoldsAllAfterwards() throws Exception {
    Tool.require("fio", "nbdcopy", "nbdinfo");
    Path copy = directory.resolve("copy");
    try (RunningServer server = serve()) {
      assertTrue(server.out().startsWith("writecache "), server.out());
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
              "--randseed=9");
      assertTrue(output.contains("err= 0"), output + server.err());
      assertTrue(Tool.run("nbdinfo", "--map=dmsalvage:dirty", "--totals", uri).contains(" 1\n"));
      Tool.run("nbdcopy", "--connections=4", uri, copy.toString());
    }
    byte[] expected = Files.readAllBytes(copy);
    assertArrayEquals(expected, replayed(), "the images after a clean end");
    try (RunningServer server = serve()) {
      Path again = directory.resolve("again");
      Tool.run("nbdcopy", uri, again.toString());
      assertArrayEquals(expected, Files.readAllBytes(again), server.err());
    }
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
