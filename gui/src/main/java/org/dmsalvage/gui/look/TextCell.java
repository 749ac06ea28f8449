package org.dmsalvage.gui.look;

import javafx.scene.control.TableCell;
import javafx.scene.control.Tooltip;
import javafx.scene.text.Text;
import org.jspecify.annotations.Nullable;

/** A cell of a table that tells all of its text where the column is too narrow for it. */
public final class TextCell<S> extends TableCell<S, String> {

  private static final double WIDEST = 480;

  private final Tooltip whole = new Tooltip();

  /** Makes an empty cell. */
  public TextCell() {
    whole.setWrapText(true);
    whole.setMaxWidth(WIDEST);
    setOnMouseEntered(_ -> setTooltip(isCut() ? whole : null));
  }

  @Override
  protected void updateItem(@Nullable String text, boolean empty) {
    super.updateItem(text, empty);
    setText(empty ? null : text);
    whole.setText(text);
  }

  /** {@return whether less of the text is drawn than there is} */
  boolean isCut() {
    return getText() != null
        && lookup(".text") instanceof Text drawn
        && !drawn.getText().equals(getText());
  }
}
