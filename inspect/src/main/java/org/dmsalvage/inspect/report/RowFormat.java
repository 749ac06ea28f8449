package org.dmsalvage.inspect.report;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.jspecify.annotations.Nullable;

/** How a list is printed, row by row, however long it is. */
public enum RowFormat {
  /** Aligned columns under a heading. */
  TEXT,
  /** One JSON object a line. */
  JSONL,
  /** RFC 4180, with a heading line. */
  CSV;

  private static final int NUMBER_WIDTH = 12;

  /** {@return the word of the command line} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Prints the heading.
   *
   * @param out where the list goes
   * @param columns of the list
   * @param style for the heading
   * @return prints each row it is given
   */
  public RowSink open(PrintWriter out, List<Column> columns, Style style) {
    return switch (this) {
      case TEXT -> {
        out.println(style.bold(textLine(columns, columns.stream().map(Column::name).toArray())));
        yield values -> {
          Object[] cells = new Object[values.length];
          for (int i = 0; i < values.length; i++) {
            Object value = values[i];
            cells[i] = value == null ? "-" : Values.text(columns.get(i).unit(), value);
          }
          out.println(textLine(columns, cells));
          return true;
        };
      }
      case JSONL ->
          values -> {
            JsonDocument.line(out, columns, values);
            return true;
          };
      case CSV -> {
        out.print(String.join(",", columns.stream().map(c -> quoted(c.name())).toList()) + "\r\n");
        yield values -> {
          out.print(csvLine(columns, values));
          return true;
        };
      }
    };
  }

  private static String csvLine(List<Column> columns, @Nullable Object[] values) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      Object value = values[i];
      line.append(i == 0 ? "" : ",");
      line.append(value == null ? "" : quoted(Values.text(columns.get(i).unit(), value)));
    }
    return line.append("\r\n").toString();
  }

  private static String quoted(String text) {
    boolean plain = text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\r' || c == '\n');
    return plain ? text : '"' + text.replace("\"", "\"\"") + '"';
  }

  private static String textLine(List<Column> columns, Object[] cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < cells.length; i++) {
      Column column = columns.get(i);
      String cell = cells[i].toString();
      boolean left = column.unit() == Unit.TEXT || column.unit() == Unit.FLAG;
      int width = Math.max(column.name().length(), left ? 10 : NUMBER_WIDTH);
      String pad = " ".repeat(Math.max(0, width - cell.length()));
      boolean last = i == cells.length - 1;
      line.append(left ? cell + (last ? "" : pad) : pad + cell).append(last ? "" : "  ");
    }
    return line.toString();
  }
}
