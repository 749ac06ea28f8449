package org.dmsalvage.inspect.cli;

import java.util.List;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/** Knows which copy of a sector shows on the logical device; replaying is another module's work. */
@FunctionalInterface
public interface PolicyWinners {

  /**
   * Asks each policy.
   *
   * @param request the images, with the format named
   * @param sector address on the logical device, in sectors
   * @param progress told about bytes read
   * @return one answer for each policy
   */
  List<Winner> winners(OpenRequest request, long sector, Progress progress);

  /**
   * The copy that a policy shows.
   *
   * @param policy whose rules
   * @param image the image that holds the copy; null if it is none of the cache's
   * @param offset byte offset in that image
   * @param source in words: "cache", "backing device", "zeros", "nothing: the driver refuses"
   */
  record Winner(String policy, @Nullable String image, long offset, String source) {}
}
