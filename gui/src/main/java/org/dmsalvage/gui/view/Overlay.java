package org.dmsalvage.gui.view;

import java.util.function.BooleanSupplier;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.input.KeyCode;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.StackPane;
import org.jspecify.annotations.Nullable;

/** A sheet above the window for one question at a time; Escape, or a click beside it, closes it. */
final class Overlay extends StackPane {

  private @Nullable Node focusedBefore;
  private Runnable onHide = () -> {};
  private BooleanSupplier mayLeave = () -> true;

  Overlay() {
    getStyleClass().add("overlay");
    setVisible(false);
    addEventHandler(
        MouseEvent.MOUSE_PRESSED,
        e -> {
          if (e.getTarget() == this) {
            leave();
          }
        });
    addEventFilter(
        KeyEvent.KEY_PRESSED,
        e -> {
          if (e.getCode() == KeyCode.ESCAPE) {
            leave();
            e.consume();
          }
        });
  }

  /** Shows a sheet, and gives one of its nodes the keyboard. */
  void show(Node sheet, Pos where, Node focus) {
    if (!isVisible()) {
      focusedBefore = getScene().getFocusOwner();
    }
    onHide = () -> {};
    mayLeave = () -> true;
    getChildren().setAll(sheet);
    setAlignment(sheet, where);
    setVisible(true);
    focus.requestFocus();
  }

  /** Has something called when the sheet that shows is closed. */
  void setOnHide(Runnable listener) {
    onHide = listener;
  }

  /** Keeps the sheet that shows from being closed by the way while it must not be. */
  void setMayLeave(BooleanSupplier condition) {
    mayLeave = condition;
  }

  private void leave() {
    if (mayLeave.getAsBoolean()) {
      hide();
    }
  }

  /** Closes the sheet, and gives the keyboard back. */
  void hide() {
    Runnable last = onHide;
    onHide = () -> {};
    last.run();
    setVisible(false);
    getChildren().clear();
    if (focusedBefore != null) {
      focusedBefore.requestFocus();
    }
  }
}
