package org.dmsalvage.replay.device;

import java.io.IOException;

/** A write failed because the file system is full: later writes would fail, too. */
public final class NoSpaceException extends IOException {

  private static final long serialVersionUID = 1L;

  /** Takes what the operating system said. */
  public NoSpaceException(IOException cause) {
    super(cause.getMessage(), cause);
  }
}
