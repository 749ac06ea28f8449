package org.dmsalvage.replay.recovery;

import org.dmsalvage.inspect.fact.Facts;

/**
 * Blocks that a cache holds besides those that count: written and never committed, or freed with
 * their data still standing. Read again each time they are asked for, so that any number of them
 * needs no memory.
 */
public interface Candidates {

  /**
   * Gives every block worth looking at, in the order in which they stand in the cache.
   *
   * @param visitor receives them
   * @return how many blocks of each kind there are, those that were not given included
   */
  Facts forEach(Visitor visitor);

  /** Receives candidates. */
  @FunctionalInterface
  interface Visitor {
    /** Takes one. */
    void candidate(Candidate candidate);
  }

  /**
   * A block.
   *
   * @param state the format's word for what it is
   * @param shown whether the logical device shows it
   * @param offset where it belongs on the logical device, in bytes
   * @param length its bytes
   * @param image name of the image that holds it
   * @param dataOffset its first byte there
   * @param known what is known about it, in words
   * @param details the same as values
   */
  record Candidate(
      String state,
      boolean shown,
      long offset,
      long length,
      String image,
      long dataOffset,
      String known,
      Facts details) {}
}
