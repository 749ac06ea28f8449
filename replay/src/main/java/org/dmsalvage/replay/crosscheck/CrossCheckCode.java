package org.dmsalvage.replay.crosscheck;

import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.check.Severity;

/** Findings about the backing device beside its cache. */
public enum CrossCheckCode implements FindingCode {
  /** Data that contradicts the log. */
  FOREIGN_BACKING(
      "XC-FOREIGN-BACKING",
      Severity.ERROR,
      "The backing device holds data that contradicts the log: it was probably written without its"
          + " cache, and writing back would overwrite newer data.",
      "Find out when the disk was used without its cache, and which of the two states is wanted,"
          + " before anything is written back."),
  /** Data that the log knows, newer than what it shows. */
  NEWER_BACKING(
      "XC-NEWER-BACKING",
      Severity.WARNING,
      "The backing device holds a newer version than the one that is shown: writing back would take"
          + " the sector back in time.",
      "Nothing needs to be done if an older point in time was asked for; else do not write back"
          + " before it is explained.");

  private final About about;

  CrossCheckCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  @Override
  public About about() {
    return about;
  }
}
