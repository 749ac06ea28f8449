package org.dmsalvage.replay.recovery;

import java.util.Locale;
import org.dmsalvage.inspect.check.Rule;
import org.jspecify.annotations.Nullable;

/**
 * What the real driver would do with the device.
 *
 * @param outcome of the attach
 * @param reason why, with the rule that says so
 * @param writeback whether writing everything back later would end
 */
public record DriverOutcome(Outcome outcome, String reason, Writeback writeback) {

  /** How an attach ends. */
  public enum Outcome {
    /** The device comes up with the cache's contents. */
    ACCEPT,
    /** The constructor returns an error and has written nothing. */
    REFUSE,
    /** The cache is formatted without a word: the logical device is the bare backing device. */
    FORMAT,
    /** The kernel stops with a BUG, an oops or a divide error. */
    CRASH,
    /** The attach never returns. */
    HANG;

    /** {@return the word of the JSON contract} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** How writing back ends. */
  public enum Writeback {
    /** All dirty data reaches the backing device. */
    COMPLETES,
    /** An error stops it. */
    FAILS,
    /** It never ends. */
    HANGS;

    /** {@return the word of the JSON contract} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** {@return the first rule that the reason cites; null if it cites none} */
  public @Nullable Rule rule() {
    return Rule.citedBy(reason).stream().findFirst().orElse(null);
  }

  /** An attach that works in every respect. */
  public static DriverOutcome accepted() {
    return new DriverOutcome(Outcome.ACCEPT, "", Writeback.COMPLETES);
  }
}
