package org.dmsalvage.gui.view;

import java.util.ArrayList;
import java.util.List;
import javafx.geometry.HPos;
import javafx.scene.control.Label;
import javafx.scene.layout.ColumnConstraints;
import javafx.scene.layout.GridPane;
import javafx.scene.layout.Priority;
import javafx.scene.layout.VBox;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Reading;
import org.dmsalvage.gui.model.SelectionSums;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.inspect.io.ByteRange;

/** What the bytes under the cursor may mean. */
final class InspectorPane extends VBox {

  /** Bytes from the cursor on that are read as text. */
  private static final int LOOKED_AT = 24;

  private final Session session;
  private final SelectionSums sums;
  private final GridPane grid = new GridPane();

  InspectorPane(Session session, SelectionSums sums) {
    this.session = session;
    this.sums = sums;
    getStyleClass().add("inspector");
    Label title = new Label("Data inspector");
    title.getStyleClass().add("pane-title");
    grid.getStyleClass().add("inspector-grid");
    ColumnConstraints name = new ColumnConstraints();
    name.setMinWidth(56);
    ColumnConstraints little = new ColumnConstraints();
    little.setHgrow(Priority.ALWAYS);
    little.setHalignment(HPos.RIGHT);
    ColumnConstraints big = new ColumnConstraints();
    big.setHgrow(Priority.ALWAYS);
    big.setHalignment(HPos.RIGHT);
    grid.getColumnConstraints().addAll(name, little, big);
    Label message = new Label();
    message.getStyleClass().addAll("error", "small");
    message.setId("sums-message");
    message.setWrapText(true);
    message.textProperty().bind(sums.message());
    message.visibleProperty().bind(sums.message().isNotEmpty());
    message.managedProperty().bind(message.visibleProperty());
    getChildren().addAll(title, grid, message);
    session.navigator().location().addListener((_, _, _) -> follow());
    session.sources().forEach(s -> s.pages().onArrival(this::follow));
    sums.readings().addListener((_, _, _) -> update());
    follow();
  }

  private void follow() {
    sums.select(session.navigator().location().get());
    update();
  }

  private void update() {
    Location here = session.navigator().location().get();
    long rest = here.source().bytes().size() - here.range().offset();
    byte[] bytes =
        here.source()
            .pages()
            .bytes(new ByteRange(here.range().offset(), Math.clamp(rest, 0, LOOKED_AT)));
    // What was read elsewhere must not stand for what is here.
    List<Reading> readings =
        new ArrayList<>(bytes == null ? Reading.ofUnread() : Reading.of(bytes));
    readings.addAll(sums.readings().get());
    grid.getChildren().clear();
    grid.addRow(0, head(""), head("little-endian"), head("big-endian"));
    for (int i = 0; i < readings.size(); i++) {
      Reading reading = readings.get(i);
      Label name = new Label(reading.name());
      name.getStyleClass().add("dim");
      if (reading.big().isEmpty()) {
        Label value = value(reading.little());
        grid.add(name, 0, i + 1);
        // A byte has no ends; whatever else has one value has the whole line for it.
        grid.add(value, 1, i + 1, reading.name().endsWith("8") ? 1 : 2, 1);
      } else {
        grid.addRow(i + 1, name, value(reading.little()), value(reading.big()));
      }
    }
  }

  private static Label head(String text) {
    Label label = new Label(text);
    label.getStyleClass().addAll("dim", "small");
    return label;
  }

  private static Label value(String text) {
    Label label = new Label(text);
    label.getStyleClass().add("mono");
    label.setMinWidth(USE_PREF_SIZE);
    return label;
  }
}
