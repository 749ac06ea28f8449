package org.dmsalvage.repair;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** A device in memory, with sectors that cannot be read where a test wants them. */
final class MemorySource implements BlockSource {

  private final byte[] bytes;
  private final List<ByteRange> bad = new ArrayList<>();

  MemorySource(byte[] bytes) {
    this.bytes = bytes;
  }

  ByteBuffer buffer() {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  byte[] bytes() {
    return bytes;
  }

  void breakSectors(long offset, long length) {
    bad.add(new ByteRange(offset, length));
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    ByteRange range = new ByteRange(offset, target.remaining());
    if (bad.stream().anyMatch(range::intersects)) {
      throw new UnreadableException(name(), offset, target.remaining(), new IOException("bad"));
    }
    target.put(bytes, (int) offset, target.remaining());
  }

  @Override
  public void close() {}
}
