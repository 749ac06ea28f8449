package org.dmsalvage.repair.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.Style;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.repair.Repairers;
import org.dmsalvage.repair.convert.Generation;
import org.dmsalvage.repair.plan.InPlaceRepair;
import org.dmsalvage.repair.plan.InPlaceRepair.Place;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.PlacedDevices;
import org.dmsalvage.replay.device.PlacedDevices.Part;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.flush.FlushUndo;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.Saved;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code dmsalvage repair}: makes a damaged cache one that its driver attaches without loss. */
@Command(
    name = "repair",
    mixinStandardHelpOptions = true,
    header = "Make a damaged cache whole again, so that its driver shows all that can be saved.",
    description = {
      "%nPlans changes to the metadata of the cache after which a driver shows what 'dmsalvage"
          + " replay' shows now. --dry-run prints the plan. --output writes a repaired copy."
          + " --apply changes the cache itself: each sector only after what it held is on stable"
          + " storage in the undo file.",
      "--to writes a new cache instead, in a format for which there is a driver: what 'dmsalvage"
          + " replay' finds in CACHE and PLOG, each block once.",
      "Stopped, killed, or cut off from power at any moment, --apply can be run again and goes on"
          + " with what is missing, or be taken back with 'dmsalvage undo'. A repaired cache needs"
          + " no repair.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:There is nothing to repair.",
      " 1:The cache, or the copy of it, was repaired.",
      " 4:With --dry-run: there is something to repair. With --to: something in the cache is lost"
          + " or at risk.",
      " 8:Operational error: unreadable input, device in use, full disk; no repair for the format.",
      "16:Usage error; also: nobody could be asked for confirmation.",
      "32:Cancelled; --apply can be run again or undone."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage repair cache.img --dry-run --hex",
      "  dmsalvage repair cache.img --output repaired.img",
      "  dmsalvage repair /dev/nvme0n1p3 --plog /dev/nvme0n1p4 --apply --undo /root/cache.undo",
      "  dmsalvage repair --volume vg/fast_cvol disk1.img disk2.img --apply --undo cache.undo",
      "  dmsalvage repair old.img --plog plog.img --to writeboost-2 --output new.img",
      "  dmsalvage repair cache.img --only WB-MAGIC --only WB-RECORD --dry-run --json"
    })
public final class RepairCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private CommonOptions common = new CommonOptions();

  @Option(
      names = {"-n", "--dry-run"},
      description = "Print the plan, and write nothing.")
  private boolean dryRun;

  @Option(names = "--apply", description = "Repair CACHE (and PLOG) in place.")
  private boolean apply;

  @Option(
      names = "--undo",
      paramLabel = "FILE",
      description =
          "Save what --apply overwrites to FILE; with the FILE of a repair that was stopped, go on"
              + " with it.")
  private @Nullable Path undo;

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description = "Write a repaired copy of CACHE to a new, sparse file.")
  private @Nullable Path output;

  @Option(
      names = "--to",
      paramLabel = "FORMAT",
      description =
          "With --output: write what the cache holds as a new cache of another generation of its"
              + " family: writeboost-2 (which Debian ships) or writeboost-2014. CACHE may be"
              + " damaged, of any generation, and have a PLOG.")
  private @Nullable String to;

  @Option(
      names = "--plog-output",
      paramLabel = "FILE",
      description = "With --output: write a repaired copy of PLOG to a new file.")
  private @Nullable Path plogOutput;

  @Option(
      names = "--only",
      paramLabel = "CODE",
      description = "Repair only what is found as CODE, such as WB-MAGIC; can be repeated.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--except",
      paramLabel = "CODE",
      description = "Leave what is found as CODE as it is; can be repeated.")
  private List<String> except = new ArrayList<>();

  @Option(
      names = "--prefer",
      paramLabel = "CHOICE",
      description =
          "Decide what nothing on the medium decides; can be repeated. The plan names the choices.")
  private List<String> prefer = new ArrayList<>();

  @Option(names = "--hex", description = "Show the bytes before and after each action.")
  private boolean hex;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask before writing into CACHE.")
  private boolean yes;

  @Option(
      names = "--force",
      description = "Replace the FILE of --output; write into CACHE although it is in use.")
  private boolean force;

  /** Makes the command. */
  public RepairCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    checkUsage();
    if (undo != null) {
      Sources.refuseInput(undo, images.paths());
    }
    Progress progress = console.progress(common);
    if (to != null) {
      return convert(to, progress);
    }
    try (ImageOptions.Opened opened = images.open(!dryRun);
        FlushUndo saved = new FlushUndo(undo)) {
      if (apply) {
        PlacedDevices.checkWritable("--apply", opened.cache());
        PlacedDevices.checkWritable("--apply", opened.plog());
        if (!images.raw()) {
          PlacedDevices.checkUnwrapped(opened.cache());
          PlacedDevices.checkUnwrapped(opened.plog());
        }
      }
      if (apply && !force) {
        refuseAnotherCache(opened.request());
      }
      Plan plan = plan(opened, saved, progress);
      boolean work = !plan.actions().isEmpty();
      Applied applied = Applied.NOTHING;
      if (work && output != null) {
        applied = new Applied(true, copy(plan, progress), null);
      } else if (work && apply) {
        applied = inPlace(opened, plan, saved, progress);
      } else if (output != null) {
        console.warn(common, "there is nothing to repair, so no copy was made");
      }
      render(plan, applied);
      if (!work) {
        return ExitStatus.OK.code();
      }
      return (applied.done ? ExitStatus.CORRECTED : ExitStatus.UNCORRECTED).code();
    }
  }

  private int convert(String format, Progress progress) {
    try (ImageOptions.Opened opened = images.open()) {
      Converting converting =
          new Converting(console, common, Generation.of(format).orElseThrow(), opened.request());
      return converting.run(output, force, images.paths(), progress).code();
    }
  }

  /** What --format says by mistake would be made true: with a superblock over the right one. */
  private static void refuseAnotherCache(OpenRequest request) {
    String format = request.format();
    if (format == null) {
      return;
    }
    String family = Formats.byName(format).family();
    for (Detection found : Formats.detect(request.cache())) {
      if (found.confidence() == Detection.Confidence.CERTAIN
          && !Formats.byName(found.format()).family().equals(family)) {
        throw new OutputException(
            request.cache().name(),
            "is a %s cache, which a repair as %s would destroy (--force insists)"
                .formatted(found.format(), format));
      }
    }
  }

  /** A repair that was stopped is planned as it was the first time. */
  private Plan plan(ImageOptions.Opened opened, FlushUndo saved, Progress progress) {
    boolean stopped = saved.file().filter(file -> file.state() == UndoState.OPEN).isPresent();
    OpenRequest request =
        stopped
            ? saved.originals(opened.request(), opened.cache(), opened.plog(), null)
            : opened.request();
    return Repairers.plan(request, new Wishes(this::wanted, prefer), progress);
  }

  /**
   * What was done.
   *
   * @param done whether anything was
   * @param written bytes that were written
   * @param undo the undo file; null if there is none
   */
  record Applied(boolean done, long written, @Nullable Saved undo) {
    static final Applied NOTHING = new Applied(false, 0, null);
  }

  private void checkUsage() {
    int ways = (dryRun ? 1 : 0) + (apply ? 1 : 0) + (output != null ? 1 : 0);
    if (ways != 1) {
      throw new UsageException("repair needs one of --dry-run, --apply and --output");
    }
    if (apply && undo == null) {
      throw new UsageException("--apply needs --undo");
    }
    if (!apply && undo != null) {
      throw new UsageException("--undo goes with --apply");
    }
    checkConversion();
    if (output == null && plogOutput != null) {
      throw new UsageException("--plog-output goes with --output");
    }
    if (plogOutput != null && images.plog() == null) {
      throw new UsageException("--plog-output needs --plog");
    }
    List<String> known = Repairers.answers().stream().map(FindingCode::id).toList();
    List<String> named = new ArrayList<>(only);
    named.addAll(except);
    for (String code : named) {
      if (!known.contains(code)) {
        throw new UsageException(
            "no repair answers %s; those that one answers: %s"
                .formatted(code, String.join(", ", known)));
      }
    }
    for (String choice : prefer) {
      String name = choice.replaceFirst("=.*", "=");
      if (!Repairers.preferences().contains(name)) {
        throw new UsageException(
            "no repair knows the choice %s; known are: %s"
                .formatted(choice, String.join(", ", Repairers.preferences())));
      }
    }
  }

  private void checkConversion() {
    if (to == null) {
      return;
    }
    if (Generation.of(to).isEmpty()) {
      throw new UsageException(
          "--to %s: a cache can be written as %s"
              .formatted(to, String.join(", ", Generation.formats())));
    }
    if (apply || plogOutput != null || !only.isEmpty() || !except.isEmpty()) {
      throw new UsageException(
          "--to writes a new cache: it goes with --output or --dry-run, and not with --apply,"
              + " --plog-output, --only or --except");
    }
  }

  private boolean wanted(FindingCode code) {
    return (only.isEmpty() || only.contains(code.id())) && !except.contains(code.id());
  }

  // ---- a copy ----

  private long copy(Plan plan, Progress progress) {
    boolean plogChanges = !plan.actions(Role.PLOG).isEmpty();
    if (plogChanges && plogOutput == null) {
      throw new UsageException(
          "the plan changes %s too: name its copy with --plog-output".formatted(images.plog()));
    }
    OpenRequest repaired = plan.repaired();
    Path target = Objects.requireNonNull(output);
    if (plogOutput == null || repaired.plog() == null) {
      return copy(repaired.cache(), target, progress);
    }
    if (plogOutput.toAbsolutePath().normalize().equals(target.toAbsolutePath().normalize())) {
      throw new UsageException("--output and --plog-output name the same file");
    }
    return copy(repaired.plog(), plogOutput, progress) + copy(repaired.cache(), target, progress);
  }

  private long copy(BlockSource image, Path path, Progress progress) {
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(image));
    try (ImageWriter writer = new ImageWriter(path, image.size(), force, images.paths())) {
      DeviceCopier.Result result = DeviceCopier.copy(image, writer, false, progress);
      writer.complete();
      if (!result.unreadable().isEmpty()) {
        console.warn(
            common,
            "%s has zeros where %s cannot be read (%d ranges)"
                .formatted(path, image.name(), result.unreadable().size()));
      }
    }
    return image.size();
  }

  // ---- in place ----

  private Applied inPlace(
      ImageOptions.Opened opened, Plan plan, FlushUndo saved, Progress progress) {
    OpenRequest repaired = plan.repaired();
    List<Place> places = new ArrayList<>();
    try (PlacedDevices devices = new PlacedDevices(force)) {
      if (!plan.actions(Role.CACHE).isEmpty()) {
        places.addAll(open(Role.CACHE, devices, opened.cache(), repaired.cache()));
      }
      if (repaired.plog() != null && !plan.actions(Role.PLOG).isEmpty()) {
        Placement plog = Objects.requireNonNull(opened.plog());
        places.addAll(open(Role.PLOG, devices, plog, repaired.plog()));
      }
      confirm(plan, places);
      UndoFile file = saved.begin(plan.purpose(), places.stream().map(Place::target).toList());
      if (file.state() != UndoState.OPEN) {
        throw new OutputException(
            file.name(), "was used and is %s: name another file".formatted(file.state()));
      }
      if (!file.isEmpty()) {
        places.forEach(place -> Targets.dropCache(place.device()));
      }
      long written = InPlaceRepair.run(plan, places, file, InPlaceWriter.BATCH_BYTES, progress);
      return new Applied(true, written, Saved.of(file));
    }
  }

  /** The devices of an image; of a volume they may be several. */
  private List<Place> open(
      Role role, PlacedDevices devices, Placement where, BlockSource repaired) {
    Path undoPath = Objects.requireNonNull(undo);
    where.used().forEach(path -> Targets.refuseFileOn(undoPath, path));
    if (where.layout().size() < repaired.size()) {
      throw new OutputException(
          repaired.name(),
          "is only a part of the image, which has %d bytes".formatted(repaired.size()));
    }
    List<Place> places = new ArrayList<>();
    for (Part part : devices.open(repaired.name(), where)) {
      DeviceIdentity identity = Targets.identify(part.device());
      UndoTarget target = new UndoTarget(role, identity.path(), identity.bytes(), identity.model());
      places.add(
          new Place(role, part.device(), where.layout(), part.index(), target, places.size()));
    }
    return places;
  }

  private void confirm(Plan plan, List<Place> places) {
    if (yes) {
      return;
    }
    List<String> devices = new ArrayList<>();
    String volume = images.volume();
    places.forEach(place -> devices.add(Targets.identify(place.device()).describe()));
    if (volume != null) {
      devices.replaceAll(device -> "volume " + volume + " on " + device);
    }
    boolean agreed =
        console
            .confirm(
                "About to change %d places of%n  %s%nundo file %s."
                    .formatted(plan.actions().size(), String.join("\n  ", devices), undo))
            .orElseThrow(
                () ->
                    new UsageException(
                        "no terminal to ask on: --yes writes into "
                            + String.join(" and ", devices)));
    if (!agreed) {
      throw new CancelledException("nothing was written");
    }
  }

  // ---- the report ----

  private void render(Plan plan, Applied applied) {
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "repair")) {
        RepairRendering.json(json, plan, applied, hex);
      }
      console.out().println();
      return;
    }
    Style style = console.style(common);
    RepairRendering.text(new TextReport(console.out(), style), style, plan, applied, hex);
  }
}
