package org.dmsalvage.inspect.io;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UsageException;

/** Opens the images and devices that a user names. */
public final class Images {

  private Images() {}

  /**
   * Opens an image read-only.
   *
   * <p>A name that ends in a number of at least two digits which counts from 0 or 1, or in {@code
   * aa}, stands for all parts of a split image when its successor exists: {@code disk.001}, {@code
   * disk.002}, … or {@code x.aa}, {@code x.ab}, ….
   *
   * @param name path of a file or block device
   * @throws UnreadableException if it does not exist, is neither a file nor a block device, or may
   *     not be read
   */
  public static BlockSource open(String name) {
    List<Path> parts = files(name);
    if (parts.size() == 1) {
      return openFile(name, parts.getFirst());
    }
    List<BlockSource> opened = new ArrayList<>();
    try {
      for (Path part : parts) {
        opened.add(openFile(part.toString(), part));
      }
      return new ConcatenatedSource(name, opened);
    } catch (RuntimeException e) {
      opened.forEach(BlockSource::close);
      throw e;
    }
  }

  /**
   * Opens a window into an image read-only.
   *
   * @param name path of a file or block device
   * @param offset first byte of the window
   * @param size bytes of the window, or -1 for all up to the end
   * @throws UsageException if the window is not inside the image
   */
  public static BlockSource open(String name, long offset, long size) {
    return window(open(name), offset, size);
  }

  /**
   * Cuts a window out of an opened image, which belongs to it from then on.
   *
   * @param whole the image
   * @param offset first byte of the window
   * @param size bytes of the window, or -1 for all up to the end
   * @throws UsageException if the window is not inside the image, which is closed then
   */
  public static BlockSource window(BlockSource whole, long offset, long size) {
    if (offset == 0 && size < 0) {
      return whole;
    }
    long rest = whole.size() - offset;
    if (rest < 0 || size > rest) {
      long bytes = whole.size();
      whole.close();
      throw new UsageException(
          "%s: the window of %s bytes at offset %d does not fit the image of %d bytes"
              .formatted(whole.name(), size < 0 ? "the remaining" : size, offset, bytes));
    }
    return new WindowSource(whole, offset, size < 0 ? rest : size);
  }

  /** {@return the files that a name stands for, as {@link #open(String)} takes it} */
  public static List<Path> files(String name) {
    return SplitNames.parts(Path.of(name), Files::exists);
  }

  /** {@return whether a name stands for several files, as {@link #open(String)} takes it} */
  public static boolean isSplit(String name) {
    return files(name).size() > 1;
  }

  /**
   * Opens a file under another name.
   *
   * @param name by which messages call it
   * @param path of the file
   * @throws UnreadableException if it may not be read
   */
  public static BlockSource openAs(String name, Path path) {
    return openFile(name, path);
  }

  private static BlockSource openFile(String name, Path path) {
    refuseStreams(name, path);
    try {
      FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
      return new ChannelSource(name, channel, new NativeHoles(path));
    } catch (NoSuchFileException _) {
      throw new UnreadableException(name, "no such file");
    } catch (AccessDeniedException _) {
      throw new UnreadableException(name, "permission denied");
    } catch (IOException e) {
      throw new UnreadableException(name, "cannot open: " + e.getMessage());
    }
  }

  /**
   * Makes sure that a file can be read at any place, before it is opened: to open a pipe waits for
   * somebody who writes to it, and the bytes of a terminal are not there to be read again.
   *
   * @param name for the message
   * @param path of a file; need not exist
   * @throws UnreadableException if it is neither a file nor a block device
   */
  public static void refuseStreams(String name, Path path) {
    if (Files.isDirectory(path)) {
      throw new UnreadableException(name, "is a directory");
    }
    int type;
    try {
      type = (Integer) Files.getAttribute(path, "unix:mode") & 0170000;
    } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
      return;
    }
    String kind =
        switch (type) {
          case 0010000 -> "a pipe";
          case 0020000 -> "a character device";
          case 0140000 -> "a socket";
          default -> "";
        };
    if (!kind.isEmpty()) {
      throw new UnreadableException(name, "is " + kind + ", neither a file nor a block device");
    }
  }
}
