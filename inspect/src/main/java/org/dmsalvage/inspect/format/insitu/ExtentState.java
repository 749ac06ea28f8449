package org.dmsalvage.inspect.format.insitu;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What reading the payload of an extent showed. */
public enum ExtentState {
  /** Never written; reads as zeros. */
  UNWRITTEN,
  /** Stored without compression: readable, but nothing proves it. */
  UNPROVEN,
  /** The payload decompresses to exactly the extent, and its trailing length is right. */
  OK,
  /**
   * A payload proves itself at the extent's place, with length and size, but it is not the one that
   * the bitmap describes: one was written without the other.
   */
  STALE,
  /** The payload decompresses to exactly the extent, but the trailing length is another one. */
  DOUBTFUL,
  /** The payload ends before the extent, and its trailing length does not prove it. */
  SHORT,
  /** The payload does not decompress. */
  DAMAGED,
  /** Part of the payload cannot be read. */
  UNREADABLE,
  /** Tails without a head: nothing says where their payload stands. */
  HEADLESS,
  /** The bits that describe the blocks cannot be read. */
  UNKNOWN;

  /** {@return the word for lists and filters} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return all words} */
  static List<String> words() {
    return Arrays.stream(values()).map(ExtentState::toString).toList();
  }
}
