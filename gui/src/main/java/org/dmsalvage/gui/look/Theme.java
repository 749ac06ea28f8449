package org.dmsalvage.gui.look;

import atlantafx.base.theme.PrimerDark;
import atlantafx.base.theme.PrimerLight;
import java.util.Objects;
import javafx.application.Application;
import javafx.scene.Scene;

/** Light or dark. */
public enum Theme {
  /** Dark text on white. */
  LIGHT,
  /** Light text on black. */
  DARK;

  private static final String DARK_CLASS = "dark";

  /** {@return the other one} */
  public Theme other() {
    return this == LIGHT ? DARK : LIGHT;
  }

  /** {@return the colours for canvases} */
  public Colours colours() {
    return this == LIGHT ? Colours.LIGHT : Colours.DARK;
  }

  /** Gives all windows this theme. */
  public void use() {
    Application.setUserAgentStylesheet(
        (this == LIGHT ? new PrimerLight() : new PrimerDark()).getUserAgentStylesheet());
  }

  /** Gives a scene our own style in this theme. */
  public void use(Scene scene) {
    String sheet =
        Objects.requireNonNull(Theme.class.getResource("dmsalvage.css")).toExternalForm();
    if (!scene.getStylesheets().contains(sheet)) {
      scene.getStylesheets().add(sheet);
    }
    scene.getRoot().getStyleClass().remove(DARK_CLASS);
    if (this == DARK) {
      scene.getRoot().getStyleClass().add(DARK_CLASS);
    }
  }
}
