package org.dmsalvage.replay.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.device.Posix;

/**
 * Writes a new sparse image file.
 *
 * <p>It gets its name when it is complete, see {@link OutputFile}. Blocks of zeros are left as
 * holes.
 */
public final class ImageWriter implements DeviceCopier.Target, AutoCloseable {

  private static final int BLOCK_BYTES = 4096;

  /** The disk gets to do while the image is made; the rest is left to the end. */
  private static final long EARLY_BYTES = 32 << 20;

  private final OutputFile file;
  private final Posix.EarlyWriting early;

  /** Waits where the disk's queue is full, so that whoever writes need not. */
  private final ExecutorService disk = Executors.newSingleThreadExecutor(ImageWriter::daemon);

  private long begun;

  /**
   * Begins an image.
   *
   * @param path its name when it is complete
   * @param bytes its size
   * @param replace whether a file of that name may be replaced
   * @param inputs files that must not be replaced in any case
   * @throws OutputException if the file exists, is one of the inputs, or cannot be made
   */
  public ImageWriter(Path path, long bytes, boolean replace, List<String> inputs) {
    this.file = new OutputFile(path, replace, inputs);
    this.early = new Posix.EarlyWriting(file.partial());
    if (bytes > 0) {
      try {
        // A single zero byte at the end gives the file its size; the rest is a hole.
        file.write(ByteBuffer.allocate(1), bytes - 1);
      } catch (OutputException e) {
        close();
        throw e;
      }
    }
  }

  /**
   * Makes sure that the file system has room.
   *
   * @param path the image that will be written
   * @param bytes how much data it will take, holes not counted
   * @throws OutputException if there is less
   */
  public static void checkSpace(Path path, long bytes) {
    try {
      Path directory = path.toAbsolutePath().getParent();
      if (directory != null && !Files.isDirectory(directory)) {
        throw new OutputException(path.toString(), "there is no directory " + directory);
      }
      long free = Files.getFileStore(directory == null ? path : directory).getUsableSpace();
      if (free < bytes) {
        throw new OutputException(
            path.toString(), "needs up to %d bytes, %d are free".formatted(bytes, free));
      }
    } catch (IOException e) {
      throw new OutputException(path.toString(), "cannot find the free space", e);
    }
  }

  private static Thread daemon(Runnable task) {
    return Thread.ofPlatform().daemon().name("dmsalvage-early-writing").unstarted(task);
  }

  @Override
  public void write(long offset, ByteBuffer piece) {
    int end = piece.limit();
    int from = piece.position();
    long base = offset - from;
    while (from < end) {
      int dataEnd = from;
      while (dataEnd < end && !zeroBlock(piece, dataEnd, end)) {
        dataEnd = Math.min(end, dataEnd + BLOCK_BYTES);
      }
      if (dataEnd > from) {
        file.write(piece.duplicate().limit(dataEnd).position(from), base + from);
        written(base + dataEnd);
      }
      from = dataEnd;
      while (from < end && zeroBlock(piece, from, end)) {
        from = Math.min(end, from + BLOCK_BYTES);
      }
    }
  }

  /**
   * Tells how far the image has been written, by whomever, in ascending order.
   *
   * @param end the byte behind
   */
  public void written(long end) {
    if (end - begun >= EARLY_BYTES) {
      long from = begun;
      disk.execute(() -> early.begin(from, end - from));
      begun = end;
    }
  }

  private static boolean zeroBlock(ByteBuffer piece, int from, int end) {
    int to = Math.min(end, from + BLOCK_BYTES);
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      if (piece.getLong(at) != 0) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (piece.get(at) != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@return the file that is written until the image is complete} */
  public Path partial() {
    return file.partial();
  }

  /** {@return the unfinished image as a device; closing it does nothing} */
  public BlockDevice device() {
    return new ChannelDevice(partial().toString(), file.channel());
  }

  /**
   * Syncs the image and gives it its name.
   *
   * @throws OutputException if that fails, or a file of that name has appeared meanwhile
   */
  public void complete() {
    file.complete();
  }

  /** Removes the unfinished file unless the image is complete. */
  @Override
  public void close() {
    disk.close();
    early.close();
    file.close();
  }
}
