package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.cli.RangeConverter;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.compare.PolicyComparison;
import org.dmsalvage.replay.map.CachedData;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage replay}: what the logical device holds, as a report, a hash or a new image. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    header = "Work out what the logical device holds; write it to a new image.",
    description = {
      "%nOverlays the backing device with what the cache holds. Under the policy salvage (the"
          + " default) everything that proves itself is applied, newest version of each sector"
          + " first, and the report lists where the real driver would do otherwise. Under the"
          + " policy driver the result is, byte for byte, what the real driver would give, its"
          + " mistakes included.",
      "All that comes from the cache is read, also for the report alone: it lists as lost what"
          + " cannot be read.",
      "No input is ever written.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Everything was applied.",
      " 4:Data is lost or at risk; with --policy driver: the driver would not accept the device.",
      " 8:Operational error: unreadable input, full disk, unknown format.",
      "16:Usage error.",
      "32:Cancelled; nothing was left behind."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage replay cache.img --backing disk.img --output recovered.img",
      "  dmsalvage replay cache.img --backing disk.img --policy driver --hash",
      "  dmsalvage replay cache.img --backing disk.img --compare-policies",
      "  dmsalvage replay cache.img --plog plog.img --backing disk.img --json",
      "  dmsalvage replay cache.img --backing disk.img --map recovered.map",
      "  dmsalvage replay cache.img --list-dirty - --rows jsonl",
      "  dmsalvage replay cache.img --timeline",
      "  dmsalvage replay cache.img --backing disk.img --as-of 120 --output then.img",
      "  dmsalvage replay cache.img --backing disk.img --cross-check"
    })
public final class ReplayCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private RecoveryOptions recoveryOptions = new RecoveryOptions();
  @Mixin private MapOptions maps = new MapOptions();
  @Mixin private TimelineOptions timeline = new TimelineOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Write the logical device to a new, sparse file.")
  private @Nullable Path output;

  @Option(names = "--force", description = "Replace each FILE that exists.")
  private boolean force;

  @Option(names = "--hash", description = "Compute the SHA-256 of the logical device.")
  private boolean hash;

  @Option(
      names = "--cross-check",
      description =
          "Compare what the cache holds with the backing device: which sectors it already has,"
              + " which it has in an older version, and whether it was used without its cache.")
  private boolean crossCheck;

  @Option(
      names = "--range",
      paramLabel = "A..B",
      converter = RangeConverter.class,
      description = "Write and hash only these bytes of the logical device.")
  private @Nullable ByteRange range;

  /** Makes the command. */
  public ReplayCommand(Console console) {
    this.console = console;
  }

  @Option(
      names = "--compare-policies",
      description =
          "Tell block by block what the real driver would drop, set back in time, bring back from"
              + " the dead or spoil, each with the number of the rule that leads to it; a summary"
              + " first.")
  private boolean compare;

  @Override
  public Integer call() {
    Progress progress = console.progress(common);
    boolean replays =
        output != null
            || hash
            || range != null
            || maps.wanted()
            || crossCheck
            || recoveryOptions.selects();
    if (timeline.wanted(replays)) {
      try (ImageOptions.Opened opened = images.open(false)) {
        ReplayRequest request = recoveryOptions.request(opened.request(), progress);
        timeline.print(Replayers.timeline(request), maps.rows(), console, common);
      }
      return ExitStatus.OK.code();
    }
    boolean contents =
        output != null || hash || range != null || maps.tellsContents() || crossCheck;
    try (ImageOptions.Opened opened = images.open(contents);
        MapOptions.Files files =
            maps.open(
                force,
                images.paths(),
                common.json(),
                output == null ? List.of() : List.of(output))) {
      ReplayRequest request = recoveryOptions.request(opened.request(), progress);
      if (compare
          && (request.policy() == Policy.DRIVER || request.selection().asOf().isPresent())) {
        throw new UsageException(
            "--compare-policies compares salvage of the whole log: leave out --policy and --as-of");
      }
      Recovery recovery = Replayers.replay(request);
      Written written =
          recovery.logical().isPresent()
              ? write(
                  recovery.logical().get(), RecoveryOptions.sizeFrom(request, recovery), progress)
              : null;
      ReplayReport report = recovery.report();
      if (report.format().equals("insitu") && opened.request().backing() != null) {
        console.warn(common, RecoveryOptions.NO_DISK);
      }
      boolean unreadable = written != null && listUnreadable(recovery, written, progress);
      if (written != null && maps.wanted()) {
        files.write(
            recovery.logical().orElseThrow(),
            report,
            opened.request(),
            console.out(),
            console.style(common),
            progress);
      } else if (maps.wanted()) {
        console.warn(common, "no map or list is written: there is no logical device");
      }
      if (maps.printsList()) {
        return RecoveryStatus.of(report, unreadable).code();
      }
      CrossCheckReport check = crossCheck ? crossCheck(recovery, opened, progress) : null;
      if (common.json()) {
        try (JsonDocument json = JsonDocument.begin(console.out(), "replay")) {
          ReplayRendering.json(json, recovery, check, written);
          comparison(report).ifPresent(c -> ComparisonRendering.json(json, c));
        }
        console.out().println();
      } else if (compare) {
        compare(report, written);
      } else {
        ReplayRendering.text(
            new TextReport(console.out(), console.style(common)),
            console.style(common),
            recovery,
            check,
            written);
      }
      boolean endangered = check != null && check.endangers();
      return RecoveryStatus.of(report, unreadable || endangered).code();
    }
  }

  private static @Nullable CrossCheckReport crossCheck(
      Recovery recovery, ImageOptions.Opened opened, Progress progress) {
    return recovery
        .logical()
        .map(
            device ->
                new CrossCheckReport(
                    device, opened.request().backing(), recovery.report().findings(), progress))
        .orElse(null);
  }

  private Optional<PolicyComparison> comparison(ReplayReport report) {
    return compare ? PolicyComparison.of(report) : Optional.empty();
  }

  private void compare(ReplayReport report, @Nullable Written written) {
    Style style = console.style(common);
    TextReport text = new TextReport(console.out(), style);
    comparison(report)
        .ifPresentOrElse(
            comparison -> ComparisonRendering.text(text, style, report, comparison),
            () ->
                text.line("What the driver would do is not known: the table names a plog device."));
    ReplayRendering.logical(text, style, written);
  }

  /**
   * What was read of the logical device.
   *
   * @param bytes size of the device, or of the range asked for
   * @param sizeFrom what this size was taken from
   * @param result of reading it; its hash is null if neither hash nor output was wanted
   * @param output where it was written; null if nowhere
   */
  record Written(long bytes, String sizeFrom, DeviceCopier.Result result, @Nullable Path output) {}

  private Written write(BlockSource logical, String sizeFrom, Progress progress) {
    BlockSource wanted = logical;
    String from = sizeFrom;
    if (range != null) {
      long end = Math.min(range.end(), logical.size());
      if (range.offset() > end) {
        throw new UsageException(
            "--range begins at %d, the logical device ends at %d"
                .formatted(range.offset(), logical.size()));
      }
      wanted = new WindowSource(logical, range.offset(), end - range.offset());
      from = "of %d, %s".formatted(logical.size(), sizeFrom);
    }
    if (output == null) {
      DeviceCopier.Result result =
          hash
              ? DeviceCopier.copy(wanted, DeviceCopier.Target.NONE, true, progress)
              : new DeviceCopier.Result(null, List.of());
      return new Written(wanted.size(), from, result, null);
    }
    ImageWriter.checkSpace(output, dataBytes(wanted));
    try (ImageWriter writer = new ImageWriter(output, wanted.size(), force, images.paths())) {
      DeviceCopier.Result result = DeviceCopier.copy(wanted, writer, true, progress);
      writer.complete();
      return new Written(wanted.size(), from, result, output);
    }
  }

  /**
   * Reads what comes from the cache, as far as nobody has, and lists what cannot be read.
   *
   * @return whether something turned out to be unreadable
   */
  private boolean listUnreadable(Recovery recovery, Written written, Progress progress) {
    LogicalDevice device = recovery.logical().orElseThrow();
    ReplayReport report = recovery.report();
    long start = range == null ? 0 : range.offset();
    List<ByteRange> unreadable =
        written.result().unreadable().stream()
            .map(bytes -> new ByteRange(start + bytes.offset(), bytes.length()))
            .toList();
    boolean allRead = range == null && (hash || output != null);
    if (!allRead && !device.dataWasRead()) {
      RangeSet all = new RangeSet();
      unreadable.forEach(bytes -> all.add(bytes.offset(), bytes.length()));
      CachedData.unreadable(device, progress)
          .forEach(bytes -> all.add(bytes.offset(), bytes.length()));
      unreadable =
          IntStream.range(0, all.size())
              .mapToObj(i -> ByteRange.between(all.start(i), all.end(i)))
              .toList();
    }
    report.findings().addUnreadable("logical device", unreadable);
    CachedData.list(device, unreadable, report.lost());
    return !unreadable.isEmpty();
  }

  private static long dataBytes(BlockSource device) {
    long sum = 0;
    long at = device.nextData(0);
    while (at < device.size()) {
      long end = device.nextHole(at);
      sum += end - at;
      at = device.nextData(end);
    }
    return sum;
  }
}
