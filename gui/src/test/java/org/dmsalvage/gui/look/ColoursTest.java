package org.dmsalvage.gui.look;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import javafx.scene.paint.Color;
import org.dmsalvage.gui.tree.Kind;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Measures what is drawn by hand as the Web Content Accessibility Guidelines do. */
class ColoursTest {

  private static final double READABLE = 4.5;

  @ParameterizedTest
  @EnumSource
  void allThatIsSaidCanBeRead(Theme theme) {
    Colours c = theme.colours();
    List<Color> grounds =
        Stream.concat(
                Stream.of(c.background(), c.raised()),
                Stream.of(Kind.SUPERBLOCK, Kind.HEADER, Kind.MAPPING)
                    .map(kind -> over(Colours.tint(c.of(kind)), c.background())))
            .toList();
    assertAll(
        Stream.of(c.text(), c.dim())
            .flatMap(text -> grounds.stream().map(ground -> () -> assertReadable(text, ground))));
    assertAll(
        Stream.of(c.accent(), c.error(), c.warning(), c.note())
            .map(text -> () -> assertReadable(text, c.background())));
    assertReadable(c.text(), over(c.selection(), c.background()));
    assertReadable(c.dim(), over(c.selection(), c.background()));
  }

  private static void assertReadable(Color text, Color ground) {
    double a = luminance(text) + 0.05;
    double b = luminance(ground) + 0.05;
    double contrast = Math.max(a, b) / Math.min(a, b);
    assertTrue(contrast >= READABLE, text + " on " + ground + ": " + contrast);
  }

  private static Color over(Color colour, Color ground) {
    Color opaque = Color.color(colour.getRed(), colour.getGreen(), colour.getBlue());
    return ground.interpolate(opaque, colour.getOpacity());
  }

  private static double luminance(Color colour) {
    return 0.2126 * linear(colour.getRed())
        + 0.7152 * linear(colour.getGreen())
        + 0.0722 * linear(colour.getBlue());
  }

  private static double linear(double value) {
    return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  }
}
