package org.dmsalvage.replay.device;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ChannelSource;

/** A file or block device behind an open channel. */
public final class ChannelDevice implements BlockDevice {

  private final String name;
  private final FileChannel channel;
  private final BlockSource source;
  private final long capacity;
  private final Runnable release;

  /**
   * Wraps a channel, which then belongs to the device.
   *
   * @param name what messages call the device: its path
   * @param channel open for reading and writing
   * @param release what else is done when the device is closed
   */
  public ChannelDevice(String name, FileChannel channel, Runnable release) {
    this.name = name;
    this.channel = channel;
    this.source = new ChannelSource(name, channel);
    this.capacity = source.size();
    this.release = release;
  }

  /** Wraps a channel that needs nothing else released. */
  public ChannelDevice(String name, FileChannel channel) {
    this(name, channel, () -> {});
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return capacity;
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    source.read(offset, target);
  }

  @Override
  public void write(long offset, ByteBuffer bytes) {
    int length = bytes.remaining();
    Objects.checkFromIndexSize(offset, length, capacity);
    int start = bytes.position();
    try {
      while (bytes.hasRemaining()) {
        // The sum is not added up step by step: a failed write may have moved the position.
        int _ = channel.write(bytes, offset + (bytes.position() - start));
      }
    } catch (IOException e) {
      String doing = "cannot write %d bytes at offset %d (0x%x)".formatted(length, offset, offset);
      throw new OutputException(name, doing, full(length) ? new NoSpaceException(e) : e);
    }
  }

  private boolean full(long needed) {
    try {
      Path path = Path.of(name);
      return Files.isRegularFile(path) && Files.getFileStore(path).getUsableSpace() < needed;
    } catch (IOException _) {
      return false;
    }
  }

  @Override
  public void flush() {
    try {
      channel.force(false);
    } catch (IOException e) {
      throw new OutputException(name, "cannot make the writes durable", e);
    }
  }

  @Override
  public void discard(long offset, long length) {
    Objects.checkFromIndexSize(offset, length, capacity);
    boolean _ = Posix.punchHole(Path.of(name), offset, length);
  }

  /** Closes the channel; what was not flushed may be lost. */
  @Override
  public void close() {
    source.close();
    release.run();
  }
}
