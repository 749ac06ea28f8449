package org.dmsalvage.inspect.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.inspect.error.ServerLostException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * An export of an NBD server. A connection that breaks is made anew, and what was under way is
 * asked for again; a range that the server cannot read is unreadable, the others are not.
 */
public final class NbdSource implements BlockSource {

  /** To find the end of a hole or of data; a server may tell of it byte by byte. */
  private static final int MOST_QUESTIONS = 10_000;

  private final String name;
  private final NbdClient client;
  private final Runnable release;
  private NbdClient.@Nullable Told told;

  /**
   * Connects.
   *
   * @param name {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=PATH}
   * @throws UsageException if the name is no such URI
   * @throws UnreadableException if there is no server or no such export
   */
  public NbdSource(String name) {
    this.name = name;
    this.release = () -> {};
    try {
      this.client = new NbdClient(name);
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot connect: " + e.getMessage());
    }
  }

  /**
   * Reads what a client is connected to.
   *
   * @param name by which messages call the export
   * @param client belongs to the source from now on
   * @param release what else is done when the source is closed
   */
  public NbdSource(String name, NbdClient client, Runnable release) {
    this.name = name;
    this.client = client;
    this.release = release;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return client.size();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    long bytes = client.size();
    Objects.checkFromIndexSize(offset, length, bytes);
    try {
      client.read(offset, target);
    } catch (NbdConnection.Refused e) {
      throw new UnreadableException(name(), offset, length, e);
    } catch (IOException e) {
      throw new ServerLostException(name(), offset, length, e);
    }
  }

  @Override
  public long nextData(long offset) {
    return next(offset, false);
  }

  @Override
  public long nextHole(long offset) {
    return next(offset, true);
  }

  private synchronized long next(long offset, boolean zero) {
    long at = offset;
    for (int questions = 0; at < size(); ) {
      NbdClient.Told now = told;
      if (now == null || !now.covers(at)) {
        if (++questions > MOST_QUESTIONS) {
          return zero ? size() : at;
        }
        now = client.told(at);
        told = now;
      }
      int i = now.stretch(at);
      if (now.zero().get(i) == zero) {
        return at;
      }
      at = now.ends()[i];
    }
    return size();
  }

  /** Forgets what the server told of holes: something was written. */
  public synchronized void forgetHoles() {
    told = null;
  }

  @Override
  public void close() {
    client.close();
    release.run();
  }
}
