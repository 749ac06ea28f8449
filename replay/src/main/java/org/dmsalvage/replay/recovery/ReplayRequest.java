package org.dmsalvage.replay.recovery;

import java.util.OptionalLong;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What to replay, and how.
 *
 * @param images the cache, its companions and what is known of them
 * @param policy whose rules decide
 * @param logicalBytes size of the logical device if there is no backing device: what the user or
 *     the table says; empty for the end of the last cached address
 * @param selection which writes count
 * @param progress told about bytes read
 */
public record ReplayRequest(
    OpenRequest images,
    Policy policy,
    OptionalLong logicalBytes,
    Selection selection,
    Progress progress) {

  /** {@return a request for everything committed, sized by the backing device or the log} */
  public static ReplayRequest of(OpenRequest images, Policy policy, Progress progress) {
    return new ReplayRequest(images, policy, OptionalLong.empty(), Selection.COMMITTED, progress);
  }

  /** {@return this request for other images} */
  public ReplayRequest withImages(OpenRequest others) {
    return new ReplayRequest(others, policy, logicalBytes, selection, progress);
  }
}
