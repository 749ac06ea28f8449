package org.dmsalvage.replay.output;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.dmsalvage.inspect.error.OutputException;

/**
 * Writes a new sparse image file.
 *
 * <p>The bytes go to a file beside the wanted name, {@code NAME.partial}; {@link #complete} syncs
 * and renames it. Closing without completing removes it. Blocks of zeros are left as holes.
 */
public final class ImageWriter implements DeviceCopier.Target, AutoCloseable {

  private static final int BLOCK_BYTES = 4096;

  private final Path path;
  private final Path partial;
  private final boolean replace;
  private final FileChannel channel;
  private boolean completed;

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
    this.path = path;
    this.replace = replace;
    refuseInputs(path, inputs);
    if (Files.exists(path)) {
      if (!Files.isRegularFile(path)) {
        throw new OutputException(path.toString(), "is not a regular file");
      }
      if (!replace) {
        throw new OutputException(path.toString(), "exists already (--force replaces it)");
      }
    }
    this.partial = path.resolveSibling(path.getFileName() + ".partial");
    try {
      this.channel =
          FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException _) {
      throw new OutputException(
          partial.toString(), "exists already; another run may be writing it: remove it if not");
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot create", e);
    }
    try {
      setSize(bytes);
    } catch (OutputException e) {
      close();
      throw e;
    }
  }

  private static void refuseInputs(Path path, List<String> inputs) {
    for (String input : inputs) {
      try {
        if (Files.exists(path) && Files.isSameFile(path, Path.of(input))) {
          throw new OutputException(path.toString(), "is an input of this command");
        }
      } catch (IOException e) {
        throw new OutputException(path.toString(), "cannot compare with " + input, e);
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
      long free = Files.getFileStore(directory == null ? path : directory).getUsableSpace();
      if (free < bytes) {
        throw new OutputException(
            path.toString(), "needs up to %d bytes, %d are free".formatted(bytes, free));
      }
    } catch (IOException e) {
      throw new OutputException(path.toString(), "cannot find the free space", e);
    }
  }

  private void setSize(long bytes) {
    if (bytes == 0) {
      return;
    }
    try {
      // A single zero byte at the end gives the file its size; the rest is a hole.
      channel.write(ByteBuffer.allocate(1), bytes - 1);
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot extend to " + bytes + " bytes", e);
    }
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
        writeFully(piece.duplicate().limit(dataEnd).position(from), base + from);
      }
      from = dataEnd;
      while (from < end && zeroBlock(piece, from, end)) {
        from = Math.min(end, from + BLOCK_BYTES);
      }
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

  private void writeFully(ByteBuffer bytes, long offset) {
    long at = offset;
    try {
      while (bytes.hasRemaining()) {
        at += channel.write(bytes, at);
      }
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot write at offset " + at, e);
    }
  }

  /**
   * Syncs the image and gives it its name.
   *
   * @throws OutputException if that fails, or a file of that name has appeared meanwhile
   */
  public void complete() {
    try {
      channel.force(true);
      channel.close();
      if (replace) {
        Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
      } else {
        // A hard link, unlike a rename, fails if the name is taken.
        linkOrMove();
      }
      completed = true;
      syncDirectory();
    } catch (IOException e) {
      throw new OutputException(path.toString(), "cannot complete", e);
    }
  }

  private void linkOrMove() throws IOException {
    try {
      Files.createLink(path, partial);
      Files.delete(partial);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException _) {
      Files.move(partial, path);
    }
  }

  private void syncDirectory() throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      try (FileChannel handle = FileChannel.open(directory, StandardOpenOption.READ)) {
        handle.force(true);
      }
    }
  }

  /** Removes the unfinished file unless the image is complete. */
  @Override
  public void close() {
    try {
      channel.close();
      if (!completed) {
        Files.deleteIfExists(partial);
      }
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot remove", e);
    }
  }
}
