package org.dmsalvage.gui.map;

import javafx.beans.value.ObservableValue;
import javafx.scene.Node;
import javafx.scene.control.Label;
import javafx.scene.control.Tooltip;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.draw.Swatch;
import org.dmsalvage.gui.look.Colours;

/** Says what squares of a map mean. */
public final class Legend {

  private static final double WIDTH = 16;
  private static final double HEIGHT = 13;

  /** Draws a square of about 15 by 12. */
  @FunctionalInterface
  public interface Sample {
    /** Draws it at 0, 0. */
    void draw(Pen pen, Colours colours);
  }

  private Legend() {}

  /** {@return an entry with a square, a word, and a sentence as tooltip} */
  public static Node item(
      ObservableValue<Colours> colours, String text, String meaning, Sample sample) {
    Swatch swatch = new Swatch(WIDTH, HEIGHT, colours, pen -> sample.draw(pen, colours.getValue()));
    Label label = new Label(text, swatch);
    Tooltip tooltip = new Tooltip(meaning);
    tooltip.setWrapText(true);
    tooltip.setMaxWidth(320);
    label.setTooltip(tooltip);
    return label;
  }

  /** {@return an entry for a look} */
  public static Node item(
      ObservableValue<Colours> colours, String text, String meaning, Look look, double strength) {
    return item(
        colours,
        text,
        meaning,
        (pen, c) -> Looks.draw(pen, c, look, strength, 0.5, 0.5, WIDTH - 1, HEIGHT - 1));
  }
}
