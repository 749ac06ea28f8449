package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Serves exports to any number of clients, each on a connection of its own.
 *
 * <p>All connections see one device: what one has written another reads, and a flush on one covers
 * the writes of all.
 */
public final class NbdServer implements AutoCloseable {

  static final int MAX_CONNECTIONS = 64;

  /** How long a client may take to choose an export, and how long the last requests may take. */
  private static final long PATIENCE_SECONDS = 20;

  private static final int THREADS_PER_CONNECTION = 4;

  /** So many messages about clients are printed; the others would only fill the log. */
  private static final int MAX_MESSAGES = 1000;

  private final Exports exports;
  private final @Nullable TlsPolicy tls;
  private final Consumer<String> log;
  private final AtomicInteger messages = new AtomicInteger();
  private final AtomicInteger clients = new AtomicInteger();
  private final List<ServerSocketChannel> listeners = new ArrayList<>();
  private final ConcurrentHashMap<Wire, Thread> connections = new ConcurrentHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("nbd-timer").factory());
  private final long patienceMillis;
  private volatile boolean closing;

  /**
   * Makes a server that does not listen yet.
   *
   * @param exports what it serves
   * @param tls how connections are secured; empty for not at all
   * @param log told what clients do wrong
   */
  public NbdServer(Exports exports, Optional<TlsPolicy> tls, Consumer<String> log) {
    this(exports, tls, log, TimeUnit.SECONDS.toMillis(PATIENCE_SECONDS));
  }

  /** Makes a server that gives clients so long to choose an export. */
  NbdServer(Exports exports, Optional<TlsPolicy> tls, Consumer<String> log, long patienceMillis) {
    this.patienceMillis = patienceMillis;
    this.exports = exports;
    this.tls = tls.orElse(null);
    this.log = log;
  }

  /**
   * Takes connections from a socket until the server is closed.
   *
   * @param listener bound; closed with the server
   */
  public void listen(ServerSocketChannel listener) {
    synchronized (listeners) {
      listeners.add(listener);
    }
    Thread _ = Thread.ofPlatform().daemon().name("nbd-accept").start(() -> accept(listener));
  }

  private void accept(ServerSocketChannel listener) {
    while (!closing) {
      try {
        SocketChannel socket = listener.accept();
        if (socket == null) {
          continue;
        }
        if (closing || connections.size() >= MAX_CONNECTIONS) {
          report("a connection is refused: there are " + MAX_CONNECTIONS + " already");
          socket.close();
          continue;
        }
        String name = "client " + clients.incrementAndGet();
        Wire wire = open(socket);
        Thread thread = Thread.ofPlatform().daemon().name(name).unstarted(() -> serve(wire, name));
        connections.put(wire, thread);
        thread.start();
      } catch (ClosedChannelException _) {
        return;
      } catch (IOException e) {
        report("cannot take a connection: " + e.getMessage());
        pause();
      }
    }
  }

  /** Too many open files, say: others may be closed soon. */
  private static void pause() {
    try {
      Thread.sleep(100);
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private static Wire open(SocketChannel socket) throws IOException {
    if (!(socket.getLocalAddress() instanceof UnixDomainSocketAddress)) {
      socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
      // A client whose machine died never says so.
      socket.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    }
    return new ChannelWire(socket, socket);
  }

  /**
   * Serves one client on two streams, until it goes.
   *
   * @param in what it sends
   * @param out what it receives
   */
  public void serve(ReadableByteChannel in, GatheringByteChannel out) {
    Wire wire = new ChannelWire(in, out);
    connections.put(wire, Thread.currentThread());
    serve(wire, "client");
  }

  private void serve(Wire plain, String name) {
    ScheduledFuture<?> deadline =
        timer.schedule(plain::close, patienceMillis, TimeUnit.MILLISECONDS);
    try (plain) {
      Optional<Negotiation.Agreement> agreement = new Negotiation(plain, exports, tls).run();
      boolean _ = deadline.cancel(false);
      if (agreement.isPresent() && !closing) {
        new Transmission(agreement.get(), this::report).run(THREADS_PER_CONNECTION);
      }
    } catch (EOFException _) {
      // Clients go as they like.
    } catch (IOException e) {
      if (!closing) {
        report(name + ": " + e.getMessage());
      }
    } catch (RuntimeException e) {
      report(name + ": internal error: " + e);
    } finally {
      boolean _ = deadline.cancel(false);
      connections.remove(plain);
    }
  }

  private void report(String message) {
    int number = messages.incrementAndGet();
    if (number <= MAX_MESSAGES) {
      log.accept(message);
    } else if (number == MAX_MESSAGES + 1) {
      log.accept("no more messages about clients are shown");
    }
  }

  /** {@return how many clients are connected} */
  public int clients() {
    return connections.size();
  }

  /**
   * Takes no more connections and requests, waits for the requests that are being done, and closes
   * all connections.
   */
  @Override
  public void close() {
    closing = true;
    synchronized (listeners) {
      for (ServerSocketChannel listener : listeners) {
        try {
          listener.close();
        } catch (IOException _) {
          // Nobody can connect any more, which is what was wanted.
        }
      }
    }
    connections.keySet().forEach(Wire::stopReading);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS / 4);
    boolean interrupted = false;
    for (var connection : connections.entrySet()) {
      try {
        long left = Math.max(1, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
        if (!connection.getValue().equals(Thread.currentThread())) {
          connection.getValue().join(left);
        }
      } catch (InterruptedException _) {
        interrupted = true;
      }
      connection.getKey().close();
    }
    timer.shutdownNow();
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
