package org.dmsalvage.gui.draw;

import javafx.geometry.Bounds;
import javafx.geometry.Point2D;
import javafx.scene.Node;
import javafx.scene.Parent;
import javafx.scene.layout.Background;
import javafx.scene.layout.BackgroundFill;
import javafx.scene.layout.BorderStroke;
import javafx.scene.layout.BorderWidths;
import javafx.scene.layout.Region;
import javafx.scene.paint.Color;
import javafx.scene.paint.Paint;
import javafx.scene.shape.Rectangle;
import javafx.scene.shape.SVGPath;
import javafx.scene.text.Font;
import javafx.scene.text.Text;
import javafx.scene.text.TextLineInfo;
import javafx.scene.transform.Affine;
import org.dmsalvage.gui.draw.Pen.Align;
import org.dmsalvage.gui.draw.Pen.Face;
import org.dmsalvage.gui.look.Fonts;
import org.jspecify.annotations.Nullable;

/**
 * Turns a part of a window into SVG: what is drawn by hand is drawn again, text stays text, and of
 * everything else grounds, edges and icons are kept; shadows and transitions are not.
 */
public final class SceneSvg {

  private final Node root;
  private final SvgPen pen;

  private SceneSvg(Node root, SvgPen pen) {
    this.root = root;
    this.pen = pen;
  }

  /**
   * {@return a node as it shows now, as SVG}
   *
   * @param ground what is behind it
   */
  public static String of(Node node, Color ground) {
    Bounds bounds = node.getLayoutBounds();
    SvgPen pen = new SvgPen(bounds.getWidth(), bounds.getHeight());
    pen.fill(ground, 0, 0, bounds.getWidth(), bounds.getHeight());
    new SceneSvg(node, pen).draw(node);
    return pen.document();
  }

  private Point2D place(Node node, double x, double y) {
    return root.sceneToLocal(node.localToScene(x, y));
  }

  private void draw(Node node) {
    if (!node.isVisible() || node.getOpacity() == 0) {
      return;
    }
    Node clip = node.getClip();
    if (clip != null) {
      Bounds part = clip.getBoundsInParent();
      Point2D at = place(node, part.getMinX(), part.getMinY());
      pen.clip(at.getX(), at.getY(), part.getWidth(), part.getHeight());
    }
    switch (node) {
      case Text text -> drawText(text);
      case Region region -> drawRegion(region);
      case Rectangle rectangle -> {
        Point2D at = place(rectangle, rectangle.getX(), rectangle.getY());
        Color colour = colour(rectangle.getFill());
        if (colour != null) {
          pen.fill(colour, at.getX(), at.getY(), rectangle.getWidth(), rectangle.getHeight());
        }
      }
      case Parent parent -> parent.getChildrenUnmodifiable().forEach(this::draw);
      default -> {}
    }
    if (clip != null) {
      pen.end();
    }
  }

  private void drawRegion(Region region) {
    Point2D at = place(region, 0, 0);
    double width = region.getWidth();
    double height = region.getHeight();
    if (region.getShape() instanceof SVGPath shape) {
      drawIcon(region, shape);
    } else {
      drawGround(region, at);
    }
    if (region instanceof Drawn drawn) {
      pen.begin(at.getX(), at.getY(), width, height);
      drawn.drawOn(pen);
      pen.end();
    }
    region.getChildrenUnmodifiable().forEach(this::draw);
  }

  private void drawIcon(Region region, SVGPath shape) {
    Background ground = region.getBackground();
    Color colour =
        ground == null || ground.getFills().isEmpty()
            ? null
            : colour(ground.getFills().getLast().getFill());
    Bounds bounds = shape.getLayoutBounds();
    if (colour == null || bounds.getWidth() == 0 || bounds.getHeight() == 0) {
      return;
    }
    double width = region.isScaleShape() ? region.getWidth() : bounds.getWidth();
    double height = region.isScaleShape() ? region.getHeight() : bounds.getHeight();
    boolean centred = region.isCenterShape();
    double x = centred ? (region.getWidth() - width) / 2 : 0;
    double y = centred ? (region.getHeight() - height) / 2 : 0;
    // Arrows are turned to open a branch: three corners say how.
    Point2D corner = place(region, x, y);
    Point2D across = place(region, x + width, y).subtract(corner);
    Point2D down = place(region, x, y + height).subtract(corner);
    Affine moved =
        new Affine(
            across.getX() / bounds.getWidth(),
            down.getX() / bounds.getHeight(),
            corner.getX(),
            across.getY() / bounds.getWidth(),
            down.getY() / bounds.getHeight(),
            corner.getY());
    moved.appendTranslation(-bounds.getMinX(), -bounds.getMinY());
    pen.path(colour, shape.getContent(), moved);
  }

  private void drawGround(Region region, Point2D at) {
    double width = region.getWidth();
    double height = region.getHeight();
    if (region.getBackground() != null) {
      for (BackgroundFill fill : region.getBackground().getFills()) {
        Color colour = colour(fill.getFill());
        var insets = fill.getInsets();
        double w = width - insets.getLeft() - insets.getRight();
        double h = height - insets.getTop() - insets.getBottom();
        if (colour != null && w > 0 && h > 0) {
          double radius = fill.getRadii().getTopLeftHorizontalRadius();
          pen.fill(colour, at.getX() + insets.getLeft(), at.getY() + insets.getTop(), w, h, radius);
        }
      }
    }
    if (region.getBorder() != null) {
      for (BorderStroke stroke : region.getBorder().getStrokes()) {
        drawBorder(stroke, at.getX(), at.getY(), width, height);
      }
    }
  }

  private void drawBorder(BorderStroke stroke, double x, double y, double w, double h) {
    double line = stroke.getWidths().getTop();
    double radius = stroke.getRadii().getTopLeftHorizontalRadius();
    if (radius > 0 && sameAllAround(stroke)) {
      Color colour = colour(stroke.getTopStroke());
      if (colour != null && line > 0) {
        // Radii are those of the outer edge, a line is drawn along its middle.
        pen.outline(
            colour,
            line,
            x + line / 2,
            y + line / 2,
            w - line,
            h - line,
            Math.max(0, radius - line / 2));
      }
      return;
    }
    edge(stroke.getTopStroke(), line, x, y + line / 2, x + w, y + line / 2);
    line = stroke.getWidths().getBottom();
    edge(stroke.getBottomStroke(), line, x, y + h - line / 2, x + w, y + h - line / 2);
    line = stroke.getWidths().getLeft();
    edge(stroke.getLeftStroke(), line, x + line / 2, y, x + line / 2, y + h);
    line = stroke.getWidths().getRight();
    edge(stroke.getRightStroke(), line, x + w - line / 2, y, x + w - line / 2, y + h);
  }

  private static boolean sameAllAround(BorderStroke stroke) {
    BorderWidths widths = stroke.getWidths();
    Paint paint = stroke.getTopStroke();
    return paint.equals(stroke.getLeftStroke())
        && paint.equals(stroke.getRightStroke())
        && paint.equals(stroke.getBottomStroke())
        && widths.getTop() == widths.getLeft()
        && widths.getTop() == widths.getRight()
        && widths.getTop() == widths.getBottom();
  }

  private void edge(Paint paint, double line, double x1, double y1, double x2, double y2) {
    Color colour = colour(paint);
    if (colour != null && line > 0) {
      pen.line(colour, line, x1, y1, x2, y2);
    }
  }

  private static @Nullable Color colour(@Nullable Paint paint) {
    return paint instanceof Color colour && colour.getOpacity() > 0 ? colour : null;
  }

  private void drawText(Text text) {
    Color colour = colour(text.getFill());
    if (colour == null || text.getText() == null || text.getText().isBlank()) {
      return;
    }
    Font font = text.getFont();
    Face face = font.getFamily().equals(Fonts.MONO) ? Face.MONO : Face.UI;
    boolean bold = font.getName().contains("Bold");
    Bounds all = text.getLayoutBounds();
    double ascent = text.getBaselineOffset();
    double first = all.getMinY();
    double top = 0;
    boolean begun = false;
    for (TextLineInfo line : text.getLayoutInfo().getTextLines(false)) {
      String words = text.getText().substring(line.start(), line.end()).stripTrailing();
      top = begun ? top : line.bounds().getMinY();
      begun = true;
      double y = first + line.bounds().getMinY() - top + ascent;
      Point2D at = place(text, all.getMinX() + line.bounds().getMinX(), y);
      double wide = line.bounds().getWidth();
      pen.text(colour, face, font.getSize(), bold, Align.LEFT, at.getX(), at.getY(), words, wide);
    }
  }
}
