package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLEngineResult.Status;
import javax.net.ssl.SSLException;

/** A connection under TLS. */
final class TlsWire implements Wire {

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ChannelWire below;
  private final SSLEngine engine;
  private final ReentrantLock sending = new ReentrantLock();

  /** What was received and not yet decrypted, ready to be read. */
  private final ByteBuffer received;

  /** What was decrypted and not yet read, ready to be read. */
  private final ByteBuffer clear;

  /** What is sent next; guarded by {@link #sending}. */
  private final ByteBuffer sealed;

  TlsWire(ChannelWire below, SSLEngine engine) {
    this.below = below;
    this.engine = engine;
    int packet = engine.getSession().getPacketBufferSize();
    received = ByteBuffer.allocateDirect(packet).limit(0);
    sealed = ByteBuffer.allocateDirect(packet);
    clear = ByteBuffer.allocateDirect(engine.getSession().getApplicationBufferSize()).limit(0);
  }

  /** Agrees on keys; the client speaks first. */
  void handshake() throws IOException {
    engine.beginHandshake();
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_WRAP -> send(NOTHING);
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> decrypt();
        case NEED_TASK -> runTasks();
        case FINISHED, NOT_HANDSHAKING -> {
          return;
        }
      }
    }
  }

  private void runTasks() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  /** Decrypts one record, after receiving it if need be; it may hold no data. */
  private void decrypt() throws IOException {
    while (true) {
      clear.compact();
      SSLEngineResult result;
      try {
        result = engine.unwrap(received, clear);
      } catch (SSLException e) {
        alert();
        throw e;
      } finally {
        clear.flip();
      }
      if (result.getStatus() == Status.CLOSED) {
        throw new EOFException("the client closed the connection");
      }
      if (result.getStatus() != Status.BUFFER_UNDERFLOW) {
        return;
      }
      received.compact();
      try {
        below.readSome(received);
      } finally {
        received.flip();
      }
    }
  }

  /** Tells the peer why it is turned away, if that can still be done. */
  private void alert() {
    try {
      if (engine.getHandshakeStatus() == HandshakeStatus.NEED_WRAP) {
        send(NOTHING);
      }
    } catch (IOException _) {
      // The failure that led here matters more.
    }
  }

  @Override
  public void read(ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      if (!clear.hasRemaining()) {
        decrypt();
        answerHandshake();
      }
      int length = Math.min(clear.remaining(), target.remaining());
      target.put(target.position(), clear, clear.position(), length);
      target.position(target.position() + length);
      clear.position(clear.position() + length);
    }
  }

  /** A peer may ask for new keys at any time. */
  private void answerHandshake() throws IOException {
    while (true) {
      switch (engine.getHandshakeStatus()) {
        case NEED_WRAP -> send(NOTHING);
        case NEED_TASK -> runTasks();
        default -> {
          return;
        }
      }
    }
  }

  @Override
  public void write(ByteBuffer... sources) throws IOException {
    for (ByteBuffer source : sources) {
      while (source.hasRemaining()) {
        send(source);
      }
    }
  }

  private void send(ByteBuffer source) throws IOException {
    sending.lock();
    try {
      sealed.clear();
      SSLEngineResult result = engine.wrap(source, sealed);
      if (sealed.position() > 0) {
        below.write(sealed.flip());
      } else if (result.getStatus() == Status.CLOSED) {
        throw new EOFException("the connection is closed");
      }
    } finally {
      sending.unlock();
    }
  }

  @Override
  public boolean hasBuffered() {
    return clear.hasRemaining() || received.hasRemaining() || below.hasBuffered();
  }

  @Override
  public void stopReading() {
    below.stopReading();
  }

  @Override
  public void close() {
    below.close();
  }
}
