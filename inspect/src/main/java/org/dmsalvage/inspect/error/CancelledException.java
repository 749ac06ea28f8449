package org.dmsalvage.inspect.error;

/** The user asked to stop; whatever was being written has been taken back. */
public final class CancelledException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** Takes what was going on, for the message. */
  public CancelledException(String task) {
    super("cancelled: " + task);
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.CANCELLED;
  }
}
