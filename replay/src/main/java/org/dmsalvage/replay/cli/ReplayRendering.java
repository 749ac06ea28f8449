package org.dmsalvage.replay.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dmsalvage.inspect.check.Severity;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.recovery.Candidates;
import org.dmsalvage.replay.recovery.Difference;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;

/** A replay as JSON and as text. */
final class ReplayRendering {

  private static final int SHOWN = 20;

  private ReplayRendering() {}

  static void json(
      JsonDocument json,
      Recovery recovery,
      @Nullable CrossCheckReport crossCheck,
      ReplayCommand.@Nullable Written written) {
    ReplayReport report = recovery.report();
    json.text("format", report.format())
        .text("variant", report.variant())
        .text("policy", report.policy().toString());
    json.facts(report.position());
    json.number("appliedBlocks", report.appliedBlocks());
    json.number("appliedSectors", report.appliedSectors());
    losses(json, "dropped", report.dropped());
    losses(json, "atRisk", report.atRisk());
    losses(json, "lost", report.lost());
    report.driver().ifPresent(driver -> json.object("driver", () -> driver(json, driver)));
    report.differences().ifPresent(differences -> differences(json, differences));
    report.candidates().ifPresent(candidates -> candidates(json, candidates));
    if (crossCheck != null) {
      crossCheck.json(json);
    }
    if (written != null) {
      json.object(
          "logical",
          () -> {
            json.number("bytes", written.bytes());
            json.text("sizeFrom", written.sizeFrom());
            if (written.result().sha256() != null) {
              json.text("sha256", written.result().sha256());
            }
            if (written.output() != null) {
              json.text("path", written.output().toString());
            }
          });
    }
    json.findings(report.findings());
  }

  private static void candidates(JsonDocument json, Candidates candidates) {
    Facts[] counts = new Facts[1];
    json.array(
        "candidates",
        () ->
            counts[0] =
                candidates.forEach(
                    candidate ->
                        json.element(
                            () ->
                                json.text("state", candidate.state())
                                    .flag("shown", candidate.shown())
                                    .number("offset", candidate.offset())
                                    .number("length", candidate.length())
                                    .text("image", candidate.image())
                                    .number("dataOffset", candidate.dataOffset())
                                    .text("known", candidate.known())
                                    .facts(candidate.details()))));
    json.object("candidateCounts", () -> json.facts(counts[0]));
  }

  private static void differences(JsonDocument json, ReplayReport.Differences differences) {
    json.array(
        "differences",
        () ->
            differences.explain(
                (offset, length, difference) ->
                    json.element(() -> difference(json, offset, length, difference))));
    if (differences.omittedRanges() > 0) {
      json.number("differencesOmitted", differences.omittedRanges());
    }
  }

  private static void difference(
      JsonDocument json, long offset, long length, Difference difference) {
    json.number("offset", offset)
        .number("length", length)
        .text("kind", difference.kind().toString())
        .text("rule", difference.rule() == null ? null : difference.rule().name())
        .text("salvage", difference.salvage())
        .text("driver", difference.driver());
  }

  private static void driver(JsonDocument json, DriverOutcome driver) {
    json.text("outcome", driver.outcome().toString())
        .text("reason", driver.reason())
        .text("writeback", driver.writeback().toString());
  }

  static void losses(JsonDocument json, String name, LossList losses) {
    json.array(name, () -> losses.kept().forEach(loss -> loss(json, loss)));
    if (losses.count() > losses.kept().size()) {
      json.number(name + "Omitted", losses.count() - losses.kept().size());
    }
  }

  private static void loss(JsonDocument json, Loss loss) {
    json.element(
        () -> {
          json.text("code", loss.code())
              .text("image", loss.image())
              .number("offset", loss.offset())
              .number("length", loss.length());
          json.facts(
              Facts.builder().count("sectors", loss.sectors() < 0 ? null : loss.sectors()).build());
          json.text("reason", loss.reason()).facts(loss.details());
        });
  }

  static void text(
      TextReport text,
      Style style,
      Recovery recovery,
      @Nullable CrossCheckReport crossCheck,
      ReplayCommand.@Nullable Written written) {
    ReplayReport report = recovery.report();
    text.line(
        style.bold(report.format())
            + ", "
            + report.variant()
            + ", policy "
            + style.bold(report.policy().toString()));
    text.heading("Log").facts(report.position());
    text.heading("Applied")
        .line(
            "  %,d sectors (%s) in %,d blocks"
                .formatted(
                    report.appliedSectors(),
                    Values.binary(report.appliedSectors() * 512),
                    report.appliedBlocks()));
    losses(text, style, "Dropped", report.dropped(), Severity.NOTE);
    losses(text, style, "At risk", report.atRisk(), Severity.WARNING);
    losses(text, style, "Lost", report.lost(), Severity.ERROR);
    report.driver().ifPresent(driver -> driver(text, style, driver));
    report.differences().ifPresent(differences -> differences(text, style, differences));
    report.candidates().ifPresent(candidates -> candidates(text, style, candidates));
    if (crossCheck != null) {
      crossCheck.text(text, style);
    }
    text.findings(report.findings());
    logical(text, style, written);
  }

  static void logical(TextReport text, Style style, ReplayCommand.@Nullable Written written) {
    text.heading("Logical device");
    if (written == null) {
      text.line("  none");
      return;
    }
    text.line(
        "  %d bytes (%s), %s"
            .formatted(written.bytes(), Values.binary(written.bytes()), written.sizeFrom()));
    Optional.ofNullable(written.result().sha256())
        .ifPresent(sha256 -> text.line("  sha256 " + sha256));
    Optional.ofNullable(written.output())
        .ifPresent(output -> text.line("  written to " + style.good(output.toString())));
  }

  static void losses(
      TextReport text, Style style, String name, LossList losses, Severity severity) {
    if (losses.count() == 0) {
      return;
    }
    text.heading(
        "%s: %,d %s, %,d sectors"
            .formatted(
                name,
                losses.count(),
                losses.count() == 1 ? "structure" : "structures",
                losses.sectors()));
    losses.kept().stream()
        .limit(SHOWN)
        .forEach(
            loss -> {
              String sectors = loss.sectors() < 0 ? "" : ", " + loss.sectors() + " sectors";
              text.line(
                  "  "
                      + style.severity(severity, loss.code())
                      + style.dim(
                          "  %s at 0x%x%s".formatted(loss.image(), loss.offset(), sectors)));
              text.line("    " + loss.reason());
            });
    if (losses.count() > SHOWN) {
      text.line(
          style.dim("  … and %,d more (--json lists them)".formatted(losses.count() - SHOWN)));
    }
  }

  static void driver(TextReport text, Style style, DriverOutcome driver) {
    boolean accepts = driver.outcome() == DriverOutcome.Outcome.ACCEPT;
    String outcome = driver.outcome().toString();
    text.heading("The real driver would");
    text.line(
        "  "
            + (accepts ? style.good(outcome) : style.severity(Severity.ERROR, outcome))
            + (driver.reason().isEmpty() ? "" : ": " + driver.reason()));
    if (accepts) {
      text.line("  write-back " + driver.writeback().name().toLowerCase(Locale.ROOT));
    }
  }

  /** Those that show come first: there are few of them, and somebody asked for them. */
  private static void candidates(TextReport text, Style style, Candidates candidates) {
    List<String> shown = new ArrayList<>();
    List<String> others = new ArrayList<>();
    long[] given = new long[1];
    Facts counts =
        candidates.forEach(
            candidate -> {
              given[0]++;
              List<String> lines = candidate.shown() ? shown : others;
              if (lines.size() < SHOWN) {
                lines.add(
                    "  %s  %s"
                        .formatted(
                            candidate.shown()
                                ? style.good(candidate.state() + ", shown")
                                : style.bold(candidate.state()),
                            style.dim(
                                "sectors %d..%d, %s at 0x%x"
                                    .formatted(
                                        candidate.offset() / 512,
                                        (candidate.offset() + candidate.length()) / 512,
                                        candidate.image(),
                                        candidate.dataOffset()))));
                lines.add("    " + candidate.known());
              }
            });
    text.heading("Never committed, or freed").facts(counts);
    shown.forEach(text::line);
    others.forEach(text::line);
    long more = given[0] - (shown.size() + others.size()) / 2;
    if (more > 0) {
      text.line(style.dim("  … and %,d more (--json lists them)".formatted(more)));
    }
  }

  private static void differences(
      TextReport text, Style style, ReplayReport.Differences differences) {
    long[] counts = new long[2];
    StringBuilder first = new StringBuilder();
    differences.forEach(
        (offset, length, salvage, driver) -> {
          if (counts[0]++ < SHOWN) {
            first.append(
                "  sectors %d..%d: here %s, there %s%n"
                    .formatted(offset / 512, (offset + length) / 512, salvage, driver));
          }
          counts[1] += length / 512;
        });
    counts[0] += differences.omittedRanges();
    counts[1] += differences.omittedBytes() / 512;
    text.heading("Differs from the driver's result in %,d sectors".formatted(counts[1]));
    if (counts[0] > 0) {
      text.line(first.toString().stripTrailing());
    }
    if (counts[0] > SHOWN) {
      text.line(
          style.dim("  … and %,d more ranges (--json lists them)".formatted(counts[0] - SHOWN)));
    }
  }
}
