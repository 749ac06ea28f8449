package org.dmsalvage.inspect.check;

/** Findings that any format can have. */
public enum CommonCode implements FindingCode {
  /** The operating system could not read a range. */
  UNREADABLE(
      "IO-UNREADABLE",
      Severity.ERROR,
      "A range of the image cannot be read; whatever stands there is unknown.",
      "Image the device with ddrescue and work on the copy."),
  /** The image ends inside a structure. */
  TRUNCATED(
      "IO-TRUNCATED",
      Severity.ERROR,
      "The image ends inside a structure that should be complete.",
      "Make sure that the whole device was imaged.");

  private final About about;

  CommonCode(String id, Severity severity, String meaning, String remedy) {
    about = new About(id, severity, meaning, remedy);
  }

  @Override
  public About about() {
    return about;
  }
}
