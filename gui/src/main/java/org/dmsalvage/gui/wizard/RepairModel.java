package org.dmsalvage.gui.wizard;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import javafx.beans.property.ReadOnlyObjectProperty;
import javafx.beans.property.ReadOnlyObjectWrapper;
import org.dmsalvage.gui.model.Session;
import org.dmsalvage.gui.model.Source;
import org.dmsalvage.gui.model.Threads;
import org.dmsalvage.gui.model.Work;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.Repairers;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.InPlaceRepair;
import org.dmsalvage.repair.plan.InPlaceRepair.Place;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.DeviceIdentity;
import org.dmsalvage.replay.device.Targets;
import org.dmsalvage.replay.flush.FlushUndo;
import org.dmsalvage.replay.flush.ImageFlush;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.jspecify.annotations.Nullable;

/** Plans the repair of a cache, and carries the plan out, as {@code repair} does. */
public final class RepairModel {

  /** Images up to this size are read again and again without a thought. */
  private static final long SMALL_BYTES = 256 << 20;

  /** Choices of which only one makes sense. */
  private static final List<Set<String>> OPPOSITES =
      List.of(
          Set.of("keep-damaged", "stop-at-damaged"),
          Set.of("committed", "uncommitted"),
          Set.of("earlier", "later"));

  private static final Map<String, String> MEANINGS =
      Map.of(
          "keep-damaged", "Keep damaged segments in the log with what is left of them",
          "stop-at-damaged", "Leave damaged segments as they are: a driver stops at the first",
          "committed", "Count the entries of the last sequence as committed",
          "uncommitted", "Leave the entries of the last sequence out",
          "earlier", "Of entries that contradict each other, keep the first in the table",
          "later", "Of entries that contradict each other, keep the last in the table",
          "entry=", "Of entries that contradict each other, keep number",
          "payloads", "Describe all payloads, even if bytes that no bits can describe are given up",
          "size", "Make the superblock fit the device, although it was made for another size");

  /**
   * A decision that nothing on the medium takes.
   *
   * @param word of the command line's {@code --prefer}; a value follows if it ends in =
   * @param meaning what it does
   */
  public record Choice(String word, String meaning) {}

  /**
   * What the user wants of the plan.
   *
   * @param except findings that are to stay as they are
   * @param preferred choices, as {@code --prefer} takes them
   */
  public record Wanted(Set<FindingCode> except, List<String> preferred) {
    /** Everything, with nothing preferred. */
    public static final Wanted ALL = new Wanted(Set.of(), List.of());

    /** Keeps copies. */
    public Wanted {
      except = Set.copyOf(except);
      preferred = List.copyOf(preferred);
    }

    Wishes wishes() {
      return new Wishes(code -> !except.contains(code), preferred);
    }

    /** {@return the same with a choice taken or taken back; its opposite goes} */
    public Wanted with(String choice, boolean taken) {
      List<String> now = new ArrayList<>(preferred);
      now.remove(choice);
      if (taken) {
        OPPOSITES.stream().filter(o -> o.contains(choice)).forEach(now::removeAll);
        now.add(choice);
      }
      return new Wanted(except, now);
    }
  }

  /**
   * A plan to look at.
   *
   * @param wanted for what it was made
   * @param plan what would be done
   */
  public record Preview(Wanted wanted, Plan plan) {

    /** {@return how many bytes change} */
    public long bytes() {
      return plan.actions().stream().mapToLong(Action::length).sum();
    }

    /** {@return how many actions answer each finding, in the order of the plan} */
    public Map<FindingCode, Integer> codes() {
      Map<FindingCode, Integer> codes = new LinkedHashMap<>();
      plan.actions().forEach(action -> codes.merge(action.code(), 1, Integer::sum));
      return codes;
    }

    /** {@return whether the persistent log changes, too} */
    public boolean changesPlog() {
      return !plan.actions(Role.PLOG).isEmpty();
    }

    /** {@return the actions that answer a finding, those at its place first} */
    public List<Action> actions(Finding finding) {
      return plan.actions().stream()
          .filter(action -> action.code().equals(finding.code()))
          .sorted((a, b) -> Boolean.compare(touches(b, finding), touches(a, finding)))
          .toList();
    }

    private static boolean touches(Action action, Finding finding) {
      return action.offset() < finding.where().end() && action.end() > finding.where().offset();
    }
  }

  /**
   * What the driver would do.
   *
   * @param now with the cache as it is
   * @param then with the repaired one
   */
  public record Outlook(Optional<DriverOutcome> now, Optional<DriverOutcome> then) {}

  /** Where to. */
  public sealed interface Target {

    /**
     * A repaired copy.
     *
     * @param cache its name
     * @param plog name of the copy of the persistent log; null if the plan does not change it
     */
    record Copy(Path cache, @Nullable Path plog) implements Target {}

    /**
     * The cache itself.
     *
     * @param undo file that can take everything back
     */
    record InPlace(Path undo) implements Target {}
  }

  /**
   * What a repair did.
   *
   * @param result the images that are repaired now
   * @param written bytes
   * @param sha256 of the copy of the cache; null if the cache itself was repaired
   * @param unreadable ranges of the original that are zeros in the copy
   * @param undo the undo file; null if there is none
   */
  public record Report(
      Session.Paths result,
      long written,
      @Nullable String sha256,
      int unreadable,
      @Nullable Path undo) {}

  private final Session session;
  private final Threads threads;
  private final TargetChecks checks;
  private final ReadOnlyObjectWrapper<@Nullable Preview> preview = new ReadOnlyObjectWrapper<>();
  private @Nullable Work planning;
  private Wanted planned = Wanted.ALL;

  /** Makes a model that has no plan yet. */
  public RepairModel(Session session, Threads threads) {
    this.session = session;
    this.threads = threads;
    this.checks = new TargetChecks(session);
  }

  /** {@return the plan that was made last; null if there is none yet} */
  public ReadOnlyObjectProperty<@Nullable Preview> preview() {
    return preview.getReadOnlyProperty();
  }

  /** {@return whether some repair answers a finding} */
  public static boolean answers(FindingCode code) {
    return Repairers.answers().contains(code);
  }

  /** {@return the choices that there are for this cache} */
  public List<Choice> choices() {
    return Repairers.preferences(session.image().format()).stream()
        .map(word -> new Choice(word, MEANINGS.getOrDefault(word, word)))
        .toList();
  }

  /**
   * Makes a plan in the background, and shows it as {@link #preview()}; of several that are asked
   * for, only the last one comes to an end.
   */
  public Work plan(Wanted wanted) {
    Work running = planning;
    if (running != null && running.state().get() == Work.State.RUNNING) {
      if (planned.equals(wanted)) {
        return running;
      }
      running.cancel();
    }
    Work work =
        Work.start(
            threads.workers(), threads.ui(), progress -> make(wanted, progress), preview::set);
    planning = work;
    planned = wanted;
    return work;
  }

  /** Makes a plan unasked, if it takes next to no time. */
  public void planIfSmall() {
    if (preview.get() == null && session.cache().bytes().size() <= SMALL_BYTES) {
      var _ = plan(Wanted.ALL);
    }
  }

  /** Stops planning. */
  public void stop() {
    if (planning != null) {
      planning.cancel();
    }
  }

  Preview make(Wanted wanted, Progress progress) {
    return new Preview(wanted, Repairers.plan(session.request(), wanted.wishes(), progress));
  }

  /**
   * Asks the model of the driver about the cache before and after.
   *
   * @param progress told about bytes; checked for the wish to stop
   */
  public Outlook outlook(Preview shown, Progress progress) {
    return new Outlook(
        driver(shown.plan().original(), progress), driver(shown.plan().repaired(), progress));
  }

  private static Optional<DriverOutcome> driver(OpenRequest images, Progress progress) {
    try {
      return Replayers.replay(ReplayRequest.of(images, Policy.DRIVER, progress)).report().driver();
    } catch (UnsupportedImageException e) {
      return Optional.of(
          new DriverOutcome(
              DriverOutcome.Outcome.REFUSE,
              String.valueOf(e.getMessage()),
              DriverOutcome.Writeback.FAILS));
    }
  }

  /** {@return why a target cannot be used, in a sentence; empty if nothing speaks against it} */
  public Optional<String> objection(Preview shown, Target target) {
    return switch (target) {
      case Target.Copy(Path cache, Path plog) -> {
        if (shown.changesPlog() && plog == null) {
          yield Optional.of("The plan changes the persistent log, too: its copy needs a name.");
        }
        if (plog != null && plog.toAbsolutePath().equals(cache.toAbsolutePath())) {
          yield Optional.of("The two copies need names of their own.");
        }
        yield checks
            .newFile(cache)
            .or(() -> plog == null ? Optional.empty() : checks.newFile(plog));
      }
      case Target.InPlace(Path undo) -> {
        if (session.paths().volume() != null) {
          yield Optional.of("A volume is not repaired in place; make a repaired copy.");
        }
        yield checks
            .device(Source.Role.CACHE)
            .or(() -> shown.changesPlog() ? checks.device(Source.Role.PLOG) : Optional.empty())
            .or(() -> checks.undoFile(undo, Source.Role.CACHE, Source.Role.PLOG));
      }
    };
  }

  /** {@return whether an undo file was begun by a repair that was stopped: it is gone on with} */
  public boolean goesOn(Target target) {
    return target instanceof Target.InPlace(Path undo) && TargetChecks.begun(undo);
  }

  /** {@return the devices that a repair in place writes, each in one line} */
  public List<String> devices(Preview shown) {
    List<String> lines = new ArrayList<>();
    if (!shown.plan().actions(Role.CACHE).isEmpty()) {
      lines.add(Targets.identify(session.request().cache()).describe());
    }
    BlockSource plog = session.request().plog();
    if (shown.changesPlog() && plog != null) {
      lines.add(Targets.identify(plog).describe());
    }
    return lines;
  }

  /** Carries a plan out in the background. */
  public Work repair(Preview shown, Target target, Consumer<Report> done) {
    return Work.start(
        threads.workers(), threads.ui(), progress -> repair(shown, target, progress), done);
  }

  /**
   * Carries a plan out.
   *
   * @throws SalvageException if it cannot be done; a repair in place that was stopped can be begun
   *     again with the same undo file, or undone
   */
  Report repair(Preview shown, Target target, Progress progress) {
    Optional<String> objection = objection(shown, target);
    if (objection.isPresent()) {
      throw new OutputException(session.paths().cache(), objection.get());
    }
    return switch (target) {
      case Target.Copy(Path cache, Path plog) -> copy(shown.plan(), cache, plog, progress);
      case Target.InPlace(Path undo) -> inPlace(shown, undo, progress);
    };
  }

  private Report copy(Plan plan, Path cache, @Nullable Path plog, Progress progress) {
    OpenRequest repaired = plan.repaired();
    long written = 0;
    if (plog != null && repaired.plog() != null) {
      written += repaired.plog().size();
      var _ = copy(repaired.plog(), plog, progress);
    }
    DeviceCopier.Result result = copy(repaired.cache(), cache, progress);
    Session.Paths was = session.paths();
    Session.Paths now =
        new Session.Paths(
            cache.toString(),
            plog == null ? was.plog() : plog.toString(),
            was.backing(),
            was.format());
    return new Report(
        now, written + repaired.cache().size(), result.sha256(), result.unreadable().size(), null);
  }

  private DeviceCopier.Result copy(BlockSource image, Path path, Progress progress) {
    ImageWriter.checkSpace(path, ImageFlush.dataBytes(image));
    try (ImageWriter writer = new ImageWriter(path, image.size(), false, session.paths().all())) {
      DeviceCopier.Result result = DeviceCopier.copy(image, writer, true, progress);
      writer.complete();
      return result;
    }
  }

  private Report inPlace(Preview shown, Path undo, Progress progress) {
    List<Place> places = new ArrayList<>();
    try (FlushUndo saved = new FlushUndo(undo)) {
      // A repair that was stopped is planned as it was the first time.
      boolean begun = saved.file().filter(f -> f.state() == UndoState.OPEN).isPresent();
      Plan plan =
          begun
              ? Repairers.plan(
                  saved.originals(
                      session.request(),
                      Objects.requireNonNull(session.place(Source.Role.CACHE)),
                      session.place(Source.Role.PLOG),
                      null),
                  shown.wanted().wishes(),
                  progress)
              : shown.plan();
      OpenRequest repaired = plan.repaired();
      if (!plan.actions(Role.CACHE).isEmpty()) {
        places.add(open(Role.CACHE, session.place(Source.Role.CACHE), repaired.cache()));
      }
      if (repaired.plog() != null && !plan.actions(Role.PLOG).isEmpty()) {
        places.add(open(Role.PLOG, session.place(Source.Role.PLOG), repaired.plog()));
      }
      UndoFile file = saved.begin(plan.purpose(), places.stream().map(Place::target).toList());
      if (file.state() != UndoState.OPEN) {
        throw new OutputException(
            file.name(), "was used and is %s: name another file".formatted(file.state()));
      }
      if (!file.isEmpty()) {
        places.forEach(place -> Targets.dropCache(place.device()));
      }
      long written = InPlaceRepair.run(plan, places, file, InPlaceWriter.BATCH_BYTES, progress);
      return new Report(session.paths(), written, null, 0, undo);
    } finally {
      places.forEach(place -> place.device().close());
    }
  }

  private static Place open(Role role, @Nullable Placement where, BlockSource repaired) {
    String path = Objects.requireNonNull(where).used().getFirst();
    BlockDevice device = Targets.open(path, false);
    if (device.size() < repaired.size()) {
      device.close();
      throw new OutputException(
          path, "is only a part of the image, which has %d bytes".formatted(repaired.size()));
    }
    DeviceIdentity identity = Targets.identify(device);
    return new Place(
        role, device, 0, new UndoTarget(role, identity.path(), identity.bytes(), identity.model()));
  }
}
