package org.dmsalvage.replay.recovery;

import java.util.Locale;
import org.dmsalvage.inspect.check.Rule;
import org.jspecify.annotations.Nullable;

/**
 * What the driver makes of a range that salvage shows otherwise.
 *
 * @param kind what it does to the data
 * @param rule the rule that leads to it; null where none of the driver's does, as with bytes that
 *     cannot be read
 * @param salvage what salvage shows, such as "segment id 17" or "backing device"
 * @param driver what the driver shows
 */
public record Difference(Kind kind, @Nullable Rule rule, String salvage, String driver) {

  /** What happens to data. Declared in the order in which summaries have them. */
  public enum Kind {
    /** The cache has it and the driver does not show it, nor any older version in the cache. */
    DROPPED("is in the cache, and the driver shows what lies below it"),
    /** The driver shows an older version that the cache has too. */
    OLDER("goes back in time: the driver shows an older version from the cache"),
    /** The driver shows something from the cache that is long superseded. */
    RESURRECTED("comes back from the dead: the driver shows cached data that counts no more"),
    /** The driver shows bytes that were never written to this place. */
    SPOILT("is spoilt: the driver shows what was never written there"),
    /** The driver fails reads. */
    UNREADABLE("cannot be read through the driver");

    private final String meaning;

    Kind(String meaning) {
      this.meaning = meaning;
    }

    /** {@return what the driver does to such a sector, as the end of a sentence} */
    public String meaning() {
      return meaning;
    }

    /** {@return the word of reports} */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
