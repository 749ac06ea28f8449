package org.dmsalvage.replay.recovery;

import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Every version of each sector that a cache still holds, whether or not it shows. Safe for use by
 * several threads.
 */
@FunctionalInterface
public interface LoggedVersions {

  /**
   * {@return the versions of a sector, the newest first as far as an order is known}
   *
   * @param sector address on the logical device, in sectors
   */
  List<Version> of(long sector);

  /** {@return whether any version can be {@link Version#held}} */
  default boolean proves() {
    return false;
  }

  /** How a version stands to the one that the logical device shows. */
  enum Age {
    /** It shows. */
    SHOWN,
    /** It was written before. */
    OLDER,
    /** It was written afterwards, and does not count: uncommitted, or behind a point in time. */
    NEWER
  }

  /**
   * A version of a sector.
   *
   * @param image that holds it
   * @param offset of its first byte there
   * @param what the structure that it is in, such as "segment id"
   * @param id number of that structure, unsigned
   * @param age how it stands to the one that shows
   * @param held whether the backing device is known to have held it, at a time since which the log
   *     has every write
   */
  record Version(BlockSource image, long offset, String what, long id, Age age, boolean held) {

    /** {@return what it is, for people} */
    public String label() {
      return what + " " + Long.toUnsignedString(id);
    }
  }
}
