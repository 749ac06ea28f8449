package org.dmsalvage.gui.look;

import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import javafx.scene.Scene;
import javafx.stage.DirectoryChooser;
import javafx.stage.FileChooser;
import javafx.stage.FileChooser.ExtensionFilter;
import org.jspecify.annotations.Nullable;

/** Asks the user for files; a scene can have its own, others ask with the desktop's dialogs. */
public interface FileDialogs {

  /**
   * Asks for a file that is there.
   *
   * @param scene in front of which it is asked
   * @param title what the file is for
   * @return what was chosen; empty if nothing was
   */
  Optional<Path> existing(Scene scene, String title);

  /**
   * Asks for a file that is to be written.
   *
   * @param scene in front of which it is asked
   * @param title what the file is for
   * @param suggestion name of the file; may be empty
   * @param kinds what it can be
   * @return what was chosen; empty if nothing was
   */
  Optional<Path> created(Scene scene, String title, String suggestion, List<ExtensionFilter> kinds);

  /**
   * Asks for a directory.
   *
   * @param scene in front of which it is asked
   * @param title what the directory is for
   * @return what was chosen; empty if nothing was
   */
  Optional<Path> directory(Scene scene, String title);

  /** {@return the dialogs of a scene} */
  static FileDialogs of(Scene scene) {
    return scene.getProperties().get(FileDialogs.class) instanceof FileDialogs own
        ? own
        : Desktop.DIALOGS;
  }

  /** Lets a scene ask in this way. */
  default void use(Scene scene) {
    scene.getProperties().put(FileDialogs.class, this);
  }

  /** The desktop's dialogs; they begin where the last one ended. */
  final class Desktop implements FileDialogs {

    private static final Desktop DIALOGS = new Desktop();

    private @Nullable File last;

    private Desktop() {}

    @Override
    public Optional<Path> existing(Scene scene, String title) {
      return chosen(chooser(title).showOpenDialog(scene.getWindow()));
    }

    @Override
    public Optional<Path> created(
        Scene scene, String title, String suggestion, List<ExtensionFilter> kinds) {
      FileChooser chooser = chooser(title);
      if (!suggestion.isEmpty()) {
        chooser.setInitialFileName(suggestion);
      }
      chooser.getExtensionFilters().addAll(kinds);
      return chosen(chooser.showSaveDialog(scene.getWindow()));
    }

    @Override
    public Optional<Path> directory(Scene scene, String title) {
      DirectoryChooser chooser = new DirectoryChooser();
      chooser.setTitle(title);
      chooser.setInitialDirectory(start());
      return chosen(chooser.showDialog(scene.getWindow()));
    }

    private FileChooser chooser(String title) {
      FileChooser chooser = new FileChooser();
      chooser.setTitle(title);
      chooser.setInitialDirectory(start());
      return chooser;
    }

    /** A directory that has gone meanwhile would be an error. */
    private @Nullable File start() {
      return last != null && last.isDirectory() ? last : null;
    }

    private Optional<Path> chosen(@Nullable File file) {
      if (file == null) {
        return Optional.empty();
      }
      last = file.getParentFile();
      return Optional.of(file.toPath());
    }
  }
}
