package org.dmsalvage.inspect.io;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Objects;
import org.dmsalvage.inspect.error.UnreadableException;

/** A raw image file or a block device, behind an open channel. */
public final class ChannelSource implements BlockSource {

  private final String name;
  private final FileChannel channel;
  private final long size;
  private final HoleFinder holes;

  /**
   * Wraps a channel, which then belongs to the source.
   *
   * @param name what messages call the source
   * @param channel open for reading; {@link FileChannel#size()} also knows block devices
   * @param holes finds the holes of the file
   * @throws UnreadableException if the size cannot be had
   */
  public ChannelSource(String name, FileChannel channel, HoleFinder holes) {
    this.name = name;
    this.channel = channel;
    this.holes = holes;
    try {
      this.size = channel.size();
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot determine the size: " + e.getMessage());
    }
  }

  /** Wraps a channel whose holes, if any, are read as zeros. */
  public ChannelSource(String name, FileChannel channel) {
    this(name, channel, HoleFinder.NONE);
  }

  @Override
  public String name() {
    return name;
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
    try {
      while (target.hasRemaining()) {
        long at = offset + (target.position() - start);
        if (channel.read(target, at) < 0) {
          throw new EOFException("the file became shorter while it was read");
        }
      }
    } catch (IOException e) {
      throw new UnreadableException(name, offset, length, e);
    }
  }

  @Override
  public long nextData(long offset) {
    return offset >= size ? size : Math.clamp(holes.nextData(offset, size), offset, size);
  }

  @Override
  public long nextHole(long offset) {
    return offset >= size ? size : Math.clamp(holes.nextHole(offset, size), offset, size);
  }

  @Override
  public void close() {
    holes.close();
    try {
      channel.close();
    } catch (IOException _) {
      // Nothing was written through it, so nothing can be lost.
    }
  }
}
