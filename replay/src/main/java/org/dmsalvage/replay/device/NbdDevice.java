package org.dmsalvage.replay.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.nbd.Nbd;
import org.dmsalvage.inspect.nbd.NbdClient;
import org.dmsalvage.inspect.nbd.NbdConnection;
import org.dmsalvage.inspect.nbd.NbdConnection.Request;
import org.dmsalvage.inspect.nbd.NbdSource;
import org.jspecify.annotations.Nullable;

/**
 * An export of an NBD server that is written.
 *
 * <p>Writes are sent again over a new connection when one breaks. But a server that went away may
 * have lost what it had taken and not made durable; so the next {@link #flush} fails then, by which
 * the caller knows what is in doubt.
 */
public final class NbdDevice implements BlockDevice {

  /** Most that one request zeroes, a multiple of every block size. */
  private static final int MOST_ZEROS = 64 << 20;

  private final NbdClient client;
  private final NbdSource source;
  private final Object writing = new Object();
  private @Nullable NbdConnection since;
  private boolean doubtful;

  /**
   * Connects.
   *
   * @param name as {@link NbdClient} takes it
   * @throws UsageException if it is no URI of an export
   * @throws OutputException if there is no such export, or it cannot be written
   */
  public NbdDevice(String name) {
    try {
      client = new NbdClient(name);
    } catch (IOException e) {
      throw new OutputException(name, "cannot connect: " + e.getMessage());
    }
    if ((client.flags() & Nbd.TRANSMISSION_READ_ONLY) != 0) {
      client.close();
      throw new OutputException(name, "the server lets nobody write to this export");
    }
    source = new NbdSource(name, client, () -> {});
  }

  @Override
  public String name() {
    return client.name();
  }

  @Override
  public long size() {
    return client.size();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    source.read(offset, target);
  }

  @Override
  public long nextData(long offset) {
    return source.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    return source.nextHole(offset);
  }

  @Override
  public void write(long offset, ByteBuffer bytes) {
    int length = bytes.remaining();
    long capacity = size();
    Objects.checkFromIndexSize(offset, length, capacity);
    int least = client.leastBytes();
    long from = offset & -least;
    long to = Math.min(offset + length + least - 1 & -least, size());
    try {
      if (from == offset && to == offset + length) {
        send(offset, bytes.slice());
      } else {
        // What else is in the server's blocks is written as it is.
        synchronized (writing) {
          ByteBuffer blocks = ByteBuffer.allocate((int) (to - from));
          client.read(from, blocks);
          blocks.put((int) (offset - from), bytes, bytes.position(), length);
          send(from, blocks.clear());
        }
      }
    } catch (IOException e) {
      String doing = "cannot write %d bytes at offset %d (0x%x)".formatted(length, offset, offset);
      boolean full = e instanceof NbdConnection.Refused refused && refused.error() == Nbd.ENOSPC;
      throw new OutputException(name(), doing, full ? new NoSpaceException(e) : e);
    }
    source.forgetHoles();
    bytes.position(bytes.limit());
  }

  private void send(long offset, ByteBuffer bytes) throws IOException {
    int length = bytes.remaining();
    boolean _ =
        client.over(
            connection -> {
              writtenOver(connection);
              List<Request> requests = new ArrayList<>();
              for (int at = 0; at < length; at += client.mostBytes()) {
                int part = Math.min(length - at, client.mostBytes());
                requests.add(Request.of(Nbd.CMD_WRITE, offset + at, part, bytes.slice(at, part)));
              }
              connection.perform(requests);
              return true;
            });
  }

  /** Has the server make the zeros, if it can; blocks that are not whole are written. */
  @Override
  public void zero(long offset, long length) {
    long capacity = size();
    Objects.checkFromIndexSize(offset, length, capacity);
    int least = client.leastBytes();
    long from = Math.min(offset + least - 1 & -least, offset + length);
    long to = Math.max(offset + length & -least, from);
    BlockDevice.super.zero(offset, from - offset);
    for (long at = from; at < to; at += MOST_ZEROS) {
      int part = (int) Math.min(MOST_ZEROS, to - at);
      if (!zeroedByServer(at, part)) {
        BlockDevice.super.zero(at, part);
      }
    }
    BlockDevice.super.zero(to, offset + length - to);
  }

  private boolean zeroedByServer(long offset, int length) {
    if ((client.flags() & Nbd.TRANSMISSION_SEND_WRITE_ZEROES) == 0) {
      return false;
    }
    try {
      boolean _ =
          client.over(
              connection -> {
                writtenOver(connection);
                connection.perform(List.of(Request.of(Nbd.CMD_WRITE_ZEROES, offset, length, null)));
                return true;
              });
    } catch (NbdConnection.Refused _) {
      // Too many at once, not here, not now: it may take them as bytes.
      return false;
    } catch (IOException e) {
      throw new OutputException(
          name(), "cannot zero %d bytes at offset %d (0x%x)".formatted(length, offset, offset), e);
    }
    source.forgetHoles();
    return true;
  }

  private void writtenOver(NbdConnection connection) {
    synchronized (writing) {
      doubtful |= since != null && since != connection;
      since = connection;
    }
  }

  @Override
  public void flush() {
    try {
      boolean _ =
          client.over(
              connection -> {
                writtenOver(connection);
                if ((client.flags() & Nbd.TRANSMISSION_SEND_FLUSH) != 0) {
                  connection.perform(List.of(Request.of(Nbd.CMD_FLUSH, 0, 0, null)));
                }
                return true;
              });
    } catch (IOException e) {
      throw new OutputException(name(), "cannot make the writes durable", e);
    }
    synchronized (writing) {
      since = null;
      if (doubtful) {
        doubtful = false;
        throw new OutputException(
            name(), "the connection broke: what was written over it may not be durable");
      }
    }
  }

  /** Does nothing: what reads there afterwards is up to the server. */
  @Override
  public void discard(long offset, long length) {
    long capacity = size();
    Objects.checkFromIndexSize(offset, length, capacity);
  }

  @Override
  public void close() {
    source.close();
  }
}
