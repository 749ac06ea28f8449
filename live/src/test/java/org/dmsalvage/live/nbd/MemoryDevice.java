package org.dmsalvage.live.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.live.engine.LiveDevice;
import org.dmsalvage.replay.device.NoSpaceException;

/** A device in memory, one sector of which is bad and one of which has no room. */
final class MemoryDevice implements LiveDevice {

  final byte[] bytes;
  final AtomicInteger flushes = new AtomicInteger();
  volatile long badSector = -1;
  volatile long fullSector = -1;

  MemoryDevice(int size) {
    bytes = new byte[size];
  }

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public long size() {
    return bytes.length;
  }

  private static boolean touches(long sector, long offset, int length) {
    return sector >= 0
        && offset < (sector + 1) * SECTOR_BYTES
        && offset + length > sector * SECTOR_BYTES;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    Objects.checkFromIndexSize(offset, length, (long) bytes.length);
    if (touches(badSector, offset, length)) {
      throw new UnreadableException(name(), offset, length, new IOException("bad sector"));
    }
    target.put(bytes, (int) offset, length);
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    int length = source.remaining();
    Objects.checkFromIndexSize(offset, length, (long) bytes.length);
    if (touches(fullSector, offset, length)) {
      throw new OutputException(
          name(), "cannot write", new NoSpaceException(new IOException("disk full")));
    }
    source.get(bytes, (int) offset, length);
  }

  @Override
  public void flush() {
    flushes.incrementAndGet();
  }

  @Override
  public void discard(long offset, long length) {
    zero(offset, length, true);
  }

  @Override
  public long nextData(long offset) {
    long at = offset;
    while (at < size() && bytes[(int) at] == 0) {
      at++;
    }
    return at;
  }

  @Override
  public long nextHole(long offset) {
    long at = offset;
    while (at < size() && bytes[(int) at] != 0) {
      at++;
    }
    return at;
  }

  @Override
  public void close() {}
}
