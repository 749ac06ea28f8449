package org.dmsalvage.inspect.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * An export of an NBD server. A connection that breaks is made anew, and what was under way is
 * asked for again; a range that the server cannot read is unreadable, the others are not.
 */
public final class NbdSource implements BlockSource {

  /** Most that is asked for at once; every server takes that. */
  private static final int MOST_BYTES = 4 << 20;

  /** Most that is asked about at once: less than 2^32, and a multiple of every block size. */
  private static final int STATUS_BYTES = 1 << 30;

  private static final int ATTEMPTS = 4;
  private static final long PAUSE_MILLIS = 100;

  private final NbdUri uri;
  private final long size;
  private NbdConnection connection;
  private boolean given;
  private @Nullable Known known;

  /**
   * A stretch of which the server told whether it is a hole.
   *
   * @param from first byte
   * @param to behind the last one
   * @param zero whether it is a hole
   */
  private record Known(long from, long to, boolean zero) {}

  /** Something that is asked over a connection. */
  private interface Question<T> {
    T ask(NbdConnection connection) throws IOException;
  }

  /**
   * Connects.
   *
   * @param name {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=PATH}
   * @throws UsageException if the name is no such URI
   * @throws UnreadableException if there is no server or no such export
   */
  public NbdSource(String name) {
    this.uri = NbdUri.parse(name);
    try {
      this.connection = new NbdConnection(uri);
      this.size = connection.size();
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot connect: " + e.getMessage());
    }
  }

  @Override
  public String name() {
    return uri.text();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    int limit = target.limit();
    long at = offset;
    try {
      while (target.position() < limit) {
        int length = Math.min(limit - target.position(), MOST_BYTES);
        ByteBuffer part = target.slice(target.position(), length);
        long from = at;
        boolean _ =
            over(
                c -> {
                  c.read(from, part.clear());
                  return true;
                });
        target.position(target.position() + length);
        at += length;
      }
    } catch (IOException e) {
      throw new UnreadableException(name(), offset, limit - target.position(), e);
    }
  }

  /** Asks; if the connection breaks meanwhile, over a new one. */
  private <T> T over(Question<T> question) throws IOException {
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
        Thread.sleep(PAUSE_MILLIS << attempt >> 1);
        NbdConnection next = new NbdConnection(uri);
        if (next.size() != size) {
          next.close();
          given = true;
          throw new IOException("the export has another size now");
        }
        connection = next;
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

  @Override
  public long nextData(long offset) {
    return next(offset, false);
  }

  @Override
  public long nextHole(long offset) {
    return next(offset, true);
  }

  private long next(long offset, boolean zero) {
    long at = offset;
    while (at < size) {
      Known stretch = stretch(at);
      if (stretch.zero == zero) {
        return Math.max(at, stretch.from);
      }
      at = stretch.to;
    }
    return size;
  }

  /** What the server tells of a byte; where it tells nothing, all is data. */
  private synchronized Known stretch(long offset) {
    if (known != null && offset >= known.from && offset < known.to) {
      return known;
    }
    Known answer = new Known(offset, size, false);
    if (connection.tellsHoles()) {
      try {
        int length = (int) Math.min(size - offset, STATUS_BYTES);
        List<NbdConnection.Extent> extents = over(c -> c.blockStatus(offset, length));
        NbdConnection.Extent first = extents.getFirst();
        long end = offset + first.length();
        for (int i = 1; i < extents.size() && extents.get(i).zero() == first.zero(); i++) {
          end += extents.get(i).length();
        }
        answer = new Known(offset, Math.min(end, size), first.zero());
      } catch (IOException _) {
        answer = new Known(offset, Math.min(offset + MOST_BYTES, size), false);
      }
    }
    known = answer;
    return answer;
  }

  @Override
  public synchronized void close() {
    given = true;
    connection.close();
  }
}
