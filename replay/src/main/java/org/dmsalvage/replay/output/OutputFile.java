package org.dmsalvage.replay.output;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.dmsalvage.inspect.error.OutputException;

/**
 * A new file that gets its name when it is complete.
 *
 * <p>The bytes go to a file beside the wanted name, {@code NAME.partial}; {@link #complete} syncs
 * and renames it. Closing without completing removes it.
 */
public final class OutputFile implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path path;
  private final Path partial;
  private final boolean replace;
  private final FileChannel channel;
  private boolean completed;

  /**
   * Begins a file.
   *
   * @param path its name when it is complete
   * @param replace whether a file of that name may be replaced
   * @param inputs files that must not be replaced in any case
   * @throws OutputException if the file exists, is one of the inputs, or cannot be made
   */
  public OutputFile(Path path, boolean replace, List<String> inputs) {
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
   * Writes bytes somewhere; what lies between stays a hole.
   *
   * @param bytes all that is left in it
   * @param offset in the file
   */
  public void write(ByteBuffer bytes, long offset) {
    long at = offset;
    try {
      while (bytes.hasRemaining()) {
        at += channel.write(bytes, at);
      }
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot write at offset " + at, e);
    }
  }

  /** {@return the file as a stream from its beginning, with a buffer; to be flushed at the end} */
  public OutputStream stream() {
    OutputStream unbuffered =
        new OutputStream() {
          private long at;

          @Override
          public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            OutputFile.this.write(ByteBuffer.wrap(bytes, offset, length), at);
            at += length;
          }
        };
    return new BufferedOutputStream(unbuffered, BUFFER_BYTES);
  }

  /** {@return the file as UTF-8 text, as {@link #stream}: failures are not swallowed} */
  public PrintWriter text() {
    return new PrintWriter(new OutputStreamWriter(stream(), StandardCharsets.UTF_8));
  }

  /**
   * Syncs the file and gives it its name.
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

  /** Removes the unfinished file unless it is complete. */
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
