package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A client that says what a test wants to say, right or wrong. Its numbers are its own. */
public final class TestClient implements AutoCloseable {

  private final SocketChannel socket;

  /** An answer to an option. */
  @SuppressWarnings("ArrayRecordComponent")
  public record OptionReply(int option, int type, byte[] data) {
    boolean isError() {
      return type < 0;
    }
  }

  /** A part of an answer to a request. */
  @SuppressWarnings("ArrayRecordComponent")
  public record Chunk(int flags, int type, long cookie, byte[] data) {
    boolean isLast() {
      return (flags & 1) != 0;
    }

    boolean isError() {
      return (type & 0x8000) != 0;
    }

    int error() {
      return ByteBuffer.wrap(data).getInt();
    }
  }

  private TestClient(SocketChannel socket) {
    this.socket = socket;
  }

  /** Connects and hears the greeting; says nothing yet. */
  static TestClient connect(Path path) throws IOException {
    TestClient client = new TestClient(SocketChannel.open(UnixDomainSocketAddress.of(path)));
    ByteBuffer greeting = client.read(18);
    if (greeting.getLong() != 0x4e42444d41474943L || greeting.getLong() != 0x49484156454f5054L) {
      throw new IOException("no greeting");
    }
    if (greeting.getShort() != 3) {
      throw new IOException("not fixed newstyle without zeroes");
    }
    return client;
  }

  /** Connects and agrees on fixed newstyle. */
  public static TestClient open(Path path) throws IOException {
    TestClient client = connect(path);
    client.send(ByteBuffer.allocate(4).putInt(3).array());
    return client;
  }

  /** Connects and chooses an export with structured replies and contexts. */
  public static TestClient structured(Path path, String export, String... contexts)
      throws IOException {
    TestClient client = open(path);
    client.ask(8);
    if (contexts.length > 0) {
      client.ask(10, queries(export, contexts));
    }
    client.ask(7, info(export));
    return client;
  }

  /** Connects and chooses an export with simple replies. */
  public static TestClient simple(Path path, String export) throws IOException {
    TestClient client = open(path);
    client.ask(7, info(export));
    return client;
  }

  static byte[] info(String export, int... wanted) {
    byte[] name = export.getBytes(StandardCharsets.UTF_8);
    ByteBuffer data = ByteBuffer.allocate(6 + name.length + 2 * wanted.length);
    data.putInt(name.length).put(name).putShort((short) wanted.length);
    for (int kind : wanted) {
      data.putShort((short) kind);
    }
    return data.array();
  }

  static byte[] queries(String export, String... contexts) {
    byte[] name = export.getBytes(StandardCharsets.UTF_8);
    ByteBuffer data = ByteBuffer.allocate(10_000);
    data.putInt(name.length).put(name).putInt(contexts.length);
    for (String context : contexts) {
      byte[] bytes = context.getBytes(StandardCharsets.UTF_8);
      data.putInt(bytes.length).put(bytes);
    }
    byte[] used = new byte[data.position()];
    data.flip().get(used);
    return used;
  }

  void send(byte[]... parts) throws IOException {
    for (byte[] part : parts) {
      ByteBuffer bytes = ByteBuffer.wrap(part);
      while (bytes.hasRemaining()) {
        int _ = socket.write(bytes);
      }
    }
  }

  ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (socket.read(bytes) < 0) {
        throw new EOFException();
      }
    }
    return bytes.flip();
  }

  /** Waits for the server to close the connection, whatever it sends before. */
  boolean isClosed() throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(4096);
    try {
      while (socket.read(bytes.clear()) >= 0) {
        // What it sends does not matter.
      }
    } catch (IOException e) {
      return e.getMessage().contains("reset");
    }
    return true;
  }

  void option(int option, long length, byte[] data) throws IOException {
    ByteBuffer header = ByteBuffer.allocate(16).putLong(0x49484156454f5054L);
    send(header.putInt(option).putInt((int) length).array(), data);
  }

  OptionReply optionReply() throws IOException {
    ByteBuffer header = read(20);
    if (header.getLong() != 0x3e889045565a9L) {
      throw new IOException("no option reply");
    }
    int option = header.getInt();
    int type = header.getInt();
    return new OptionReply(option, type, read(header.getInt()).array());
  }

  /** Sends an option and gives all answers up to the one that ends them. */
  List<OptionReply> ask(int option, byte[] data) throws IOException {
    option(option, data.length, data);
    List<OptionReply> replies = new ArrayList<>();
    while (replies.isEmpty() || !(replies.getLast().isError() || replies.getLast().type() == 1)) {
      replies.add(optionReply());
    }
    return replies;
  }

  List<OptionReply> ask(int option) throws IOException {
    return ask(option, new byte[0]);
  }

  /** Sends a request. */
  public void request(int flags, int command, long cookie, long offset, long length, byte... data)
      throws IOException {
    ByteBuffer header = ByteBuffer.allocate(28).putInt(0x25609513);
    header.putShort((short) flags).putShort((short) command).putLong(cookie);
    send(header.putLong(offset).putInt((int) length).array(), data);
  }

  /** Receives a simple reply without data, and gives its error. */
  int simpleReply(long cookie) throws IOException {
    ByteBuffer header = read(16);
    if (header.getInt() != 0x67446698) {
      throw new IOException("no simple reply");
    }
    int error = header.getInt();
    if (header.getLong() != cookie) {
      throw new IOException("a reply to another request");
    }
    return error;
  }

  Chunk chunk() throws IOException {
    ByteBuffer header = read(20);
    if (header.getInt() != 0x668e33ef) {
      throw new IOException("no chunk");
    }
    int flags = header.getShort();
    int type = Short.toUnsignedInt(header.getShort());
    long cookie = header.getLong();
    return new Chunk(flags, type, cookie, read(header.getInt()).array());
  }

  /** Receives the chunks of one reply. */
  List<Chunk> chunks() throws IOException {
    List<Chunk> chunks = new ArrayList<>();
    while (chunks.isEmpty() || !chunks.getLast().isLast()) {
      chunks.add(chunk());
    }
    return chunks;
  }

  /** Does something that has no data in its answer. */
  public int run(int flags, int command, long offset, long length, byte... data)
      throws IOException {
    request(flags, command, 1, offset, length, data);
    Chunk chunk = chunks().getLast();
    return chunk.isError() ? chunk.error() : 0;
  }

  /** Reads with structured replies; fails if the server does. */
  public byte[] readData(long offset, int length) throws IOException {
    request(0, 0, 2, offset, length);
    byte[] data = new byte[length];
    for (Chunk chunk : chunks()) {
      if (chunk.isError()) {
        throw new IOException("error " + chunk.error());
      }
      if (chunk.type() == 1) {
        int at = (int) (ByteBuffer.wrap(chunk.data()).getLong() - offset);
        System.arraycopy(chunk.data(), 8, data, at, chunk.data().length - 8);
      }
    }
    return data;
  }

  /** Receives the data of a request that fits one piece. */
  public byte[] readAnswer(long cookie) throws IOException {
    Chunk chunk = chunks().getFirst();
    if (chunk.cookie() != cookie || chunk.type() != 1) {
      throw new IOException("no data");
    }
    return Arrays.copyOfRange(chunk.data(), 8, chunk.data().length);
  }

  /** Closes the connection without a word. */
  @Override
  public void close() throws IOException {
    socket.close();
  }
}
