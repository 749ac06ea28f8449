package org.dmsalvage.replay.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.dmsalvage.inspect.cli.CommonOptions;
import org.dmsalvage.inspect.cli.Console;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.report.JsonDocument;
import org.dmsalvage.inspect.report.TextReport;
import org.dmsalvage.inspect.report.Values;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.flush.BackingFit;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

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
          + " new image that was killed leaves NEW.partial behind and is begun anew.",
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
  @Mixin private CommonOptions common = new CommonOptions();

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

  /** Makes the command. */
  public FlushCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    checkUsage();
    Progress progress = console.progress(common);
    try (ImageOptions.Opened opened = images.open()) {
      OpenRequest request = opened.request();
      Recovery recovery = Replayers.replay(recoveryOptions.request(request, progress));
      checkBacking(request, recovery);
      Done done = null;
      if (recovery.logical().isPresent()) {
        LogicalDevice logical = recovery.logical().get();
        done =
            inPlace && request.backing() != null
                ? inPlace(logical, request.backing(), progress)
                : toImage(logical, progress);
      }
      render(recovery, done);
      boolean incomplete = done != null && done.result().notWritten().count() > 0;
      return RecoveryStatus.of(recovery.report(), incomplete).code();
    }
  }

  private void checkUsage() {
    if (inPlace == (output != null)) {
      throw new UsageException("flush needs either --output or --in-place");
    }
    if (inPlace && undo == null && !dryRun) {
      throw new UsageException("--in-place needs --undo");
    }
    if (!inPlace && undo != null) {
      throw new UsageException("--undo goes with --in-place");
    }
    if (inPlace && images.backingOffset() % BlockSource.SECTOR_BYTES != 0) {
      throw new UsageException("--in-place needs a --backing-offset in whole sectors");
    }
  }

  private void checkBacking(OpenRequest request, Recovery recovery) {
    boolean hasBacking = !recovery.report().format().equals("insitu");
    if (!hasBacking && inPlace) {
      throw new UsageException(
          "--in-place: an insitu device has no disk behind it; --output writes what it holds");
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
   * What was done.
   *
   * @param result what was written
   * @param plan what was to be written
   * @param path of the recovered disk
   * @param bytes its size
   * @param identity of the disk; null for a new image
   * @param undo the undo file; null if there is none
   */
  record Done(
      FlushResult result,
      FlushPlan plan,
      String path,
      long bytes,
      @Nullable DeviceIdentity identity,
      @Nullable Saved undo) {}

  /**
   * What can be undone.
   *
   * @param path of the undo file
   * @param bytes that it saved
   * @param state what it says
   */
  record Saved(String path, long bytes, UndoState state) {}

  private Done toImage(LogicalDevice logical, Progress progress) {
    Path path = Optional.ofNullable(output).orElseThrow();
    FlushPlan plan = FlushPlan.of(logical, 0);
    if (dryRun) {
      String sha256 =
          hash
              ? DeviceCopier.copy(logical, DeviceCopier.Target.NONE, true, progress).sha256()
              : null;
      FlushResult result =
          new FlushResult(ImageFlush.dataBytes(logical), sha256, new LossList(), new LossList());
      return new Done(result, plan, path.toString(), logical.size(), null, null);
    }
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(logical));
    try (ImageWriter writer = new ImageWriter(path, logical.size(), force, images.paths())) {
      FlushResult result = ImageFlush.write(logical, writer, hash, progress);
      writer.complete();
      return new Done(result, plan, path.toString(), logical.size(), null, null);
    }
  }

  private Done inPlace(LogicalDevice logical, BlockSource backing, Progress progress) {
    String path = String.valueOf(images.backing());
    long base = images.backingOffset();
    FlushPlan plan = FlushPlan.of(logical, base);
    InPlaceFlush flush = new InPlaceFlush(logical, base);
    if (dryRun) {
      FlushResult result = flush.compare(backing, plan, hash, progress);
      return new Done(result, plan, path, logical.size(), Targets.identify(backing), null);
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
      try (UndoFile saved = UndoFile.openOrCreate(undoPath, plan.purpose(), List.of(target))) {
        if (!saved.isEmpty()) {
          Targets.dropCache(disk);
        }
        ImageWriter.checkSpace(undoPath, plan.bytes() - saved.savedBytes());
        FlushResult result = flush.write(disk, saved, 0, plan, hash, progress);
        saved.mark(result.notWritten().count() == 0 ? UndoState.COMPLETE : UndoState.OPEN);
        Saved done = new Saved(undoPath.toString(), saved.savedBytes(), saved.state());
        return new Done(result, plan, path, logical.size(), identity, done);
      }
    }
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
    if (yes) {
      return;
    }
    String question =
        "About to write up to %s in %,d ranges into%n  %s%nundo file %s."
            .formatted(Values.binary(plan.bytes()), plan.ranges(), identity.describe(), undoPath);
    boolean agreed =
        console
            .confirm(question)
            .orElseThrow(
                () ->
                    new UsageException(
                        "no terminal to ask on: --yes writes into " + identity.describe()));
    if (!agreed) {
      throw new CancelledException("nothing was written");
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
