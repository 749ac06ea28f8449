package org.dmsalvage.inspect.io;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/** Several sources laid end to end, such as the parts of a split image. */
public final class ConcatenatedSource implements BlockSource {

  private final String name;
  private final List<BlockSource> parts;

  /** ends[i] is the first byte behind part i. */
  private final long[] ends;

  /**
   * Joins sources in the order given.
   *
   * @param name what messages call the whole
   * @param parts at least one
   * @throws ArithmeticException if the sum of the sizes exceeds 2^63-1
   */
  public ConcatenatedSource(String name, List<BlockSource> parts) {
    this.name = name;
    this.parts = List.copyOf(parts);
    this.ends = new long[parts.size()];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end = Math.addExact(end, parts.get(i).size());
      ends[i] = end;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return ends[ends.length - 1];
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size());
    int limit = target.limit();
    long at = offset;
    for (int i = partAt(offset); target.position() < limit; i++) {
      int length = (int) Math.min(limit - target.position(), ends[i] - at);
      target.limit(target.position() + length);
      parts.get(i).read(at - startOf(i), target);
      target.limit(limit);
      at += length;
    }
  }

  @Override
  public long nextData(long offset) {
    for (int i = partAt(offset); i < ends.length; i++) {
      long start = startOf(i);
      long found = start + parts.get(i).nextData(Math.max(offset - start, 0));
      if (found < ends[i]) {
        return found;
      }
    }
    return size();
  }

  @Override
  public long nextHole(long offset) {
    for (int i = partAt(offset); i < ends.length; i++) {
      long start = startOf(i);
      long found = start + parts.get(i).nextHole(Math.max(offset - start, 0));
      if (found < ends[i]) {
        return found;
      }
    }
    return size();
  }

  /** Index of the part that holds a byte; the number of parts for the end of the source. */
  private int partAt(long offset) {
    int found = Arrays.binarySearch(ends, offset + 1);
    return found >= 0 ? found : -found - 1;
  }

  private long startOf(int part) {
    return part == 0 ? 0 : ends[part - 1];
  }

  @Override
  public void close() {
    parts.forEach(BlockSource::close);
  }
}
