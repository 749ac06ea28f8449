package org.dmsalvage.live.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.live.engine.Extent;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What the server answers, to requests that are right and to those that are not. */
@Timeout(30)
class NbdServerTest {

  private static final int SIZE = 1 << 20;
  private static final int READ_ONLY = 2;

  private final MemoryDevice device = new MemoryDevice(SIZE);
  private final List<String> log = new ArrayList<>();
  private final List<Export> exports =
      List.of(
          new Export("disk", "a disk", device)
              .withDirty((offset, _) -> offset < 4096 ? new Extent(4096, 1) : new Extent(SIZE, 0)),
          new Export("image", "", new WindowSource(device, 512, 4096)));

  @TempDir private Path directory;
  private Path socket;
  private NbdServer server;

  @BeforeEach
  void start() throws IOException {
    new Random(5).nextBytes(device.bytes);
    Arrays.fill(device.bytes, 64 << 10, 128 << 10, (byte) 0);
    for (int i = 0; i < SIZE; i++) {
      if (device.bytes[i] == 0 && (i < 64 << 10 || i >= 128 << 10)) {
        device.bytes[i] = 1;
      }
    }
    socket = directory.resolve("s");
    server = new NbdServer(() -> exports, Optional.empty(), this::log);
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    server.listen(listener.bind(UnixDomainSocketAddress.of(socket)));
  }

  private void log(String message) {
    synchronized (log) {
      log.add(message);
    }
  }

  @AfterEach
  void stop() {
    server.close();
    synchronized (log) {
      assertFalse(log.toString().contains("internal error"), log.toString());
    }
  }

  private static String text(TestClient.OptionReply reply, int from) {
    byte[] data = reply.data();
    return new String(data, from, data.length - from, StandardCharsets.UTF_8);
  }

  @Test
  void listsItsExportsAndSaysGoodbye() throws IOException {
    try (TestClient client = TestClient.open(socket)) {
      List<TestClient.OptionReply> list = client.ask(3);
      assertEquals(3, list.size());
      assertEquals("diska disk", text(list.get(0), 4));
      assertEquals("image", text(list.get(1), 4));
      assertTrue(client.ask(3, new byte[1]).getLast().isError(), "LIST has no data");
      assertEquals(1, client.ask(2).getLast().type());
      assertTrue(client.isClosed());
    }
  }

  /** A connection whose client has sent all it wants to and hears nothing any more. */
  private record DeafWire(ByteBuffer sent, AtomicInteger heard) implements Wire {
    @Override
    public void read(ByteBuffer target) throws EOFException {
      if (sent.remaining() < target.remaining()) {
        throw new EOFException();
      }
      target.put(sent.slice().limit(target.remaining()));
      sent.position(sent.position() + target.position());
    }

    @Override
    public void write(ByteBuffer... sources) throws IOException {
      if (heard.getAndDecrement() == 0) {
        throw new IOException("Broken pipe");
      }
    }

    @Override
    public boolean hasBuffered() {
      return false;
    }

    @Override
    public void stopReading() {}

    @Override
    public void close() {}
  }

  @Test
  void letsAClientGoThatDoesNotWaitForTheGoodbye() throws IOException {
    ByteBuffer sent = ByteBuffer.allocate(20).putInt(3).putLong(0x49484156454F5054L).putInt(2);
    sent.putInt(0).flip();
    Wire wire = new DeafWire(sent, new AtomicInteger(1));
    assertEquals(Optional.empty(), new Negotiation(wire, () -> exports, null).run());
    assertFalse(sent.hasRemaining());
  }

  @Test
  void tellsWhatAnExportIs() throws IOException {
    try (TestClient client = TestClient.open(socket)) {
      List<TestClient.OptionReply> info = client.ask(6, TestClient.info("disk", 1, 2, 3, 77));
      assertEquals(5, info.size());
      ByteBuffer export = ByteBuffer.wrap(info.get(0).data());
      assertEquals(0, export.getShort());
      assertEquals(SIZE, export.getLong());
      assertEquals(0, export.getShort() & READ_ONLY);
      assertEquals("disk", text(info.get(1), 2));
      assertEquals("a disk", text(info.get(2), 2));
      ByteBuffer sizes = ByteBuffer.wrap(info.get(3).data());
      assertEquals(3, sizes.getShort());
      assertEquals(
          List.of(1, 4096, 32 << 20), List.of(sizes.getInt(), sizes.getInt(), sizes.getInt()));
      List<TestClient.OptionReply> other = client.ask(6, TestClient.info("image"));
      assertEquals(READ_ONLY, ByteBuffer.wrap(other.getFirst().data()).getShort(10) & READ_ONLY);
      assertEquals(0x80000006, client.ask(6, TestClient.info("none")).getLast().type());
      assertEquals(
          SIZE, ByteBuffer.wrap(client.ask(7, TestClient.info("")).getFirst().data()).getLong(2));
    }
  }

  @Test
  void refusesOptionsThatMakeNoSenseAndGoesOn() throws IOException {
    try (TestClient client = TestClient.open(socket)) {
      assertEquals(0x80000001, client.ask(4).getLast().type(), "PEEK_EXPORT");
      assertEquals(0x80000001, client.ask(0x7777).getLast().type());
      assertEquals(0x80000001, client.ask(5).getLast().type(), "no certificate, no TLS");
      byte[][] broken = {
        {},
        {0, 0, 0},
        {0, 0, 0, 9, 'd', 0, 0},
        {-1, -1, -1, -1, 0, 0},
        {0, 0, 0, 1, (byte) 0xff, 0, 0},
        {0, 0, 0, 0, 0, 1},
        {0, 0, 0, 0, 0, 0, 0}
      };
      for (byte[] data : broken) {
        assertEquals(0x80000003, client.ask(6, data).getLast().type(), Arrays.toString(data));
      }
      assertEquals(0x80000003, client.ask(8, new byte[1]).getLast().type());
      assertEquals(
          0x80000003,
          client.ask(10, TestClient.queries("disk", "base:allocation")).getLast().type(),
          "contexts need structured replies");
      assertEquals(0x80000009, client.ask(6, new byte[100_000]).getLast().type());
      assertEquals(0x80000009, client.ask(99, new byte[1 << 20]).getLast().type());
      byte[] many = TestClient.queries("disk");
      many[many.length - 1] = -1;
      many[many.length - 4] = -1;
      assertEquals(0x80000003, client.ask(9, many).getLast().type());
      assertEquals(3, client.ask(3).size(), "it still answers");
    }
  }

  @Test
  void endsConnectionsThatAreBeyondHope() throws IOException {
    try (TestClient client = TestClient.connect(socket)) {
      client.send(new byte[] {0x7f, 0, 0, 3});
      assertTrue(client.isClosed(), "unknown flags");
    }
    try (TestClient client = TestClient.open(socket)) {
      client.send("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertTrue(client.isClosed(), "no magic");
    }
    try (TestClient client = TestClient.open(socket)) {
      client.option(6, 0xffffffffL, new byte[0]);
      assertTrue(client.isClosed(), "4 GiB of option");
    }
    try (TestClient client = TestClient.open(socket)) {
      client.option(1, 4, "none".getBytes(StandardCharsets.US_ASCII));
      assertTrue(client.isClosed(), "EXPORT_NAME cannot be refused");
    }
    try (TestClient client = TestClient.structured(socket, "disk")) {
      client.send(new byte[28]);
      assertTrue(client.isClosed(), "no magic of a request");
    }
    try (TestClient client = TestClient.structured(socket, "disk")) {
      client.request(0, 1, 1, 0, 4096, new byte[100]);
    }
    try (TestClient client = TestClient.structured(socket, "disk")) {
      assertEquals(0, client.run(0, 3, 0, 0), "the next client is served");
    }
  }

  @Test
  void losesPatienceWithClientsThatDoNotChoose() throws IOException {
    Path other = directory.resolve("impatient");
    Exports exports = () -> List.of(new Export("disk", "", device));
    try (NbdServer impatient = new NbdServer(exports, Optional.empty(), _ -> {}, 2500)) {
      impatient.listen(
          ServerSocketChannel.open(StandardProtocolFamily.UNIX)
              .bind(UnixDomainSocketAddress.of(other)));
      try (TestClient chosen = TestClient.structured(other, "disk");
          TestClient silent = TestClient.connect(other);
          TestClient half = TestClient.open(other)) {
        half.send(new byte[] {'I', 'H', 'A', 'V', 'E'});
        assertTrue(silent.isClosed());
        assertTrue(half.isClosed());
        assertEquals(0, chosen.run(0, 3, 0, 0), "who has chosen may be silent");
      }
    }
  }

  @Test
  void takesSoManyConnectionsAndNoMore() throws Exception {
    List<TestClient> silent = new ArrayList<>();
    for (int i = 0; i < NbdServer.MAX_CONNECTIONS - 1; i++) {
      silent.add(TestClient.connect(socket));
    }
    try (TestClient last = TestClient.structured(socket, "disk")) {
      assertEquals(0, last.run(0, 3, 0, 0));
      assertThrows(IOException.class, () -> TestClient.connect(socket));
      for (TestClient client : silent) {
        client.close();
      }
      while (server.clients() > 1) {
        Thread.sleep(2);
      }
      try (TestClient next = TestClient.structured(socket, "disk")) {
        assertEquals(0, next.run(0, 3, 0, 0), "there is room again");
      }
    }
  }

  @Test
  void servesClientsOfOldByNameAlone() throws IOException {
    try (TestClient client = TestClient.connect(socket)) {
      client.send(new byte[] {0, 0, 0, 1});
      client.option(1, 4, "disk".getBytes(StandardCharsets.US_ASCII));
      ByteBuffer reply = client.read(8 + 2 + 124);
      assertEquals(SIZE, reply.getLong());
      client.request(0, 0, 9, 100, 50);
      assertEquals(0, client.simpleReply(9));
      assertArrayEquals(Arrays.copyOfRange(device.bytes, 100, 150), client.read(50).array());
    }
  }

  @Test
  void readsInOneOrManyPieces() throws IOException {
    int length = 700_001;
    byte[] expected = Arrays.copyOfRange(device.bytes, 3, 3 + length);
    try (TestClient client = TestClient.structured(socket, "disk")) {
      assertArrayEquals(expected, client.readData(3, length));
      client.request(4, 0, 7, 5, 1 << 16);
      List<TestClient.Chunk> whole = client.chunks();
      assertEquals(1, whole.size(), "DF");
      assertEquals(8 + (1 << 16), whole.getFirst().data().length);
      client.request(4, 0, 7, 0, length);
      assertEquals(75, client.chunks().getLast().error(), "EOVERFLOW");
    }
    try (TestClient client = TestClient.simple(socket, "disk")) {
      client.request(0, 0, 8, 3, length);
      assertEquals(0, client.simpleReply(8));
      assertArrayEquals(expected, client.read(length).array());
    }
  }

  @Test
  void saysWhichBytesCannotBeRead() throws IOException {
    device.badSector = 1030;
    try (TestClient client = TestClient.structured(socket, "disk")) {
      client.request(0, 0, 7, 0, SIZE);
      TestClient.Chunk last = client.chunks().getLast();
      assertEquals(0x8002, last.type());
      assertEquals(5, last.error());
      assertEquals(1030 * 512, ByteBuffer.wrap(last.data()).getLong(last.data().length - 8));
      assertArrayEquals(Arrays.copyOf(device.bytes, 512), client.readData(0, 512));
    }
    try (TestClient client = TestClient.simple(socket, "disk")) {
      client.request(0, 0, 8, 0, SIZE);
      assertEquals(5, client.simpleReply(8), "known before the reply begins");
      client.request(0, 0, 9, 0, 512);
      assertEquals(0, client.simpleReply(9));
    }
  }

  @Test
  void writesAndForces() throws IOException {
    byte[] data = new byte[600_000];
    new Random(6).nextBytes(data);
    try (TestClient client = TestClient.structured(socket, "disk");
        TestClient other = TestClient.structured(socket, "disk")) {
      assertEquals(0, client.run(0, 1, 777, data.length, data));
      assertArrayEquals(data, other.readData(777, data.length));
      assertEquals(0, device.flushes.get());
      assertEquals(0, other.run(0, 3, 0, 0));
      assertEquals(1, device.flushes.get());
      assertEquals(0, client.run(1, 1, 0, 3, (byte) 1, (byte) 2, (byte) 3));
      assertEquals(2, device.flushes.get(), "FUA");
      assertEquals(0, client.run(1, 6, 1, 100_000));
      assertEquals(3, device.flushes.get());
      assertArrayEquals(new byte[100_000], client.readData(1, 100_000));
      assertEquals(1, device.bytes[0]);
      assertEquals(0, client.run(0, 4, 0, 512), "TRIM");
      assertEquals(0, client.run(0, 5, 0, SIZE), "CACHE");
    }
  }

  @Test
  void refusesRequestsThatAreWrong() throws IOException {
    byte[] before = device.bytes.clone();
    try (TestClient client = TestClient.structured(socket, "disk")) {
      assertEquals(22, client.run(0, 0, SIZE, 1), "behind the end");
      assertEquals(22, client.run(0, 0, SIZE - 1, 2));
      assertEquals(22, client.run(0, 0, -1, 512), "a negative offset");
      assertEquals(22, client.run(0, 0, Long.MAX_VALUE, 512));
      assertEquals(28, client.run(0, 1, SIZE - 1, 2, (byte) 0, (byte) 0), "ENOSPC");
      assertEquals(22, client.run(0, 0, 0, 0), "nothing");
      assertEquals(22, client.run(0, 0, 0, 0xffffffffL));
      assertEquals(22, client.run(0, 9, 0, 1), "no such command");
      assertEquals(22, client.run(0x80, 0, 0, 1), "no such flag");
      assertEquals(22, client.run(2, 0, 0, 1), "NO_HOLE is for WRITE_ZEROES");
      assertEquals(22, client.run(0, 7, 0, 512), "no context was chosen");
      assertEquals(22, client.run(0, 6, 1, SIZE));
      assertEquals(28, client.run(0, 1, 0, SIZE + 1, new byte[SIZE + 1]), "all data is skipped");
      assertEquals(0, client.run(0, 3, 0, 0));
    }
    try (TestClient client = TestClient.structured(socket, "image")) {
      assertEquals(1, client.run(0, 1, 0, 4, new byte[4]), "EPERM");
      assertEquals(1, client.run(0, 4, 0, 4));
      assertEquals(1, client.run(0, 6, 0, 4));
      assertEquals(0, client.run(0, 3, 0, 0));
    }
    assertArrayEquals(before, device.bytes);
  }

  @Test
  void tellsAFullDiskFromABrokenOne() throws IOException {
    device.fullSector = 1000;
    try (TestClient client = TestClient.structured(socket, "disk")) {
      assertEquals(28, client.run(0, 1, 0, SIZE, new byte[SIZE]));
      assertEquals(0, client.run(0, 1, 0, 512, new byte[512]));
    }
  }

  @Test
  void mapsWhatItHolds() throws IOException {
    try (TestClient client =
        TestClient.structured(socket, "disk", "base:allocation", "dmsalvage:dirty", "qemu:x")) {
      client.request(0, 7, 3, 0, 256 << 10);
      List<TestClient.Chunk> chunks = client.chunks();
      assertEquals(2, chunks.size());
      assertEquals(
          List.of(List.of(64 << 10, 0), List.of(64 << 10, 3), List.of(128 << 10, 0)),
          extents(chunks.get(0), 0));
      assertEquals(
          List.of(List.of(4096, 1), List.of((256 << 10) - 4096, 0)), extents(chunks.get(1), 1));
      client.request(8, 7, 3, 100, 256 << 10);
      assertEquals(List.of(List.of((64 << 10) - 100, 0)), extents(client.chunks().get(0), 0));
    }
    try (TestClient client = TestClient.open(socket)) {
      client.ask(8);
      assertEquals(3, client.ask(9, TestClient.queries("disk")).size());
      assertEquals(2, client.ask(9, TestClient.queries("disk", "dmsalvage:")).size());
      assertEquals(1, client.ask(9, TestClient.queries("image", "dmsalvage:")).size());
      assertEquals(2, client.ask(10, TestClient.queries("disk", "base:allocation")).size());
      client.ask(7, TestClient.info("image"));
      assertEquals(22, client.run(0, 7, 0, 512), "chosen for another export");
    }
  }

  private static List<List<Integer>> extents(TestClient.Chunk chunk, int context) {
    assertEquals(5, chunk.type());
    ByteBuffer data = ByteBuffer.wrap(chunk.data());
    assertEquals(context, data.getInt());
    List<List<Integer>> extents = new ArrayList<>();
    while (data.hasRemaining()) {
      extents.add(List.of(data.getInt(), data.getInt()));
    }
    return extents;
  }

  @Test
  void answersManyRequestsAtOnce() throws IOException {
    try (TestClient client = TestClient.structured(socket, "disk")) {
      for (int i = 0; i < 200; i++) {
        client.request(0, 0, i, i * 4096L % SIZE, 4096);
      }
      boolean[] seen = new boolean[200];
      for (int i = 0; i < 200; i++) {
        TestClient.Chunk chunk = client.chunks().getFirst();
        int from = (int) (chunk.cookie() * 4096 % SIZE);
        assertArrayEquals(
            Arrays.copyOfRange(device.bytes, from, from + 4096),
            Arrays.copyOfRange(chunk.data(), 8, 8 + 4096));
        assertFalse(seen[(int) chunk.cookie()]);
        seen[(int) chunk.cookie()] = true;
      }
    }
  }

  @Test
  void endsWithAllAnswersGivenWhenItIsClosed() throws IOException {
    try (TestClient client = TestClient.structured(socket, "disk")) {
      assertEquals(0, client.run(0, 1, 0, 1, (byte) 42));
      server.close();
      assertThrows(EOFException.class, () -> client.read(1));
      assertEquals(42, device.bytes[0]);
      assertEquals(0, server.clients());
    }
  }

  @Test
  void endsWithTheClientThatSaysSo() throws IOException {
    try (TestClient client = TestClient.structured(socket, "disk")) {
      client.request(0, 2, 0, 0, 0);
      assertTrue(client.isClosed());
    }
  }
}
