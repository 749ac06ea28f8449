package org.dmsalvage.inspect.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.dmsalvage.fixtures.tool.Tools;
import org.dmsalvage.inspect.error.ServerLostException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against the servers that are installed. */
class NbdSourceTest {

  private static final int SIZE = 9 << 20;

  @TempDir private Path directory;
  private final byte[] bytes = new byte[SIZE];
  private Path image = Path.of("");
  private Path socket = Path.of("");
  private final List<Process> servers = new ArrayList<>();

  @BeforeEach
  void makeImage() throws IOException {
    new Random(7).nextBytes(bytes);
    Arrays.fill(bytes, 1 << 20, 4 << 20, (byte) 0);
    image = directory.resolve("image");
    socket = directory.resolve("socket");
    try (FileChannel channel =
        FileChannel.open(
            image,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      assertEquals(1 << 20, channel.write(ByteBuffer.wrap(bytes, 0, 1 << 20), 0));
      assertEquals(5 << 20, channel.write(ByteBuffer.wrap(bytes, 4 << 20, 5 << 20), 4 << 20));
    }
  }

  @AfterEach
  void endServers() {
    servers.forEach(Process::destroyForcibly);
  }

  private Process serve(String... command) throws IOException, InterruptedException {
    assumeTrue(Tools.have(command[0]));
    Process server = Tools.serve(socket, directory.resolve("server.log"), command);
    servers.add(server);
    return server;
  }

  private Process nbdkit(String... more) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("nbdkit", "-f", "-r", "-U", "" + socket));
    command.addAll(List.of(more));
    return serve(command.toArray(String[]::new));
  }

  private String uri() {
    return "nbd+unix:///?socket=" + socket;
  }

  private void agrees(BlockSource source) {
    assertEquals(SIZE, source.size());
    ByteBuffer all = ByteBuffer.allocate(SIZE);
    source.read(0, all);
    assertArrayEquals(bytes, all.array());
    IntStream.range(0, 64)
        .parallel()
        .forEach(
            i -> {
              int at = (i * 1_234_567) % (SIZE - 70_000);
              ByteBuffer part = ByteBuffer.allocateDirect(70_000);
              source.read(at, part);
              assertEquals(ByteBuffer.wrap(bytes, at, 70_000), part.flip(), "at " + at);
            });
  }

  @Test
  void readsFromNbdkit() throws Exception {
    Process _ = nbdkit("file", image.toString());
    try (NbdSource source = new NbdSource(uri())) {
      agrees(source);
      assertEquals(4 << 20, source.nextData(1 << 20));
      assertEquals(1 << 20, source.nextHole(0));
      assertEquals(SIZE, source.nextHole(4 << 20));
      assertEquals(123, source.nextData(123));
    }
  }

  @Test
  void readsFromAServerWithoutStructuredReplies() throws Exception {
    Process _ = nbdkit("--no-sr", "file", image.toString());
    try (NbdSource source = new NbdSource(uri())) {
      agrees(source);
      assertEquals(1 << 20, source.nextData(1 << 20), "nobody tells of holes");
    }
  }

  @Test
  void readsFromQemuNbd() throws Exception {
    Process _ =
        serve(
            "qemu-nbd",
            "--read-only",
            "--persistent",
            "--shared=4",
            "--format=raw",
            "-k",
            socket.toString(),
            "-x",
            "disk",
            image.toString());
    try (NbdSource source = new NbdSource("nbd+unix:///disk?socket=" + socket)) {
      agrees(source);
      assertEquals(4 << 20, source.nextData(1 << 20));
    }
    UnreadableException refusal =
        assertThrows(UnreadableException.class, () -> new NbdSource(uri() + "&x=1").close());
    assertTrue(refusal.getMessage().contains("cannot connect"), refusal.getMessage());
  }

  @Test
  void readsFromAServerOfLargeBlocks() throws Exception {
    Process _ =
        nbdkit(
            "--filter=blocksize-policy",
            "file",
            image.toString(),
            "blocksize-minimum=4096",
            "blocksize-preferred=4096",
            "blocksize-maximum=64K",
            "blocksize-error-policy=error");
    try (NbdSource source = new NbdSource(uri())) {
      agrees(source);
      assertEquals(4 << 20, source.nextData((1 << 20) + 1));
    }
  }

  @Test
  void goesOnOverANewConnection() throws Exception {
    Process first = nbdkit("file", image.toString());
    try (NbdSource source = new NbdSource(uri())) {
      agrees(source);
      first.destroyForcibly();
      assertTrue(first.waitFor(10, TimeUnit.SECONDS));
      Process second = nbdkit("file", image.toString());
      agrees(source);
      second.destroyForcibly();
      assertTrue(second.waitFor(10, TimeUnit.SECONDS));
      // No damage of the image: what cannot be asked for must not be taken for bad sectors.
      assertThrows(ServerLostException.class, () -> source.readAround(0, ByteBuffer.allocate(512)));
    }
  }

  @Test
  void readsAroundWhatTheServerCannotRead() throws Exception {
    Path map = directory.resolve("map");
    Files.writeString(map, "0 + 1\n0 0x10200 +\n0x10200 0x400 -\n0x10600 0x8EFA00 +\n");
    Process _ = nbdkit("--filter=ddrescue", "file", "" + image, "ddrescue-mapfile=" + map);
    try (NbdSource source = new NbdSource(uri())) {
      ByteBuffer read = ByteBuffer.allocate(1 << 17);
      assertEquals(List.of(new ByteRange(0x10200, 0x400)), source.readAround(0, read));
      byte[] expected = Arrays.copyOf(bytes, 1 << 17);
      Arrays.fill(expected, 0x10200, 0x10600, (byte) 0);
      assertArrayEquals(expected, read.array());
    }
  }

  @Test
  void saysThatThereIsNoServer() {
    UnreadableException failure =
        assertThrows(UnreadableException.class, () -> new NbdSource(uri()).close());
    assertTrue(failure.getMessage().contains("cannot connect"), failure.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"nbd://", "nbd:///x", "nbd+unix:///x", "nbd://host:port:1/", "nbd://a b/"})
  void refusesWhatIsNoUri(String text) {
    assertTrue(NbdUri.matches(text));
    assertThrows(UsageException.class, () -> NbdUri.parse(text));
  }

  @Test
  void takesUrisApart() {
    NbdUri plain = NbdUri.parse("nbd://example.org/a%20b");
    assertEquals("example.org", plain.host());
    assertEquals(10809, plain.port());
    assertEquals("a b", plain.export());
    NbdUri six = NbdUri.parse("nbd://[::1]:7");
    assertEquals("::1", six.host());
    assertEquals(7, six.port());
    assertEquals("", six.export());
    NbdUri unix = NbdUri.parse("nbd+unix:///disk?socket=%2Ftmp%2Fs&x=y");
    assertEquals("/tmp/s", unix.socket());
    assertEquals("disk", unix.export());
  }
}
