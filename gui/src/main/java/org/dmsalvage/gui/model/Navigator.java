package org.dmsalvage.gui.model;

import java.util.ArrayDeque;
import java.util.Deque;
import javafx.beans.property.ReadOnlyBooleanProperty;
import javafx.beans.property.ReadOnlyBooleanWrapper;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;

/** Where the user is, and was: the one place that tree, bytes and fields all follow. */
public final class Navigator {

  /** How many places are remembered. */
  private static final int REMEMBERED = 500;

  private final ReadOnlyObjectWrapper<Location> location;
  private final Deque<Location> before = new ArrayDeque<>();
  private final Deque<Location> after = new ArrayDeque<>();
  private final ReadOnlyBooleanWrapper canGoBack = new ReadOnlyBooleanWrapper();
  private final ReadOnlyBooleanWrapper canGoForward = new ReadOnlyBooleanWrapper();

  /** Starts somewhere. */
  public Navigator(Location start) {
    location = new ReadOnlyObjectWrapper<>(start);
  }

  /** {@return where the user is} */
  public ReadOnlyObjectProperty<Location> location() {
    return location.getReadOnlyProperty();
  }

  /** {@return whether there is a place to go back to} */
  public ReadOnlyBooleanProperty canGoBack() {
    return canGoBack.getReadOnlyProperty();
  }

  /** {@return whether a step back can be taken back} */
  public ReadOnlyBooleanProperty canGoForward() {
    return canGoForward.getReadOnlyProperty();
  }

  /** Goes a small step, which is not worth remembering: to the next byte, the next field. */
  public void move(Location to) {
    location.set(to.clamped());
  }

  /** Goes somewhere else; {@link #back} returns. */
  public void jump(Location to) {
    if (to.clamped().equals(location.get())) {
      return;
    }
    before.push(location.get());
    if (before.size() > REMEMBERED) {
      before.removeLast();
    }
    after.clear();
    location.set(to.clamped());
    update();
  }

  /** Returns to where the last jump began. */
  public void back() {
    step(before, after);
  }

  /** Takes a step back back. */
  public void forward() {
    step(after, before);
  }

  private void step(Deque<Location> from, Deque<Location> to) {
    if (!from.isEmpty()) {
      to.push(location.get());
      location.set(from.pop());
      update();
    }
  }

  private void update() {
    canGoBack.set(!before.isEmpty());
    canGoForward.set(!after.isEmpty());
  }
}
