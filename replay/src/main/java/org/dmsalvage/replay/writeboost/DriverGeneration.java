package org.dmsalvage.replay.writeboost;

import org.dmsalvage.inspect.error.UsageException;

/** The drivers whose rules differ. */
enum DriverGeneration {
  /** The lap format of 2013. */
  LAPS_2013("writeboost-2013", 4, 11),
  /** The staging patch of December 2014. */
  STAGING_2014("writeboost-2014", 4, 10),
  /** The module, as of 2.2.17. */
  MODULE_2("writeboost-2", 10, 10);

  private final String format;
  private final int minOrder;
  private final int maxOrder;

  DriverGeneration(String format, int minOrder, int maxOrder) {
    this.format = format;
    this.minOrder = minOrder;
    this.maxOrder = maxOrder;
  }

  /** {@return whether the constructor takes a segment_size_order} */
  boolean acceptsOrder(int order) {
    return order >= minOrder && order <= maxOrder;
  }

  /**
   * {@return the generation that writes a format}
   *
   * @throws UsageException if it is no format of writeboost
   */
  static DriverGeneration of(String format) {
    for (DriverGeneration generation : values()) {
      if (generation.format.equals(format)) {
        return generation;
      }
    }
    throw new UsageException(format + " is no format of writeboost");
  }
}
