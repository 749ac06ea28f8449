package org.dmsalvage.repair.plan;

import java.util.List;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;

/** Knows the repairs of one family of formats. */
public interface Repairer {

  /** {@return the family, as {@link org.dmsalvage.inspect.format.CacheFormat#family()} names it} */
  String family();

  /** {@return the findings that it can answer} */
  List<FindingCode> answers();

  /**
   * {@return the choices that the user can make where nothing on the medium decides: a word, or,
   * ending with =, a word that a value follows}
   */
  default List<String> preferences() {
    return List.of();
  }

  /**
   * Looks for what the request does not say and the image shows.
   *
   * @param images as they are, with the format named
   * @param found told what was found out
   * @return the request with it; the same if nothing is missing
   */
  default OpenRequest completed(OpenRequest images, Findings found) {
    return images;
  }

  /**
   * Works out the next actions. It is asked again with these done until it has no more, so that
   * what depends on an earlier action can be left for the next time.
   *
   * @param images as they are with all earlier actions done, with the format named
   * @param findings what the check of these images found
   * @param wishes which findings are to be answered, and how
   * @param progress told about bytes read
   * @return actions that change something, in the order in which they must be written; empty if
   *     nothing is left to do
   * @throws UnsupportedImageException if the image cannot be repaired
   */
  List<Action> next(OpenRequest images, Findings findings, Wishes wishes, Progress progress);
}
