package org.dmsalvage.replay.map;

import java.util.Locale;

/** What became of a range of the logical device. */
public enum RangeStatus {
  /** The cache does not have it: it is what the backing device holds, or was never written. */
  UNTOUCHED,
  /** It comes from the cache. */
  RECOVERED,
  /** Its newest copy is damaged or doubtful: an older version may show. */
  AT_RISK,
  /** No version of it can be had. */
  LOST;

  /** {@return the word of lists} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
