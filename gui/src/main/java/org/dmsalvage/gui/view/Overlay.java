package org.dmsalvage.gui.view;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import javafx.application.Platform;
import javafx.geometry.Pos;
import javafx.scene.Node;
import javafx.scene.Parent;
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
    sceneProperty()
        .addListener(
            (_, _, scene) ->
                scene.focusOwnerProperty().addListener((_, _, owner) -> keepInside(owner)));
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
          } else if (e.getCode() == KeyCode.TAB && goRound(e.isShiftDown())) {
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
    // Without its skin, a control that has the keyboard does not hear it.
    applyCss();
    focus.requestFocus();
  }

  /**
   * Takes the keyboard back from what is behind the sheet: it goes there by itself when the node
   * that has it is disabled or taken away.
   */
  private void keepInside(@Nullable Node owner) {
    if (isVisible() && owner != null && !isInside(owner)) {
      Platform.runLater(
          () -> {
            List<Node> stops = new ArrayList<>();
            collectStops(this, stops);
            Node now = getScene().getFocusOwner();
            if (isVisible() && !stops.isEmpty() && now != null && !isInside(now)) {
              stops.getFirst().requestFocus();
            }
          });
    }
  }

  private boolean isInside(Node node) {
    Node at = node;
    while (at != null && at != this) {
      at = at.getParent();
    }
    return at != null;
  }

  /** Goes from the last node of the sheet to the first one, and back, instead of out of it. */
  private boolean goRound(boolean backward) {
    List<Node> stops = new ArrayList<>();
    collectStops(this, stops);
    if (stops.isEmpty()) {
      return true;
    }
    Node end = backward ? stops.getFirst() : stops.getLast();
    if (!end.isFocused()) {
      return false;
    }
    (backward ? stops.getLast() : stops.getFirst()).requestFocus();
    return true;
  }

  private static void collectStops(Parent parent, List<Node> stops) {
    for (Node node : parent.getChildrenUnmodifiable()) {
      if (!node.isVisible() || node.isDisabled()) {
        continue;
      }
      if (node.isFocusTraversable()) {
        stops.add(node);
      }
      if (node instanceof Parent inner) {
        collectStops(inner, stops);
      }
    }
  }

  /** Has something called when the sheet that shows is closed. */
  void setOnHide(Runnable listener) {
    onHide = listener;
  }

  /** Keeps the sheet that shows from being closed by the way while it must not be. */
  void setMayLeave(BooleanSupplier condition) {
    mayLeave = condition;
  }

  /** {@return whether nothing shows, or something that may be closed by the way} */
  boolean mayBeLeft() {
    return !isVisible() || mayLeave.getAsBoolean();
  }

  private void leave() {
    if (mayBeLeft()) {
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
