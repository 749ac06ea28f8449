package org.dmsalvage.replay.recovery;

import java.util.Optional;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.replay.clean.Emptier;

/** Replays the caches of one family of formats. */
public interface Replayer {

  /** {@return the name of the family, as its {@code CacheFormat} gives it} */
  String family();

  /**
   * Works out what the logical device holds.
   *
   * <p>Under {@link Policy#DRIVER} a device that the driver would refuse or crash on yields a
   * recovery all the same: its {@link ReplayReport#driver()} says so and its logical device is
   * absent.
   *
   * @param request the images, with the format named, and how to replay them
   * @return the recovery, which reads through the sources of the request and does not close them
   * @throws UnsupportedImageException if the bytes make no sense as this format (salvage only)
   * @throws UsageException if the options contradict each other
   */
  Recovery replay(ReplayRequest request);

  /**
   * Works out what the log can tell of the past, by the rules of {@link Policy#SALVAGE}.
   *
   * @param request as for {@link #replay}; its policy and point in time do not matter
   * @return the timeline, which reads through the sources of the request and does not close them
   * @throws UnsupportedImageException if the bytes make no sense as this format
   * @throws UsageException if the format keeps no log, or the options contradict each other
   */
  default Timeline timeline(ReplayRequest request) {
    throw new UsageException(family() + " keeps no log, so there is no past to show");
  }

  /**
   * {@return what makes a cache clean once its data has reached the backing device; empty if the
   * format has no backing device}
   */
  Optional<Emptier> emptier();
}
