package org.dmsalvage.gui.time;

import javafx.beans.value.ObservableValue;
import javafx.scene.AccessibleRole;
import javafx.scene.canvas.Canvas;
import javafx.scene.input.KeyEvent;
import javafx.scene.input.MouseButton;
import javafx.scene.input.MouseEvent;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import org.dmsalvage.gui.draw.CanvasPen;
import org.dmsalvage.gui.draw.Drawn;
import org.dmsalvage.gui.draw.Pen;
import org.dmsalvage.gui.draw.Pen.Align;
import org.dmsalvage.gui.draw.Pen.Face;
import org.dmsalvage.gui.look.Colours;
import org.dmsalvage.gui.map.Look;
import org.dmsalvage.gui.map.Looks;
import org.jspecify.annotations.Nullable;

/**
 * The steps of the log as bars, the higher the more they changed, with a handle at the point that
 * shows. Dragged, or moved with the arrow keys; the space bar plays.
 */
final class TimeStrip extends Region implements Drawn {

  private static final double HEIGHT = 54;
  private static final double PAD = 8;
  private static final double BARS = 34;
  private static final double WIDEST = 60;
  private static final int PAGE = 10;

  private final TimelineModel model;
  private final ObservableValue<Colours> colours;
  private final Canvas canvas = new Canvas();

  TimeStrip(TimelineModel model, ObservableValue<Colours> colours) {
    this.model = model;
    this.colours = colours;
    getStyleClass().add("time-strip");
    setFocusTraversable(true);
    setAccessibleRole(AccessibleRole.SLIDER);
    setAccessibleText("point in time");
    setMinHeight(HEIGHT);
    setPrefHeight(HEIGHT);
    setMaxHeight(HEIGHT);
    getChildren().add(canvas);
    model.steps().addListener((_, _, _) -> requestLayout());
    model.point().addListener((_, _, _) -> requestLayout());
    colours.addListener((_, _, _) -> requestLayout());
    focusedProperty().addListener((_, _, _) -> requestLayout());
    addEventHandler(MouseEvent.MOUSE_PRESSED, this::drag);
    addEventHandler(MouseEvent.MOUSE_DRAGGED, this::drag);
    addEventHandler(KeyEvent.KEY_PRESSED, this::key);
  }

  @Override
  protected void layoutChildren() {
    canvas.setWidth(getWidth());
    canvas.setHeight(getHeight());
    drawOn(CanvasPen.on(canvas));
  }

  private double stepWidth(Steps steps) {
    return Math.min(WIDEST, (getWidth() - 2 * PAD) / Math.max(1, steps.count()));
  }

  /** {@return where on the strip a point is} */
  double x(Steps steps, int point) {
    return PAD + point * stepWidth(steps);
  }

  @Override
  public void drawOn(Pen pen) {
    Steps steps = model.steps().get();
    if (steps == null) {
      return;
    }
    Colours c = colours.getValue();
    double step = stepWidth(steps);
    double end = x(steps, steps.count());
    pen.line(c.faint(), 1, PAD, BARS + 0.5, Math.max(end, PAD + 1), BARS + 0.5);
    int point = 1;
    while (point <= steps.count()) {
      // As many steps as share a pixel are drawn as one.
      int last = point;
      while (last < steps.count() && x(steps, last) - x(steps, point - 1) < 1) {
        last++;
      }
      drawBar(pen, c, steps, point, last, step);
      point = last + 1;
    }
    drawHandle(pen, c, steps, end);
  }

  private void drawBar(Pen pen, Colours c, Steps steps, int first, int last, double step) {
    int most = 0;
    Look worst = Look.EMPTY;
    for (int i = first; i <= last; i++) {
      most = Math.max(most, steps.changedSectors(i));
      Look look = steps.look(i);
      worst = look.compareTo(worst) > 0 ? look : worst;
    }
    double gap = step > 3 ? 1 : 0;
    double width = Math.max(1, x(steps, last) - x(steps, first - 1) - gap);
    // The logarithm: a step of 8 sectors is seen beside one of 1000.
    double part = Math.log1p(most) / Math.log1p(steps.most());
    double height = worst == Look.GOOD ? 3 + part * (BARS - 7) : BARS - 8;
    boolean past = first <= model.point().get();
    double y = BARS - height;
    Look look = past || worst != Look.GOOD ? worst : Look.SPENT;
    Looks.draw(pen, c, look, 0.75, x(steps, first - 1), y, width, height);
  }

  private void drawHandle(Pen pen, Colours c, Steps steps, double end) {
    int point = model.point().get();
    double x = Math.round(x(steps, point)) + 0.5;
    pen.line(c.accent(), isFocused() ? 2.5 : 2, x, 1, x, BARS + 2);
    pen.polygon(c.accent(), x - 5, BARS + 9, x, BARS + 2, x + 5, BARS + 9);
    String here = Long.toUnsignedString(steps.id(point));
    double half = here.length() * 3.3;
    label(pen, c, c.accent(), Math.clamp(x, PAD + half, Math.max(PAD + half, end)), here);
    String first = Long.toUnsignedString(steps.id(0));
    String last = Long.toUnsignedString(steps.id(steps.count()));
    if (x - half > PAD + first.length() * 6.6 + 8) {
      label(pen, c, null, PAD + first.length() * 3.3, first);
    }
    if (x + half < end - last.length() * 6.6 - 8) {
      label(pen, c, null, end - last.length() * 3.3, last);
    }
  }

  private static void label(Pen pen, Colours c, @Nullable Color colour, double x, String text) {
    pen.text(colour == null ? c.dim() : colour, Face.MONO, 11, Align.CENTRE, x, HEIGHT - 5, text);
  }

  private void drag(MouseEvent e) {
    Steps steps = model.steps().get();
    if (steps == null || e.getButton() != MouseButton.PRIMARY) {
      return;
    }
    requestFocus();
    int to = (int) Math.round((e.getX() - PAD) / stepWidth(steps));
    model.step(Math.clamp(to, 0, steps.count()) - model.point().get());
    e.consume();
  }

  private void key(KeyEvent e) {
    if (e.isAltDown() || e.isControlDown() || e.isMetaDown()) {
      return;
    }
    switch (e.getCode()) {
      case LEFT, DOWN -> model.step(-1);
      case RIGHT, UP -> model.step(1);
      case PAGE_UP -> model.step(-PAGE);
      case PAGE_DOWN -> model.step(PAGE);
      case HOME -> model.toBeginning();
      case END -> model.toEnd();
      case SPACE -> model.playOrPause();
      default -> {
        return;
      }
    }
    e.consume();
  }
}
