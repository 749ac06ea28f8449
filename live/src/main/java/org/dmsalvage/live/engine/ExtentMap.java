package org.dmsalvage.live.engine;

/** Tells of each byte of a device some property, such as whether it is dirty. */
@FunctionalInterface
public interface ExtentMap {

  /**
   * Finds out how far the property stays the same.
   *
   * @param offset first byte, less than the size of the device
   * @param limit first byte that nobody asks about, behind {@code offset}
   * @return the stretch that begins there; it ends behind {@code offset}, and may end behind {@code
   *     limit}
   */
  Extent at(long offset, long limit);
}
