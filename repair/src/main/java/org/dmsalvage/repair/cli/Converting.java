package org.dmsalvage.repair.cli;

import java.nio.file.Path;
import java.util.List;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.repair.convert.Conversion;
import org.dmsalvage.repair.convert.Conversion.Counts;
import org.dmsalvage.repair.convert.Generation;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.jspecify.annotations.Nullable;

/** {@code dmsalvage repair --to}: a new cache with what an old one holds. */
final class Converting {

  private final Console console;
  private final CommonOptions common;
  private final Generation generation;
  private final OpenRequest images;

  Converting(Console console, CommonOptions common, Generation generation, OpenRequest images) {
    this.console = console;
    this.common = common;
    this.generation = generation;
    this.images = images;
  }

  /**
   * Converts.
   *
   * @param output the new cache; null if nothing is to be written
   * @param force whether a file of that name may be replaced
   * @param inputs that must not be replaced
   * @param progress told about bytes
   */
  ExitStatus run(@Nullable Path output, boolean force, List<String> inputs, Progress progress) {
    Conversion conversion = Conversion.of(images, generation, progress);
    Counts counts = conversion.wanted();
    if (output != null) {
      ImageWriter.checkSpace(output, conversion.dataBytes());
      try (ImageWriter writer = new ImageWriter(output, conversion.bytes(), force, inputs)) {
        counts = conversion.write(writer, progress);
        writer.complete();
      }
    }
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "repair")) {
        json(json, conversion, counts, output);
      }
      console.out().println();
    } else {
      Style style = console.style(common);
      text(new TextReport(console.out(), style), conversion, counts, output);
    }
    ReplayReport report = conversion.recovery().report();
    boolean doubt =
        counts.unreadable() > 0 || report.lost().count() > 0 || report.atRisk().count() > 0;
    return doubt ? ExitStatus.UNCORRECTED : ExitStatus.OK;
  }

  private String table() {
    BlockSource backing = images.backing();
    return backing == null
        ? "0 SECTORS " + generation.table()
        : "0 %d %s".formatted(backing.size() / BlockSource.SECTOR_BYTES, generation.table());
  }

  private void json(
      JsonDocument json, Conversion conversion, Counts counts, @Nullable Path output) {
    ReplayReport report = conversion.recovery().report();
    json.text("format", report.format());
    json.findings(report.findings());
    json.array("actions", () -> {});
    json.flag("applied", output != null)
        .number("writtenBytes", output == null ? 0 : conversion.dataBytes());
    json.array("remaining", () -> {});
    json.object(
        "converted",
        () -> {
          json.text("format", generation.format());
          if (output != null) {
            json.text("path", output.toString());
          }
          json.number("bytes", conversion.bytes())
              .number("segments", counts.segments())
              .number("blocks", counts.blocks())
              .number("sectors", counts.sectors())
              .number("unreadableSectors", counts.unreadable())
              .number("atRisk", report.atRisk().count())
              .number("lost", report.lost().count())
              .text("table", table());
        });
  }

  private void text(TextReport text, Conversion conversion, Counts counts, @Nullable Path output) {
    ReplayReport report = conversion.recovery().report();
    text.line(report.format() + ", " + report.variant());
    text.findings(report.findings());
    text.heading(
        output == null
            ? "To %s (nothing was written)".formatted(generation.format())
            : "Converted to " + generation.format());
    text.line(
        "  %,d sectors of %,d blocks in %,d segments, a cache of %,d bytes%s"
            .formatted(
                counts.sectors(),
                counts.blocks(),
                counts.segments(),
                conversion.bytes(),
                output == null ? "" : ": " + output));
    text.line("  attach it with the table line '%s'".formatted(table()));
    if (counts.unreadable() > 0) {
      text.line("  %,d sectors cannot be read and are not in it".formatted(counts.unreadable()));
    }
    long doubtful = report.atRisk().count() + report.lost().count();
    if (doubtful > 0) {
      text.line(
          "  %,d ranges are lost or at risk: 'dmsalvage replay' lists them".formatted(doubtful));
    }
  }
}
