package org.dmsalvage.replay.undo;

import java.util.Locale;

/**
 * A device that an undo file can restore.
 *
 * @param role what the device is
 * @param path absolute path at the time of writing
 * @param bytes its size, by which another device is refused
 * @param model vendor and model of the disk; empty if unknown
 */
public record UndoTarget(Role role, String path, long bytes, String model) {

  /** What a device is to the cache. */
  public enum Role {
    /** The disk behind the cache. */
    BACKING(1),
    /** The cache itself. */
    CACHE(2),
    /** The persistent log of a writeboost. */
    PLOG(3);

    private final int code;

    Role(int code) {
      this.code = code;
    }

    /** {@return the number in the file} */
    int code() {
      return code;
    }

    /** {@return the word of the command line} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
