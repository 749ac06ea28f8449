package org.dmsalvage.gui.wizard;

import java.util.Locale;
import java.util.function.ToIntFunction;
import javafx.scene.control.ListCell;
import javafx.scene.layout.VBox;
import javafx.scene.text.Text;
import javafx.scene.text.TextFlow;
import org.dmsalvage.gui.wizard.ChangedRows.Cell;
import org.dmsalvage.gui.wizard.ChangedRows.Row;
import org.jspecify.annotations.Nullable;

/** A row of bytes as it is, and below as it becomes; what changes is bold and underlined. */
final class ChangedRowCell extends ListCell<ChangedRows.Row> {

  /** Of each. */
  static final double HEIGHT = 42;

  @Override
  protected void updateItem(@Nullable Row row, boolean empty) {
    super.updateItem(row, empty);
    if (empty || row == null) {
      setGraphic(null);
      return;
    }
    TextFlow before = line("0x%08x  ".formatted(row.offset()), "was  ");
    TextFlow after = line(" ".repeat(12), "then ");
    bytes(before, row, "was", Cell::before);
    bytes(after, row, "then", Cell::after);
    VBox box = new VBox(1, before, after);
    setGraphic(box);
  }

  private static TextFlow line(String offset, String name) {
    TextFlow flow = new TextFlow();
    flow.getChildren().addAll(text(offset, "dim"), text(name, "dim"));
    return flow;
  }

  /** Bytes of one sort that follow each other share a piece of text. */
  private static void bytes(TextFlow flow, Row row, String name, ToIntFunction<Cell> value) {
    StringBuilder piece = new StringBuilder("   ".repeat(row.cells().getFirst().column()));
    boolean changed = false;
    for (Cell cell : row.cells()) {
      if (cell.changes() != changed) {
        flush(flow, piece, changed, name);
        changed = cell.changes();
      }
      piece.append(String.format(Locale.ROOT, "%02x ", value.applyAsInt(cell) & 0xff));
    }
    flush(flow, piece, changed, name);
  }

  /** The blank behind the last changed byte is not struck out or underlined with it. */
  private static void flush(TextFlow flow, StringBuilder piece, boolean changed, String name) {
    if (!piece.isEmpty()) {
      flow.getChildren()
          .add(
              text(changed ? piece.toString().strip() : piece.toString(), changed ? name : "same"));
      piece.setLength(0);
      if (changed) {
        piece.append(' ');
      }
    }
  }

  private static Text text(String content, String style) {
    Text text = new Text(content);
    text.getStyleClass().addAll("byte-text", style);
    return text;
  }
}
