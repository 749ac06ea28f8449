package org.dmsalvage.live.engine;

import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.device.Targets;

/**
 * When a device may be formatted. The drivers look at a few zeros and format, also the disk whose
 * name stands where the cache's belongs (the superblock of ext4 begins behind zeros), and a cache
 * that has lost its first sector. This program is run by people who have no second copy.
 */
public final class Formatting {

  private Formatting() {}

  /**
   * Makes sure that nothing is recognised on a device.
   *
   * @param device that would be formatted
   * @throws UnsupportedImageException if it is more than zeros or unknown bytes
   */
  public static void refuseContents(BlockSource device) {
    String contents = Targets.contents(device);
    if (!contents.isEmpty()) {
      throw refusal(device, contents);
    }
  }

  /** {@return what to throw if something is found on a device that would be formatted} */
  public static UnsupportedImageException refusal(BlockSource device, String contents) {
    return new UnsupportedImageException(
        device.name(),
        "is not formatted, since it holds "
            + contents
            + "; 'dmsalvage repair' restores a superblock that was lost; a device that is all zeros"
            + " is formatted");
  }
}
