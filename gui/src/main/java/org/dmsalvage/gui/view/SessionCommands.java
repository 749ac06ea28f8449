package org.dmsalvage.gui.view;

import java.util.List;
import java.util.function.Consumer;
import org.dmsalvage.gui.model.Excerpt;
import org.dmsalvage.gui.model.Source;

/** What can be asked of a session by keys or by name: all that the mouse can do, too. */
final class SessionCommands {

  /**
   * A command.
   *
   * @param name as the palette shows it
   * @param keys as in "Shortcut+Shift+P"; may be empty
   * @param action does it
   */
  record Entry(String name, String keys, Consumer<SessionView> action) {}

  private SessionCommands() {}

  /** {@return the commands, in the order of the palette} */
  static List<Entry> all() {
    return List.of(
        new Entry("Find bytes, text or a sector…", "Shortcut+F", v -> v.bytes().openSearch()),
        new Entry("Find next", "F3", v -> v.bytes().findNext()),
        new Entry("Next finding", "F8", v -> v.findings().step(1)),
        new Entry("Previous finding", "Shift+F8", v -> v.findings().step(-1)),
        new Entry("Back", "Alt+Left", v -> v.session().navigator().back()),
        new Entry("Forward", "Alt+Right", v -> v.session().navigator().forward()),
        new Entry("Show structures", "Shortcut+1", SessionView::focusTree),
        new Entry("Show bytes", "Shortcut+2", SessionView::focusBytes),
        new Entry("Show fields", "Shortcut+3", SessionView::focusFields),
        new Entry("Show findings", "Shortcut+4", SessionView::showFindings),
        new Entry("Show maps of cache and disk", "Shortcut+5", SessionView::showMaps),
        new Entry("Show the timeline", "Shortcut+6", SessionView::showTimeline),
        new Entry("Show the history of an address", "Shortcut+7", SessionView::showHistory),
        new Entry("History of this address", "Shortcut+H", SessionView::showHistoryOfHere),
        new Entry("Compare with another image", "Shortcut+8", SessionView::showCompare),
        new Entry("Compare: choose the other image…", "", SessionView::browseCompare),
        new Entry("Maps: zoom in", "", v -> v.zoomMap(1)),
        new Entry("Maps: zoom out", "", v -> v.zoomMap(-1)),
        new Entry("Maps: all of it", "", v -> v.zoomMap(0)),
        new Entry("Timeline: play or pause", "", v -> v.timeline().model().playOrPause()),
        new Entry("Timeline: a step on", "", v -> v.timeline().model().step(1)),
        new Entry("Timeline: a step back", "", v -> v.timeline().model().step(-1)),
        new Entry("Timeline: before the first step", "", v -> v.timeline().model().toBeginning()),
        new Entry("Timeline: the end of the log", "", v -> v.timeline().model().toEnd()),
        new Entry("Timeline: what else to compare with", "", SessionView::compareOtherwise),
        new Entry("History: result by the other policy", "", v -> v.history().otherPolicy()),
        new Entry("History: the block before", "", v -> v.history().stepBlock(-1)),
        new Entry("History: the next block", "", v -> v.history().stepBlock(1)),
        new Entry("History: show the copy in its image", "", v -> v.history().goToCopy()),
        new Entry("Copy the offset", "Shortcut+Shift+C", v -> v.menu().copyOffset()),
        new Entry(
            "Copy the bytes as hexadecimal digits",
            "Shortcut+C",
            v -> v.menu().copy(Excerpt.HEXADECIMAL)),
        new Entry("Copy the bytes as text", "Shortcut+Alt+C", v -> v.menu().copy(Excerpt.TEXT)),
        new Entry("Mark these bytes, with a note", "Shortcut+D", SessionView::mark),
        new Entry("Show bookmarks", "Shortcut+B", SessionView::showBookmarks),
        new Entry("Bookmarks: remove the chosen one", "", SessionView::removeBookmark),
        new Entry("Bookmarks: load…", "", SessionView::loadBookmarks),
        new Entry("Bookmarks: export…", "", SessionView::exportBookmarks),
        new Entry("Give the lower part more room, or less", "Shortcut+M", SessionView::growBottom),
        new Entry("Next image: cache, plog, backing", "Shortcut+I", SessionCommands::nextImage),
        new Entry("Verify all checksums again", "", SessionView::examineAgain),
        new Entry("Save a picture of the lower part…", "", v -> v.savePicture(v.bottom())),
        new Entry("Save a picture of the bytes…", "", v -> v.savePicture(v.bytes().view())),
        new Entry("Save a picture of the view in use…", "", v -> v.menu().savePicture()));
  }

  private static void nextImage(SessionView view) {
    List<Source> sources = view.session().sources();
    Source now = view.session().navigator().location().get().source();
    view.bytes().showAgain(sources.get((sources.indexOf(now) + 1) % sources.size()));
  }
}
