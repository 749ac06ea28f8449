package org.dmsalvage.replay.cli;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.crosscheck.CrossCheck;
import org.dmsalvage.replay.crosscheck.CrossCheck.Kind;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.jspecify.annotations.Nullable;

/** A cross-check as JSON or as text; it runs while it is rendered. */
final class CrossCheckReport {

  /** Ranges of one kind that a text shows. */
  private static final int SHOWN = 5;

  private final LogicalDevice device;
  private final BlockSource backing;
  private final Findings findings;
  private final Progress progress;
  private boolean endangers;

  /**
   * Prepares a cross-check.
   *
   * @param device the recovered device
   * @param backing the backing device; null if none was given
   * @param findings receives what endangers the data
   * @param progress told about bytes read
   * @throws UsageException if there is no backing device
   */
  CrossCheckReport(
      LogicalDevice device, @Nullable BlockSource backing, Findings findings, Progress progress) {
    if (backing == null) {
      throw new UsageException("--cross-check needs a format with a backing device, and --backing");
    }
    this.device = device;
    this.backing = backing;
    this.findings = findings;
    this.progress = progress;
  }

  /** {@return whether the check that was rendered found data that writing back would destroy} */
  boolean endangers() {
    return endangers;
  }

  private CrossCheck.Result run(CrossCheck.Visitor visitor) {
    CrossCheck.Result result = CrossCheck.run(device, backing, findings, visitor, progress);
    endangers = result.endangers();
    return result;
  }

  void json(JsonDocument json) {
    json.object(
        "crossCheck",
        () -> {
          CrossCheck.Result[] result = new CrossCheck.Result[1];
          json.array(
              "ranges",
              () ->
                  result[0] =
                      run(
                          (offset, length, kind, detail) ->
                              json.element(
                                  () -> {
                                    json.number("offset", offset)
                                        .number("length", length)
                                        .text("kind", kind.toString());
                                    if (!detail.isEmpty()) {
                                      json.text("detail", detail);
                                    }
                                  })));
          json.object("sectors", () -> json.facts(sectors(result[0])));
          json.text("conclusion", result[0].conclusion());
        });
  }

  private static Facts sectors(CrossCheck.Result result) {
    Facts.Builder sectors = Facts.builder();
    for (Kind kind : Kind.values()) {
      sectors.count(kind.toString(), result.sectors(kind));
    }
    return sectors.build();
  }

  void text(TextReport text, Style style) {
    Map<Kind, List<String>> first = new EnumMap<>(Kind.class);
    Map<Kind, Long> ranges = new EnumMap<>(Kind.class);
    CrossCheck.Result result =
        run(
            (offset, length, kind, detail) -> {
              if (ranges.merge(kind, 1L, Long::sum) <= SHOWN) {
                first
                    .computeIfAbsent(kind, _ -> new ArrayList<>())
                    .add(
                        "    sectors %d..%d%s"
                            .formatted(
                                offset / 512,
                                (offset + length + 511) / 512,
                                detail.isEmpty() ? "" : ": " + detail));
              }
            });
    text.heading("Backing device, where the cache holds data");
    for (Kind kind : Kind.values()) {
      long sectors = result.sectors(kind);
      if (sectors == 0) {
        continue;
      }
      text.line(
          "  %s %,d sectors (%s)"
              .formatted(
                  severe(style, kind, "%-10s".formatted(kind)),
                  sectors,
                  Values.binary(sectors * 512)));
      if (kind != Kind.SAME && kind != Kind.UNKNOWN) {
        List<String> shown = first.getOrDefault(kind, List.of());
        shown.forEach(text::line);
        long more = ranges.getOrDefault(kind, 0L) - shown.size();
        if (more > 0) {
          text.line(style.dim("    … and %,d more ranges (--json lists them)".formatted(more)));
        }
      }
    }
    text.line(
        "  "
            + (endangers
                ? style.severity(Severity.ERROR, result.conclusion())
                : result.conclusion()));
  }

  private static String severe(Style style, Kind kind, String text) {
    return switch (kind) {
      case SAME -> style.good(text);
      case OLDER, UNKNOWN -> text;
      case NEWER -> style.severity(Severity.WARNING, text);
      case FOREIGN, UNREADABLE -> style.severity(Severity.ERROR, text);
    };
  }
}
