package org.dmsalvage.replay.clean;

import java.nio.ByteBuffer;

/** Takes writes to the images of a cache. */
public interface WriteSink {

  /** The images that a cache is made of, besides its backing device. */
  enum Image {
    /** The cache device. */
    CACHE,
    /** The persistent log of a writeboost of type 1. */
    PLOG
  }

  /**
   * Writes whole sectors.
   *
   * @param image which device
   * @param offset first byte, a multiple of the sector size
   * @param bytes what to write, from position to limit; a multiple of the sector size, not kept
   */
  void write(Image image, long offset, ByteBuffer bytes);

  /** Makes everything written so far durable before anything that follows. */
  void sync();
}
