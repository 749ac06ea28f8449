package org.dmsalvage.inspect.report;

import org.dmsalvage.inspect.check.Severity;

/** Colours on a terminal, nothing elsewhere. Words carry the meaning; colour only repeats it. */
public enum Style {
  /** No escape sequences. */
  PLAIN,
  /** ANSI escape sequences. */
  COLOURED;

  private String wrap(String codes, String text) {
    return this == PLAIN ? text : "\u001b[" + codes + "m" + text + "\u001b[0m";
  }

  /** {@return the text, emphasised} */
  public String bold(String text) {
    return wrap("1", text);
  }

  /** {@return the text, stepped back} */
  public String dim(String text) {
    return wrap("2", text);
  }

  /** {@return the text in the colour of success} */
  public String good(String text) {
    return wrap("32", text);
  }

  /** {@return the text in the colour of a severity} */
  public String severity(Severity severity, String text) {
    return switch (severity) {
      case NOTE -> wrap("36", text);
      case WARNING -> wrap("33", text);
      case ERROR -> wrap("1;31", text);
    };
  }
}
