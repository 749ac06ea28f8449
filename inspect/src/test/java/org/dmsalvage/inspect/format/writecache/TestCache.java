package org.dmsalvage.inspect.format.writecache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/** A cache in memory, laid out by hand, of which sectors can be made unreadable. */
final class TestCache implements BlockSource {

  static final int MAGIC = 0x23489321;

  final ByteBuffer bytes;
  final BitSet unreadable = new BitSet();

  private TestCache(int size) {
    bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** A formatted cache without padding or spare room beyond what the numbers imply. */
  static TestCache formatted(int blockSize, int blocks, long sequenceCount) {
    int metadata = (64 + 16 * blocks + blockSize - 1) / blockSize * blockSize;
    TestCache cache = new TestCache(metadata + blocks * blockSize);
    cache.bytes.putInt(0, MAGIC).putInt(4, 1).putInt(8, blockSize);
    cache.bytes.putLong(16, blocks).putLong(24, sequenceCount);
    for (int i = 0; i < blocks; i++) {
      cache.entry(i, -1, -1);
    }
    return cache;
  }

  static TestCache of(byte[] content) {
    TestCache cache = new TestCache(content.length);
    cache.bytes.put(0, content);
    return cache;
  }

  TestCache entry(int index, long sector, long sequence) {
    bytes.putLong(64 + 16 * index, sector).putLong(72 + 16 * index, sequence);
    return this;
  }

  @Override
  public String name() {
    return "cache";
  }

  @Override
  public long size() {
    return bytes.capacity();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int end = (int) offset + target.remaining();
    int bad = unreadable.nextSetBit((int) offset / 512);
    if (bad >= 0 && bad * 512 < end) {
      throw new UnreadableException(name(), offset, target.remaining(), new IOException("EIO"));
    }
    target.put(bytes.array(), (int) offset, target.remaining());
  }

  @Override
  public void close() {}
}
