package org.dmsalvage.replay.cli;

import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.cli.ByteCount;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Column;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.fact.Unit;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.RowFormat;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.cli.RecoveryOptions.Life;
import org.dmsalvage.replay.cli.RecoveryOptions.UnsignedId;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.recovery.Timeline;
import org.dmsalvage.replay.recovery.Timeline.ChangeVisitor;
import org.dmsalvage.replay.time.ByteChanges;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage diff}: where the logical device differs between two points in time. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    header = "Show where the logical device differs between two points in time.",
    description = {
      "%nLists the ranges of the logical device that come from another place at one point in time"
          + " than at another, with the steps of the log that changed them: ids of segments"
          + " (writeboost) or sequence counts of commits (writecache), as replay --timeline lists"
          + " them. Where the log has no copy as of the earlier point, its contents are taken from"
          + " the backing device, which later steps may have reached since: such ranges are not"
          + " known.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:The points were compared, whether or not they differ.",
      " 4:Some bytes could not be read; they count as different.",
      " 8:Operational error: unreadable input, unknown format.",
      "16:Usage error, also for a point outside the log.",
      "32:Cancelled."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage diff cache.img --backing disk.img --from 120",
      "  dmsalvage diff cache.img --backing disk.img --from 120 --to 130 --content",
      "  dmsalvage diff cache.img --rows jsonl"
    })
public final class DiffCommand implements Callable<Integer> {

  private static final List<Column> COLUMNS =
      List.of(
          new Column("firstSector", Unit.SECTORS),
          new Column("sectors", Unit.SECTORS),
          new Column("known", Unit.FLAG),
          new Column("steps", Unit.TEXT));

  /** Steps of a range that a table on a screen shows. */
  private static final int SHOWN_STEPS = 12;

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--from",
      paramLabel = "A",
      converter = UnsignedId.class,
      description = "The earlier point in time; the backing device without the log if not given.")
  private @Nullable Long from;

  @Option(
      names = "--to",
      paramLabel = "B",
      converter = UnsignedId.class,
      description = "The later point in time; the end of the log if not given.")
  private @Nullable Long to;

  @Option(
      names = "--content",
      description = "Compare bytes, and show only sectors that really differ.")
  private boolean content;

  @Option(
      names = "--rows",
      paramLabel = "FORM",
      defaultValue = "text",
      description = "Form of the list: ${COMPLETION-CANDIDATES}.")
  private RowFormat rows = RowFormat.TEXT;

  @Option(
      names = "--life",
      paramLabel = "LIFE",
      defaultValue = "younger",
      description =
          "Of a log that was begun anew over an older one, take this life: ${COMPLETION-CANDIDATES}"
              + " (writeboost).")
  private Life life = Life.YOUNGER;

  @Option(
      names = "--logical-size",
      paramLabel = "BYTES",
      converter = ByteCount.class,
      description = "Size of the logical device if there is no backing device.")
  private @Nullable Long logicalSize;

  /** Makes the command. */
  public DiffCommand(Console console) {
    this.console = console;
  }

  /** What was counted on the way. */
  private static final class Totals {
    private long ranges;
    private long sectors;
    private long unknown;
    private long unreadable;

    private ChangeVisitor counting(ChangeVisitor visitor) {
      return (sector, count, known, steps) -> {
        ranges++;
        sectors += count;
        unknown += known ? 0 : count;
        visitor.range(sector, count, known, steps);
      };
    }
  }

  @Override
  public Integer call() {
    if (common.json() && rows != RowFormat.TEXT) {
      throw new UsageException("--json is one document; --rows prints many: choose one");
    }
    Progress progress = console.progress(common);
    try (ImageOptions.Opened opened = images.open(content)) {
      Timeline timeline = Replayers.timeline(request(opened.request(), progress));
      long first = from == null ? timeline.base() : from;
      long last = to == null ? timeline.newest() : to;
      LogicalDevice device = timeline.at(first);
      // Told before anything is printed.
      timeline.check(last);
      if (Long.compareUnsigned(first, last) > 0) {
        throw new UsageException("--from is later than --to");
      }
      Totals totals = new Totals();
      if (common.json()) {
        json(timeline, device, first, last, totals, progress);
      } else {
        list(timeline, first, last, totals, progress);
      }
      return (totals.unreadable > 0 ? ExitStatus.UNCORRECTED : ExitStatus.OK).code();
    }
  }

  private ReplayRequest request(OpenRequest request, Progress progress) {
    if (request.backing() != null && logicalSize != null) {
      throw new UsageException("--logical-size contradicts --backing, which has a size");
    }
    return new ReplayRequest(
        request,
        Policy.SALVAGE,
        logicalSize == null ? OptionalLong.empty() : OptionalLong.of(logicalSize),
        new Selection(OptionalLong.empty(), life == Life.OLDER, false),
        progress);
  }

  private void compare(
      Timeline timeline,
      long first,
      long last,
      Totals totals,
      Progress progress,
      ChangeVisitor visitor) {
    ChangeVisitor counting = totals.counting(visitor);
    if (content) {
      totals.unreadable = ByteChanges.forEach(timeline, first, last, progress, counting);
    } else {
      timeline.forEachChange(first, last, counting);
    }
  }

  private void list(Timeline timeline, long first, long last, Totals totals, Progress progress) {
    boolean text = rows == RowFormat.TEXT;
    TextReport report = new TextReport(console.out(), console.style(common));
    if (text) {
      String base = first == timeline.base() ? " (nothing applied)" : "";
      report.line(
          console.style(common).bold(timeline.format())
              + ", %s: from %s%s to %s"
                  .formatted(
                      timeline.variant(),
                      Long.toUnsignedString(first),
                      base,
                      Long.toUnsignedString(last)));
      report.line("");
    }
    RowSink sink = rows.open(console.out(), COLUMNS, console.style(common));
    compare(
        timeline,
        first,
        last,
        totals,
        progress,
        (sector, count, known, steps) ->
            sink.row(sector, count, known, steps(steps, text ? SHOWN_STEPS : steps.length)));
    if (text) {
      report.line("");
      report.line(
          "%,d sectors (%s) in %,d ranges; of %,d what they held at %s is not known"
              .formatted(
                  totals.sectors,
                  Values.binary(totals.sectors * LogicalDevice.SECTOR_BYTES),
                  totals.ranges,
                  totals.unknown,
                  Long.toUnsignedString(first)));
      if (totals.unreadable > 0) {
        report.line("%,d of them could not be read".formatted(totals.unreadable));
      }
    }
  }

  private static String steps(long[] steps, int shown) {
    String first =
        Arrays.stream(steps)
            .limit(shown)
            .mapToObj(Long::toUnsignedString)
            .collect(Collectors.joining(" "));
    return steps.length > shown ? first + " … (%d)".formatted(steps.length) : first;
  }

  private void json(
      Timeline timeline,
      LogicalDevice device,
      long first,
      long last,
      Totals totals,
      Progress progress) {
    try (JsonDocument json = JsonDocument.begin(console.out(), "diff")) {
      json.text("format", timeline.format()).text("variant", timeline.variant());
      json.facts(Facts.builder().unsigned("from", first).unsigned("to", last).build());
      json.flag("content", content);
      json.array(
          "ranges",
          () ->
              compare(
                  timeline,
                  first,
                  last,
                  totals,
                  progress,
                  (sector, count, known, steps) ->
                      json.element(
                          () -> {
                            long offset = sector * LogicalDevice.SECTOR_BYTES;
                            long bytes = count * LogicalDevice.SECTOR_BYTES;
                            json.number("offset", offset);
                            json.number("length", Math.min(bytes, device.size() - offset));
                            json.flag("known", known);
                            json.array(
                                "steps", () -> Arrays.stream(steps).forEach(json::unsignedElement));
                          })));
      json.number("rangeCount", totals.ranges)
          .number("sectors", totals.sectors)
          .number("unknownSectors", totals.unknown)
          .number("unreadableSectors", totals.unreadable);
    }
    console.out().println();
  }
}
