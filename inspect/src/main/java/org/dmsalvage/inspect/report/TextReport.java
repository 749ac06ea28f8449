package org.dmsalvage.inspect.report;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Fact;
import org.dmsalvage.inspect.fact.Facts;
import org.jspecify.annotations.Nullable;

/** Reports for people: headings, aligned values, findings in colour. */
public final class TextReport {

  private static final int FINDINGS_SHOWN = 40;

  private final PrintWriter out;
  private final Style style;

  /** Writes to {@code out} in a style. */
  public TextReport(PrintWriter out, Style style) {
    this.out = out;
    this.style = style;
  }

  /** Starts a part of the report. */
  public TextReport heading(String text) {
    out.println();
    out.println(style.bold(text));
    return this;
  }

  /** Adds a line as it is. */
  public TextReport line(String text) {
    out.println(text);
    return this;
  }

  /** Adds values below each other, their names aligned. Unknown ones are left out. */
  public TextReport facts(Facts facts) {
    int width = 0;
    for (Fact fact : facts.all()) {
      width = Math.max(width, words(fact.name()).length());
    }
    for (Fact fact : facts.all()) {
      Object value = fact.value();
      if (value != null) {
        fact(words(fact.name()), width, Values.friendly(fact.unit(), value));
      }
    }
    return this;
  }

  /** Adds one value. */
  public TextReport fact(String name, int width, String value) {
    out.println(
        "  "
            + style.dim((name + " ".repeat(width)).substring(0, Math.max(width, name.length())))
            + "  "
            + value);
    return this;
  }

  /** Adds the findings, the worst first, long lists cut. */
  public TextReport findings(Findings findings) {
    List<Finding> kept = findings.kept();
    if (kept.isEmpty()) {
      return heading("Findings").line("  none");
    }
    heading("Findings");
    int shown = 0;
    Severity[] severities = Severity.values();
    for (int s = severities.length - 1; s >= 0; s--) {
      for (Finding finding : kept) {
        if (finding.severity() == severities[s] && shown < FINDINGS_SHOWN) {
          shown++;
          finding(finding);
        }
      }
    }
    long omitted = findings.omitted().values().stream().mapToLong(Long::longValue).sum();
    long more = kept.size() - shown + omitted;
    if (more > 0) {
      out.println(style.dim("  … and " + more + " more; --json has the first 1000 of each code"));
    }
    return this;
  }

  private void finding(Finding finding) {
    String severity = String.format("%-7s", finding.severity().name().toLowerCase(Locale.ROOT));
    out.println(
        "  "
            + style.severity(finding.severity(), severity)
            + " "
            + style.bold(finding.code().id())
            + "  "
            + style.dim(
                String.format(
                    "%s at 0x%x, %d bytes",
                    finding.image(), finding.where().offset(), finding.where().length())));
    out.println("          " + finding.message());
  }

  /** {@return a camel-case name as words: {@code lastFlushedId} becomes {@code last flushed id}} */
  static String words(String name) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean boundary =
          Character.isUpperCase(c) && i > 0 && !Character.isUpperCase(name.charAt(i - 1));
      if (boundary) {
        words.append(' ');
      }
      words.append(Character.toLowerCase(c));
    }
    return words.toString();
  }

  /** {@return a value for a person; a dash if unknown} */
  static String orDash(@Nullable String value) {
    return value == null ? "-" : value;
  }
}
