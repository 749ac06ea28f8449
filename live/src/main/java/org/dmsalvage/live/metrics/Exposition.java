package org.dmsalvage.live.metrics;

import java.util.Map;

/**
 * Writes metrics as OpenMetrics text, version 1.0.0: all samples of a family stand together behind
 * its type, unit and help, and the last line is {@code # EOF}.
 */
final class Exposition {

  private static final String PREFIX = "dmsalvage_";

  private final StringBuilder text = new StringBuilder(1 << 12);

  /** Begins a family whose values have no unit. */
  void family(String name, String type, String help) {
    text.append("# TYPE ").append(PREFIX).append(name).append(' ').append(type).append('\n');
    for (String unit : new String[] {"bytes", "seconds"}) {
      if (name.endsWith("_" + unit)) {
        text.append("# UNIT ").append(PREFIX).append(name).append(' ').append(unit).append('\n');
      }
    }
    text.append("# HELP ").append(PREFIX).append(name).append(' ');
    text.append(help.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\""));
    text.append('\n');
  }

  /**
   * Adds a sample.
   *
   * @param name of the family, with the suffix that its type wants
   * @param labels in order
   * @param value as it is printed
   */
  void sample(String name, Map<String, String> labels, String value) {
    text.append(PREFIX).append(name);
    char before = '{';
    for (Map.Entry<String, String> label : labels.entrySet()) {
      text.append(before).append(label.getKey()).append("=\"");
      text.append(escaped(label.getValue())).append('"');
      before = ',';
    }
    text.append(labels.isEmpty() ? " " : "} ").append(value).append('\n');
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
  }

  /** Ends the text. */
  String end() {
    return text.append("# EOF\n").toString();
  }
}
