package org.dmsalvage.repair;

import java.util.List;
import java.util.function.Predicate;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.insitu.InsituRepairer;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.repair.plan.Planner;
import org.dmsalvage.repair.plan.Repairer;
import org.dmsalvage.repair.plan.Wishes;
import org.dmsalvage.repair.writeboost.WriteboostRepairer;
import org.dmsalvage.repair.writecache.WritecacheRepairer;

/** All repairers; a further one is one more line in {@link #ALL}. */
public final class Repairers {

  private static final List<Repairer> ALL =
      List.of(new WriteboostRepairer(), new WritecacheRepairer(), new InsituRepairer());

  private Repairers() {}

  /** {@return the codes of all findings that some repair answers} */
  public static List<FindingCode> answers() {
    return ALL.stream().flatMap(r -> r.answers().stream()).toList();
  }

  /** {@return the choices of all repairers, as {@link Repairer#preferences()} names them} */
  public static List<String> preferences() {
    return ALL.stream().flatMap(r -> r.preferences().stream()).toList();
  }

  /** {@return the choices of the repairer of a format; none if it cannot be repaired} */
  public static List<String> preferences(String format) {
    String family = Formats.byName(format).family();
    return ALL.stream()
        .filter(r -> r.family().equals(family))
        .flatMap(r -> r.preferences().stream())
        .toList();
  }

  /** Plans with nothing preferred: see {@link #plan(OpenRequest, Wishes, Progress)}. */
  public static Plan plan(OpenRequest images, Predicate<FindingCode> wanted, Progress progress) {
    return plan(images, new Wishes(wanted, List.of()), progress);
  }

  /**
   * Plans the repair of a cache in the format that the request names or that its bytes show.
   *
   * @param images the cache and its companions
   * @param wishes which findings are to be answered, and how
   * @param progress told about bytes read
   * @throws UnsupportedImageException if no format is recognised, or the cache cannot be repaired
   * @throws UsageException if the named format does not exist
   */
  public static Plan plan(OpenRequest images, Wishes wishes, Progress progress) {
    String guess = guess(images);
    String family = Formats.byName(guess).family();
    Repairer repairer =
        ALL.stream()
            .filter(r -> r.family().equals(family))
            .findFirst()
            .orElseThrow(
                () ->
                    new UnsupportedImageException(
                        images.cache().name(), "there is no repair for %s".formatted(guess)));
    Findings found = new Findings();
    OpenRequest complete = repairer.completed(images.withFormat(guess), found);
    String format = images.format() == null ? Formats.open(complete).format() : guess;
    Plan plan = Planner.plan(repairer, complete.withFormat(format), wishes, progress);
    found.kept().forEach(plan.findings()::add);
    return plan;
  }

  /** The format that the request names, or that of which the image has most; its family is sure. */
  private static String guess(OpenRequest images) {
    if (images.format() != null) {
      return images.format();
    }
    List<Detection> detections = Formats.detect(images.cache());
    return detections.isEmpty()
        ? Formats.open(images, detections).format()
        : detections.getFirst().format();
  }
}
