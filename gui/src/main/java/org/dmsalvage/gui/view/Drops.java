package org.dmsalvage.gui.view;

import java.io.File;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import javafx.scene.Scene;
import javafx.scene.input.Dragboard;
import javafx.scene.input.TransferMode;
import org.dmsalvage.gui.model.Dropped;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;

/** Takes files, and text with their paths, that are dropped on a scene. */
final class Drops {

  private final Threads threads;
  private final BooleanSupplier possible;
  private final Consumer<Dropped> taken;

  private Drops(Threads threads, BooleanSupplier possible, Consumer<Dropped> taken) {
    this.threads = threads;
    this.possible = possible;
    this.taken = taken;
  }

  /**
   * Has something called with what is dropped.
   *
   * @param possible whether something can be dropped just now
   */
  static void on(Scene scene, Threads threads, BooleanSupplier possible, Consumer<Dropped> taken) {
    Drops drops = new Drops(threads, possible, taken);
    scene.setOnDragOver(
        e -> {
          if (drops.takes(e.getDragboard())) {
            e.acceptTransferModes(TransferMode.LINK, TransferMode.COPY);
          }
          e.consume();
        });
    scene.setOnDragDropped(
        e -> {
          boolean takes = drops.takes(e.getDragboard());
          if (takes) {
            drops.take(e.getDragboard());
          }
          e.setDropCompleted(takes);
          e.consume();
        });
  }

  private boolean takes(Dragboard board) {
    return possible.getAsBoolean() && (board.hasFiles() || board.hasString());
  }

  private void take(Dragboard board) {
    List<File> files = board.hasFiles() ? board.getFiles() : List.of();
    String text = files.isEmpty() ? board.getString() : "";
    var _ =
        Work.start(
            threads.workers(),
            threads.ui(),
            _ -> files.isEmpty() ? Dropped.ofText(text) : Dropped.ofFiles(files),
            taken);
  }
}
