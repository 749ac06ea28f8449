package org.dmsalvage.replay.output;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import org.dmsalvage.replay.device.Posix;
import org.jspecify.annotations.Nullable;

/** The files of this machine. */
final class FileStorage implements OutputFile.Storage {

  private @Nullable Runnable lock;

  @Override
  public FileChannel open(Path partial) throws IOException {
    FileChannel channel =
        FileChannel.open(
            partial,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            LinkOption.NOFOLLOW_LINKS);
    lock = Posix.lock(partial);
    if (lock == null) {
      channel.close();
      throw new FileAlreadyExistsException(partial.toString());
    }
    return channel.truncate(0);
  }

  @Override
  public void publish(Path partial, Path path, boolean replace) throws IOException {
    if (replace) {
      Files.move(partial, path, StandardCopyOption.ATOMIC_MOVE);
    } else {
      // A hard link, unlike a rename, fails if the name is taken.
      linkOrMove(partial, path);
    }
    unlock();
  }

  private static void linkOrMove(Path partial, Path path) throws IOException {
    try {
      Files.createLink(path, partial);
      Files.delete(partial);
    } catch (FileAlreadyExistsException e) {
      throw e;
    } catch (IOException | UnsupportedOperationException _) {
      Files.move(partial, path);
    }
  }

  @Override
  public void syncDirectory(Path path) throws IOException {
    Path directory = path.toAbsolutePath().getParent();
    if (directory != null) {
      try (FileChannel handle = FileChannel.open(directory, StandardOpenOption.READ)) {
        handle.force(true);
      }
    }
  }

  @Override
  public void remove(Path partial) throws IOException {
    Files.deleteIfExists(partial);
    unlock();
  }

  private void unlock() {
    if (lock != null) {
      lock.run();
      lock = null;
    }
  }
}
