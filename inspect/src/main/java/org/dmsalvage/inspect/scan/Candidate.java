package org.dmsalvage.inspect.scan;

import java.util.List;

/**
 * A device, or a part of one, that a scan has found.
 *
 * @param kind what it is: {@code writeboost}, {@code writecache}, {@code insitu}, {@code plog},
 *     {@code entries}
 * @param format as {@code --format} takes it; empty if it is not known
 * @param offset where the device begins, in bytes
 * @param size of the device in bytes; -1 if nothing tells
 * @param certain whether a superblock or checksums prove it
 * @param evidence what was found, one sentence each
 * @param options that open it, for inspect and the other commands; empty if nothing can
 */
public record Candidate(
    String kind,
    String format,
    long offset,
    long size,
    boolean certain,
    List<String> evidence,
    List<String> options) {

  /** Keeps copies of the lists. */
  public Candidate {
    evidence = List.copyOf(evidence);
    options = List.copyOf(options);
  }
}
