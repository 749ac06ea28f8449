package org.dmsalvage.replay.property;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.dmsalvage.inspect.io.BlockSource;

/** A device of any size with data in a few places; the rest are holes. */
final class SparseSource implements BlockSource {
  private final long size;
  private final TreeMap<Long, byte[]> data = new TreeMap<>();

  SparseSource(long size) {
    this.size = size;
  }

  /** Puts data somewhere, apart from what is there already; what lies beyond the end is lost. */
  SparseSource put(long offset, byte[] bytes) {
    if (offset >= 0 && offset <= size - bytes.length) {
      data.put(offset, bytes);
    }
    return this;
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
    int length = target.remaining();
    Objects.checkFromIndexSize(offset, length, size);
    int start = target.position();
    target.put(new byte[length]);
    Long first = data.floorKey(offset);
    NavigableMap<Long, byte[]> touched =
        data.subMap(first == null ? offset : first, true, offset + length, false);
    for (Map.Entry<Long, byte[]> piece : touched.entrySet()) {
      long from = Math.max(offset, piece.getKey());
      long to = Math.min(offset + length, piece.getKey() + piece.getValue().length);
      if (from < to) {
        int at = start + (int) (from - offset);
        target.put(at, piece.getValue(), (int) (from - piece.getKey()), (int) (to - from));
      }
    }
  }

  @Override
  public long nextData(long offset) {
    Map.Entry<Long, byte[]> before = data.floorEntry(offset);
    if (before != null && offset < before.getKey() + before.getValue().length) {
      return offset;
    }
    Long next = data.ceilingKey(offset);
    return next == null ? size : next;
  }

  @Override
  public long nextHole(long offset) {
    long at = offset;
    Map.Entry<Long, byte[]> piece;
    while ((piece = data.floorEntry(at)) != null && at < piece.getKey() + piece.getValue().length) {
      at = piece.getKey() + piece.getValue().length;
    }
    return at;
  }

  @Override
  public void close() {}
}
