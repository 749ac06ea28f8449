package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A running insitu_comp device that is served, with clients that others wrote. */
@Timeout(120)
class ServeInsituTest {

  private static final int BYTES = 8 << 20;

  @TempDir private Path directory;
  private Path device;
  private Path socket;
  private String uri;

  @BeforeEach
  void makeDevice() throws IOException {
    device = directory.resolve("device");
    try (RandomAccessFile out = new RandomAccessFile(device.toFile(), "rw")) {
      out.setLength(BYTES + 2 * 4096);
    }
    socket = directory.resolve("s");
    uri = "nbd+unix:///insitu_comp?socket=" + socket;
  }

  private RunningServer serve(String mode) throws InterruptedException {
    String line = "0 %d insitu_comp %s %s".formatted(BYTES / 512, device, mode);
    return new RunningServer(socket, List.of("--table", line));
  }

  /** What the driver would read. */
  private byte[] replayed() {
    try (BlockSource source = Images.open(device.toString())) {
      OpenRequest request = new OpenRequest(source, null, null, null, null, OptionalInt.empty());
      Recovery.LogicalDevice logical =
          Replayers.replay(ReplayRequest.of(request, Policy.DRIVER, Progress.NONE))
              .logical()
              .orElseThrow();
      byte[] bytes = new byte[(int) logical.size()];
      logical.read(0, ByteBuffer.wrap(bytes));
      logical.close();
      return bytes;
    }
  }

  @Test
  void runsUnderFioAndHoldsAllAfterwards() throws Exception {
    Tool.require("fio", "nbdcopy", "nbdinfo");
    Path copy = directory.resolve("copy");
    try (RunningServer server = serve("writeback 1")) {
      assertTrue(server.out().startsWith("insitu_comp "), server.out());
      String output =
          Tool.run(
              "fio",
              "--name=verify",
              "--ioengine=nbd",
              "--uri=" + uri,
              "--rw=randwrite",
              "--bsrange=512-16k",
              "--blockalign=512",
              "--buffer_compress_percentage=60",
              "--iodepth=32",
              "--size=" + BYTES,
              "--io_size=4M",
              "--fsync=100",
              "--verify=crc32c",
              "--verify_fatal=1",
              "--verify_state_save=0",
              "--randseed=9");
      assertTrue(output.contains("err= 0"), output + server.err());
      Tool.run("nbdcopy", "--connections=4", uri, copy.toString());
      String map = Tool.run("nbdinfo", "--map", "--totals", uri);
      assertTrue(map.contains("hole,zero"), map);
    }
    byte[] expected = Files.readAllBytes(copy);
    assertArrayEquals(expected, replayed(), "the image after a clean end");
    try (RunningServer server = serve("writethrough")) {
      Path again = directory.resolve("again");
      Tool.run("nbdcopy", uri, again.toString());
      assertArrayEquals(expected, Files.readAllBytes(again), server.err());
    }
  }

  @Test
  void copiesAndDiscardsWithQemu() throws Exception {
    Tool.require("qemu-img", "qemu-io", "nbdcopy");
    byte[] data = new byte[BYTES];
    new Random(3).nextBytes(data);
    Arrays.fill(data, BYTES / 4, BYTES / 2, (byte) 'x');
    Arrays.fill(data, BYTES / 2, BYTES / 4 * 3, (byte) 0);
    Path source = Files.write(directory.resolve("source"), data);
    try (RunningServer server = serve("writeback 1")) {
      Tool.run("nbdcopy", "--connections=4", "--flush", source.toString(), uri);
      Tool.run("qemu-img", "compare", "-f", "raw", "-F", "raw", source.toString(), uri);
      String output =
          Tool.run(
              "qemu-io",
              "-f",
              "raw",
              "-c",
              "discard 0 64k",
              "-c",
              "write -f -P 7 1025 5000",
              "-c",
              "read -P 0 8k 56k",
              "-c",
              "read -P 7 1025 5000",
              uri);
      assertTrue(!output.contains("failed"), output + server.err());
      Arrays.fill(data, 0, 1 << 16, (byte) 0);
      Arrays.fill(data, 1025, 6025, (byte) 7);
    }
    assertArrayEquals(data, replayed());
  }

  @Test
  void leavesOtherThingsAlone() throws Exception {
    byte[] other = new byte[BYTES + 2 * 4096];
    other[1080] = 0x53;
    Files.write(device, other);
    RunningServer server = serve("writethrough");
    assertEquals(8, server.stop(), server.err());
    assertArrayEquals(other, Files.readAllBytes(device));
  }
}
