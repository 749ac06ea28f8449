package org.dmsalvage.inspect.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.nbd.NbdConnection.Request;

/**
 * An export, over as many connections as it takes: one that breaks is made anew, and what was under
 * way is asked for again.
 */
public final class NbdClient implements AutoCloseable {

  /** Most that one request asks for; every server takes that. */
  private static final int MOST_BYTES = 1 << 20;

  /** Most that is asked about at once: less than 2^32, and a multiple of every block size. */
  private static final int STATUS_BYTES = 1 << 30;

  private static final int ATTEMPTS = 4;

  /** Connections in all; a server that breaks that many is of no use. */
  private static final int MOST_CONNECTIONS = 40;

  private static final long PAUSE_MILLIS = 100;

  private final NbdUri uri;
  private final long size;
  private final int flags;
  private final long pauseMillis;
  private final int leastBytes;
  private final int mostBytes;
  private NbdConnection connection;
  private int connections = 1;
  private boolean given;
  private volatile boolean silent;

  /**
   * What the server told of a part of the export.
   *
   * @param from first byte
   * @param ends of the stretches that follow each other from there, ascending
   * @param zero which of them are holes
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Told(long from, long[] ends, BitSet zero) {

    /** {@return whether a byte is in it} */
    boolean covers(long offset) {
      return offset >= from && offset < ends[ends.length - 1];
    }

    /** {@return the index of the stretch that holds a byte} */
    int stretch(long offset) {
      int found = Arrays.binarySearch(ends, offset + 1);
      return found >= 0 ? found : -found - 1;
    }
  }

  /** Something that is asked over a connection. */
  @FunctionalInterface
  public interface Question<T> {
    /**
     * Asks.
     *
     * @throws NbdConnection.Refused if the server refuses
     * @throws IOException if the connection broke: it is asked again over another
     */
    T ask(NbdConnection connection) throws IOException;
  }

  /**
   * Connects.
   *
   * @param name {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=PATH}
   * @throws UsageException if the name is no such URI
   * @throws IOException if there is no server or no such export
   */
  public NbdClient(String name) throws IOException {
    this(name, PAUSE_MILLIS);
  }

  /** Connects; {@code pauseMillis} is how long to wait before a second try. */
  NbdClient(String name, long pauseMillis) throws IOException {
    this.pauseMillis = pauseMillis;
    this.uri = NbdUri.parse(name);
    this.connection = new NbdConnection(uri);
    this.size = connection.size();
    this.flags = connection.flags();
    this.leastBytes = connection.leastBytes();
    this.mostBytes = (int) Math.min(MOST_BYTES, connection.mostBytes() / leastBytes * leastBytes);
  }

  /** {@return the URI} */
  public String name() {
    return uri.text();
  }

  /** {@return the size of the export in bytes} */
  public long size() {
    return size;
  }

  /** {@return what the export can do: bits such as {@link Nbd#TRANSMISSION_READ_ONLY}} */
  public int flags() {
    return flags;
  }

  /** {@return of what offset and length of requests have to be multiples, a power of two} */
  public int leastBytes() {
    return leastBytes;
  }

  /** {@return how long a request may be, a multiple of the least size} */
  public int mostBytes() {
    return mostBytes;
  }

  /**
   * Fills the rest of a buffer, by several requests at the same time.
   *
   * @throws IOException if the server cannot read some of it, or is lost
   */
  public void read(long offset, ByteBuffer target) throws IOException {
    int length = target.remaining();
    long from = offset & -leastBytes;
    long to = Math.min(offset + length + leastBytes - 1 & -leastBytes, size);
    if (from == offset && to == offset + length) {
      readWhole(offset, target);
      target.position(target.limit());
      return;
    }
    ByteBuffer blocks = ByteBuffer.allocate((int) (to - from));
    readWhole(from, blocks);
    target.put(blocks.limit((int) (offset - from) + length).position((int) (offset - from)));
  }

  private void readWhole(long offset, ByteBuffer target) throws IOException {
    int start = target.position();
    int length = target.remaining();
    boolean _ =
        over(
            c -> {
              List<Request> requests = new ArrayList<>();
              for (int at = 0; at < length; at += mostBytes) {
                int part = Math.min(length - at, mostBytes);
                requests.add(Request.read(offset + at, target.slice(start + at, part)));
              }
              c.perform(requests);
              return true;
            });
  }

  /**
   * Asks; if the connection breaks meanwhile, over a new one.
   *
   * @throws NbdConnection.Refused if the server refuses
   * @throws IOException if the server is lost
   */
  public <T> T over(Question<T> question) throws IOException {
    for (int attempt = 1; ; attempt++) {
      NbdConnection used = connection();
      try {
        return question.ask(used);
      } catch (NbdConnection.Refused e) {
        throw e;
      } catch (IOException e) {
        used.close();
        if (attempt == ATTEMPTS) {
          giveUp();
          throw e;
        }
      }
    }
  }

  private synchronized NbdConnection connection() throws IOException {
    IOException last = null;
    for (int attempt = 0; connection.isBroken(); attempt++) {
      if (given || attempt == ATTEMPTS) {
        given = true;
        throw last == null ? new IOException("the connection is lost") : last;
      }
      try {
        Thread.sleep(pauseMillis << attempt >> 1);
        NbdConnection next = new NbdConnection(uri);
        if (next.size() != size || next.leastBytes() != leastBytes) {
          next.close();
          given = true;
          throw new IOException("the export has another size now");
        }
        connection = next;
        given = ++connections == MOST_CONNECTIONS;
      } catch (IOException e) {
        last = e;
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted");
      }
    }
    return connection;
  }

  /** A server that breaks every connection is not asked again for every sector. */
  private synchronized void giveUp() {
    given = true;
  }

  /** {@return what the server tells of a byte and those behind it; if nothing, all is data} */
  Told told(long offset) {
    try {
      NbdConnection current = connection();
      if (!silent && current.tellsHoles()) {
        long aligned = offset & -leastBytes;
        int length = (int) Math.min(size - aligned, STATUS_BYTES);
        return told(aligned, over(c -> c.blockStatus(aligned, length)));
      }
    } catch (IOException _) {
      // Who cannot tell is not asked again: the next answer would be no better.
      silent = true;
    }
    return new Told(offset, new long[] {size}, new BitSet());
  }

  private Told told(long from, List<NbdConnection.Extent> extents) {
    long[] ends = new long[extents.size()];
    BitSet zero = new BitSet();
    int count = 0;
    long end = from;
    for (NbdConnection.Extent extent : extents) {
      end += Math.min(extent.length(), size - end);
      if (count > 0 && zero.get(count - 1) == extent.zero()) {
        count--;
      }
      ends[count] = end;
      zero.set(count++, extent.zero());
      if (end == size) {
        break;
      }
    }
    // A request may begin inside the server's smallest block, of which something has to be told.
    ends[count - 1] = Math.max(ends[count - 1], Math.min(from + leastBytes, size));
    return new Told(from, Arrays.copyOf(ends, count), zero);
  }

  @Override
  public synchronized void close() {
    given = true;
    connection.close();
  }
}
