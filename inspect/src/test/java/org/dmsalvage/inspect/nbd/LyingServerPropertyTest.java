package org.dmsalvage.inspect.nbd;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.Consumer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.junit.jupiter.api.Test;

/** Whatever a server answers: what comes of it is an error of ours, soon, or bytes. */
class LyingServerPropertyTest {

  private static final int SIZE = 1 << 20;

  /** What a server sends for one connection; reads nothing. */
  private interface Speech {
    void speak(SocketChannel client) throws IOException;
  }

  private static void against(Speech speech, Consumer<String> client) throws Exception {
    Path directory = Files.createTempDirectory("lying");
    Path socket = directory.resolve("s");
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
      Thread speaker =
          Thread.ofVirtual()
              .start(
                  () -> {
                    while (server.isOpen()) {
                      try (SocketChannel one = server.accept()) {
                        speech.speak(one);
                        one.shutdownOutput();
                        ByteBuffer ignored = ByteBuffer.allocate(1 << 16);
                        while (one.read(ignored.clear()) > 0) {
                          // Until the client has had enough.
                        }
                      } catch (IOException _) {
                        // The client has gone.
                      }
                    }
                  });
      client.accept("nbd+unix:///?socket=" + socket);
      server.close();
      speaker.join();
    } finally {
      server.close();
      Files.deleteIfExists(socket);
      Files.delete(directory);
    }
  }

  private static ByteBuffer hello() {
    ByteBuffer bytes = ByteBuffer.allocate(1 << 17);
    bytes.putLong(Nbd.MAGIC).putLong(Nbd.OPTION_MAGIC).putShort((short) 3);
    return bytes;
  }

  private static ByteBuffer option(ByteBuffer bytes, int option, int type, int length) {
    return bytes.putLong(Nbd.OPTION_REPLY_MAGIC).putInt(option).putInt(type).putInt(length);
  }

  /** A whole handshake: structured replies, block status, an export. */
  private static ByteBuffer handshake(long size) {
    ByteBuffer bytes = option(hello(), Nbd.OPT_STRUCTURED_REPLY, Nbd.REP_ACK, 0);
    byte[] context = Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.US_ASCII);
    option(bytes, Nbd.OPT_SET_META_CONTEXT, Nbd.REP_META_CONTEXT, 4 + context.length)
        .putInt(1)
        .put(context);
    option(bytes, Nbd.OPT_SET_META_CONTEXT, Nbd.REP_ACK, 0);
    option(bytes, Nbd.OPT_GO, Nbd.REP_INFO, 12).putShort((short) 0).putLong(size);
    bytes.putShort((short) Nbd.TRANSMISSION_HAS_FLAGS);
    return option(bytes, Nbd.OPT_GO, Nbd.REP_ACK, 0);
  }

  private static ByteBuffer chunk(ByteBuffer bytes, int flags, int type, long handle, int length) {
    return bytes
        .putInt(Nbd.STRUCTURED_REPLY_MAGIC)
        .putShort((short) flags)
        .putShort((short) type)
        .putLong(handle)
        .putInt(length);
  }

  private static NbdSource impatient(String uri) {
    try {
      return new NbdSource(uri, new NbdClient(uri, 0), () -> {});
    } catch (IOException e) {
      throw new UnreadableException(uri, "cannot connect: " + e.getMessage());
    }
  }

  private static void use(BlockSource source) {
    for (long at = 0, n = 0; at < source.size() && n < 20; n++) {
      at = source.nextData(at);
      at = source.nextHole(at);
    }
    long last = Math.max(source.size() - 70_000, 0);
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(source.size(), 70_000));
    source.read(last, bytes);
  }

  private static void tries(ByteBuffer said) throws Exception {
    byte[] all = new byte[said.flip().remaining()];
    said.get(all);
    against(
        one -> {
          ByteBuffer bytes = ByteBuffer.wrap(all);
          while (bytes.hasRemaining()) {
            int _ = one.write(bytes);
          }
        },
        uri -> {
          try (NbdSource source = impatient(uri)) {
            use(source);
          } catch (SalvageException _) {
            // That is what it shall be.
          }
        });
  }

  @Property(tries = 20)
  void noiseInTheHandshake(@ForAll long seed, @ForAll boolean introduced) throws Exception {
    Random random = new Random(seed);
    ByteBuffer said = introduced ? hello() : ByteBuffer.allocate(1 << 12);
    byte[] noise = new byte[random.nextInt(400)];
    random.nextBytes(noise);
    tries(said.put(noise));
  }

  @Property(tries = 40)
  void changedBytes(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    ByteBuffer said = handshake(random.nextBoolean() ? SIZE : Long.MAX_VALUE);
    for (int i = 0; i < 6; i++) {
      int flags = random.nextInt(2);
      switch (random.nextInt(4)) {
        case 0 -> chunk(said, flags, Nbd.REPLY_TYPE_OFFSET_HOLE, i + 1, 12).putLong(0).putInt(9);
        case 1 -> chunk(said, flags, Nbd.REPLY_TYPE_BLOCK_STATUS, i + 1, 12).putInt(1).putInt(-1);
        case 2 -> chunk(said, flags, Nbd.REPLY_TYPE_ERROR, i + 1, 6).putInt(5).putShort((short) 9);
        default -> said.putInt(Nbd.SIMPLE_REPLY_MAGIC).putInt(0).putLong(i + 1).put(new byte[999]);
      }
    }
    for (int i = random.nextInt(4); i > 0; i--) {
      said.put(18 + random.nextInt(said.position() - 18), (byte) random.nextInt());
    }
    tries(said);
  }

  private static String refusal(ByteBuffer said) throws Exception {
    byte[] all = new byte[said.flip().remaining()];
    said.get(all);
    String[] message = {""};
    against(
        one -> {
          int _ = one.write(ByteBuffer.wrap(all));
        },
        uri ->
            message[0] =
                assertThrows(
                        SalvageException.class,
                        () -> {
                          try (NbdSource source = impatient(uri)) {
                            source.read(0, ByteBuffer.allocate(SIZE));
                          }
                        })
                    .getMessage());
    return message[0];
  }

  @Test
  void theSameBytesTwiceAreNotAll() throws Exception {
    ByteBuffer said = handshake(SIZE);
    for (int i = 0; i < 2; i++) {
      int half = SIZE / 2;
      chunk(said, i, Nbd.REPLY_TYPE_OFFSET_HOLE, 1, 12).putLong(0).putInt(half);
    }
    assertTrue(refusal(said).contains("the same bytes twice"));
  }

  @Test
  void aSizeBelowZeroIsRefused() throws Exception {
    assertTrue(refusal(handshake(-5)).contains("an impossible size"));
  }

  @Test
  void anEndlessReplyIsRefused() throws Exception {
    ByteBuffer said = hello();
    for (int i = 0; i < 1100; i++) {
      option(said, Nbd.OPT_STRUCTURED_REPLY, Nbd.REP_SERVER, 0);
    }
    assertTrue(refusal(said).contains("does not stop replying"));
  }
}
