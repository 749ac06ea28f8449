package org.dmsalvage.replay.undo;

import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.replay.recovery.Loss;

/** What can go wrong with a range while a device is written in place. */
enum WriteCode {
  /** What should be written cannot be read; the device keeps what it has. */
  SOURCE("FL-SOURCE-UNREADABLE"),
  /** The device refuses the write. */
  TARGET("FL-TARGET-UNWRITABLE"),
  /** What was overwritten could not be read before, so it cannot be put back. */
  NOT_SAVED("FL-NOT-SAVED");

  private final String id;

  WriteCode(String id) {
    this.id = id;
  }

  /** {@return a range that it happened to} */
  Loss loss(String device, long offset, int length, String reason) {
    return new Loss(
        id, device, offset, length, UndoBatch.units(length), reason, Facts.builder().build());
  }
}
