package org.dmsalvage.gui.view;

import java.util.List;
import java.util.function.LongFunction;
import javafx.beans.value.ObservableValue;
import javafx.collections.ObservableList;
import javafx.geometry.Pos;
import javafx.scene.control.Label;
import javafx.scene.control.Tooltip;
import javafx.scene.control.TreeCell;
import javafx.scene.control.TreeItem;
import javafx.scene.control.TreeView;
import javafx.scene.layout.HBox;
import javafx.scene.layout.Priority;
import javafx.scene.layout.Region;
import javafx.scene.shape.Rectangle;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.model.Location;
import org.dmsalvage.gui.model.Navigator;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.tree.Structure;
import org.dmsalvage.inspect.report.Values;
import org.jspecify.annotations.Nullable;

/** The structures of one image as a tree, whose branches are made when they are opened. */
final class StructurePane extends TreeView<Structure> {

  private final Source source;
  private final Session session;
  private final ObservableValue<Colours> colours;
  private LongFunction<String> notes = _ -> "";
  private boolean syncing;

  StructurePane(Source source, Session session, ObservableValue<Colours> colours) {
    this.source = source;
    this.session = session;
    Navigator navigator = session.navigator();
    this.colours = colours;
    getStyleClass().addAll("dense", "structures");
    setFixedCellSize(24);
    setCellFactory(_ -> new Cell());
    Item root = new Item(source.root());
    root.setExpanded(true);
    setRoot(root);
    getSelectionModel()
        .selectedItemProperty()
        .addListener(
            (_, _, item) -> {
              if (item != null && !syncing) {
                navigator.jump(new Location(source, item.getValue().range()));
              }
            });
    navigator.location().addListener((_, _, to) -> follow(to));
    colours.addListener((_, _, _) -> refresh());
    follow(navigator.location().get());
  }

  /** Says a few words to each cell of the map, such as the state of a segment. */
  void setNotes(LongFunction<String> ofCell) {
    notes = ofCell;
    refresh();
  }

  /** Opens the branches down to where the user is. */
  private void follow(Location to) {
    if (!to.source().equals(source) || syncing) {
      return;
    }
    List<Structure> path = source.path(to.range());
    TreeItem<Structure> chosen = getSelectionModel().getSelectedItem();
    if (chosen != null && chosen.getValue().range().equals(to.range())) {
      return;
    }
    syncing = true;
    TreeItem<Structure> item = getRoot();
    for (int i = 1; i < path.size(); i++) {
      long index = item.getValue().childAt(to.range().offset());
      item.setExpanded(true);
      item = item.getChildren().get((int) index);
    }
    getSelectionModel().select(item);
    int row = getRow(item);
    // Two rows of what is around it, so that the user sees where he is.
    if (row >= 0 && !shows(row)) {
      scrollTo(Math.max(0, row - 5));
    }
    syncing = false;
  }

  private boolean shows(int row) {
    return lookupAll(".tree-cell").stream()
        .filter(TreeCell.class::isInstance)
        .map(n -> (TreeCell<?>) n)
        .anyMatch(
            c ->
                c.getIndex() == row
                    && !c.isEmpty()
                    && c.getBoundsInParent().getMinY() >= 0
                    && c.localToScene(0, 24).getY() <= localToScene(0, getHeight()).getY());
  }

  /** A branch that grows when it is opened. */
  private static final class Item extends TreeItem<Structure> {
    private boolean grown;

    Item(Structure structure) {
      super(structure);
    }

    @Override
    public boolean isLeaf() {
      return getValue().childCount() == 0;
    }

    @Override
    public ObservableList<TreeItem<Structure>> getChildren() {
      if (!grown) {
        grown = true;
        Structure structure = getValue();
        for (long i = 0; i < structure.childCount(); i++) {
          super.getChildren().add(new Item(structure.child(i)));
        }
      }
      return super.getChildren();
    }
  }

  private final class Cell extends TreeCell<Structure> {
    private final Rectangle swatch = new Rectangle(3, 14);
    private final Label name = new Label();
    private final Label note = new Label();
    private final Label size = new Label();
    private final Region space = new Region();
    private final HBox row = new HBox(6, swatch, name, note, space, size);
    private final Tooltip tooltip = new Tooltip();

    Cell() {
      row.setAlignment(Pos.CENTER_LEFT);
      row.setMinWidth(0);
      // As wide as the tree, whatever it says; the words in the middle give way.
      setPrefWidth(0);
      HBox.setHgrow(space, Priority.ALWAYS);
      name.setMinWidth(Region.USE_PREF_SIZE);
      size.setMinWidth(Region.USE_PREF_SIZE);
      note.managedProperty().bind(note.textProperty().isNotEmpty());
      note.getStyleClass().add("dim");
      size.getStyleClass().addAll("dim", "mono");
      tooltip.setWrapText(true);
      tooltip.setMaxWidth(360);
    }

    @Override
    protected void updateItem(@Nullable Structure structure, boolean empty) {
      super.updateItem(structure, empty);
      if (empty || structure == null) {
        setGraphic(null);
        setTooltip(null);
        return;
      }
      swatch.setFill(colours.getValue().of(structure.kind()));
      name.setText(structure.name());
      note.setText(structure.cell() >= 0 ? notes.apply(structure.cell()) : "");
      size.setText(Values.binary(structure.range().length()));
      String protection = session.protection(new Location(source, structure.range()));
      tooltip.setText(structure.meaning() + (protection.isEmpty() ? "" : "\n\n" + protection));
      setTooltip(tooltip);
      setGraphic(row);
    }
  }
}
