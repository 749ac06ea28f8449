package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * The beginning of something longer, of which the rest is missing: reads behind the end fail as
 * those of bad sectors do. Closing it closes the beginning.
 */
public final class TruncatedSource extends ForwardingSource {

  private final long size;

  /**
   * Lengthens a source by what cannot be read.
   *
   * @param beginning what there is
   * @param size bytes of the whole, at least those of the beginning
   */
  public TruncatedSource(BlockSource beginning, long size) {
    super(beginning);
    if (size < beginning.size()) {
      throw new IllegalArgumentException(size + " bytes of " + beginning.size());
    }
    this.size = size;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    if (offset + target.remaining() > whole.size()) {
      throw new UnreadableException(
          name(), "no byte at %d: the image ends at %d".formatted(offset, whole.size()));
    }
    whole.read(offset, target);
  }

  @Override
  public long nextData(long offset) {
    return offset >= whole.size() ? offset : whole.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    if (offset >= whole.size()) {
      return size;
    }
    long hole = whole.nextHole(offset);
    return hole >= whole.size() ? size : hole;
  }
}
