package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.Objects;

/** A part of another source that behaves as a device of its own; closing it closes the other. */
public final class WindowSource extends ForwardingSource {

  private final long start;
  private final long size;

  /**
   * Cuts out a window.
   *
   * @param whole the source that is cut
   * @param start first byte of the window
   * @param size bytes of the window
   * @throws IndexOutOfBoundsException if the window is not inside the source
   */
  public WindowSource(BlockSource whole, long start, long size) {
    super(whole);
    Objects.checkFromIndexSize(start, size, whole.size());
    this.start = start;
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    whole.read(start + offset, target);
  }

  @Override
  public long nextData(long offset) {
    return Math.min(whole.nextData(start + offset) - start, size);
  }

  @Override
  public long nextHole(long offset) {
    return Math.min(whole.nextHole(start + offset) - start, size);
  }
}
