package org.dmsalvage.inspect.report;

import java.util.Locale;
import org.dmsalvage.inspect.fact.Unit;

/** How single values look. */
public final class Values {

  private Values() {}

  /** {@return the plain text of a value, as CSV and tables show it} */
  public static String text(Unit unit, Object value) {
    return switch (unit) {
      case UNSIGNED -> Long.toUnsignedString((Long) value);
      case HEX ->
          value instanceof Integer i
              ? String.format("0x%08x", i)
              : String.format("0x%x", ((Number) value).longValue());
      case FLAG -> (Boolean) value ? "yes" : "no";
      case COUNT, BYTES, SECTORS, TEXT -> value.toString();
    };
  }

  /** {@return a value with what helps a person to read it: sizes also in larger units} */
  static String friendly(Unit unit, Object value) {
    return switch (unit) {
      case BYTES -> value + size(((Number) value).longValue());
      case SECTORS -> value + " sectors";
      case COUNT, UNSIGNED, HEX, TEXT, FLAG -> text(unit, value);
    };
  }

  private static String size(long bytes) {
    return bytes < 1024 ? " bytes" : " bytes (" + binary(bytes) + ")";
  }

  /** {@return a size in the largest binary unit that keeps it at 1 or above} */
  public static String binary(long bytes) {
    if (bytes < 1024) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = 0;
    while (value >= 1024) {
      value /= 1024;
      unit++;
    }
    return String.format(
        Locale.ROOT, value < 10 ? "%.1f %ciB" : "%.0f %ciB", value, " KMGTPE".charAt(unit));
  }
}
