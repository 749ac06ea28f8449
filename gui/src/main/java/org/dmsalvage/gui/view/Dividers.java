package org.dmsalvage.gui.view;

import java.util.LinkedHashMap;
import java.util.Map;
import javafx.scene.control.SplitPane;
import org.dmsalvage.gui.model.Settings;

/** Where the user has put the dividers of split panes, from one time to the next. */
final class Dividers {

  private final Settings settings;
  private final Map<String, SplitPane> panes = new LinkedHashMap<>();

  Dividers(Settings settings) {
    this.settings = settings;
  }

  /** Puts the dividers of a pane where they were, if they were ever moved. */
  void keep(String name, SplitPane pane) {
    double[] before = settings.dividers(name);
    if (before.length == pane.getDividers().size()) {
      pane.setDividerPositions(before);
    }
    panes.put(name, pane);
  }

  /** Remembers where they are now. */
  void remember() {
    Map<String, double[]> positions = new LinkedHashMap<>();
    panes.forEach((name, pane) -> positions.put(name, pane.getDividerPositions()));
    settings.rememberDividers(positions);
  }
}
