package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.live.engine.Extent;
import org.dmsalvage.live.engine.ExtentMap;
import org.dmsalvage.live.engine.LiveDevice;
import org.dmsalvage.live.engine.Threads;
import org.dmsalvage.replay.device.NoSpaceException;
import org.jspecify.annotations.Nullable;

/**
 * The requests of one connection and their answers.
 *
 * <p>A few threads share the connection. Each in turn receives a request, lets the next thread
 * receive, does what is asked and answers; so no request waits for a slow one before it, and none
 * is handed from thread to thread. A thread never holds more than {@value #PIECE_BYTES} bytes of
 * data: longer requests are done in pieces.
 */
final class Transmission {

  /** Also the size of nbdcopy's requests. */
  static final int PIECE_BYTES = 1 << 18;

  private static final int MAX_EXTENTS = 1024;

  private final Wire wire;
  private final Export export;
  private final BlockSource device;
  private final Optional<LiveDevice> writable;
  private final boolean structured;
  private final List<ExtentMap> contexts = new ArrayList<>();
  private final Consumer<String> log;
  private final ReentrantLock receiving = new ReentrantLock();
  private final ReentrantLock sending = new ReentrantLock();
  private volatile boolean over;
  private @Nullable IOException failure;

  Transmission(Negotiation.Agreement agreement, Consumer<String> log) {
    this.wire = agreement.wire();
    this.export = agreement.export();
    this.device = export.device();
    this.writable = export.writable();
    this.structured = agreement.structured();
    for (String name : agreement.contexts()) {
      contexts.add(export.contexts().get(name));
    }
    this.log = log;
  }

  /**
   * Answers requests until the client goes, the connection fails or reading is stopped.
   *
   * @param threads how many share the work, this one included
   * @throws IOException if the connection failed
   */
  void run(int threads) throws IOException {
    List<Thread> helpers = new ArrayList<>();
    for (int i = 1; i < threads; i++) {
      helpers.add(
          Thread.ofPlatform()
              .daemon()
              .name(Thread.currentThread().getName() + "." + i)
              .start(this::work));
    }
    work();
    helpers.forEach(Threads::join);
    if (failure != null) {
      throw failure;
    }
  }

  /** One thread's part; the first failure ends them all. */
  private void work() {
    try {
      new Worker().work();
    } catch (IOException e) {
      fail(e);
    }
  }

  private synchronized void fail(IOException e) {
    over = true;
    if (failure == null) {
      failure = e;
      // Wakes the thread that waits for the next request.
      wire.close();
    }
  }

  /** An error number for the client. */
  private static final class Refusal extends Exception {
    private static final long serialVersionUID = 1L;
    private final int error;

    Refusal(int error, String message) {
      super(message, null, false, false);
      this.error = error;
    }
  }

  /** What is done to the device, and may fail. */
  @FunctionalInterface
  private interface Deed {
    void run();
  }

  /** Does something to the device and turns its failures into error numbers. */
  private void attempt(Deed deed) throws Refusal {
    try {
      deed.run();
    } catch (SalvageException e) {
      log.accept("%s: %s".formatted(export.name(), e.getMessage()));
      boolean full = e instanceof OutputException && e.getCause() instanceof NoSpaceException;
      throw new Refusal(full ? Protocol.ENOSPC : Protocol.EIO, String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      log.accept("%s: internal error: %s".formatted(export.name(), e));
      throw new Refusal(Protocol.EIO, "internal error");
    }
  }

  /** One of the threads, with its buffers. */
  private final class Worker {

    private final ByteBuffer header = ByteBuffer.allocateDirect(64);
    private ByteBuffer piece = ByteBuffer.allocateDirect(1 << 12);
    private boolean failed;

    void work() throws IOException {
      while (true) {
        Request request;
        long start;
        Optional<Refusal> refused = Optional.empty();
        receiving.lock();
        try {
          if (over) {
            return;
          }
          try {
            request = receive();
          } catch (EOFException _) {
            over = true;
            return;
          }
          if (request.command() == Protocol.CMD_DISC) {
            over = true;
            return;
          }
          start = System.nanoTime();
          if (request.command() == Protocol.CMD_WRITE) {
            refused = receiveData(request);
          }
        } finally {
          receiving.unlock();
        }
        failed = false;
        answer(request, refused);
        count(request, System.nanoTime() - start);
      }
    }

    private void count(Request request, long nanos) {
      Traffic.@Nullable Operation operation =
          switch (request.command()) {
            case Protocol.CMD_READ -> Traffic.Operation.READ;
            case Protocol.CMD_WRITE -> Traffic.Operation.WRITE;
            case Protocol.CMD_FLUSH -> Traffic.Operation.FLUSH;
            case Protocol.CMD_TRIM -> Traffic.Operation.TRIM;
            case Protocol.CMD_WRITE_ZEROES -> Traffic.Operation.ZERO;
            default -> null;
          };
      if (operation != null) {
        export.traffic().count(operation, request.length(), nanos, failed);
      }
    }

    private Request receive() throws IOException {
      header.clear().limit(Protocol.REQUEST_BYTES);
      wire.read(header);
      int magic = header.getInt(0);
      if (magic != Protocol.REQUEST_MAGIC) {
        throw new Negotiation.BrokenException(
            "0x%x is not the magic of a request".formatted(magic));
      }
      return Request.decode(header);
    }

    /**
     * Receives what is to be written, and writes all of it but the last piece, which stays in the
     * buffer. What cannot be written is received all the same, to find the next request.
     */
    private Optional<Refusal> receiveData(Request request) throws IOException {
      Optional<Refusal> refused = Optional.empty();
      try {
        check(request);
      } catch (Refusal e) {
        refused = Optional.of(e);
      }
      long at = 0;
      while (true) {
        int length = (int) Math.min(request.length() - at, PIECE_BYTES);
        wire.read(reserve(length));
        piece.flip();
        if (at + length >= request.length()) {
          return refused;
        }
        long offset = request.offset() + at;
        if (refused.isEmpty()) {
          try {
            attempt(() -> writable.orElseThrow().write(offset, piece));
          } catch (Refusal e) {
            refused = Optional.of(e);
          }
        }
        at += length;
      }
    }

    private ByteBuffer reserve(int length) {
      if (piece.capacity() < length) {
        piece = ByteBuffer.allocateDirect(length <= 1 << 16 ? 1 << 16 : PIECE_BYTES);
      }
      return piece.clear().limit(length);
    }

    private void answer(Request request, Optional<Refusal> refused) throws IOException {
      try {
        if (refused.isPresent()) {
          throw refused.get();
        }
        if (request.command() != Protocol.CMD_WRITE) {
          check(request);
        }
        switch (request.command()) {
          case Protocol.CMD_READ -> {
            read(request);
            return;
          }
          case Protocol.CMD_BLOCK_STATUS -> {
            blockStatus(request);
            return;
          }
          case Protocol.CMD_CACHE -> {
            // A hint; whatever is read is in memory or is not.
          }
          case Protocol.CMD_FLUSH -> attempt(() -> writable.ifPresent(LiveDevice::flush));
          default -> change(request, writable.orElseThrow());
        }
        done(request);
      } catch (Refusal e) {
        fail(request, e);
      }
    }

    private void change(Request request, LiveDevice target) throws Refusal {
      attempt(
          () -> {
            switch (request.command()) {
              case Protocol.CMD_WRITE -> target.write(request.end() - piece.remaining(), piece);
              case Protocol.CMD_TRIM -> target.discard(request.offset(), request.length());
              default ->
                  target.zero(
                      request.offset(), request.length(), !request.has(Protocol.CMD_FLAG_NO_HOLE));
            }
            if (request.has(Protocol.CMD_FLAG_FUA)) {
              target.flush();
            }
          });
    }

    private void read(Request request) throws IOException, Refusal {
      if (structured) {
        if (request.has(Protocol.CMD_FLAG_DF) && request.length() > PIECE_BYTES) {
          throw new Refusal(Protocol.EOVERFLOW, "too long for one fragment");
        }
        readPieces(request);
      } else if (request.length() <= PIECE_BYTES) {
        load(request.offset(), request);
        simple(request, 0);
        send(piece);
      } else {
        readUnstructured(request);
      }
    }

    /** A simple reply promises all data before the first of it: first see that they can be read. */
    private void readUnstructured(Request request) throws IOException, Refusal {
      for (long at = request.offset(); at < request.end(); at += PIECE_BYTES) {
        load(at, request);
      }
      sending.lock();
      try {
        simple(request, 0);
        wire.write(header.flip());
        for (long at = request.offset(); at < request.end(); at += PIECE_BYTES) {
          load(at, request);
          wire.write(piece);
        }
      } catch (Refusal e) {
        throw new IOException("a reply that has begun cannot be ended", e);
      } finally {
        sending.unlock();
      }
    }

    private void readPieces(Request request) throws IOException, Refusal {
      for (long at = request.offset(); at < request.end(); at += PIECE_BYTES) {
        long position = at;
        int length = (int) Math.min(PIECE_BYTES, request.end() - at);
        try {
          load(at, request);
        } catch (Refusal e) {
          failed = true;
          List<ByteRange> unreadable = device.readAround(position, reserve(length));
          long where = unreadable.isEmpty() ? position : unreadable.getFirst().offset();
          byte[] message = message(e);
          ByteBuffer body =
              chunk(
                  request,
                  Protocol.CHUNK_ERROR_OFFSET,
                  true,
                  Integer.BYTES + Short.BYTES + message.length + Long.BYTES);
          body.putInt(e.error).putShort((short) message.length);
          send(ByteBuffer.allocate(message.length + Long.BYTES).put(message).putLong(where).flip());
          return;
        }
        boolean last = at + length == request.end();
        chunk(request, Protocol.CHUNK_OFFSET_DATA, last, Long.BYTES + length).putLong(at);
        send(piece);
      }
    }

    /** Fills the buffer with the next piece of what a request asks for. */
    private void load(long at, Request request) throws Refusal {
      int length = (int) Math.min(PIECE_BYTES, request.end() - at);
      attempt(() -> device.read(at, reserve(length)));
      piece.flip();
    }

    private void blockStatus(Request request) throws IOException, Refusal {
      int most = request.has(Protocol.CMD_FLAG_REQ_ONE) ? 1 : MAX_EXTENTS;
      List<ByteBuffer> bodies = new ArrayList<>();
      for (ExtentMap map : contexts) {
        ByteBuffer body = ByteBuffer.allocate(Integer.BYTES + most * 2 * Integer.BYTES);
        body.putInt(bodies.size());
        attempt(() -> extents(request, map, most, body));
        bodies.add(body.flip());
      }
      for (int i = 0; i < bodies.size(); i++) {
        ByteBuffer body = bodies.get(i);
        ByteBuffer _ =
            chunk(request, Protocol.CHUNK_BLOCK_STATUS, i == bodies.size() - 1, body.remaining());
        send(body);
      }
    }

    private void done(Request request) throws IOException {
      if (structured) {
        ByteBuffer _ = chunk(request, Protocol.CHUNK_NONE, true, 0);
      } else {
        simple(request, 0);
      }
      send();
    }

    private void fail(Request request, Refusal refusal) throws IOException {
      failed = true;
      if (structured) {
        byte[] message = message(refusal);
        chunk(request, Protocol.CHUNK_ERROR, true, Integer.BYTES + Short.BYTES + message.length)
            .putInt(refusal.error)
            .putShort((short) message.length);
        send(ByteBuffer.wrap(message));
      } else {
        simple(request, refusal.error);
        send();
      }
    }

    private void simple(Request request, int error) {
      header.clear().putInt(Protocol.SIMPLE_REPLY_MAGIC).putInt(error).putLong(request.cookie());
    }

    private ByteBuffer chunk(Request request, int type, boolean last, int length) {
      return header
          .clear()
          .putInt(Protocol.CHUNK_MAGIC)
          .putShort((short) (last ? Protocol.CHUNK_FLAG_DONE : 0))
          .putShort((short) type)
          .putLong(request.cookie())
          .putInt(length);
    }

    /** Sends the header and what follows it. */
    private void send(ByteBuffer... data) throws IOException {
      header.flip();
      sending.lock();
      try {
        if (data.length == 0) {
          wire.write(header);
        } else {
          wire.write(header, data[0]);
        }
      } finally {
        sending.unlock();
      }
    }
  }

  private static byte[] message(Refusal refusal) {
    byte[] bytes = String.valueOf(refusal.getMessage()).getBytes(StandardCharsets.UTF_8);
    return bytes.length <= Protocol.MAX_STRING_BYTES ? bytes : new byte[0];
  }

  private void extents(Request request, ExtentMap map, int most, ByteBuffer body) {
    long at = request.offset();
    for (int i = 0; i < most && at < request.end(); i++) {
      Extent extent = map.at(at, request.end());
      long end = Math.min(extent.end(), request.end());
      while (end < request.end()) {
        Extent next = map.at(end, request.end());
        if (next.flags() != extent.flags()) {
          break;
        }
        end = Math.min(next.end(), request.end());
      }
      body.putInt((int) (end - at)).putInt(extent.flags());
      at = end;
    }
  }

  /** Refuses what the protocol or the export do not allow. */
  private void check(Request request) throws Refusal {
    int allowed =
        switch (request.command()) {
          case Protocol.CMD_READ -> structured ? Protocol.CMD_FLAG_DF : 0;
          case Protocol.CMD_WRITE_ZEROES -> Protocol.CMD_FLAG_NO_HOLE;
          case Protocol.CMD_BLOCK_STATUS -> Protocol.CMD_FLAG_REQ_ONE;
          case Protocol.CMD_WRITE, Protocol.CMD_FLUSH, Protocol.CMD_TRIM, Protocol.CMD_CACHE -> 0;
          default -> throw new Refusal(Protocol.EINVAL, "no such command: " + request.command());
        };
    if ((request.flags() & ~(allowed | Protocol.CMD_FLAG_FUA)) != 0) {
      throw new Refusal(Protocol.EINVAL, "flags 0x%x".formatted(request.flags()));
    }
    boolean changes =
        switch (request.command()) {
          case Protocol.CMD_WRITE, Protocol.CMD_TRIM, Protocol.CMD_WRITE_ZEROES -> true;
          default -> false;
        };
    if (changes && writable.isEmpty()) {
      throw new Refusal(Protocol.EPERM, "the export is read-only");
    }
    if (request.command() == Protocol.CMD_FLUSH) {
      return;
    }
    if (!request.fits(device.size())) {
      throw new Refusal(
          request.command() == Protocol.CMD_WRITE ? Protocol.ENOSPC : Protocol.EINVAL,
          "the range is not inside the device");
    }
    if (request.length() == 0) {
      throw new Refusal(Protocol.EINVAL, "nothing is asked for");
    }
    boolean data =
        request.command() == Protocol.CMD_READ || request.command() == Protocol.CMD_WRITE;
    if (data && request.length() > Protocol.MAX_PAYLOAD_BYTES) {
      throw new Refusal(
          Protocol.EINVAL, "more than %d bytes".formatted(Protocol.MAX_PAYLOAD_BYTES));
    }
    if (request.command() == Protocol.CMD_BLOCK_STATUS && contexts.isEmpty()) {
      throw new Refusal(Protocol.EINVAL, "no metadata context was chosen");
    }
  }
}
