package org.dmsalvage.replay.cli;

import java.util.List;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.RowFormat;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.TimelineStep;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options of a list of the steps of a log, and the list. */
final class TimelineOptions {

  private static final List<Column> COLUMNS =
      List.of(
          new Column("id", Unit.UNSIGNED),
          new Column("state", Unit.TEXT),
          new Column("blocks", Unit.COUNT),
          new Column("dirtySectors", Unit.SECTORS),
          new Column("changedSectors", Unit.SECTORS),
          new Column("shownSectors", Unit.SECTORS),
          new Column("firstSector", Unit.SECTORS),
          new Column("lastSector", Unit.SECTORS),
          new Column("missingBefore", Unit.COUNT),
          new Column("applied", Unit.FLAG),
          new Column("image", Unit.TEXT),
          new Column("offset", Unit.BYTES));

  /** What a table on a screen leaves out: where a step stands. */
  private static final int COLUMNS_OF_TEXT = COLUMNS.size() - 3;

  @Option(
      names = "--timeline",
      description =
          "Instead of replaying, list the steps of the log, oldest first: segments (writeboost) or"
              + " commits (writecache). Each id is a point in time that --as-of takes.")
  private boolean wanted;

  /**
   * Tells whether a timeline is wanted.
   *
   * @param other whether an option was given that a timeline has no use for
   * @throws UsageException if options contradict each other
   */
  boolean wanted(boolean other) {
    if (wanted && other) {
      throw new UsageException(
          "--timeline lists steps and recovers nothing: leave out --output, --hash, --range,"
              + " --as-of, --policy driver, --cross-check and maps");
    }
    return wanted;
  }

  /**
   * Prints the steps.
   *
   * @param timeline of the log
   * @param form of the list; null for text, or JSON if that is wanted
   * @param console where it goes
   * @param common whether JSON is wanted
   * @throws UsageException if two forms are wanted
   */
  void print(Timeline timeline, @Nullable RowFormat form, Console console, CommonOptions common) {
    if (common.json() && form != null) {
      throw new UsageException("--json is one document; --rows prints many: choose one");
    }
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "replay")) {
        json.text("format", timeline.format()).text("variant", timeline.variant());
        json.object("timeline", () -> json(json, timeline));
      }
      console.out().println();
      return;
    }
    if (form != null && form != RowFormat.TEXT) {
      rows(timeline, form.open(console.out(), COLUMNS, console.style(common)), COLUMNS.size());
      return;
    }
    TextReport text = new TextReport(console.out(), console.style(common));
    text.line(
        console.style(common).bold(timeline.format())
            + ", %s; points in time %s (nothing applied) to %s"
                .formatted(
                    timeline.variant(),
                    Long.toUnsignedString(timeline.base()),
                    Long.toUnsignedString(timeline.newest())));
    text.line("");
    RowSink sink =
        RowFormat.TEXT.open(
            console.out(), COLUMNS.subList(0, COLUMNS_OF_TEXT), console.style(common));
    rows(timeline, sink, COLUMNS_OF_TEXT);
  }

  private static void rows(Timeline timeline, RowSink sink, int columns) {
    for (TimelineStep step : timeline.steps()) {
      @Nullable Object[] row = new @Nullable Object[columns];
      System.arraycopy(row(step), 0, row, 0, columns);
      sink.row(row);
    }
  }

  private static @Nullable Object[] row(TimelineStep step) {
    return new @Nullable Object[] {
      step.id(),
      step.state(),
      step.blocks(),
      step.dirtySectors(),
      step.changedSectors(),
      step.shownSectors(),
      step.firstSector() < 0 ? null : (Long) step.firstSector(),
      step.lastSector() < 0 ? null : (Long) step.lastSector(),
      step.missingBefore(),
      step.applied(),
      step.image(),
      step.offset()
    };
  }

  private static void json(JsonDocument json, Timeline timeline) {
    json.facts(
        Facts.builder()
            .unsigned("base", timeline.base())
            .unsigned("newest", timeline.newest())
            .build());
    json.array(
        "steps",
        () -> {
          for (TimelineStep step : timeline.steps()) {
            json.element(() -> json.row(COLUMNS, row(step)));
          }
        });
  }
}
