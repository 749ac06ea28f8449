package org.dmsalvage.gui.view;

import javafx.event.EventTarget;
import javafx.scene.Node;
import javafx.scene.control.ContextMenu;
import javafx.scene.control.Control;
import javafx.scene.control.MenuItem;
import javafx.scene.control.SeparatorMenuItem;
import javafx.scene.input.Clipboard;
import javafx.scene.input.ClipboardContent;
import javafx.scene.input.ContextMenuEvent;
import org.dmsalvage.gui.draw.Drawn;
import org.dmsalvage.gui.map.GridView;
import org.dmsalvage.gui.model.Excerpt;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.jspecify.annotations.Nullable;

/** The menu of the second mouse button: what can be asked of the place under it. */
final class SessionMenu {

  private final SessionView view;
  private final ContextMenu menu = new ContextMenu();

  private SessionMenu(SessionView view) {
    this.view = view;
  }

  /** Gives a view its menu, and returns it. */
  static SessionMenu install(SessionView view) {
    SessionMenu menu = new SessionMenu(view);
    view.addEventHandler(ContextMenuEvent.CONTEXT_MENU_REQUESTED, menu::show);
    return menu;
  }

  private void show(ContextMenuEvent event) {
    EventTarget target = event.getTarget();
    boolean inTimeline = isInside(target, view.timeline());
    menu.getItems()
        .setAll(
            item("History of this address", () -> history(inTimeline)),
            new SeparatorMenuItem(),
            item("Copy the offset", this::copyOffset),
            item("Copy the bytes as hexadecimal digits", () -> copy(Excerpt.HEXADECIMAL)),
            item("Copy the bytes as text", () -> copy(Excerpt.TEXT)),
            new SeparatorMenuItem(),
            item("Save a picture of this…", () -> view.savePicture(part(target))));
    menu.show(view.getScene().getWindow(), event.getScreenX(), event.getScreenY());
    event.consume();
  }

  private static MenuItem item(String name, Runnable action) {
    MenuItem item = new MenuItem(name);
    item.setOnAction(_ -> action.run());
    return item;
  }

  private static boolean isInside(@Nullable EventTarget target, Node parent) {
    Node at = target instanceof Node node ? node : null;
    while (at != null && !at.equals(parent)) {
      at = at.getParent();
    }
    return at != null;
  }

  /** {@return the view under the pointer: a map with its legend, bytes, a table, or everything} */
  private Node part(@Nullable EventTarget target) {
    for (Node at = target instanceof Node node ? node : null; at != null; at = at.getParent()) {
      if (at.getStyleClass().contains("map-side")) {
        return at;
      }
      boolean map = at instanceof GridView;
      if ((at instanceof Drawn && !map) || at instanceof Control) {
        return at;
      }
    }
    return view;
  }

  /** Has a picture saved of the view that has the keyboard. */
  void savePicture() {
    view.savePicture(part(view.getScene().getFocusOwner()));
  }

  private void history(boolean inTimeline) {
    if (inTimeline && view.timeline().sector().isPresent()) {
      view.showHistoryOf(view.timeline().sector().getAsLong());
    } else {
      view.showHistoryOfHere();
    }
  }

  private Location here() {
    return view.session().navigator().location().get();
  }

  /** Copies where the user is. */
  void copyOffset() {
    String offset = "0x%x".formatted(here().range().offset());
    copy(offset);
    view.say("copied " + offset, false);
  }

  /** Copies what is selected, if it is not too much and can be read. */
  void copy(Excerpt excerpt) {
    Location here = here();
    Threads threads = view.threads();
    Work work =
        Work.start(
            threads.workers(),
            threads.ui(),
            _ -> excerpt.of(here),
            text -> {
              copy(text);
              view.say("copied %,d bytes".formatted(here.range().length()), false);
            });
    work.message().addListener((_, _, why) -> view.say(why, true));
  }

  private static void copy(String text) {
    ClipboardContent content = new ClipboardContent();
    content.putString(text);
    Clipboard.getSystemClipboard().setContent(content);
  }
}
