package org.dmsalvage.inspect.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server. Requests of several threads are under way at the same time; a thread
 * of its own takes the replies.
 */
final class NbdConnection implements AutoCloseable {

  /** Longest reply to an option, and longest message of an error. */
  private static final int MOST_OPTION_BYTES = 1 << 16;

  /** Replies to one option. */
  private static final int MOST_OPTION_REPLIES = 1000;

  private static final int MOST_EXTENTS = 1 << 16;

  private final SocketChannel channel;
  private final Map<Long, Request> waiting = new ConcurrentHashMap<>();
  private final ByteBuffer small = ByteBuffer.allocate(64);
  private volatile @Nullable IOException broken;
  private long lastHandle;
  private long size;
  private boolean structured;
  private @Nullable Integer allocation;

  /** A server's answer that the request failed; the connection is all right. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    Refused(String message) {
      super(message);
    }
  }

  /**
   * A stretch of the export.
   *
   * @param length bytes
   * @param zero whether it reads as zeros
   */
  record Extent(long length, boolean zero) {}

  /** A request whose reply has not come. */
  private static final class Request {
    private final long offset;
    private final int length;
    private final @Nullable ByteBuffer target;
    private final List<Extent> extents = new ArrayList<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private @Nullable IOException failure;
    private long filled;

    Request(long offset, int length, @Nullable ByteBuffer target) {
      this.offset = offset;
      this.length = length;
      this.target = target;
    }
  }

  /**
   * Connects and chooses the export.
   *
   * @throws IOException if there is no server, it speaks otherwise, or has no such export
   */
  NbdConnection(NbdUri uri) throws IOException {
    channel =
        SocketChannel.open(
            uri.socket() == null ? StandardProtocolFamily.INET : StandardProtocolFamily.UNIX);
    try {
      channel.connect(uri.address());
      if (uri.socket() == null) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      handshake(uri.export());
    } catch (UnresolvedAddressException _) {
      channel.close();
      throw new IOException("unknown host " + uri.host());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
    Thread.ofPlatform().daemon().name("dmsalvage-nbd").start(this::receive);
  }

  long size() {
    return size;
  }

  /** {@return whether the server tells holes from data} */
  boolean tellsHoles() {
    return allocation != null;
  }

  boolean isBroken() {
    return broken != null;
  }

  // ---- handshake ----

  private void handshake(String export) throws IOException {
    ByteBuffer hello = receive(18);
    if (hello.getLong() != Nbd.MAGIC || hello.getLong() != Nbd.OPTION_MAGIC) {
      throw new IOException("is no NBD server, or an ancient one");
    }
    int flags = hello.getShort();
    if ((flags & Nbd.FLAG_FIXED_NEWSTYLE) == 0) {
      throw new IOException("the server does not speak fixed newstyle");
    }
    boolean noZeroes = (flags & Nbd.FLAG_NO_ZEROES) != 0;
    send(
        ByteBuffer.allocate(4)
            .putInt(Nbd.FLAG_FIXED_NEWSTYLE | (noZeroes ? Nbd.FLAG_NO_ZEROES : 0))
            .flip());
    byte[] name = export.getBytes(StandardCharsets.UTF_8);
    structured = option(Nbd.OPT_STRUCTURED_REPLY, ByteBuffer.allocate(0));
    if (structured) {
      byte[] context = Nbd.BASE_ALLOCATION.getBytes(StandardCharsets.US_ASCII);
      ByteBuffer query = ByteBuffer.allocate(12 + name.length + context.length);
      query.putInt(name.length).put(name).putInt(1).putInt(context.length).put(context).flip();
      boolean _ = option(Nbd.OPT_SET_META_CONTEXT, query);
    }
    ByteBuffer go = ByteBuffer.allocate(6 + name.length);
    go.putInt(name.length).put(name).putShort((short) 0).flip();
    if (!option(Nbd.OPT_GO, go)) {
      send(optionHead(Nbd.OPT_EXPORT_NAME, name.length));
      send(ByteBuffer.wrap(name));
      size = receive(10).getLong();
      if (!noZeroes) {
        ByteBuffer _ = receive(124);
      }
    }
    if (size < 0) {
      throw new IOException("the server tells an impossible size");
    }
  }

  private static ByteBuffer optionHead(int option, int length) {
    return ByteBuffer.allocate(16).putLong(Nbd.OPTION_MAGIC).putInt(option).putInt(length).flip();
  }

  /** Sends an option and takes its replies; false if the server does not know it. */
  private boolean option(int option, ByteBuffer data) throws IOException {
    send(optionHead(option, data.remaining()));
    send(data);
    for (int i = 0; i < MOST_OPTION_REPLIES; i++) {
      ByteBuffer head = receive(20);
      boolean right = head.getLong() == Nbd.OPTION_REPLY_MAGIC && head.getInt() == option;
      int type = head.getInt();
      int length = head.getInt();
      if (!right || length < 0 || length > MOST_OPTION_BYTES) {
        throw new IOException("the server's reply to an option makes no sense");
      }
      ByteBuffer reply = receive(length);
      switch (type) {
        case Nbd.REP_ACK -> {
          return true;
        }
        case Nbd.REP_INFO -> {
          if (length >= 12 && reply.getShort(0) == Nbd.INFO_EXPORT) {
            size = reply.getLong(2);
          }
        }
        case Nbd.REP_META_CONTEXT -> {
          if (length > 4 && text(reply.position(4)).equals(Nbd.BASE_ALLOCATION)) {
            allocation = reply.getInt(0);
          }
        }
        case Nbd.REP_ERR_UNKNOWN -> throw new IOException("the server has no such export");
        default -> {
          if ((type & Nbd.REP_ERROR) != 0) {
            if (option == Nbd.OPT_GO && type != Nbd.REP_ERR_UNSUP) {
              throw new IOException("the server refuses the export: " + text(reply));
            }
            return false;
          }
        }
      }
    }
    throw new IOException("the server does not stop replying to an option");
  }

  private static String text(ByteBuffer bytes) {
    return StandardCharsets.UTF_8.decode(bytes).toString().replaceAll("\\p{Cntrl}", "?");
  }

  private ByteBuffer receive(int length) throws IOException {
    ByteBuffer buffer = length <= small.capacity() ? small.clear() : ByteBuffer.allocate(length);
    return fill(buffer.limit(length)).flip();
  }

  private ByteBuffer fill(ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (channel.read(buffer) < 0) {
        throw new EOFException("the server closed the connection");
      }
    }
    return buffer;
  }

  private void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      int _ = channel.write(bytes);
    }
  }

  // ---- transmission ----

  /**
   * Reads.
   *
   * @throws Refused if the server could not
   * @throws IOException if the connection broke
   */
  void read(long offset, ByteBuffer target) throws IOException {
    int length = target.remaining();
    Request request = new Request(offset, length, target.slice());
    perform(Nbd.CMD_READ, request);
    if (request.filled != length) {
      throw new IOException("the server sent %d bytes of %d".formatted(request.filled, length));
    }
    target.position(target.limit());
  }

  /**
   * Asks what is a hole.
   *
   * @return stretches from the offset on, at least one, perhaps beyond the length
   */
  List<Extent> blockStatus(long offset, int length) throws IOException {
    Request request = new Request(offset, length, null);
    perform(Nbd.CMD_BLOCK_STATUS, request);
    if (request.extents.isEmpty()) {
      throw new IOException("the server tells no block status");
    }
    return request.extents;
  }

  private void perform(int command, Request request) throws IOException {
    synchronized (this) {
      long handle = ++lastHandle;
      waiting.put(handle, request);
      IOException gone = broken;
      if (gone != null) {
        throw gone;
      }
      ByteBuffer head = ByteBuffer.allocate(28).putInt(Nbd.REQUEST_MAGIC);
      head.putShort((short) 0).putShort((short) command).putLong(handle);
      head.putLong(request.offset).putInt(request.length);
      send(head.flip());
    }
    request.done.join();
    IOException failure = request.failure;
    if (failure != null) {
      throw failure;
    }
  }

  /** Takes replies until the connection ends. */
  private void receive() {
    IOException end = null;
    try {
      while (end == null) {
        reply();
      }
    } catch (IOException e) {
      end = e;
    } catch (RuntimeException e) {
      end = new IOException("the server's reply makes no sense", e);
    }
    broken = end;
    close();
    for (Request request : waiting.values()) {
      request.failure = end;
      boolean _ = request.done.complete(null);
    }
  }

  private void reply() throws IOException {
    ByteBuffer head = receive(16);
    int magic = head.getInt();
    if (magic == Nbd.SIMPLE_REPLY_MAGIC) {
      int error = head.getInt();
      long handle = head.getLong();
      Request request = request(handle);
      if (error != 0) {
        request.failure = new Refused(Nbd.error(error));
      } else if (request.target != null) {
        fill(request.target);
        request.filled = request.length;
      }
      finish(handle, request);
      return;
    }
    if (magic != Nbd.STRUCTURED_REPLY_MAGIC || !structured) {
      throw new IOException("the server's reply begins with 0x%08x".formatted(magic));
    }
    int flags = head.getShort();
    int type = Short.toUnsignedInt(head.getShort());
    long handle = head.getLong();
    int length = receive(4).getInt();
    Request request = request(handle);
    chunk(type, length, request);
    if ((flags & Nbd.REPLY_FLAG_DONE) != 0) {
      finish(handle, request);
    }
  }

  private Request request(long handle) throws IOException {
    Request request = waiting.get(handle);
    if (request == null) {
      throw new IOException("the server replies to what was not asked");
    }
    return request;
  }

  private void finish(long handle, Request request) {
    waiting.remove(handle);
    boolean _ = request.done.complete(null);
  }

  private void chunk(int type, int length, Request request) throws IOException {
    ByteBuffer target = request.target;
    if (type == Nbd.REPLY_TYPE_NONE && length == 0) {
      return;
    }
    if (type == Nbd.REPLY_TYPE_OFFSET_DATA && target != null && length > 8) {
      int at = place(receive(8).getLong(), length - 8, request);
      fill(target.clear().limit(at + length - 8).position(at));
      request.filled += length - 8;
    } else if (type == Nbd.REPLY_TYPE_OFFSET_HOLE && target != null && length == 12) {
      ByteBuffer hole = receive(12);
      long offset = hole.getLong();
      int zeros = hole.getInt();
      int at = place(offset, zeros, request);
      target.clear();
      for (int i = at; i < at + zeros; i++) {
        target.put(i, (byte) 0);
      }
      request.filled += zeros;
    } else if (type == Nbd.REPLY_TYPE_BLOCK_STATUS && length >= 12 && length <= MOST_EXTENTS * 8) {
      ByteBuffer status = receive(length);
      int context = status.getInt();
      while (allocation != null && context == allocation && status.remaining() >= 8) {
        long bytes = Integer.toUnsignedLong(status.getInt());
        boolean zero = (status.getInt() & Nbd.STATE_ZERO) != 0;
        if (bytes > 0) {
          request.extents.add(new Extent(bytes, zero));
        }
      }
    } else if ((type & Nbd.REPLY_TYPE_ERROR_BIT) != 0
        && length >= 6
        && length < MOST_OPTION_BYTES) {
      ByteBuffer error = receive(length);
      int number = error.getInt();
      int text = Math.min(Short.toUnsignedInt(error.getShort()), error.remaining());
      String message = text(error.slice(error.position(), text));
      request.failure =
          new Refused(Nbd.error(number) + (message.isEmpty() ? "" : " (" + message + ")"));
    } else {
      throw new IOException("the server sent a chunk of type %d, %d bytes".formatted(type, length));
    }
  }

  private static int place(long offset, int length, Request request) throws IOException {
    long at = offset - request.offset;
    if (length <= 0 || at < 0 || at > request.length - length) {
      throw new IOException("the server sent bytes that were not asked for");
    }
    return (int) at;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException _) {
      // Only reading was done.
    }
  }
}
