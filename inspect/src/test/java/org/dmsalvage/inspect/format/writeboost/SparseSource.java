package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.dmsalvage.inspect.io.BlockSource;

/** A huge device of which only some 4 KiB blocks are not zeros. */
final class SparseSource implements BlockSource {

  private static final int BLOCK = 4096;

  private final long size;
  private final TreeMap<Long, byte[]> blocks = new TreeMap<>();

  SparseSource(long size) {
    this.size = size;
  }

  /** {@return the block that begins at an offset, to be changed} */
  ByteBuffer block(long offset) {
    byte[] bytes = blocks.computeIfAbsent(offset / BLOCK, _ -> new byte[BLOCK]);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public String name() {
    return "sparse";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    byte[] bytes = new byte[target.remaining()];
    for (Map.Entry<Long, byte[]> entry :
        blocks.subMap(offset / BLOCK, true, (offset + bytes.length) / BLOCK, true).entrySet()) {
      for (int i = 0; i < BLOCK; i++) {
        long at = entry.getKey() * BLOCK + i - offset;
        if (at >= 0 && at < bytes.length) {
          bytes[(int) at] = entry.getValue()[i];
        }
      }
    }
    target.put(bytes);
  }

  @Override
  public long nextData(long offset) {
    Long block = blocks.ceilingKey(offset / BLOCK);
    return block == null ? size : Math.max(offset, block * BLOCK);
  }

  @Override
  public String toString() {
    return Arrays.toString(blocks.navigableKeySet().toArray());
  }

  @Override
  public void close() {}
}
