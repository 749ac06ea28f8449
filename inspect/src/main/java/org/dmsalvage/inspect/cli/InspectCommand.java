package org.dmsalvage.inspect.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.fact.RowSink;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.Listing;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.RowFilter;
import org.dmsalvage.inspect.format.SectorVersion;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.RowFormat;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.scan.Candidates;
import org.dmsalvage.inspect.volume.Disks;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage inspect}: what an image is and what it holds. */
@Command(
    name = "inspect",
    mixinStandardHelpOptions = true,
    header = "Show what a cache device holds.",
    description = {
      "%nRecognises the format, shows geometry, counts and findings. Reads the superblock and the"
          + " headers or the entry table only, unless --verify is given.",
      "Of a whole disk, or of several, it lists partitions and logical volumes, and says which of"
          + " them hold a cache.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:The image could be read.",
      " 8:It could not, or it is no known format.",
      "16:Usage error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage inspect cache.img",
      "  dmsalvage inspect disk1.img disk2.img",
      "  dmsalvage inspect --volume vg/data disk1.img disk2.img",
      "  dmsalvage inspect --scan disk.img",
      "  dmsalvage inspect --list segments --state torn cache.img",
      "  dmsalvage inspect --sector 4741 --history --backing disk.img cache.img",
      "  dmsalvage inspect --list entries --rows csv cache.img > entries.csv"
    })
public final class InspectCommand implements Callable<Integer> {

  private final Console console;
  private final PolicyWinners policyWinners;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = "--verify",
      description = "Read everything: compute checksums, decompress extents.")
  private boolean verify;

  @Option(
      names = "--list",
      paramLabel = "WHAT",
      description =
          "List structures: segments, metablocks, plogs (writeboost), entries (writecache), extents"
              + " (insitu).")
  private @Nullable String list;

  @Option(
      names = "--rows",
      paramLabel = "FORM",
      defaultValue = "text",
      description = "Form of the list: ${COMPLETION-CANDIDATES}.")
  private RowFormat rows = RowFormat.TEXT;

  @Option(
      names = "--range",
      paramLabel = "A..B",
      converter = RangeConverter.class,
      description = "List only structures that touch these bytes of the image.")
  private @Nullable ByteRange range;

  @Option(
      names = "--address",
      paramLabel = "A..B",
      converter = RangeConverter.class,
      description = "List only structures that hold these bytes of the logical device.")
  private @Nullable ByteRange address;

  @Option(
      names = "--state",
      paramLabel = "STATE",
      split = ",",
      description =
          "List only structures in these states. Segments that were never written are listed only"
              + " if the state empty is named.")
  private List<String> states = new ArrayList<>();

  @Option(
      names = "--scan",
      description =
          "Search the whole of CACHE, sector by sector, for caches and parts of them, and say how"
              + " to open each.")
  private boolean scan;

  @Option(
      names = "--sector",
      paramLabel = "S",
      description =
          "Show every copy of this sector (512 bytes) of the logical device, and which one each"
              + " policy would show.")
  private @Nullable Long sector;

  @Option(
      names = "--history",
      description =
          "With --sector: tell of every copy, too, whether it is proved, why it shows or does not,"
              + " a hash of its bytes, and whether the backing device holds the same.")
  private boolean history;

  /** Makes the command; {@code policyWinners} answers which copy of a sector shows. */
  public InspectCommand(Console console, PolicyWinners policyWinners) {
    this.console = console;
    this.policyWinners = policyWinners;
  }

  @Override
  public Integer call() {
    if (sector != null && sector < 0) {
      throw new UsageException("--sector must be 0 or more");
    }
    if (history && sector == null) {
      throw new UsageException("--history needs --sector");
    }
    if (list == null && (range != null || address != null || !states.isEmpty())) {
      throw new UsageException("--range, --address and --state need --list");
    }
    if (common.json && rows != RowFormat.TEXT) {
      throw new UsageException("--json is one document; --rows prints many: choose one");
    }
    Progress progress = console.progress(common);
    if (scan) {
      if (list != null || sector != null) {
        throw new UsageException("--scan goes with neither --list nor --sector");
      }
      try (BlockSource source = images.openWhole()) {
        scan(source, progress);
      }
      return ExitStatus.OK.code();
    }
    if (list == null && sector == null) {
      try (ImageOptions.@Nullable OpenedDisks opened = images.openDisks().orElse(null)) {
        if (opened != null) {
          disks(opened.disks());
          return ExitStatus.OK.code();
        }
      }
    }
    try (ImageOptions.Opened opened = images.openAny()) {
      OpenRequest request = opened.request();
      List<Detection> detections =
          request.format() == null ? Formats.detect(request.cache()) : List.of();
      CacheImage image = Formats.open(request, detections);
      if (list != null) {
        list(image, list, progress);
      } else if (sector != null) {
        history(image, request.withFormat(image.format()), sector, progress);
      } else {
        overview(image, detections, progress);
      }
    }
    return ExitStatus.OK.code();
  }

  private void scan(BlockSource source, Progress progress) {
    ScanOverview overview =
        new ScanOverview(
            source, images.cache(), images.cacheOffset(), Candidates.scan(source, progress));
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "inspect")) {
        overview.json(json);
      }
      console.out().println();
    } else {
      overview.text(new TextReport(console.out(), console.style(common)), console.style(common));
    }
  }

  private void disks(Disks disks) {
    DiskOverview overview = DiskOverview.of(disks);
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "inspect")) {
        overview.json(json);
      }
      console.out().println();
    } else {
      overview.text(new TextReport(console.out(), console.style(common)), console.style(common));
    }
  }

  private void overview(CacheImage image, List<Detection> detections, Progress progress) {
    Findings findings = new Findings();
    CacheImage.Depth depth = verify ? CacheImage.Depth.VERIFY : CacheImage.Depth.HEADERS;
    Facts summary = image.examine(depth, findings, progress);
    Overview overview = new Overview(image, detections, summary, verify, findings);
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "inspect")) {
        overview.json(json);
      }
      console.out().println();
    } else {
      overview.text(new TextReport(console.out(), console.style(common)), console.style(common));
    }
  }

  private void list(CacheImage image, String name, Progress progress) {
    Listing listing =
        image.listings().stream()
            .filter(l -> l.name().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    new UsageException(
                        "%s has no list of %s; it has %s"
                            .formatted(
                                image.format(),
                                name,
                                String.join(
                                    ", ", image.listings().stream().map(Listing::name).toList()))));
    for (String state : states) {
      if (!listing.states().contains(state)) {
        throw new UsageException(
            "no state '%s' among %s; there are %s"
                .formatted(state, name, String.join(", ", listing.states())));
      }
    }
    RowFilter filter = new RowFilter(range, address, Set.copyOf(states));
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "inspect")) {
        json.text("format", image.format()).text("variant", image.variant());
        Overview.image(json, image);
        json.object("geometry", () -> json.facts(image.geometry()));
        json.array(
            name,
            () -> {
              RowSink sink =
                  values -> {
                    json.element(() -> json.row(listing.columns(), values));
                    return true;
                  };
              image.list(name, filter, sink, progress);
            });
      }
      console.out().println();
    } else {
      RowSink sink = rows.open(console.out(), listing.columns(), console.style(common));
      image.list(name, filter, sink, progress);
    }
  }

  private void history(CacheImage image, OpenRequest request, long wanted, Progress progress) {
    List<SectorVersion> versions = image.versions(wanted, progress);
    List<PolicyWinners.Winner> winners = policyWinners.winners(request, wanted, progress);
    List<VersionStory> stories =
        history ? VersionStory.of(request, wanted, versions, winners) : List.of();
    if (common.json) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "inspect")) {
        json.text("format", image.format()).text("variant", image.variant());
        Overview.image(json, image);
        json.object("geometry", () -> json.facts(image.geometry()));
        json.number("sector", wanted);
        json.array(
            "versions",
            () -> {
              for (int i = 0; i < versions.size(); i++) {
                version(json, versions.get(i), history ? stories.get(i) : null, winners);
              }
            });
        json.array("winners", () -> winners.forEach(w -> winner(json, w)));
      }
      console.out().println();
      return;
    }
    Style style = console.style(common);
    TextReport text = new TextReport(console.out(), style);
    text.line(style.bold("Sector " + wanted) + ", copies in the cache, oldest first");
    if (versions.isEmpty()) {
      text.line("  none");
    }
    for (int i = 0; i < versions.size(); i++) {
      SectorVersion version = versions.get(i);
      text.line(
          "  %-11s %s, %s at 0x%x%s"
              .formatted(
                  version.state(),
                  version.place(),
                  version.image(),
                  version.offset(),
                  shownBy(version, winners).isEmpty()
                      ? ""
                      : style.good("  <- " + String.join(", ", shownBy(version, winners)))));
      if (history) {
        text.line(style.dim("              " + stories.get(i).text()));
      }
    }
    text.heading("Shown on the logical device");
    winners.forEach(w -> text.fact(w.policy(), 8, w.source()));
  }

  private static List<String> shownBy(SectorVersion version, List<PolicyWinners.Winner> winners) {
    return winners.stream()
        .filter(w -> version.image().equals(w.image()) && version.offset() == w.offset())
        .map(PolicyWinners.Winner::policy)
        .toList();
  }

  private static void version(
      JsonDocument json,
      SectorVersion version,
      @Nullable VersionStory story,
      List<PolicyWinners.Winner> winners) {
    json.element(
        () -> {
          json.text("image", version.image()).number("offset", version.offset());
          json.facts(Facts.builder().unsigned("order", version.order()).build());
          json.text("place", version.place()).text("state", version.state());
          json.facts(version.details());
          if (story != null) {
            json.facts(story.facts());
          }
          json.array("shownBy", () -> shownBy(version, winners).forEach(json::element));
        });
  }

  private static void winner(JsonDocument json, PolicyWinners.Winner winner) {
    json.element(
        () -> {
          json.text("policy", winner.policy()).text("source", winner.source());
          if (winner.image() != null) {
            json.text("image", winner.image()).number("offset", winner.offset());
          }
        });
  }
}
