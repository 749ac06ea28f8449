package org.dmsalvage.inspect.codec;

/** How the decoding of a stream ended. */
public enum DecodeStatus {
  /** The stream came to its end, exactly where the input ends. */
  COMPLETE,
  /** The stream came to its end, and input is left behind it. */
  INPUT_LEFT,
  /** The input ends inside the stream. */
  INPUT_OVERRUN,
  /** The stream holds more than there is room for. */
  OUTPUT_OVERRUN,
  /** The stream refers to output before its first byte (LZO only). */
  LOOKBEHIND_OVERRUN,
  /** The stream contradicts its format (deflate only: for LZO any bytes mean something). */
  MALFORMED;

  /** {@return whether the stream came to its end, with or without input left} */
  public boolean ended() {
    return this == COMPLETE || this == INPUT_LEFT;
  }
}
