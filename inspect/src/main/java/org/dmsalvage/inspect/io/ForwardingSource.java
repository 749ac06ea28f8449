package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;

/**
 * Another source, for those that change something about it and leave the rest as it is. Closing it
 * closes the other.
 *
 * <p>Whoever changes what is read has to see to it that {@link #nextData} and {@link #nextHole}
 * still tell the truth. {@link #readAround} is not forwarded: it goes by {@link #read}.
 */
public abstract class ForwardingSource implements BlockSource {

  /** The other source. */
  protected final BlockSource whole;

  /** Forwards to another source. */
  protected ForwardingSource(BlockSource whole) {
    this.whole = whole;
  }

  @Override
  public String name() {
    return whole.name();
  }

  @Override
  public long size() {
    return whole.size();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    whole.read(offset, target);
  }

  @Override
  public long nextData(long offset) {
    return whole.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    return whole.nextHole(offset);
  }

  @Override
  public void close() {
    whole.close();
  }
}
