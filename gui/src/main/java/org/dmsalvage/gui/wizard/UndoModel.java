package org.dmsalvage.gui.wizard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.PlacedDevices;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;

/** Puts back what was overwritten in place, as {@code undo} does. */
public final class UndoModel {

  /**
   * What an undo file can do.
   *
   * @param file its path
   * @param state how far the writes came that it can take back
   * @param savedBytes what it has of the devices
   * @param targets the devices
   */
  public record Content(Path file, UndoState state, long savedBytes, List<UndoTarget> targets) {

    /** {@return where the devices were when they were written} */
    public List<String> paths() {
      return targets.stream().map(UndoTarget::path).toList();
    }
  }

  /**
   * What was done.
   *
   * @param result bytes put back, and not
   * @param state of the undo file now
   */
  public record Report(Undo.Result result, UndoState state) {}

  private UndoModel() {}

  /**
   * Reads an undo file.
   *
   * @throws SalvageException if it is none, or damaged
   */
  public static Content read(Path path) {
    try (UndoFile file = UndoFile.open(path)) {
      return new Content(path, file.state(), file.savedBytes(), file.targets());
    }
  }

  /**
   * {@return why a device cannot be restored, in a sentence; empty if nothing speaks against it}
   *
   * @param target as the undo file knows it
   * @param path where it is now
   */
  public static Optional<String> objection(UndoTarget target, String path) {
    try {
      List<String> users = Targets.users(path);
      if (!users.isEmpty()) {
        return Optional.of("%s %s: release it first.".formatted(path, String.join(" and ", users)));
      }
      try (BlockSource device = Images.open(path)) {
        return device.size() == target.bytes()
            ? Optional.empty()
            : Optional.of(
                "%s has %,d bytes; the %s had %,d."
                    .formatted(path, device.size(), target.role(), target.bytes()));
      }
    } catch (SalvageException e) {
      return Optional.of(e.getMessage() + ".");
    }
  }

  /** {@return one line that names a device} */
  public static String describe(String path) {
    try (BlockSource device = Images.open(path)) {
      return Targets.identify(device).describe();
    } catch (SalvageException _) {
      return path;
    }
  }

  /**
   * Restores.
   *
   * @param content as it was read
   * @param paths where the devices are, in the order of the targets
   * @param progress told about bytes; checked for the wish to stop
   * @throws SalvageException if a device does not fit, holds something else, or is in use
   */
  public static Report undo(Content content, List<String> paths, Progress progress) {
    try (PlacedDevices opened = new PlacedDevices(false);
        UndoFile file = UndoFile.open(content.file())) {
      List<BlockDevice> devices = new ArrayList<>();
      paths.forEach(path -> devices.add(opened.open(path)));
      Undo.Result result = new Undo(file).run(devices, false, progress);
      return new Report(result, file.state());
    }
  }
}
