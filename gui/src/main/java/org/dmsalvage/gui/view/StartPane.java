package org.dmsalvage.gui.view;

import java.util.List;
import java.util.function.Consumer;
import javafx.geometry.Insets;
import javafx.geometry.Pos;
import javafx.scene.control.Button;
import javafx.scene.control.Hyperlink;
import javafx.scene.control.Label;
import javafx.scene.control.OverrunStyle;
import javafx.scene.control.Tooltip;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.layout.StackPane;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.look.Icons;
import org.dmsalvage.gui.model.Session;

/** The invitation to open something: what can be opened, and what was opened last. */
final class StartPane extends StackPane {

  private final VBox box = new VBox();

  /**
   * Makes an invitation.
   *
   * @param recent what was opened last
   * @param ask asks what to open
   * @param watch shows running devices
   * @param open opens one of what was opened last
   */
  StartPane(
      List<Session.Paths> recent, Runnable ask, Runnable watch, Consumer<Session.Paths> open) {
    getStyleClass().add("start");
    box.setMaxSize(660, USE_PREF_SIZE);
    Label title = new Label("Open a crashed cache");
    title.getStyleClass().add("sheet-title");
    Label text =
        new Label(
            "An image, a device, or a whole disk with partitions or LVM volumes; drop it here, or"
                + " choose it. Everything is opened read-only.");
    text.setWrapText(true);
    text.setMinHeight(USE_PREF_SIZE);
    text.getStyleClass().add("dim");
    Button choose = new Button("Open…", Icons.OPEN.node());
    choose.getStyleClass().add("accent");
    choose.setOnAction(_ -> ask.run());
    Button live = new Button("Watch running devices…");
    live.setOnAction(_ -> watch.run());
    Label keys = new Label("Ctrl O opens, Ctrl K lists all commands");
    keys.getStyleClass().addAll("dim", "small");
    HBox buttons = new HBox(8, choose, live, keys);
    HBox.setMargin(keys, new Insets(0, 0, 0, 6));
    buttons.setAlignment(Pos.CENTER_LEFT);
    box.getChildren().addAll(title, text, buttons, formats());
    if (!recent.isEmpty()) {
      box.getChildren().addAll(heading("Opened last"), recent(recent, open));
    }
    getChildren().add(box);
  }

  private static Label heading(String text) {
    Label heading = new Label(text);
    heading.getStyleClass().addAll("pane-title", "heading");
    return heading;
  }

  /** One line for each family of formats that teaches how it keeps what is not yet on the disk. */
  private static VBox formats() {
    GridPane grid = new GridPane();
    grid.getStyleClass().add("formats");
    ColumnConstraints names = new ColumnConstraints();
    names.setMinWidth(USE_PREF_SIZE);
    grid.getColumnConstraints().addAll(names, new ColumnConstraints());
    family(
        grid,
        "writeboost",
        "a ring of segments: each has a header that says where on the disk its blocks belong");
    family(
        grid,
        "writecache",
        "a table of entries with sequence numbers, one for each block of data behind it");
    family(
        grid,
        "insitu-comp",
        "a compressed disk: five bits for each block say how long its payload is");
    return new VBox(8, heading("What can be read"), grid);
  }

  private static void family(GridPane grid, String name, String meaning) {
    Label format = new Label(name);
    format.setMinWidth(USE_PREF_SIZE);
    Label what = new Label(meaning);
    what.setWrapText(true);
    what.getStyleClass().add("dim");
    grid.addRow(grid.getRowCount(), format, what);
  }

  private static VBox recent(List<Session.Paths> recent, Consumer<Session.Paths> open) {
    VBox list = new VBox(2);
    list.getStyleClass().add("recent");
    for (Session.Paths paths : recent) {
      Hyperlink link = new Hyperlink(paths.cache());
      link.setTextOverrun(OverrunStyle.LEADING_ELLIPSIS);
      link.setTooltip(new Tooltip("Open " + paths.cache()));
      link.setOnAction(_ -> open.accept(paths));
      HBox line = new HBox(8, link);
      line.setAlignment(Pos.BASELINE_LEFT);
      String disk = paths.backing();
      if (disk != null) {
        Label over = new Label("over " + disk);
        over.getStyleClass().add("dim");
        over.setTextOverrun(OverrunStyle.CENTER_ELLIPSIS);
        over.setTooltip(new Tooltip(disk));
        link.setMinWidth(Region.USE_PREF_SIZE);
        HBox.setHgrow(over, Priority.SOMETIMES);
        line.getChildren().add(over);
      }
      list.getChildren().add(line);
    }
    return list;
  }
}
