package org.dmsalvage.gui.wizard;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.inspect.cli.Application;
import org.dmsalvage.inspect.error.ExitStatus;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.cli.FlushCommand;
import org.dmsalvage.replay.cli.FlushRendering;
import org.dmsalvage.replay.cli.RecoveryOptions;
import org.dmsalvage.replay.crosscheck.CrossCheck;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.PlacedDevices;
import org.dmsalvage.replay.device.PlacedDevices.Part;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.evidence.Evidence;
import org.dmsalvage.replay.evidence.EvidenceReport;
import org.dmsalvage.replay.evidence.Recorder;
import org.dmsalvage.replay.flush.BackingFit;
import org.dmsalvage.replay.flush.FlushPlan;
import org.dmsalvage.replay.flush.FlushResult;
import org.dmsalvage.replay.flush.FlushUndo;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.flush.InPlaceFlush;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayReport;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.Saved;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;

/** Brings what a cache holds onto its disk or onto a copy of it, as {@code flush} does. */
public final class FlushModel {

  /** Where to. */
  public sealed interface Target {

    /**
     * A new, sparse file.
     *
     * @param path its name
     */
    record NewImage(Path path) implements Target {}

    /**
     * The backing device itself.
     *
     * @param undo file that can take everything back
     */
    record InPlace(Path undo) implements Target {}
  }

  /**
   * What a flush would do.
   *
   * @param recovery the replayed cache
   * @param plan what would be written
   * @param doubts why it should not be written to the backing device, one sentence each
   * @param disk what the backing device is; null if it is not at hand
   */
  public record Preview(
      Recovery recovery, FlushPlan plan, List<String> doubts, @Nullable DeviceIdentity disk) {

    /** {@return what the replay said} */
    public ReplayReport report() {
      return recovery.report();
    }
  }

  /**
   * What a flush did.
   *
   * @param path of the recovered disk
   * @param result what was written
   * @param saved what can be taken back; null for a new image
   * @param complete whether everything is there, and nothing is lost or at risk
   * @param page the record for people; null if none was asked for
   */
  public record Report(
      Path path, FlushResult result, @Nullable Saved saved, boolean complete, @Nullable Path page) {

    /** {@return the undo file; null if there is none} */
    public @Nullable Path undo() {
      return saved == null ? null : Path.of(saved.path());
    }

    Report withPage(Path written) {
      return new Report(path, result, saved, complete, written);
    }
  }

  /**
   * A record to be left behind.
   *
   * @param directory of it; must not exist, or be empty
   * @param notes to be taken into it
   */
  public record RecordWish(Path directory, List<Evidence.Note> notes) {}

  private final Session session;
  private final TargetChecks checks;

  /** Makes a model that has read nothing yet. */
  public FlushModel(Session session) {
    this.session = session;
    this.checks = new TargetChecks(session);
  }

  /** {@return whether the cache lies over a disk that could be written} */
  public boolean hasDisk() {
    return session.source(Source.Role.BACKING).isPresent();
  }

  /** {@return whether nothing can be recovered without the disk behind the cache} */
  public boolean needsDisk() {
    return !session.image().format().equals("insitu") && !hasDisk();
  }

  /**
   * Replays the cache, and looks for reasons not to write.
   *
   * @param progress told about bytes; checked for the wish to stop
   * @throws OutputException if there is nothing that could be written
   */
  public Preview preview(Progress progress) {
    Recovery recovery =
        Replayers.replay(ReplayRequest.of(session.request(), Policy.SALVAGE, progress));
    LogicalDevice logical =
        recovery
            .logical()
            .orElseThrow(() -> new OutputException("recovery", "gives no logical device"));
    List<String> doubts = new ArrayList<>(BackingFit.doubts(session.request(), recovery.report()));
    BlockSource backing = session.request().backing();
    if (backing != null) {
      CrossCheck.Result result =
          CrossCheck.run(
              logical, backing, recovery.report().findings(), (_, _, _, _) -> {}, progress);
      if (result.endangers()) {
        doubts.add(result.conclusion());
      }
    }
    return new Preview(
        recovery,
        FlushPlan.of(logical, 0),
        doubts,
        backing == null ? null : Targets.identify(backing));
  }

  /** {@return why a target cannot be used, in a sentence; empty if nothing speaks against it} */
  public Optional<String> objection(Preview preview, Target target) {
    if (needsDisk()) {
      return Optional.of("The disk behind the cache is needed: open the cache together with it.");
    }
    return switch (target) {
      case Target.NewImage(Path path) -> checks.newFile(path);
      case Target.InPlace(Path undo) -> {
        if (!hasDisk()) {
          yield Optional.of("There is no disk behind this device: only a new image can be made.");
        }
        if (!preview.doubts().isEmpty()) {
          yield Optional.of(
              "This is not done in place, as something speaks against it; make a new image.");
        }
        yield checks
            .device(Source.Role.BACKING)
            .or(() -> checks.undoFile(undo, Source.Role.BACKING));
      }
    };
  }

  /** {@return why a record cannot be left in a directory; empty if nothing speaks against it} */
  public Optional<String> recordObjection(Path directory) {
    return checks.newDirectory(directory);
  }

  /** {@return whether an undo file was begun by a recovery that was stopped: it is gone on with} */
  public boolean goesOn(Target target) {
    return target instanceof Target.InPlace(Path undo) && TargetChecks.begun(undo);
  }

  /**
   * Writes.
   *
   * @param preview what was looked at
   * @param target where to
   * @param record to be left behind; null if none is wanted
   * @param progress told about bytes; checked for the wish to stop
   * @throws SalvageException if it cannot be done; a flush in place that was stopped can be begun
   *     again with the same undo file, or undone
   */
  public Report flush(
      Preview preview, Target target, @Nullable RecordWish record, Progress progress) {
    Optional<String> objection = objection(preview, target);
    if (objection.isPresent()) {
      throw new OutputException(session.paths().cache(), objection.get());
    }
    if (record == null) {
      return write(preview, target, progress);
    }
    Recorder recorder = new Recorder(record.directory, session.request(), progress);
    Recovery recovery = preview.recovery();
    Recovery before = new Recovery(recovery.logical(), recovery.report().beforeWriting());
    Report done = write(preview, target, progress);
    recorder.finish(evidence(preview, before, target, done, record.notes));
    return done.withPage(record.directory.resolve(EvidenceReport.HTML));
  }

  private Report write(Preview preview, Target target, Progress progress) {
    LogicalDevice logical = preview.recovery().logical().orElseThrow();
    ReplayReport report = preview.report();
    boolean whole = report.lost().count() == 0 && report.atRisk().count() == 0;
    return switch (target) {
      case Target.NewImage(Path path) -> toImage(logical, path, whole, progress);
      case Target.InPlace(Path undo) -> inPlace(logical, undo, whole, progress);
    };
  }

  private Recorder.Done evidence(
      Preview preview, Recovery before, Target target, Report done, List<Evidence.Note> notes) {
    List<String> words = new ArrayList<>(List.of(Application.NAME, "flush"));
    String output = null;
    switch (target) {
      case Target.NewImage(Path path) -> {
        words.addAll(List.of("--output", path.toString()));
        output = path.toString();
      }
      case Target.InPlace(Path undo) ->
          words.addAll(List.of("--in-place", "--undo", undo.toString()));
    }
    words.addAll(session.paths().words());
    return new Recorder.Done(
        tool(),
        words,
        before,
        done.complete ? ExitStatus.OK : ExitStatus.UNCORRECTED,
        output == null ? Set.of(Evidence.Role.BACKING) : Set.of(),
        output,
        notes,
        json -> FlushRendering.json(json, before, asCommand(preview, done), false));
  }

  /** What was done as the command would tell it. */
  private FlushCommand.Done asCommand(Preview preview, Report done) {
    ReplayRequest wanted = ReplayRequest.of(session.request(), Policy.SALVAGE, Progress.NONE);
    return new FlushCommand.Done(
        done.result,
        preview.plan(),
        done.path.toString(),
        preview.recovery().logical().orElseThrow().size(),
        RecoveryOptions.sizeFrom(wanted, preview.recovery()),
        done.saved == null ? null : preview.disk(),
        null,
        done.saved);
  }

  private static String tool() {
    try {
      return "%s %s, in its window".formatted(Application.NAME, Application.version());
    } catch (IOException e) {
      throw new IllegalStateException("the program cannot be read", e);
    }
  }

  private Report toImage(LogicalDevice logical, Path path, boolean whole, Progress progress) {
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(logical));
    String disk = session.paths().backing();
    boolean all = session.paths().backingVolume() == null;
    Path backing = disk == null || !all || !Sources.isPlain(disk) ? null : Path.of(disk);
    try (ImageWriter writer = new ImageWriter(path, logical.size(), false, session.paths().all())) {
      FlushResult result =
          new ImageFlush(logical, session.request().backing(), backing, 0)
              .write(writer, true, progress);
      writer.complete();
      return new Report(path, result, null, whole && result.notWritten().count() == 0, null);
    }
  }

  private Report inPlace(LogicalDevice logical, Path undo, boolean whole, Progress progress) {
    BlockSource backing = Objects.requireNonNull(session.request().backing());
    Placement where = Objects.requireNonNull(session.place(Source.Role.BACKING));
    FlushPlan plan = FlushPlan.of(logical, where.layout());
    try (FlushUndo saved = new FlushUndo(undo);
        PlacedDevices devices = new PlacedDevices(false)) {
      List<Part> parts = devices.open(backing.name(), where);
      where.used().forEach(path -> Targets.refuseFileOn(undo, path));
      UndoFile file =
          saved.begin(plan.purpose(), parts.stream().map(part -> target(part.device())).toList());
      if (!file.isEmpty()) {
        parts.forEach(part -> Targets.dropCache(part.device()));
      }
      ImageWriter.checkSpace(undo, plan.bytes() - file.savedBytes());
      FlushResult result =
          new InPlaceFlush(logical, where.layout()).write(parts, file, 0, plan, true, progress);
      boolean complete = result.notWritten().count() == 0;
      file.mark(complete ? UndoState.COMPLETE : UndoState.OPEN);
      Path disk = Path.of(where.used().getFirst());
      return new Report(disk, result, Saved.of(file), whole && complete, null);
    }
  }

  private static UndoTarget target(BlockDevice device) {
    DeviceIdentity identity = Targets.identify(device);
    return new UndoTarget(
        UndoTarget.Role.BACKING, identity.path(), identity.bytes(), identity.model());
  }
}
