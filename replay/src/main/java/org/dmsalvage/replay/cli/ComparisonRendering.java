package org.dmsalvage.replay.cli;

import java.util.Map;
import org.dmsalvage.inspect.check.Rule;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.replay.compare.PolicyComparison;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.Difference.Kind;
import org.dmsalvage.replay.recovery.ReplayReport;

/** A comparison of the policies as JSON and as text. */
final class ComparisonRendering {

  private static final int SECTOR = 512;

  private ComparisonRendering() {}

  static void json(JsonDocument json, PolicyComparison comparison) {
    json.object(
        "comparison",
        () -> {
          json.number("recoveredSectors", comparison.recovered())
              .number("differingSectors", comparison.sectors());
          json.object(
              "kinds",
              () -> comparison.byKind().forEach((kind, n) -> json.number(kind.toString(), n)));
          json.array("rules", () -> comparison.byRule().forEach((rule, n) -> rule(json, rule, n)));
        });
  }

  private static void rule(JsonDocument json, Rule rule, long sectors) {
    json.element(
        () ->
            json.text("rule", rule.name())
                .number("sectors", sectors)
                .text("meaning", rule.meaning()));
  }

  static void text(TextReport text, Style style, ReplayReport report, PolicyComparison comparison) {
    text.line(
        style.bold(report.format()) + ", " + report.variant() + ", salvage beside the real driver");
    ReplayRendering.driver(text, style, comparison.outcome());
    text.heading(
        "The driver shows otherwise: %,d sectors; salvage recovers %,d"
            .formatted(comparison.sectors(), comparison.recovered()));
    if (comparison.showsNothing()) {
      text.line("  It shows no device: everything that is in the cache is dropped.");
    }
    comparison.byKind().forEach((kind, sectors) -> kind(text, style, kind, sectors));
    rules(text, style, comparison.byRule());
    if (!comparison.showsNothing() && comparison.sectors() > 0) {
      text.heading("Ranges, in sectors");
      report
          .differences()
          .ifPresent(
              differences ->
                  differences.explain(
                      (offset, length, difference) ->
                          text.line(range(style, offset, length, difference))));
    }
  }

  private static void kind(TextReport text, Style style, Kind kind, long sectors) {
    String word = "%-11s".formatted(kind);
    text.line(
        sectors == 0
            ? style.dim("  " + word + "           0")
            : "  %s  %,10d  %s".formatted(coloured(style, kind, word), sectors, kind.meaning()));
  }

  private static void rules(TextReport text, Style style, Map<Rule, Long> byRule) {
    if (!byRule.isEmpty()) {
      text.heading("By rule of the driver");
    }
    byRule.forEach(
        (rule, sectors) ->
            text.line(
                "  %s          %,10d  %s"
                    .formatted(style.bold("%-3s".formatted(rule)), sectors, rule.meaning())));
  }

  private static String range(Style style, long offset, long length, Difference difference) {
    String range = offset / SECTOR + ".." + (offset + length + SECTOR - 1) / SECTOR;
    return "  %-20s %s %-3s  here %s, there %s"
        .formatted(
            range,
            coloured(style, difference.kind(), "%-11s".formatted(difference.kind())),
            difference.rule() == null ? "" : difference.rule(),
            difference.salvage(),
            difference.driver());
  }

  private static String coloured(Style style, Kind kind, String word) {
    return style.severity(
        switch (kind) {
          case DROPPED, SPOILT, UNREADABLE -> Severity.ERROR;
          case OLDER, RESURRECTED -> Severity.WARNING;
        },
        word);
  }
}
