package org.dmsalvage.replay.fuzz;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/** A device in memory of which some sectors cannot be read, and whose blocks of zeros are holes. */
final class MemorySource implements BlockSource {
  private static final int HOLE = 4096;

  private final String name;
  private final byte[] bytes;
  private final BitSet bad;

  MemorySource(String name, byte[] bytes, BitSet bad) {
    this.name = name;
    this.bytes = bytes;
    this.bad = bad;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    Objects.checkFromIndexSize(offset, length, bytes.length);
    int first = (int) (offset / SECTOR_BYTES);
    int end = (int) ((offset + length + SECTOR_BYTES - 1) / SECTOR_BYTES);
    int unreadable = bad.nextSetBit(first);
    if (unreadable >= 0 && unreadable < end && length > 0) {
      throw new UnreadableException(name, offset, length, new IOException("bad sector"));
    }
    target.put(bytes, (int) offset, length);
  }

  @Override
  public long nextData(long offset) {
    return next(offset, false);
  }

  @Override
  public long nextHole(long offset) {
    return next(offset, true);
  }

  private long next(long offset, boolean hole) {
    Objects.checkIndex(offset, bytes.length + 1L);
    long at = offset;
    while (at < bytes.length) {
      long end = Math.min(bytes.length, (at / HOLE + 1) * HOLE);
      if (isHole((int) (at / HOLE * HOLE), (int) end) == hole) {
        return at;
      }
      at = end;
    }
    return bytes.length;
  }

  private boolean isHole(int from, int end) {
    for (int i = from; i < end; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return bad.get(from / SECTOR_BYTES, (end + SECTOR_BYTES - 1) / SECTOR_BYTES).isEmpty();
  }

  @Override
  public void close() {}
}
