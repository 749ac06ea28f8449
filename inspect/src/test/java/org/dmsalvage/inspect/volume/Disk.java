package org.dmsalvage.inspect.volume;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * A disk in memory.
 *
 * @param name of it
 * @param bytes that it holds, and that a test may change
 */
@SuppressWarnings("ArrayRecordComponent")
record Disk(String name, byte[] bytes) implements BlockSource {

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
    target.put(bytes, (int) offset, target.remaining());
  }

  @Override
  public void close() {}

  /** {@return all bytes of a source} */
  static byte[] contents(BlockSource source) {
    ByteBuffer buffer = ByteBuffer.allocate(Math.toIntExact(source.size()));
    source.read(0, buffer);
    return buffer.array();
  }
}
