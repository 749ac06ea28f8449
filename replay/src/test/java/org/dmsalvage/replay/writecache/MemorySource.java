package org.dmsalvage.replay.writecache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.BitSet;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/** Bytes in memory of which sectors can be made unreadable; zero sectors count as holes. */
final class MemorySource implements BlockSource {

  final BitSet unreadable = new BitSet();
  private final String name;
  private final byte[] bytes;

  MemorySource(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
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
    int bad = unreadable.nextSetBit((int) offset / SECTOR_BYTES);
    if (bad >= 0 && (long) bad * SECTOR_BYTES < offset + target.remaining()) {
      throw new UnreadableException(name, offset, target.remaining(), new IOException("EIO"));
    }
    target.put(bytes, (int) offset, target.remaining());
  }

  private boolean zero(int sector) {
    for (int i = sector * SECTOR_BYTES; i < (sector + 1) * SECTOR_BYTES; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
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
    long at = offset;
    while (at < bytes.length && zero((int) (at / SECTOR_BYTES)) != hole) {
      at = (at / SECTOR_BYTES + 1) * SECTOR_BYTES;
    }
    return Math.min(at, bytes.length);
  }

  @Override
  public void close() {}
}
