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
import java.util.List;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.source.Sources;

/**
 * A new file that gets its name when it is complete.
 *
 * <p>The bytes go to a file beside the wanted name, {@code NAME.dmsalvage-partial}; {@link
 * #complete} syncs and renames it. Closing without completing removes it. What a killed run has
 * left behind is begun anew; a run that is still going on holds a lock.
 */
public final class OutputFile implements AutoCloseable {

  private static final int BUFFER_BYTES = 1 << 16;

  private final Path path;
  private final Path partial;
  private final boolean replace;
  private final Storage storage;
  private final FileChannel channel;
  private boolean completed;

  /** What is done to the file system. */
  interface Storage {

    /**
     * Opens an empty file for reading and writing, and locks it. If there is one, it is emptied.
     *
     * @throws FileAlreadyExistsException if another run has locked it
     */
    FileChannel open(Path partial) throws IOException;

    /**
     * Gives a file its name.
     *
     * @throws FileAlreadyExistsException if the name is taken and must not be replaced
     */
    void publish(Path partial, Path path, boolean replace) throws IOException;

    /** Makes names durable. */
    void syncDirectory(Path path) throws IOException;

    /** Removes a file if it is there. */
    void remove(Path partial) throws IOException;
  }

  /**
   * Begins a file.
   *
   * @param path its name when it is complete
   * @param replace whether a file of that name may be replaced
   * @param inputs files that must not be replaced in any case
   * @throws OutputException if the file exists, is one of the inputs, or cannot be made
   * @throws UsageException if the name is that of standard output
   */
  public OutputFile(Path path, boolean replace, List<String> inputs) {
    this(path, replace, inputs, new FileStorage());
  }

  OutputFile(Path path, boolean replace, List<String> inputs, Storage storage) {
    if (path.toString().equals("-")) {
      throw new UsageException(
          "- (standard output) cannot take this result; a file of that name is ./-");
    }
    this.path = path;
    this.replace = replace;
    this.storage = storage;
    this.partial = path.resolveSibling(path.getFileName() + ".dmsalvage-partial");
    Sources.refuseInput(path, inputs);
    Sources.refuseInput(partial, inputs);
    if (Files.exists(path)) {
      if (!Files.isRegularFile(path)) {
        throw new OutputException(path.toString(), "is not a regular file");
      }
      if (!replace) {
        throw new OutputException(path.toString(), "exists already (--force replaces it)");
      }
    }
    forgetSecondName();
    try {
      this.channel = storage.open(partial);
    } catch (FileAlreadyExistsException _) {
      throw new OutputException(partial.toString(), "is being written by another run");
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot create", e);
    }
  }

  /** A run that was killed while it gave the file its name may have left both names to it. */
  private void forgetSecondName() {
    try {
      if (Files.exists(path) && Files.exists(partial) && Files.isSameFile(path, partial)) {
        Files.delete(partial);
      }
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot remove", e);
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

  /** {@return the file that is written until it gets its name} */
  public Path partial() {
    return partial;
  }

  /** {@return the open file; stays open until it is complete} */
  FileChannel channel() {
    return channel;
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
      storage.publish(partial, path, replace);
      completed = true;
      storage.syncDirectory(path);
      channel.close();
    } catch (IOException e) {
      throw new OutputException(path.toString(), "cannot complete", e);
    }
  }

  /** Removes the unfinished file unless it is complete. */
  @Override
  public void close() {
    try {
      if (!completed) {
        // While the lock is held: no other run may have begun the file anew.
        storage.remove(partial);
      }
      channel.close();
    } catch (IOException e) {
      throw new OutputException(partial.toString(), "cannot remove", e);
    }
  }
}
