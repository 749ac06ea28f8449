package org.dmsalvage.inspect.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * One connection to a server. Requests of several threads are under way at the same time; a thread
 * of its own takes the replies.
 */
public final class NbdConnection implements AutoCloseable {

  /** Requests of one caller that are under way at the same time. */
  private static final int MOST_UNDER_WAY = 16;

  /** How long a server may take for a reply; a disk that tries again and again takes minutes. */
  private static final long PATIENCE_SECONDS = 300;

  /** How long it may take to introduce itself. */
  private static final long HANDSHAKE_MILLIS = 30_000;

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
  private int flags;
  private int leastBytes = 1;
  private long mostBytes = 32 << 20;
  private boolean structured;
  private @Nullable Integer allocation;

  /** A server's answer that the request failed; the connection is all right. */
  public static final class Refused extends IOException {
    private static final long serialVersionUID = 1L;

    private final int error;

    Refused(int error, String message) {
      super(Nbd.error(error) + (message.isEmpty() ? "" : " (" + message + ")"));
      this.error = error;
    }

    /** {@return the error as the protocol numbers it} */
    public int error() {
      return error;
    }
  }

  /**
   * A stretch of the export.
   *
   * @param length bytes
   * @param zero whether it reads as zeros
   */
  record Extent(long length, boolean zero) {}

  /** A request, and what became of it. Good for one connection. */
  public static final class Request {
    private final int command;
    private final long offset;
    private final int length;
    private final @Nullable ByteBuffer payload;
    private final @Nullable ByteBuffer target;
    private final List<Extent> extents = new ArrayList<>();
    private final CompletableFuture<Void> done = new CompletableFuture<>();
    private @Nullable BitSet covered;
    private @Nullable IOException failure;
    private long filled;

    private Request(
        int command,
        long offset,
        int length,
        @Nullable ByteBuffer payload,
        @Nullable ByteBuffer target) {
      this.command = command;
      this.offset = offset;
      this.length = length;
      this.payload = payload;
      this.target = target;
    }

    /**
     * {@return a request that fills a buffer}
     *
     * @param offset of the first byte in the export
     * @param target filled from its position to its limit, which stay as they are
     */
    static Request read(long offset, ByteBuffer target) {
      ByteBuffer own = target.slice();
      return new Request(Nbd.CMD_READ, offset, own.remaining(), null, own);
    }

    /**
     * {@return a request whose reply says only whether it succeeded}
     *
     * @param command of the protocol, such as {@link Nbd#CMD_FLUSH}
     * @param offset of the first byte in the export
     * @param length bytes
     * @param payload sent along; null for none
     */
    public static Request of(int command, long offset, int length, @Nullable ByteBuffer payload) {
      return new Request(command, offset, length, payload, null);
    }
  }

  /**
   * Connects and chooses the export.
   *
   * @throws IOException if there is no server, it speaks otherwise, or has no such export
   */
  NbdConnection(NbdUri uri) throws IOException {
    channel =
        uri.socket() == null
            ? SocketChannel.open()
            : SocketChannel.open(StandardProtocolFamily.UNIX);
    Thread guard = Thread.ofVirtual().start(this::closeWhenLate);
    try {
      channel.connect(uri.address());
      if (uri.socket() == null) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      handshake(uri.export());
    } catch (UnresolvedAddressException _) {
      channel.close();
      throw new IOException("unknown host " + uri.host());
    } catch (AsynchronousCloseException _) {
      throw new IOException("the server does not introduce itself");
    } catch (IllegalArgumentException e) {
      channel.close();
      throw new IOException("cannot reach such an address", e);
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    } finally {
      guard.interrupt();
    }
    Thread.ofPlatform().daemon().name("dmsalvage-nbd").start(this::receive);
  }

  private void closeWhenLate() {
    try {
      Thread.sleep(HANDSHAKE_MILLIS);
      close();
    } catch (InterruptedException _) {
      // The handshake has ended in time.
    }
  }

  long size() {
    return size;
  }

  /** {@return what the export can do: bits such as {@link Nbd#TRANSMISSION_READ_ONLY}} */
  int flags() {
    return flags;
  }

  /** {@return of what requests have to be multiples, a power of two} */
  int leastBytes() {
    return leastBytes;
  }

  /** {@return how long a request may be} */
  long mostBytes() {
    return mostBytes;
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
    ByteBuffer go = ByteBuffer.allocate(8 + name.length);
    go.putInt(name.length).put(name).putShort((short) 1).putShort((short) Nbd.INFO_BLOCK_SIZE);
    go.flip();
    if (!option(Nbd.OPT_GO, go)) {
      send(optionHead(Nbd.OPT_EXPORT_NAME, name.length));
      send(ByteBuffer.wrap(name));
      ByteBuffer told = receive(10);
      size = told.getLong();
      flags = Short.toUnsignedInt(told.getShort());
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
            flags = Short.toUnsignedInt(reply.getShort(10));
          }
          if (length >= 14 && reply.getShort(0) == Nbd.INFO_BLOCK_SIZE) {
            blockSizes(reply.getInt(2), Integer.toUnsignedLong(reply.getInt(10)));
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

  private void blockSizes(int least, long most) throws IOException {
    if (Integer.bitCount(least) != 1 || least < 0 || least > 1 << 16 || most < least) {
      throw new IOException("the server's block sizes make no sense");
    }
    leastBytes = least;
    mostBytes = most;
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
   * Performs requests, several at a time; all have ended on return.
   *
   * @throws Refused if the server refused one of them
   * @throws IOException if the connection broke
   */
  public void perform(List<Request> requests) throws IOException {
    Queue<Request> underWay = new ArrayDeque<>();
    IOException first = null;
    for (Request request : requests) {
      if (underWay.size() == MOST_UNDER_WAY) {
        first = worse(first, end(underWay.remove()));
      }
      if (first == null) {
        send(request);
        underWay.add(request);
      }
    }
    while (!underWay.isEmpty()) {
      first = worse(first, end(underWay.remove()));
    }
    if (first != null) {
      throw first;
    }
  }

  /** A broken connection counts more than what the server refused before. */
  private static @Nullable IOException worse(@Nullable IOException one, @Nullable IOException two) {
    return one == null || (one instanceof Refused && two != null) ? two : one;
  }

  /**
   * Asks what is a hole.
   *
   * @return stretches from the offset on, at least one, perhaps beyond the length
   */
  List<Extent> blockStatus(long offset, int length) throws IOException {
    Request request = Request.of(Nbd.CMD_BLOCK_STATUS, offset, length, null);
    perform(List.of(request));
    if (request.extents.isEmpty()) {
      throw new IOException("the server tells no block status");
    }
    return request.extents;
  }

  /** Sends a request; if that fails, it ends at once. */
  private synchronized void send(Request request) {
    long handle = ++lastHandle;
    waiting.put(handle, request);
    IOException gone = broken;
    if (gone != null) {
      request.failure = gone;
      finish(handle, request);
      return;
    }
    try {
      ByteBuffer head = ByteBuffer.allocate(28).putInt(Nbd.REQUEST_MAGIC);
      head.putShort((short) 0).putShort((short) request.command).putLong(handle);
      head.putLong(request.offset).putInt(request.length);
      send(head.flip());
      if (request.payload != null) {
        send(request.payload.duplicate());
      }
    } catch (IOException _) {
      // The thread that receives finds the connection closed, and ends all requests.
      close();
    }
  }

  /** Waits for the end of a request; returns why it failed, or null. */
  private @Nullable IOException end(Request request) {
    try {
      request.done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (TimeoutException _) {
      close();
      request.done.join();
      return new IOException("no reply for %d seconds".formatted(PATIENCE_SECONDS));
    } catch (InterruptedException _) {
      close();
      request.done.join();
      Thread.currentThread().interrupt();
      return new IOException("interrupted");
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
    if (request.failure == null && request.target != null && request.filled != request.length) {
      return new IOException(
          "the server sent %d bytes of %d".formatted(request.filled, request.length));
    }
    return request.failure;
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
        request.failure = new Refused(error, "");
      } else if (request.target != null) {
        fill(request.target.clear());
        request.filled = request.length;
      }
      finish(handle, request);
      return;
    }
    if (magic != Nbd.STRUCTURED_REPLY_MAGIC || !structured) {
      throw new IOException("the server's reply begins with 0x%08x".formatted(magic));
    }
    int chunkFlags = head.getShort();
    int type = Short.toUnsignedInt(head.getShort());
    long handle = head.getLong();
    int length = receive(4).getInt();
    Request request = request(handle);
    chunk(type, length, (chunkFlags & Nbd.REPLY_FLAG_DONE) != 0, request);
    if ((chunkFlags & Nbd.REPLY_FLAG_DONE) != 0) {
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

  private void chunk(int type, int length, boolean last, Request request) throws IOException {
    ByteBuffer target = request.target;
    if (type == Nbd.REPLY_TYPE_NONE && length == 0 && last) {
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
        if (request.extents.size() > MOST_EXTENTS) {
          throw new IOException("the server does not stop telling block status");
        }
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
      request.failure = new Refused(number, message);
    } else {
      throw new IOException("the server sent a chunk of type %d, %d bytes".formatted(type, length));
    }
  }

  private static int place(long offset, int length, Request request) throws IOException {
    long at = offset - request.offset;
    if (length <= 0 || at < 0 || at > request.length - length) {
      throw new IOException("the server sent bytes that were not asked for");
    }
    if (length < request.length) {
      BitSet covered = request.covered;
      if (covered == null) {
        covered = new BitSet(request.length);
        request.covered = covered;
      }
      int next = covered.nextSetBit((int) at);
      if (next >= 0 && next < at + length) {
        throw new IOException("the server sent the same bytes twice");
      }
      covered.set((int) at, (int) at + length);
    } else if (request.filled > 0) {
      throw new IOException("the server sent the same bytes twice");
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
