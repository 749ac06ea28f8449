package org.dmsalvage.replay.recovery;

import java.util.Locale;

/** Whose rules decide what the logical device holds. */
public enum Policy {
  /** The most that can be proved good: each structure stands for itself. */
  SALVAGE,
  /** Byte for byte what the real driver would give after a resume, its mistakes included. */
  DRIVER;

  /** {@return the word of the command line} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
