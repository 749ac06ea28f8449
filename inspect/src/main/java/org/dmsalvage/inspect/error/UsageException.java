package org.dmsalvage.inspect.error;

/** Options that contradict each other, or the image they are applied to. */
public final class UsageException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** Takes the complete message. */
  public UsageException(String message) {
    super(message);
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.USAGE;
  }
}
