package org.dmsalvage.replay.cli;

import java.nio.file.Path;
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
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.crosscheck.CrossCheck;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.evidence.Evidence;
import org.dmsalvage.replay.flush.BackingFit;
import org.dmsalvage.replay.flush.CacheCleaner;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.FlushUndo;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.recovery.Selection;
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
      "What is written is what 'dmsalvage replay' shows under the same options.%n"
    },
    exitCodeListHeading = "%nExit status:%n",
    exitCodeList = {
      " 0:Everything was written.",
      " 4:Data is lost or at risk, or a range could not be written; with --policy driver: the"
          + " driver would not accept the device.",
      " 8:Operational error: unreadable input, device in use or not the right one, full disk.",
      "16:Usage error; also: nobody could be asked for confirmation.",
      "32:Cancelled; a flush in place can be run again or undone."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  dmsalvage flush cache.img --backing disk.img --output recovered.img",
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
      description = "Write the recovered disk to a new, sparse file.")
  private @Nullable Path output;

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
          "Replace the FILE of --output; write into BACKING although it is in use or does not look"
              + " like the right one.")
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
      refuseInputs(undo);
    }
    try (LineProgress progress = programs.over(console.progress(common));
        ImageOptions.Opened opened = images.open();
        FlushUndo saved = new FlushUndo(undo);
        MapOptions.Files files = maps.open(force, images.paths(), common.json(), targets())) {
      OpenRequest request =
          saved.originals(opened.request(), images.cacheOffset(), images.plogOffset());
      ReplayRequest wanted = recoveryOptions.request(request, progress);
      checkMarkClean(wanted);
      Recorder recorder = report == null ? null : new Recorder(report, opened.request(), progress);
      Recovery recovery = Replayers.replay(wanted);
      checkBacking(request, recovery);
      boolean endangered = endangers(request, recovery, progress);
      Done done = null;
      if (recovery.logical().isPresent()) {
        LogicalDevice logical = recovery.logical().get();
        done =
            inPlace && request.backing() != null
                ? inPlace(logical, request.backing(), saved, progress)
                : toImage(logical, request.backing(), progress);
        if (markClean) {
          done = done.withCleaned(clean(request, recovery, done, saved, progress));
        }
        done = done.withUndo(finish(saved, done));
        if (maps.wanted()) {
          files.write(
              logical, recovery.report(), request, console.out(), console.style(common), progress);
        }
      }
      if (!maps.printsList()) {
        render(recovery, done);
      }
      boolean incomplete = done != null && done.result().notWritten().count() > 0;
      ExitStatus status = RecoveryStatus.of(recovery.report(), incomplete || endangered);
      if (recorder != null) {
        record(recorder, recovery, done, status);
      }
      return status.code();
    }
  }

  private void record(
      Recorder recorder, Recovery recovery, @Nullable Done done, ExitStatus status) {
    Set<Evidence.Role> written = EnumSet.noneOf(Evidence.Role.class);
    if (done != null && inPlace && !dryRun) {
      written.add(Evidence.Role.BACKING);
    }
    if (done != null && done.cleaned() != null) {
      written.add(Evidence.Role.CACHE);
      written.add(Evidence.Role.PLOG);
    }
    recorder.finish(
        Optional.ofNullable(spec).orElseThrow(),
        recovery,
        status,
        written,
        dryRun ? null : output,
        json -> FlushRendering.json(json, recovery, done, dryRun));
  }

  private List<Path> targets() {
    return Stream.of(output, undo).filter(Objects::nonNull).toList();
  }

  private void checkUsage() {
    if (inPlace == (output != null)) {
      throw new UsageException("flush needs either --output or --in-place");
    }
    if (images.volume() != null && (inPlace || markClean)) {
      throw new UsageException("a volume cannot be written in place: --output makes a new image");
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
    if (markClean
        && (images.cacheOffset() % BlockSource.SECTOR_BYTES != 0
            || images.plogOffset() % BlockSource.SECTOR_BYTES != 0)) {
      throw new UsageException("--mark-clean needs --offset and --plog-offset in whole sectors");
    }
    if (markClean && Images.isSplit(images.cache())) {
      throw new UsageException("--mark-clean: " + images.cache() + " is a part of a split image");
    }
    if (inPlace && images.backing() != null && Images.isSplit(images.backing())) {
      throw new UsageException("--in-place: " + images.backing() + " is a part of a split image");
    }
    if (inPlace && images.backingOffset() % BlockSource.SECTOR_BYTES != 0) {
      throw new UsageException("--in-place needs a --backing-offset in whole sectors");
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
    if (hasBacking && request.backing() == null) {
      throw new UsageException("flush needs --backing: the disk behind the cache");
    }
    List<String> doubts = BackingFit.doubts(request, recovery.report());
    if (!doubts.isEmpty()) {
      String text = "is not the disk behind this cache: " + String.join("; ", doubts);
      if (!force) {
        throw new OutputException(String.valueOf(images.backing()), text + " (--force insists)");
      }
      console.warn(common, images.backing() + " " + text);
    }
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
   * @param identity of the disk; null for a new image
   * @param cleaned what was emptied; null if it was not
   * @param undo the undo file; null if there is none
   */
  record Done(
      FlushResult result,
      FlushPlan plan,
      String path,
      long bytes,
      @Nullable DeviceIdentity identity,
      @Nullable Cleaned cleaned,
      @Nullable Saved undo) {

    Done withCleaned(@Nullable Cleaned emptied) {
      return new Done(result, plan, path, bytes, identity, emptied, undo);
    }

    Done withUndo(@Nullable Saved saved) {
      return new Done(result, plan, path, bytes, identity, cleaned, saved);
    }
  }

  /**
   * A cache that was emptied.
   *
   * @param path of the cache
   * @param written bytes that were written to it and its log
   */
  record Cleaned(String path, long written) {}

  /**
   * What can be undone.
   *
   * @param path of the undo file
   * @param bytes that it saved
   * @param state what it says
   */
  record Saved(String path, long bytes, UndoState state) {}

  private Done toImage(LogicalDevice logical, @Nullable BlockSource backing, Progress progress) {
    Path path = Optional.ofNullable(output).orElseThrow();
    FlushPlan plan = FlushPlan.of(logical, 0);
    if (dryRun) {
      String sha256 =
          hash
              ? DeviceCopier.copy(logical, DeviceCopier.Target.NONE, true, progress).sha256()
              : null;
      FlushResult result =
          new FlushResult(ImageFlush.dataBytes(logical), sha256, new LossList(), new LossList());
      return new Done(result, plan, path.toString(), logical.size(), null, null, null);
    }
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(logical));
    try (ImageWriter writer = new ImageWriter(path, logical.size(), force, images.paths())) {
      ImageFlush flush = new ImageFlush(logical, backing, backingFile(), images.backingOffset());
      FlushResult result = flush.write(writer, hash, progress);
      writer.complete();
      return new Done(result, plan, path.toString(), logical.size(), null, null, null);
    }
  }

  /** {@return the file or device that is the backing device; null if it is none, or split} */
  private @Nullable Path backingFile() {
    String backing = images.backing();
    return backing == null || Images.isSplit(backing) ? null : Path.of(backing);
  }

  private Done inPlace(
      LogicalDevice logical, BlockSource backing, FlushUndo saved, Progress progress) {
    String path = String.valueOf(images.backing());
    long base = images.backingOffset();
    FlushPlan plan = FlushPlan.of(logical, base);
    InPlaceFlush flush = new InPlaceFlush(logical, base);
    if (dryRun) {
      FlushResult result = flush.compare(backing, plan, hash, progress);
      return new Done(result, plan, path, logical.size(), Targets.identify(backing), null, null);
    }
    Path undoPath = Optional.ofNullable(undo).orElseThrow();
    refuseInputs(undoPath);
    try (BlockDevice disk = Targets.open(path, force)) {
      DeviceIdentity identity = Targets.identify(disk);
      Targets.refuseFileOn(undoPath, path);
      confirm(identity, plan, undoPath);
      UndoTarget target =
          new UndoTarget(
              UndoTarget.Role.BACKING, identity.path(), identity.bytes(), identity.model());
      UndoFile file = saved.begin(plan.purpose(), List.of(target));
      if (!file.isEmpty()) {
        Targets.dropCache(disk);
      }
      ImageWriter.checkSpace(undoPath, plan.bytes() - file.savedBytes());
      FlushResult result = flush.write(disk, file, 0, plan, hash, progress);
      return new Done(result, plan, path, logical.size(), identity, null, null);
    }
  }

  /** Empties the cache, if nothing speaks against it. */
  private @Nullable Cleaned clean(
      OpenRequest request, Recovery recovery, Done done, FlushUndo saved, Progress progress) {
    if (dryRun) {
      return null;
    }
    boolean complete = done.result().notWritten().count() == 0;
    boolean whole = RecoveryStatus.of(recovery.report(), !complete) == ExitStatus.OK;
    if (!complete || (!whole && !force)) {
      console.warn(
          common,
          images.cache()
              + " is left as it is: "
              + (complete
                  ? "something in it is lost or at risk (--force empties it all the same)"
                  : "not everything could be written"));
      return null;
    }
    Path undoPath = Optional.ofNullable(undo).orElseThrow();
    refuseInputs(undoPath);
    Targets.refuseFileOn(undoPath, images.cache());
    try (BlockDevice cache = Targets.open(images.cache(), force);
        @Nullable BlockDevice plog =
            images.plog() == null ? null : Targets.open(images.plog(), force)) {
      checkWhole(request.cache(), images.cacheOffset(), cache);
      UndoTarget cacheTarget = target(UndoTarget.Role.CACHE, cache);
      confirmEmptying(cache);
      UndoFile file =
          saved.begin(done.plan().purpose(), inPlace ? List.of() : List.of(cacheTarget));
      CacheCleaner cleaner =
          new CacheCleaner(file)
              .with(
                  WriteSink.Image.CACHE,
                  new CacheCleaner.Target(cache, images.cacheOffset(), file.target(cacheTarget)));
      if (plog != null && request.plog() != null) {
        checkWhole(request.plog(), images.plogOffset(), plog);
        int index = file.target(target(UndoTarget.Role.PLOG, plog));
        cleaner.with(
            WriteSink.Image.PLOG, new CacheCleaner.Target(plog, images.plogOffset(), index));
      }
      Emptier emptier = Replayers.forFormat(recovery.report().format()).emptier().orElseThrow();
      long written =
          cleaner.clean(emptier, request.withFormat(recovery.report().format()), progress);
      return new Cleaned(images.cache(), written);
    }
  }

  private static UndoTarget target(UndoTarget.Role role, BlockDevice device) {
    DeviceIdentity identity = Targets.identify(device);
    return new UndoTarget(role, identity.path(), identity.bytes(), identity.model());
  }

  /** A cache that was put together of several files cannot be written as one. */
  private static void checkWhole(BlockSource image, long base, BlockDevice device) {
    if (device.size() - base < image.size()) {
      throw new OutputException(
          device.name(),
          "is only a part of the image, which has %d bytes from offset %d on"
              .formatted(image.size(), base));
    }
  }

  private @Nullable Saved finish(FlushUndo saved, Done done) {
    if (dryRun || saved.file().isEmpty()) {
      return null;
    }
    UndoFile file = saved.file().get();
    boolean complete =
        done.result().notWritten().count() == 0 && (!markClean || done.cleaned() != null);
    file.mark(complete ? UndoState.COMPLETE : UndoState.OPEN);
    return new Saved(file.name(), file.savedBytes(), file.state());
  }

  private void refuseInputs(Path file) {
    String mine = file.toAbsolutePath().normalize().toString();
    for (String input : images.paths()) {
      if (Path.of(input).toAbsolutePath().normalize().toString().equals(mine)) {
        throw new OutputException(file.toString(), "is an input of this command");
      }
    }
  }

  private void confirm(DeviceIdentity identity, FlushPlan plan, Path undoPath) {
    ask(
        "About to write up to %s in %,d ranges into%n  %s%nundo file %s."
            .formatted(Values.binary(plan.bytes()), plan.ranges(), identity.describe(), undoPath),
        identity);
  }

  private void confirmEmptying(BlockDevice cache) {
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
