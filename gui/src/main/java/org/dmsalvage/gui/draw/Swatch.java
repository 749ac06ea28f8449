package org.dmsalvage.gui.draw;

import java.util.function.Consumer;
import javafx.beans.value.ObservableValue;
import javafx.scene.canvas.Canvas;
import javafx.scene.layout.Region;
import org.dmsalvage.gui.look.Colours;

/** A small drawing of fixed size in the colours of the theme, as legends have it. */
public final class Swatch extends Region implements Drawn {

  private final Canvas canvas;
  private final Consumer<Pen> painter;

  /** Makes a drawing, and makes it again when the theme changes. */
  public Swatch(
      double width, double height, ObservableValue<Colours> colours, Consumer<Pen> painter) {
    this.canvas = new Canvas(width, height);
    this.painter = painter;
    getChildren().add(canvas);
    setMinSize(width, height);
    setMaxSize(width, height);
    setPrefSize(width, height);
    drawOn(CanvasPen.on(canvas));
    colours.addListener((_, _, _) -> drawOn(CanvasPen.on(canvas)));
  }

  @Override
  public void drawOn(Pen pen) {
    painter.accept(pen);
  }
}
