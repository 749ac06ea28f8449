package org.dmsalvage.inspect.error;

/** Exit statuses, with the meaning that fsck(8) gives them. */
public enum ExitStatus {
  /** Nothing is wrong, or what was asked for was done. */
  OK(0),
  /** Errors were found and corrected. */
  CORRECTED(1),
  /** Errors were found and left as they are, or data is lost or at risk. */
  UNCORRECTED(4),
  /** The work could not be done: unreadable input, full disk, no known format. */
  OPERATIONAL(8),
  /** The command line makes no sense. */
  USAGE(16),
  /** The user stopped the command. */
  CANCELLED(32);

  private final int code;

  ExitStatus(int code) {
    this.code = code;
  }

  /** {@return the number given to the operating system} */
  public int code() {
    return code;
  }
}
