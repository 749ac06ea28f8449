package org.dmsalvage.live.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.fixtures.golden.GoldenSet;
import org.dmsalvage.fixtures.golden.GoldenSets;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.nbd.TestClient;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The recovered view of real images, as a client of the command sees it. */
@Timeout(60)
class ServeCommandTest {

  private static final int PART_BYTES = 8 << 20;

  @TempDir private Path directory;

  private List<String> options(GoldenSet.Images images, String... more) {
    List<String> options = new ArrayList<>(List.of(images.cache().toString()));
    if (images.backing() != null) {
      options.addAll(List.of("--backing", images.backing().toString()));
    }
    if (images.plog() != null) {
      options.addAll(List.of("--plog", images.plog().toString()));
    }
    options.addAll(List.of(more));
    return options;
  }

  private static byte[] recovered(GoldenSet.Images images) {
    OpenRequest request =
        new OpenRequest(
            Images.open(images.cache().toString()),
            images.plog() == null ? null : Images.open(images.plog().toString()),
            images.backing() == null ? null : Images.open(images.backing().toString()),
            null,
            null,
            OptionalInt.empty());
    LogicalDevice device =
        Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
            .logical()
            .orElseThrow();
    ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(device.size()));
    device.read(0, bytes);
    return bytes.array();
  }

  @ParameterizedTest
  @ValueSource(strings = {"wbp-o7-crash", "wc4096-crash", "is-lzo-wb-crash"})
  void servesWhatReplayFinds(String name) throws Exception {
    GoldenSet.Images images = GoldenSets.get(name).unpack(directory.resolve("set"));
    byte[] expected = recovered(images);
    byte[] before = Files.readAllBytes(images.cache());
    Path socket = directory.resolve("s");
    try (RunningServer server = new RunningServer(socket, options(images, "--read-only"))) {
      assertTrue(server.out().startsWith("recovered "), server.out());
      assertTrue(server.out().contains("nbd+unix:///recovered?socket=" + socket), server.out());
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)));
      try (TestClient client = TestClient.structured(socket, "")) {
        for (int at = 0; at < expected.length; at += PART_BYTES) {
          int end = Math.min(at + PART_BYTES, expected.length);
          assertArrayEquals(Arrays.copyOfRange(expected, at, end), client.readData(at, end - at));
        }
        assertEquals(1, client.run(0, 1, 0, 1, (byte) 1), "read-only");
      }
      try (TestClient client = TestClient.structured(socket, "cache")) {
        assertArrayEquals(Arrays.copyOf(before, 8192), client.readData(0, 8192), "as it is");
      }
    }
    assertFalse(Files.exists(socket));
    assertArrayEquals(before, Files.readAllBytes(images.cache()));
  }

  @Test
  void takesTheOptionsOfReplay() throws Exception {
    GoldenSet set = GoldenSets.get("wb13-mut-magic");
    GoldenSet.Images images = set.unpack(directory.resolve("set"));
    Path socket = directory.resolve("s");
    List<String> driver =
        options(images, "--read-only", "--policy", "driver", "--table", set.info().table());
    try (RunningServer server = new RunningServer(socket, driver)) {
      assertTrue(server.err().contains("the driver would format"), server.err());
    }
    GoldenSet other = GoldenSets.get("wb-o7-record");
    GoldenSet.Images refused = other.unpack(directory.resolve("other"));
    RunningServer none =
        new RunningServer(
            socket,
            options(refused, "--read-only", "--policy", "driver", "--table", other.info().table()));
    assertEquals(4, none.stop());
    assertTrue(none.err().contains("there is nothing to serve"), none.err());
  }

  @Test
  void refusesWhatMakesNoSense() throws Exception {
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    Path socket = directory.resolve("s");
    String[][] wrong = {
      {},
      {"--read-only", "--stdio"},
      {"--read-only", "--listen", "x"},
      {"--read-only", "--tls", "require"},
      {"--read-only", "--tls-certificates", "."},
      {"--read-only", "--no-such-option"}
    };
    for (String[] options : wrong) {
      RunningServer server = new RunningServer(socket, options(images, options));
      assertEquals(16, server.stop(), server.err());
      assertEquals("", server.out());
    }
    RunningServer server =
        new RunningServer(socket, List.of("--read-only", directory.resolve("none").toString()));
    assertEquals(8, server.stop());
    Files.writeString(socket, "a file");
    RunningServer occupied = new RunningServer(socket, options(images, "--read-only"));
    assertEquals(8, occupied.stop());
    assertTrue(occupied.err().contains("exists and is no socket"), occupied.err());
    assertEquals("a file", Files.readString(socket));
    Files.delete(socket);
    Files.createSymbolicLink(socket, Path.of("gone"));
    RunningServer linked = new RunningServer(socket, options(images, "--read-only"));
    assertEquals(8, linked.stop());
    assertTrue(linked.err().contains("exists and is no socket"), linked.err());
    assertTrue(Files.isSymbolicLink(socket));
  }

  @Test
  void takesOverASocketThatAKilledServerLeft() throws Exception {
    GoldenSet.Images images = GoldenSets.get("wc4096-crash").unpack(directory.resolve("set"));
    Path socket = directory.resolve("s");
    try (ServerSocketChannel killed = listen(socket)) {
      RunningServer second = new RunningServer(socket, options(images, "--read-only"));
      assertEquals(8, second.stop());
      assertTrue(second.err().contains("another server listens there"), second.err());
      assertTrue(killed.isOpen());
    }
    try (RunningServer server = new RunningServer(socket, options(images, "--read-only"));
        TestClient client = TestClient.structured(socket, "recovered")) {
      assertEquals(0, client.run(0, 3, 0, 0), server.err());
    }
  }

  private static ServerSocketChannel listen(Path socket) throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket));
  }
}
