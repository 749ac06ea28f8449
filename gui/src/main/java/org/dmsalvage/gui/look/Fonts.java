package org.dmsalvage.gui.look;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import javafx.scene.text.Font;
import javafx.scene.text.Text;

/** The typefaces; they travel with the program, so that it looks alike on every machine. */
public final class Fonts {

  /** For prose and controls. */
  public static final String UI = "Inter";

  /** For numbers and bytes. */
  public static final String MONO = "JetBrains Mono";

  private static final String DIRECTORY = "/com/formdev/flatlaf/fonts/";

  private Fonts() {}

  /** Makes the typefaces known; once is enough. */
  public static void load() {
    for (String file :
        new String[] {
          "inter/Inter-Regular.otf",
          "inter/Inter-SemiBold.otf",
          "inter/Inter-Bold.otf",
          "jetbrains_mono/JetBrainsMono-Regular.ttf",
          "jetbrains_mono/JetBrainsMono-Bold.ttf"
        }) {
      try (InputStream in = Fonts.class.getResourceAsStream(DIRECTORY + file)) {
        if (in != null) {
          var _ = Font.loadFont(in, 12);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  /** {@return the face for bytes} */
  public static Font mono(double size) {
    return Font.font(MONO, size);
  }

  /** {@return the face for prose} */
  public static Font ui(double size) {
    return Font.font(UI, size);
  }

  /** {@return how wide a digit is} */
  public static double digitWidth(Font font) {
    Text text = new Text("0000000000");
    text.setFont(font);
    return text.getLayoutBounds().getWidth() / 10;
  }
}
