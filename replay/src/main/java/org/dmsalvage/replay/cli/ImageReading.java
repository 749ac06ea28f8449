package org.dmsalvage.replay.cli;

import org.dmsalvage.inspect.Formats;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/** Opens images for commands that can do with structures alone. */
final class ImageReading {

  private ImageReading() {}

  /**
   * Opens every image that options name; of a pack, what can be told of it without contents is
   * told.
   *
   * @param contents whether what users stored is needed
   * @throws UnsupportedImageException if it is, or the format cannot be understood without it, and
   *     the cache is a pack
   */
  static ImageOptions.Opened open(ImageOptions images, boolean contents) {
    if (contents) {
      return images.open();
    }
    ImageOptions.Opened opened = images.openAny();
    if (opened.packed() && Formats.open(opened.request()).structures().readsContents()) {
      opened.close();
      throw images.withoutContents();
    }
    return opened;
  }
}
