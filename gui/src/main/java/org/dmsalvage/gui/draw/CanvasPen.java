package org.dmsalvage.gui.draw;

import javafx.geometry.VPos;
import javafx.scene.canvas.Canvas;
import javafx.scene.canvas.GraphicsContext;
import javafx.scene.paint.Color;
import javafx.scene.text.TextAlignment;
import org.dmsalvage.gui.look.Fonts;

/** Draws on a canvas. */
public final class CanvasPen implements Pen {

  private final GraphicsContext g;

  private CanvasPen(GraphicsContext g) {
    this.g = g;
  }

  /** {@return a pen for a canvas, which is wiped} */
  public static CanvasPen on(Canvas canvas) {
    GraphicsContext g = canvas.getGraphicsContext2D();
    g.clearRect(0, 0, canvas.getWidth(), canvas.getHeight());
    g.setTextBaseline(VPos.CENTER);
    return new CanvasPen(g);
  }

  @Override
  public void fill(Color colour, double x, double y, double width, double height) {
    g.setFill(colour);
    g.fillRect(x, y, width, height);
  }

  @Override
  public void outline(Color colour, double line, double x, double y, double width, double height) {
    g.setStroke(colour);
    g.setLineWidth(line);
    g.strokeRect(x, y, width, height);
  }

  @Override
  public void line(
      Color colour,
      double line,
      double fromX,
      double fromY,
      double toX,
      double toY,
      double... dashes) {
    g.setStroke(colour);
    g.setLineWidth(line);
    g.setLineDashes(dashes);
    g.strokeLine(fromX, fromY, toX, toY);
    if (dashes.length > 0) {
      g.setLineDashes();
    }
  }

  @Override
  public void polygon(Color colour, double... points) {
    int n = points.length / 2;
    double[] xs = new double[n];
    double[] ys = new double[n];
    for (int i = 0; i < n; i++) {
      xs[i] = points[2 * i];
      ys[i] = points[2 * i + 1];
    }
    g.setFill(colour);
    g.fillPolygon(xs, ys, n);
  }

  @Override
  public void disc(Color colour, double x, double y, double radius) {
    g.setFill(colour);
    g.fillOval(x - radius, y - radius, 2 * radius, 2 * radius);
  }

  @Override
  public void text(
      Color colour, Face face, double size, Align align, double x, double y, String text) {
    g.setFill(colour);
    g.setFont(face == Face.MONO ? Fonts.mono(size) : Fonts.ui(size));
    g.setTextAlign(align == Align.CENTRE ? TextAlignment.CENTER : TextAlignment.LEFT);
    g.fillText(text, x, y);
  }
}
