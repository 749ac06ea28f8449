package org.dmsalvage.live.writecache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import jdk.nio.mapmode.ExtendedMapMode;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.Targets;

/**
 * A file in memory: persistent memory if the file system maps it as such (MAP_SYNC), any other file
 * else.
 *
 * <p>What is written is eight bytes at a time at least, if it begins and ends at multiples of
 * eight. Until {@link #flush}, each of these may be durable or not.
 */
final class MappedDevice implements BlockDevice {

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG;

  /** Up to so many bytes, a line of memory, are written by single stores. */
  private static final int LINE = 64;

  private final BlockDevice file;

  /** Open as long as the file is: closing it would take the lock of the file with it. */
  private final FileChannel channel;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment memory;

  /** What was written since the last flush: from the first byte to behind the last. */
  private long from = Long.MAX_VALUE;

  private long to;

  private MappedDevice(BlockDevice file, FileChannel channel) throws IOException {
    this.file = file;
    this.channel = channel;
    this.memory = map(channel, file.size(), arena);
  }

  private static MemorySegment map(FileChannel channel, long size, Arena arena) throws IOException {
    try {
      return channel.map(ExtendedMapMode.READ_WRITE_SYNC, 0, size, arena);
    } catch (IOException | UnsupportedOperationException _) {
      return channel.map(MapMode.READ_WRITE, 0, size, arena);
    }
  }

  /**
   * Maps a file or device, which nobody else may use meanwhile.
   *
   * @throws OutputException if it is in use, or cannot be mapped
   */
  static MappedDevice open(String name) {
    BlockDevice file = Targets.open(name, false);
    try {
      return new MappedDevice(
          file, FileChannel.open(Path.of(name), StandardOpenOption.READ, StandardOpenOption.WRITE));
    } catch (IOException e) {
      file.close();
      throw new OutputException(name, "cannot be mapped", e);
    }
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() {
    return file.size();
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    int length = target.remaining();
    Objects.checkFromIndexSize(offset, (long) length, size());
    try {
      target.put(memory.asSlice(offset, length).asByteBuffer());
    } catch (InternalError e) {
      throw new UnreadableException(name(), offset, length, fault(e));
    }
  }

  @Override
  public synchronized void write(long offset, ByteBuffer source) {
    int length = source.remaining();
    Objects.checkFromIndexSize(offset, (long) length, size());
    from = Math.min(from, offset);
    to = Math.max(to, offset + length);
    MemorySegment bytes = MemorySegment.ofBuffer(source);
    try {
      if (length <= LINE && (offset | length) % Long.BYTES == 0) {
        for (int at = 0; at < length; at += Long.BYTES) {
          memory.set(LONG, offset + at, bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, at));
        }
      } else {
        MemorySegment.copy(bytes, 0, memory, offset, length);
      }
    } catch (InternalError e) {
      throw new OutputException(
          name(), "cannot write %d bytes at offset 0x%x".formatted(length, offset), fault(e));
    }
    source.position(source.limit());
  }

  /** What the JVM makes of SIGBUS: the medium is bad, or a sparse file finds the disk full. */
  private static IOException fault(InternalError e) {
    return new IOException("the memory cannot be accessed", e);
  }

  @Override
  public synchronized void flush() {
    if (from < to) {
      try {
        memory.asSlice(from, to - from).force();
      } catch (UncheckedIOException e) {
        throw new OutputException(
            name(), "cannot make the writes durable", new IOException(e.getMessage(), e));
      }
      from = Long.MAX_VALUE;
      to = 0;
    }
  }

  /** Keeps what is there. */
  @Override
  public void discard(long offset, long length) {
    // Nothing has to be given up: what is free is written over.
  }

  @Override
  public void close() {
    arena.close();
    try {
      channel.close();
    } catch (IOException _) {
      // Nothing is lost: what counts was forced.
    }
    file.close();
  }
}
