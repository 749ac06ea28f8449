package org.dmsalvage.inspect.error;

import java.io.IOException;

/** An output could not be made, or must not be overwritten. */
public final class OutputException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** A refusal before anything was written. */
  public OutputException(String output, String reason) {
    super("%s: %s".formatted(output, reason));
  }

  /** A failure of the operating system while writing. */
  public OutputException(String output, String doing, IOException cause) {
    super("%s: %s: %s".formatted(output, doing, cause.getMessage()), cause);
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.OPERATIONAL;
  }
}
