package org.dmsalvage.inspect.format;

import java.util.List;

/**
 * A format that was recognised in an image.
 *
 * @param format the format, one of {@link CacheFormat#formats()}
 * @param confidence how sure
 * @param evidence what speaks for and against it, one sentence each, with offsets
 */
public record Detection(String format, Confidence confidence, List<String> evidence) {

  /** How sure a detection is, in rising order. */
  public enum Confidence {
    /** Only weak marks: a damaged superblock with some plausible structure behind it. */
    POSSIBLE,
    /** Good marks that damage has made incomplete. */
    LIKELY,
    /** The magic number and the structures behind it agree. */
    CERTAIN
  }

  /** Keeps a copy of the evidence. */
  public Detection {
    evidence = List.copyOf(evidence);
  }
}
