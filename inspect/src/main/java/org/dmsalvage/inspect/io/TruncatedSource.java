package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * The beginning of something longer, of which the rest is missing: reads behind the end fail as
 * those of bad sectors do. Closing it closes the beginning.
 */
public final class TruncatedSource implements BlockSource {

  private final BlockSource beginning;
  private final long size;

  /**
   * Lengthens a source by what cannot be read.
   *
   * @param beginning what there is
   * @param size bytes of the whole, at least those of the beginning
   */
  public TruncatedSource(BlockSource beginning, long size) {
    if (size < beginning.size()) {
      throw new IllegalArgumentException(size + " bytes of " + beginning.size());
    }
    this.beginning = beginning;
    this.size = size;
  }

  @Override
  public String name() {
    return beginning.name();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    if (offset + target.remaining() > beginning.size()) {
      throw new UnreadableException(
          name(), "no byte at %d: the image ends at %d".formatted(offset, beginning.size()));
    }
    beginning.read(offset, target);
  }

  @Override
  public long nextData(long offset) {
    return offset >= beginning.size() ? offset : beginning.nextData(offset);
  }

  @Override
  public long nextHole(long offset) {
    if (offset >= beginning.size()) {
      return size;
    }
    long hole = beginning.nextHole(offset);
    return hole >= beginning.size() ? size : hole;
  }

  @Override
  public void close() {
    beginning.close();
  }
}
