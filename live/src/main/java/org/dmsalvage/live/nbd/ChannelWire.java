package org.dmsalvage.live.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.SocketChannel;

/** A connection over channels, with a buffer so that small messages do not cost a call each. */
final class ChannelWire implements Wire {

  private static final int BUFFER_BYTES = 1 << 16;

  private final ReadableByteChannel in;
  private final GatheringByteChannel out;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);

  /** Reads from one channel and writes to another, or to the same; both are blocking. */
  ChannelWire(ReadableByteChannel in, GatheringByteChannel out) {
    this.in = in;
    this.out = out;
  }

  @Override
  public void read(ByteBuffer target) throws IOException {
    take(target);
    while (target.hasRemaining()) {
      if (target.remaining() >= BUFFER_BYTES) {
        receive(target);
      } else {
        buffer.clear();
        try {
          receive(buffer);
        } finally {
          buffer.flip();
        }
        take(target);
      }
    }
  }

  private void take(ByteBuffer target) {
    int length = Math.min(buffer.remaining(), target.remaining());
    target.put(target.position(), buffer, buffer.position(), length);
    target.position(target.position() + length);
    buffer.position(buffer.position() + length);
  }

  private void receive(ByteBuffer target) throws IOException {
    if (in.read(target) < 0) {
      throw new EOFException("the client closed the connection");
    }
  }

  /** Receives what there is, at least one byte, without waiting for more. */
  void readSome(ByteBuffer target) throws IOException {
    if (buffer.hasRemaining()) {
      take(target);
    } else {
      receive(target);
    }
  }

  @Override
  public void write(ByteBuffer... sources) throws IOException {
    long left = 0;
    for (ByteBuffer source : sources) {
      left += source.remaining();
    }
    while (left > 0) {
      left -= sources.length == 1 ? out.write(sources[0]) : out.write(sources);
    }
  }

  @Override
  public boolean hasBuffered() {
    return buffer.hasRemaining();
  }

  @Override
  public void stopReading() {
    if (in instanceof SocketChannel socket) {
      try {
        SocketChannel _ = socket.shutdownInput();
      } catch (IOException _) {
        // Closed already.
      }
    } else {
      close(in);
    }
  }

  @Override
  public void close() {
    close(in);
    close(out);
  }

  private static void close(Channel channel) {
    try {
      channel.close();
    } catch (IOException _) {
      // Nothing can be done for a client that is gone.
    }
  }
}
