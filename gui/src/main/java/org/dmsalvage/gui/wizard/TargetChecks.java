package org.dmsalvage.gui.wizard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;

/**
 * What speaks against a target, in a sentence, while the user still chooses it. The same is looked
 * at again, and more, before the first byte is written.
 */
final class TargetChecks {

  private final Session session;

  TargetChecks(Session session) {
    this.session = session;
  }

  /** A file that is to be made. */
  Optional<String> newFile(Path path) {
    return isInput(path)
        ? Optional.of("The new image is an input.")
        : Files.exists(path) ? Optional.of("There is such a file already.") : directory(path);
  }

  /** A directory that is to be made, or filled. */
  Optional<String> newDirectory(Path path) {
    if (!Files.exists(path)) {
      return directory(path);
    }
    try (Stream<Path> files = Files.list(path)) {
      return files.findAny().isPresent()
          ? Optional.of("The directory of the record is not empty.")
          : Optional.empty();
    } catch (IOException _) {
      return Optional.of("The record needs a directory.");
    }
  }

  /** An undo file, which may have been begun earlier. */
  Optional<String> undoFile(Path undo, Source.Role... written) {
    if (isInput(undo)) {
      return Optional.of("The undo file is an input.");
    }
    Optional<String> directory = directory(undo);
    if (directory.isPresent()) {
      return directory;
    }
    try {
      for (Source.Role role : written) {
        Placement place = session.place(role);
        for (String device : place == null ? List.<String>of() : place.used()) {
          Targets.refuseFileOn(undo, device);
        }
      }
      return UndoFile.openIfBegun(undo).flatMap(TargetChecks::used);
    } catch (SalvageException e) {
      return Optional.of(e.getMessage() + ".");
    }
  }

  private static Optional<String> used(UndoFile file) {
    try (file) {
      return file.state() == UndoState.OPEN
          ? Optional.empty()
          : Optional.of("This undo file was used and is %s: name another.".formatted(file.state()));
    }
  }

  /** {@return whether an undo file was begun by a run that was stopped} */
  static boolean begun(Path undo) {
    try {
      Optional<UndoFile> file = UndoFile.openIfBegun(undo);
      file.ifPresent(UndoFile::close);
      return file.isPresent();
    } catch (SalvageException _) {
      return false;
    }
  }

  /** Devices or files that are to be overwritten. */
  Optional<String> device(Source.Role role) {
    Placement place = session.place(role);
    if (place == null) {
      return Optional.of("There is no such device.");
    }
    if (place.split()) {
      return Optional.of("A split image cannot be written in place.");
    }
    boolean whole =
        place.layout().runs().stream()
            .flatMap(run -> run.stripes().stream())
            .allMatch(stripe -> stripe.offset() % BlockSource.SECTOR_BYTES == 0);
    if (!whole) {
      return Optional.of("What is written in place must begin at a whole sector.");
    }
    for (String path : place.used()) {
      List<String> users = Targets.users(path);
      if (!users.isEmpty()) {
        return Optional.of("%s %s: release it first.".formatted(path, String.join(" and ", users)));
      }
      if (!Files.isWritable(Path.of(path))) {
        return Optional.of(path + " cannot be written: permission denied.");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> directory(Path path) {
    Path directory = path.toAbsolutePath().getParent();
    return path.toString().isBlank()
        ? Optional.of("A file name is needed.")
        : directory == null || !Files.isDirectory(directory)
            ? Optional.of("There is no such directory.")
            : Files.isWritable(directory)
                ? Optional.empty()
                : Optional.of("Nothing can be written to this directory.");
  }

  private boolean isInput(Path file) {
    Path mine = file.toAbsolutePath().normalize();
    return session.paths().all().stream()
        .anyMatch(i -> Path.of(i).toAbsolutePath().normalize().equals(mine));
  }
}
