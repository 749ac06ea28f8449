package org.dmsalvage.repair.plan;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Makes plans: asks a repairer again and again, each time about the images with all actions done
 * that it named before, until it finds nothing more to do. So a repaired image needs no repair.
 */
public final class Planner {

  /** More rounds than any repairer has stages. */
  private static final int MOST_ROUNDS = 10;

  private Planner() {}

  /**
   * Makes a plan.
   *
   * @param repairer of the family of the format
   * @param images with the format named
   * @param wishes which findings are to be answered, and how
   * @param progress told about bytes read; checked for the wish to stop
   * @throws UnsupportedImageException if the image cannot be repaired
   */
  public static Plan plan(Repairer repairer, OpenRequest images, Wishes wishes, Progress progress) {
    List<Action> actions = new ArrayList<>();
    Findings before = check(images, progress);
    Findings after = before;
    OpenRequest now = images;
    for (int round = 0; round < MOST_ROUNDS; round++) {
      progress.checkCancelled("nothing was written");
      List<Action> more = repairer.next(now, after, wishes, progress);
      if (more.isEmpty()) {
        break;
      }
      actions.addAll(more);
      now = Plan.repaired(images, actions);
      after = check(now, progress);
    }
    return new Plan(String.valueOf(images.format()), images, actions, before, after);
  }

  private static Findings check(OpenRequest images, Progress progress) {
    Findings findings = new Findings();
    Formats.open(images).examine(Depth.VERIFY, findings, progress);
    return findings;
  }
}
