package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.control.ControlClient;
import org.dmsalvage.live.nbd.TestClient;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a server begins and ends as a process: signals, standard input and output, activation. */
@Timeout(60)
class ServerProcessTest {

  private static final int DISK_BYTES = 1 << 20;

  @TempDir private Path directory;
  private Path socket;
  private Path control;

  @BeforeEach
  void makeDevices() throws IOException {
    socket = directory.resolve("s");
    control = directory.resolve("c");
    for (int i = 0; i < 2; i++) {
      sparse("disk" + i, DISK_BYTES);
      sparse("cache" + i, 4096 + 50 * 4096);
    }
  }

  private void sparse(String name, long bytes) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(directory.resolve(name).toFile(), "rw")) {
      out.setLength(bytes);
    }
  }

  private String table(int number) {
    return "0 %d writecache s %s %s 4096 2 autocommit_time 3600000"
        .formatted(
            DISK_BYTES / 512,
            directory.resolve("disk" + number),
            directory.resolve("cache" + number));
  }

  private byte[] replayed(int number) {
    try (BlockSource disk = Images.open(directory.resolve("disk" + number).toString());
        BlockSource log = Images.open(directory.resolve("cache" + number).toString())) {
      OpenRequest request = new OpenRequest(log, null, disk, null, null, OptionalInt.empty());
      byte[] bytes = new byte[DISK_BYTES];
      Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
          .logical()
          .orElseThrow()
          .read(0, ByteBuffer.wrap(bytes));
      return bytes;
    }
  }

  private ServerProcess serveTwo() throws IOException {
    ServerProcess server =
        new ServerProcess(
            directory,
            List.of(
                "--table",
                table(0),
                "--name",
                "a",
                "--socket",
                socket.toString(),
                "--control",
                control.toString()));
    assertEquals(
        0,
        ControlClient.ask(control, List.of("create", "b", table(1), directory.toString()))
            .status());
    return server;
  }

  private static byte[] block(int fill) {
    byte[] block = new byte[4096];
    Arrays.fill(block, (byte) fill);
    return block;
  }

  @Test
  void commitsAllDevicesWhenItIsTerminated() throws Exception {
    try (ServerProcess server = serveTwo();
        TestClient a = TestClient.structured(socket, "a");
        TestClient b = TestClient.structured(socket, "b")) {
      assertEquals(0, a.run(0, 1, 4096, 4096, block(1)));
      assertEquals(0, b.run(0, 1, 8192, 4096, block(2)));
      assertEquals(0, replayed(0)[4096], "nothing is committed yet");
      assertEquals(0, server.terminate(), server.errors());
      assertEquals("", server.errors());
    }
    assertTrue(Files.notExists(socket) && Files.notExists(control));
    assertEquals(1, replayed(0)[4096]);
    assertEquals(2, replayed(1)[8192]);
  }

  @Test
  void holdsWhatWasFlushedWhenItIsKilled() throws Exception {
    try (ServerProcess server = serveTwo();
        TestClient a = TestClient.structured(socket, "a");
        TestClient b = TestClient.structured(socket, "b")) {
      assertEquals(0, a.run(0, 1, 0, 4096, block(1)));
      assertEquals(0, a.run(0, 3, 0, 0));
      assertEquals(0, a.run(0, 1, 4096, 4096, block(2)));
      assertEquals(0, b.run(1, 1, 0, 4096, block(3)), "FUA");
      server.kill();
    }
    assertEquals(1, replayed(0)[0]);
    assertEquals(0, replayed(0)[4096], "never flushed");
    assertEquals(3, replayed(1)[0]);
    try (ServerProcess server = serveTwo();
        TestClient a = TestClient.structured(socket, "a")) {
      assertEquals(1, a.readData(0, 1)[0], "the socket of the killed one is in nobody's way");
      assertEquals(0, server.terminate(), server.errors());
    }
  }

  @Test
  void tellsOfACacheThatHasFailedAndKeepsWhatWasFlushed() throws Exception {
    List<String> limited =
        List.of("bash", "-c", "ulimit -f 100; exec \"$@\"", "bash"); // KiB of any file
    List<String> options =
        List.of("--table", table(0), "--name=a", "--socket=" + socket, "--control=" + control);
    try (ServerProcess server = new ServerProcess(directory, limited, options);
        TestClient a = TestClient.structured(socket, "a")) {
      assertEquals(0, a.run(1, 1, 0, 4096, block(1)), "FUA");
      int error = 0;
      for (int i = 1; i < 40 && error == 0; i++) {
        error = a.run(0, 1, i * 4096L, 4096, block(2));
      }
      assertEquals(5, error, "EIO");
      assertEquals(5, a.run(0, 3, 0, 0), "and so from now on");
      assertTrue(
          ControlClient.ask(control, List.of("status", "a"))
              .text()
              .startsWith("0 2048 writecache 1 "));
      assertEquals(8, server.terminate(), server.errors());
      assertTrue(server.errors().contains("the cache has failed"), server.errors());
    }
    assertEquals(1, replayed(0)[4095]);
  }

  @Test
  void servesOneClientOnStandardInputAndOutput() throws Exception {
    Process process =
        new ProcessBuilder(ServerProcess.command("serve", "--stdio", "--table", table(0)))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (DataOutputStream out = new DataOutputStream(process.getOutputStream());
        InputStream stream = process.getInputStream()) {
      DataInputStream in = new DataInputStream(stream);
      assertEquals(0x4e42444d41474943L, in.readLong());
      in.skipNBytes(10);
      out.writeInt(3);
      out.writeLong(0x49484156454f5054L);
      out.writeInt(1);
      out.writeInt(0);
      out.flush();
      assertEquals(DISK_BYTES, in.readLong(), "of the default export");
      in.skipNBytes(2);
      request(out, 1, 512);
      out.write(block(7), 0, 512);
      out.flush();
      assertEquals(0x67446698, in.readInt());
      assertEquals(0, in.readInt());
      in.skipNBytes(8);
      request(out, 2, 0);
      out.flush();
      assertEquals(-1, in.read(), "nothing else is ever printed there");
    }
    assertEquals(0, process.waitFor());
    assertEquals(7, replayed(0)[511]);
  }

  private static void request(DataOutputStream out, int command, int length) throws IOException {
    out.writeInt(0x25609513);
    out.writeInt(command);
    out.writeLong(1);
    out.writeLong(0);
    out.writeInt(length);
  }

  @Test
  void isStartedByItsClient() throws Exception {
    Tool.require("nbdcopy", "nbdinfo");
    byte[] data = new byte[DISK_BYTES];
    Arrays.fill(data, 4096, 90_000, (byte) 5);
    Path source = Files.write(directory.resolve("source"), data);
    List<String> copy = new ArrayList<>(List.of("nbdcopy", source.toString(), "--", "["));
    copy.addAll(ServerProcess.command("serve", "--table", table(0)));
    copy.add("]");
    Tool.run(copy.toArray(String[]::new));
    List<String> info = new ArrayList<>(List.of("nbdinfo", "--size", "--", "["));
    info.addAll(ServerProcess.command("serve", "--table", table(0)));
    info.add("]");
    assertEquals(DISK_BYTES + "\n", Tool.run(info.toArray(String[]::new)));
    assertArrayEquals(data, replayed(0));
  }
}
