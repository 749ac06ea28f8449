package org.dmsalvage.inspect.cli;

/** Nobody reads standard output any more; the command ends quietly. */
final class ClosedPipeException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ClosedPipeException() {
    super("closed pipe", null, false, false);
  }
}
