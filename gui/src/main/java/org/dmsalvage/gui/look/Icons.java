package org.dmsalvage.gui.look;

import javafx.scene.layout.Region;
import org.dmsalvage.inspect.check.Severity;

/** Small pictures, drawn in a square of 16 by 16. */
public enum Icons {
  /** A folder. */
  OPEN("M1 3h5l2 2h7v9H1z M2.2 6.4v6.4h11.6V6.4z"),
  /** An arrow to the left. */
  BACK("M9.8 2.2 11.2 3.6 6.8 8l4.4 4.4-1.4 1.4L4 8z"),
  /** An arrow to the right. */
  FORWARD("M6.2 2.2 4.8 3.6 9.2 8l-4.4 4.4 1.4 1.4L12 8z"),
  /** An arrow to the left, against a wall. */
  FIRST("M3 2.5h1.8v11H3z M12.5 2.5v11L5.5 8z"),
  /** An arrow to the right, against a wall. */
  LAST("M11.2 2.5H13v11h-1.8z M3.5 2.5v11l7-5.5z"),
  /** A triangle to the right. */
  PLAY("M4 2v12l9-6z"),
  /** Two bars. */
  PAUSE("M4 2.5h3v11H4z M9 2.5h3v11H9z"),
  /** A lock. */
  LOCK("M4 7V5a4 4 0 0 1 8 0v2h1v8H3V7z M5.5 7h5V5a2.5 2.5 0 0 0-5 0z"),
  /** A circle, half dark. */
  THEME("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z M8 2.4v11.2A5.6 5.6 0 0 1 8 2.4z"),
  /** A prompt. */
  COMMANDS(
      "M1 2h14v12H1z M2.3 3.3v9.4h11.4V3.3z M4 5.2 6.8 8 4 10.8 3.2 10 5.2 8l-2-2z M7.6"
          + " 9.8h4.6V11H7.6z"),
  /** A magnifying glass. */
  SEARCH(
      "M6.5 1a5.5 5.5 0 1 0 3.3 9.9l3.6 3.6 1.2-1.2-3.6-3.6A5.5 5.5 0 0 0 6.5 1z M6.5 2.5a4 4 0 1 1"
          + " 0 8 4 4 0 0 1 0-8z"),
  /** A cross. */
  CLOSE(
      "M3.6 2.5 8 6.9l4.4-4.4 1.1 1.1L9.1 8l4.4 4.4-1.1 1.1L8 9.1l-4.4 4.4-1.1-1.1L6.9 8 2.5 3.6z"),
  /** Two sheets. */
  COPY("M5 1h9v10h-3v4H2V5h3z M6.3 2.3V5H11v4.7h1.7V2.3z M3.3 6.3v7.4h6.4V6.3z"),
  /** A cross in an octagon: damage. */
  ERROR(
      "M5 1h6l4 4v6l-4 4H5l-4-4V5z M5.4 4.5l-.9.9L7.1 8l-2.6 2.6.9.9L8 8.9l2.6 2.6.9-.9L8.9"
          + " 8l2.6-2.6-.9-.9L8 7.1z"),
  /** An exclamation mark in a triangle: suspicious. */
  WARNING("M8 1 15.5 14.5H.5z M7.2 5.5v4.6h1.6V5.5z M7.2 11.3v1.6h1.6v-1.6z"),
  /** An i in a circle: worth knowing. */
  NOTE("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z M7.2 4h1.6v1.6H7.2z M7.2 7h1.6v5H7.2z"),
  /** A tick in a circle: nothing wrong. */
  FINE("M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1z M11.6 5l1 1-5.4 5.4-3.2-3.2 1-1 2.2 2.2z");

  private final String path;

  Icons(String path) {
    this.path = path;
  }

  /** {@return the icon of a severity} */
  public static Icons of(Severity severity) {
    return switch (severity) {
      case ERROR -> ERROR;
      case WARNING -> WARNING;
      case NOTE -> NOTE;
    };
  }

  /** {@return the shape, as SVG writes it} */
  public String path() {
    return path;
  }

  /** {@return a node that shows it in the colour of the text around it} */
  public Region node(String... styleClasses) {
    Region icon = new Region();
    icon.getStyleClass().add("icon");
    icon.getStyleClass().addAll(styleClasses);
    icon.setStyle("-fx-shape: \"" + path + "\";");
    return icon;
  }
}
