package org.dmsalvage.gui.view;

import java.nio.file.Path;
import java.util.List;
import javafx.scene.Node;
import javafx.scene.control.Alert;
import javafx.scene.paint.Color;
import javafx.stage.FileChooser.ExtensionFilter;
import org.dmsalvage.gui.draw.Pictures;
import org.dmsalvage.gui.draw.Pictures.Picture;
import org.dmsalvage.gui.look.FileDialogs;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;

/** Asks for a file and saves a picture there, as SVG or PNG. */
final class PictureSaver {

  private final Threads threads;

  PictureSaver(Threads threads) {
    this.threads = threads;
  }

  /** Asks where, and saves a picture of a node there. */
  void save(Node node, Color ground) {
    FileDialogs.of(node.getScene())
        .created(
            node.getScene(),
            "Save a picture",
            "dmsalvage.svg",
            List.of(
                new ExtensionFilter("SVG, crisp at any size", "*.svg"),
                new ExtensionFilter("PNG", "*.png")))
        .ifPresent(
            file -> {
              var _ = save(node, ground, file);
            });
  }

  /** Saves a picture of a node. */
  Work save(Node node, Color ground, Path file) {
    Picture picture = Pictures.take(node, file, ground);
    Work work = Work.start(threads.workers(), threads.ui(), _ -> picture.write(), _ -> {});
    work.message().addListener((_, _, message) -> new Alert(Alert.AlertType.ERROR, message).show());
    return work;
  }
}
