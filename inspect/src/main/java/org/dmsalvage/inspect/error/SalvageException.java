package org.dmsalvage.inspect.error;

/** Base of all failures that end a command; the message is complete and meant for the user. */
public abstract sealed class SalvageException extends RuntimeException
    permits CancelledException,
        OutputException,
        ServerLostException,
        UnreadableException,
        UnsupportedImageException,
        UsageException {

  private static final long serialVersionUID = 1L;

  SalvageException(String message) {
    super(message);
  }

  SalvageException(String message, Throwable cause) {
    super(message, cause);
  }

  /** {@return the exit status of a command that ends with this failure} */
  public abstract ExitStatus exitStatus();
}
