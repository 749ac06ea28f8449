package org.dmsalvage.replay.clean;

import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.progress.Progress;

/** Empties the caches of one family of formats. */
@FunctionalInterface
public interface Emptier {

  /**
   * Works out the writes that leave a cache clean, and hands them over in order.
   *
   * <p>The images are read before and between the writes. An image that is clean already needs no
   * write.
   *
   * @param images the cache and its companions, with the format named, as salvage replays them
   * @param sink receives the writes; the last call is a {@link WriteSink#sync} if there was any
   * @param progress told about bytes read
   * @throws UnreadableException if a structure that must be changed cannot be read
   * @throws UnsupportedImageException if the image must be repaired first
   */
  void empty(OpenRequest images, WriteSink sink, Progress progress);
}
