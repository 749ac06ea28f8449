package org.dmsalvage.replay.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.nbd.NbdUri;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.crosscheck.CrossCheck;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.PlacedDevices;
import org.dmsalvage.replay.device.PlacedDevices.Part;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.evidence.Evidence;
import org.dmsalvage.replay.evidence.Recorder;
import org.dmsalvage.replay.flush.BackingFit;
import org.dmsalvage.replay.flush.CacheCleaner;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.FlushUndo;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.DeviceWriter;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
import org.dmsalvage.replay.undo.Saved;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code dmsalvage flush}: brings what a cache holds onto its disk, or onto a copy of it. */
@Command(
    name = "flush",
    mixinStandardHelpOptions = true,
    header = "Bring what the cache holds onto its disk, or onto a copy of it.",
    description = {
      "%nWith --output, a new image becomes the recovered disk, and no input is written. With"
          + " --in-place, the backing device itself is written: only the sectors that differ, and"
          + " each only after what it held is on stable storage in the undo file.",
      "Stopped, killed, or cut off from power at any moment, a flush in place can be run again and"
          + " goes on with what is missing, or be taken back with 'dmsalvage undo'. A flush to a"
          + " new image that was killed leaves FILE.dmsalvage-partial behind and is begun anew.",
      "With --output and the URI of an NBD export, the export becomes the recovered disk. It must"
          + " have exactly its size, and be blank; it is overwritten as a whole, zeros included."
          + " Its first 4 KiB are written last, when everything else is durable: until then they"
          + " begin with the words 'dmsalvage: incomplete', and the flush can be run again.",
      "What is written is what 'dmsalvage replay' shows under the same options.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Everything was written.",
      " 4:Data is lost or at risk, or a range could not be written, or not saved for undo; with"
          + " --policy driver: the driver would not accept the device.",
      " 8:Operational error: unreadable input, device in use or not the right one, full disk.",
      "16:Usage error; also: nobody could be asked for confirmation.",
      "32:Cancelled; a flush in place can be run again or undone."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage flush cache.img --backing disk.img --output recovered.img",
      "  dmsalvage flush --volume vg/data disk1.img disk2.img --in-place --undo vg-data.undo",
      "  dmsalvage flush /dev/nvme0n1p3 --backing /dev/sdb --in-place --undo /root/sdb.undo",
      "  dmsalvage flush cache.img --backing disk.img --in-place --dry-run --json"
    })
public final class FlushCommand implements Callable<Integer> {

  private final Console console;

  @Mixin private ImageOptions images = new ImageOptions();
  @Mixin private RecoveryOptions recoveryOptions = new RecoveryOptions();
  @Mixin private MapOptions maps = new MapOptions();
  @Mixin private CommonOptions common = new CommonOptions();
  @Mixin private ProgressOptions programs = new ProgressOptions();

  @Option(
      names = "--output",
      paramLabel = "FILE",
      description =
          "Write the recovered disk to a new, sparse file, or over nbd://HOST[:PORT]/EXPORT or"
              + " nbd+unix:///EXPORT?socket=PATH.")
  private @Nullable String output;

  @Option(names = "--in-place", description = "Write into BACKING itself.")
  private boolean inPlace;

  @Option(
      names = "--undo",
      paramLabel = "FILE",
      description =
          "Save what --in-place overwrites to FILE; with the FILE of a flush that was stopped, go"
              + " on with it.")
  private @Nullable Path undo;

  @Option(
      names = {"-n", "--dry-run"},
      description = "Say what would be written, and write nothing.")
  private boolean dryRun;

  @Option(
      names = {"-y", "--yes"},
      description = "Do not ask before writing into BACKING.")
  private boolean yes;

  @Option(
      names = "--force",
      description =
          "Replace the FILE of --output, or what its export holds; write into BACKING although it"
              + " is in use or does not look like the right one.")
  private boolean force;

  @Option(names = "--hash", description = "Compute the SHA-256 of the recovered disk.")
  private boolean hash;

  @Option(
      names = "--mark-clean",
      description =
          "When everything is written and durable, empty the cache (and the log of a writeboost of"
              + " type 1) as its driver would, so that the driver finds it clean; needs --undo. Not"
              + " done if anything is lost or at risk, unless --force insists.")
  private boolean markClean;

  @Option(
      names = "--report",
      paramLabel = "DIR",
      description =
          "Leave a record in DIR, as JSON and as one HTML page: hashes of every image before and"
              + " after, what was found and written, maps.")
  private @Nullable Path report;

  @Spec private @Nullable CommandSpec spec;

  /** Makes the command. */
  public FlushCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    checkUsage();
    if (undo != null) {
      Sources.refuseInput(undo, images.paths());
    }
    try (LineProgress progress = programs.over(console.progress(common));
        ImageOptions.Opened opened = checked(images.open());
        FlushUndo saved = new FlushUndo(undo);
        MapOptions.Files files = maps.open(force, images.paths(), common.json(), targets())) {
      boolean mapped = images.backing() != null && images.hasReadMap(images.backing());
      OpenRequest request =
          saved.originals(
              opened.request(), opened.cache(), opened.plog(), mapped ? null : opened.backing());
      ReplayRequest wanted = recoveryOptions.request(request, progress);
      checkMarkClean(wanted);
      Recorder recorder = report == null ? null : new Recorder(report, opened.request(), progress);
      Recovery replayed = Replayers.replay(wanted);
      checkBacking(request, replayed);
      boolean endangered = endangers(request, replayed, progress);
      Recovery recovery = beforeWriting(replayed);
      Done done = null;
      if (recovery.logical().isPresent()) {
        LogicalDevice logical = recovery.logical().get();
        String sizeFrom = RecoveryOptions.sizeFrom(wanted, recovery);
        done =
            inPlace && request.backing() != null
                ? inPlace(logical, sizeFrom, opened, saved, progress)
                : toImage(logical, sizeFrom, opened, saved, progress);
        if (markClean) {
          done = done.withCleaned(clean(opened, request, recovery, done, saved, progress));
        }
        done = done.withUndo(finish(saved, done));
        if (maps.wanted()) {
          files.write(
              logical, recovery.report(), request, console.out(), console.style(common), progress);
        }
      }
      boolean incomplete =
          done != null && done.result().notWritten().count() + done.result().notSaved().count() > 0;
      ExitStatus status = RecoveryStatus.of(recovery.report(), incomplete || endangered);
      try {
        if (recorder != null) {
          record(recorder, recovery, done, status);
        }
      } finally {
        if (!maps.printsList()) {
          render(recovery, done);
        }
      }
      return status.code();
    }
  }

  /** What the report says of the images must not change with them. */
  private Recovery beforeWriting(Recovery replayed) {
    boolean writes = !dryRun && (inPlace || markClean);
    return writes ? new Recovery(replayed.logical(), replayed.report().beforeWriting()) : replayed;
  }

  private void record(
      Recorder recorder, Recovery recovery, @Nullable Done done, ExitStatus status) {
    Set<Evidence.Role> written = EnumSet.noneOf(Evidence.Role.class);
    if (done != null && inPlace && !dryRun) {
      written.add(Evidence.Role.BACKING);
    }
    if (done != null && done.cleaned() != null && !dryRun) {
      written.add(Evidence.Role.CACHE);
      written.add(Evidence.Role.PLOG);
    }
    CommandSpec command = Optional.ofNullable(spec).orElseThrow();
    List<String> words = new ArrayList<>(List.of(command.root().name()));
    words.addAll(command.root().commandLine().getParseResult().originalArgs());
    recorder.finish(
        new Recorder.Done(
            tool(command),
            words,
            recovery,
            status,
            written,
            dryRun ? null : output,
            List.of(),
            json -> FlushRendering.json(json, recovery, done, dryRun)));
  }

  private static String tool(CommandSpec command) {
    String[] lines = command.root().version();
    return lines.length == 0 ? command.root().name() : lines[0];
  }

  private List<Path> targets() {
    Path file = output == null || NbdUri.matches(output) ? null : Path.of(output);
    return Stream.of(file, undo).filter(Objects::nonNull).toList();
  }

  private void checkUsage() {
    if (inPlace == (output != null)) {
      throw new UsageException("flush needs either --output or --in-place");
    }
    if (inPlace && undo == null && !dryRun) {
      throw new UsageException("--in-place needs --undo");
    }
    if (markClean && undo == null && !dryRun) {
      throw new UsageException("--mark-clean needs --undo");
    }
    if (!inPlace && !markClean && undo != null) {
      throw new UsageException("--undo goes with --in-place or --mark-clean");
    }
  }

  /** What is written in place lies in files as whole sectors. */
  private ImageOptions.Opened checked(ImageOptions.Opened opened) {
    try {
      if (markClean) {
        PlacedDevices.checkWritable("--mark-clean", opened.cache());
        PlacedDevices.checkWritable("--mark-clean", opened.plog());
      }
      if (inPlace) {
        PlacedDevices.checkWritable("--in-place", opened.backing());
        checkApart(opened, opened.cache());
        checkApart(opened, opened.plog());
      }
      if (!dryRun && !images.raw()) {
        PlacedDevices.checkUnwrapped(inPlace ? opened.backing() : null);
        PlacedDevices.checkUnwrapped(markClean ? opened.cache() : null);
        PlacedDevices.checkUnwrapped(markClean ? opened.plog() : null);
      }
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /** What is read must not be what is written, whatever the user insists on. */
  private static void checkApart(ImageOptions.Opened opened, @Nullable Placement read) {
    Placement written = opened.backing();
    if (written != null && read != null && written.overlaps(read)) {
      throw new OutputException(
          String.join(", ", written.used()),
          "--in-place would write over the cache itself: it and the disk behind it have bytes in"
              + " common");
    }
  }

  /** What is not flushed must not be emptied. */
  private void checkMarkClean(ReplayRequest wanted) {
    if (!markClean) {
      return;
    }
    Selection selection = wanted.selection();
    if (wanted.policy() != Policy.SALVAGE
        || selection.asOf().isPresent()
        || selection.olderLife()) {
      throw new UsageException(
          "--mark-clean would empty what --policy driver, --as-of or --life leave out");
    }
  }

  private void checkBacking(OpenRequest request, Recovery recovery) {
    boolean hasBacking = !recovery.report().format().equals("insitu");
    if (!hasBacking && inPlace) {
      throw new UsageException(
          "--in-place: an insitu device has no disk behind it; --output writes what it holds");
    }
    if (!hasBacking && markClean) {
      throw new UsageException("--mark-clean: an insitu device holds the data itself");
    }
    if (!hasBacking && request.backing() != null) {
      console.warn(common, RecoveryOptions.NO_DISK);
    }
    if (hasBacking && request.backing() == null) {
      throw new UsageException("flush needs --backing: the disk behind the cache");
    }
    List<String> doubts = BackingFit.doubts(request, recovery.report());
    if (!doubts.isEmpty()) {
      String text = "is not the disk behind this cache: " + String.join("; ", doubts);
      if (!force) {
        throw new OutputException(backingName(request), text + " (--force insists)");
      }
      console.warn(common, backingName(request) + " " + text);
    }
  }

  private static String backingName(OpenRequest request) {
    return request.backing() == null ? "backing device" : request.backing().name();
  }

  /**
   * A disk that was written past its cache holds newer data than the log. Adds a finding for each
   * conflict.
   *
   * @return whether writing back would, as far as can be known, destroy newer data
   * @throws OutputException if it would be destroyed on the disk itself
   */
  private boolean endangers(OpenRequest request, Recovery recovery, Progress progress) {
    if (request.backing() == null || recovery.logical().isEmpty()) {
      return false;
    }
    CrossCheck.Result result =
        CrossCheck.run(
            recovery.logical().get(),
            request.backing(),
            recovery.report().findings(),
            (_, _, _, _) -> {},
            progress);
    if (result.endangers()) {
      if (inPlace && !dryRun && !force) {
        throw new OutputException(
            request.backing().name(),
            result.conclusion() + " 'dmsalvage replay --cross-check' lists them; --force insists");
      }
      console.warn(common, request.backing().name() + ": " + result.conclusion());
    }
    return result.endangers();
  }

  /**
   * What was done.
   *
   * @param result what was written
   * @param plan what was to be written
   * @param path of the recovered disk
   * @param bytes its size
   * @param sizeFrom what this size was taken from
   * @param identity of the disk; null for a new image
   * @param cleaned what was emptied; null if it was not
   * @param undo the undo file; null if there is none
   */
  public record Done(
      FlushResult result,
      FlushPlan plan,
      String path,
      long bytes,
      String sizeFrom,
      @Nullable DeviceIdentity identity,
      @Nullable Cleaned cleaned,
      @Nullable Saved undo) {

    Done withCleaned(@Nullable Cleaned emptied) {
      return new Done(result, plan, path, bytes, sizeFrom, identity, emptied, undo);
    }

    Done withUndo(@Nullable Saved saved) {
      return new Done(result, plan, path, bytes, sizeFrom, identity, cleaned, saved);
    }
  }

  /**
   * A cache that was emptied, or would be.
   *
   * @param path of the cache
   * @param written bytes that were, or would be, written to it and its log
   */
  public record Cleaned(String path, long written) {}

  private Done toImage(
      LogicalDevice logical,
      String sizeFrom,
      ImageOptions.Opened opened,
      FlushUndo saved,
      Progress progress) {
    String path = Optional.ofNullable(output).orElseThrow();
    FlushPlan plan = FlushPlan.of(logical, 0);
    boolean export = NbdUri.matches(path);
    if (dryRun) {
      if (export) {
        try (BlockDevice device = target(path)) {
          DeviceWriter.check(device, logical.size(), force);
        }
      }
      String sha256 =
          hash
              ? DeviceCopier.copy(logical, DeviceCopier.Target.NONE, true, progress).sha256()
              : null;
      FlushResult result =
          new FlushResult(ImageFlush.dataBytes(logical), sha256, new LossList(), new LossList());
      return new Done(result, plan, path, logical.size(), sizeFrom, null, null, null);
    }
    FlushResult before = written(path, logical, plan, saved, progress);
    if (before != null) {
      return new Done(before, plan, path, logical.size(), sizeFrom, null, null, null);
    }
    ImageFlush flush =
        new ImageFlush(
            logical,
            opened.request().backing(),
            backingFile(opened.backing()),
            images.backingOffset());
    FlushResult result =
        export
            ? overExport(flush, logical.size(), path, progress)
            : toFile(flush, logical, Path.of(path), progress);
    return new Done(result, plan, path, logical.size(), sizeFrom, null, null, null);
  }

  private FlushResult toFile(
      ImageFlush flush, LogicalDevice logical, Path path, Progress progress) {
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(logical));
    try (ImageWriter writer = new ImageWriter(path, logical.size(), force, images.paths())) {
      FlushResult result = flush.write(writer, hash, progress);
      writer.complete();
      return result;
    }
  }

  private FlushResult overExport(ImageFlush flush, long bytes, String uri, Progress progress) {
    try (DeviceWriter writer = new DeviceWriter(target(uri), bytes, force)) {
      FlushResult result = flush.write(writer, hash, progress);
      writer.complete();
      return result;
    } catch (CancelledException _) {
      throw new CancelledException(uri + " is incomplete, and begins with words that say so");
    }
  }

  /** An export that is no input. */
  private BlockDevice target(String uri) {
    if (images.paths().contains(uri)) {
      throw new OutputException(uri, "is an input of this command");
    }
    return Targets.open(uri, force);
  }

  /**
   * {@return what is to be said of the image if a run of this command wrote it that was stopped
   * when it emptied the cache; null if it has to be written}
   */
  private @Nullable FlushResult written(
      String path, LogicalDevice logical, FlushPlan plan, FlushUndo saved, Progress progress) {
    boolean stopped =
        saved
            .file()
            .filter(file -> file.state() == UndoState.OPEN && file.serves(plan.purpose()))
            .isPresent();
    if (!stopped || (!NbdUri.matches(path) && !Files.isRegularFile(Path.of(path)))) {
      return null;
    }
    try (BlockSource made = Sources.open(path)) {
      if (made.size() != logical.size()) {
        return null;
      }
      FlushResult result = new InPlaceFlush(logical, 0).compare(made, plan, hash, progress);
      return result.written() == 0 ? result : null;
    }
  }

  /** {@return the file or device that the backing device is; null if it is more or less} */
  private @Nullable Path backingFile(@Nullable Placement where) {
    if (where == null || where.split() || images.backing() == null) {
      return null;
    }
    boolean all =
        images.backingVolume() == null
            && !images.hasReadMap(images.backing())
            && Sources.isPlain(images.backing());
    return all ? Path.of(where.paths().getFirst()) : null;
  }

  private Done inPlace(
      LogicalDevice logical,
      String sizeFrom,
      ImageOptions.Opened opened,
      FlushUndo saved,
      Progress progress) {
    BlockSource backing = Objects.requireNonNull(opened.request().backing());
    Placement where = Objects.requireNonNull(opened.backing());
    FlushPlan plan = FlushPlan.of(logical, where.layout());
    InPlaceFlush flush = new InPlaceFlush(logical, where.layout());
    if (dryRun) {
      FlushResult result = flush.compare(backing, plan, hash, progress);
      DeviceIdentity identity = Targets.identify(backing);
      return new Done(result, plan, backing.name(), logical.size(), sizeFrom, identity, null, null);
    }
    Path undoPath = Optional.ofNullable(undo).orElseThrow();
    Sources.refuseInput(undoPath, images.paths());
    try (PlacedDevices devices = new PlacedDevices(force)) {
      List<Part> parts = devices.open(backing.name(), where);
      where.used().forEach(path -> Targets.refuseFileOn(undoPath, path));
      DeviceIdentity identity =
          Targets.identify(images.volume() == null ? parts.getFirst().device() : backing);
      confirm(identity, where, plan, undoPath);
      List<UndoTarget> targets = targets(UndoTarget.Role.BACKING, parts);
      UndoFile file = saved.begin(plan.purpose(), targets);
      if (!file.isEmpty()) {
        parts.forEach(part -> Targets.dropCache(part.device()));
      }
      ImageWriter.checkSpace(undoPath, plan.bytes() - file.savedBytes());
      FlushResult result = flush.write(parts, file, 0, plan, hash, progress);
      return new Done(result, plan, backing.name(), logical.size(), sizeFrom, identity, null, null);
    }
  }

  private static List<UndoTarget> targets(UndoTarget.Role role, List<Part> parts) {
    return parts.stream().map(part -> target(role, part.device())).toList();
  }

  /** Empties the cache, if nothing speaks against it. */
  private @Nullable Cleaned clean(
      ImageOptions.Opened opened,
      OpenRequest request,
      Recovery recovery,
      Done done,
      FlushUndo saved,
      Progress progress) {
    boolean complete = done.result().notWritten().count() == 0;
    boolean whole = RecoveryStatus.of(recovery.report(), !complete) == ExitStatus.OK;
    if (!complete || (!whole && !force)) {
      console.warn(
          common,
          images.cache()
              + (dryRun ? " would be left as it is: " : " is left as it is: ")
              + (complete
                  ? "something in it is lost or at risk (--force empties it all the same)"
                  : "not everything could be written"));
      return null;
    }
    Emptier emptier = Replayers.forFormat(recovery.report().format()).emptier().orElseThrow();
    OpenRequest named = request.withFormat(recovery.report().format());
    if (dryRun) {
      long bytes = CacheCleaner.measure(emptier, named, progress);
      return new Cleaned(request.cache().name(), bytes);
    }
    Path undoPath = Optional.ofNullable(undo).orElseThrow();
    Sources.refuseInput(undoPath, images.paths());
    opened.cache().used().forEach(path -> Targets.refuseFileOn(undoPath, path));
    try (PlacedDevices devices = new PlacedDevices(force)) {
      String name = request.cache().name();
      List<Part> cache = devices.open(name, opened.cache());
      List<Part> plog = opened.plog() == null ? List.of() : devices.open(name, opened.plog());
      confirmEmptying(images.volume() == null ? cache.getFirst().device() : request.cache());
      List<UndoTarget> targets = targets(UndoTarget.Role.CACHE, cache);
      UndoFile file = saved.begin(done.plan().purpose(), inPlace ? List.of() : targets);
      CacheCleaner cleaner =
          new CacheCleaner(file)
              .with(WriteSink.Image.CACHE, cleanerTarget(cache, opened.cache(), targets, file));
      if (opened.plog() != null) {
        List<UndoTarget> logs = targets(UndoTarget.Role.PLOG, plog);
        cleaner.with(WriteSink.Image.PLOG, cleanerTarget(plog, opened.plog(), logs, file));
      }
      return new Cleaned(name, cleaner.clean(emptier, named, progress));
    }
  }

  private static CacheCleaner.Target cleanerTarget(
      List<Part> parts, Placement where, List<UndoTarget> targets, UndoFile file) {
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < targets.size(); i++) {
      indexes.add(file.target(targets.get(i), i));
    }
    return new CacheCleaner.Target(parts, where.layout(), indexes);
  }

  private static UndoTarget target(UndoTarget.Role role, BlockSource device) {
    DeviceIdentity identity = Targets.identify(device);
    return new UndoTarget(role, identity.path(), identity.bytes(), identity.model());
  }

  private @Nullable Saved finish(FlushUndo saved, Done done) {
    if (dryRun || saved.file().isEmpty()) {
      return null;
    }
    UndoFile file = saved.file().get();
    boolean complete =
        done.result().notWritten().count() == 0 && (!markClean || done.cleaned() != null);
    file.mark(complete ? UndoState.COMPLETE : UndoState.OPEN);
    return Saved.of(file);
  }

  private void confirm(DeviceIdentity identity, Placement where, FlushPlan plan, Path undoPath) {
    String lies =
        images.volume() == null ? "" : "%n  on ".formatted() + String.join(", ", where.used());
    ask(
        "About to write up to %s in %,d ranges into%n  %s%s%nundo file %s."
            .formatted(
                Values.binary(plan.bytes()), plan.ranges(), identity.describe(), lies, undoPath),
        identity);
  }

  private void confirmEmptying(BlockSource cache) {
    DeviceIdentity identity = Targets.identify(cache);
    ask("About to empty the cache%n  %s%n.".formatted(identity.describe()), identity);
  }

  private void ask(String question, DeviceIdentity identity) {
    if (yes) {
      return;
    }
    boolean agreed =
        console
            .confirm(question)
            .orElseThrow(
                () ->
                    new UsageException(
                        "no terminal to ask on: --yes writes into " + identity.describe()));
    if (!agreed) {
      throw new CancelledException("nothing more was written");
    }
  }

  private void render(Recovery recovery, @Nullable Done done) {
    if (common.json()) {
      try (JsonDocument json = JsonDocument.begin(console.out(), "flush")) {
        FlushRendering.json(json, recovery, done, dryRun);
      }
      console.out().println();
    } else {
      TextReport text = new TextReport(console.out(), console.style(common));
      FlushRendering.text(text, console.style(common), recovery, done, dryRun);
    }
  }
}
