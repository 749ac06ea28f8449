package org.dmsalvage.replay.undo;

import java.util.Locale;

/** How far the writes have come that an undo file can take back. */
public enum UndoState {
  /** Writing has begun and was not finished, or something could not be written. */
  OPEN(1),
  /** Everything was written. */
  COMPLETE(2),
  /** Taking back has begun and was not finished. */
  UNDOING(3),
  /** Everything was taken back. */
  UNDONE(4);

  private final int code;

  UndoState(int code) {
    this.code = code;
  }

  /** {@return the number in the file} */
  int code() {
    return code;
  }

  /** {@return the word for reports} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
