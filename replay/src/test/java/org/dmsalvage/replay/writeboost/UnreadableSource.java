package org.dmsalvage.replay.writeboost;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/** A device in memory with one range that cannot be read. */
final class UnreadableSource implements BlockSource {

  private final byte[] bytes;
  private final long from;
  private final long length;

  UnreadableSource(byte[] bytes, long from, long length) {
    this.bytes = bytes;
    this.from = from;
    this.length = length;
  }

  @Override
  public String name() {
    return "cache";
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    if (offset < from + length && from < offset + target.remaining()) {
      throw new UnreadableException(
          name(), offset, target.remaining(), new IOException("bad sector"));
    }
    target.put(bytes, (int) offset, target.remaining());
  }

  @Override
  public void close() {}
}
