package org.dmsalvage.inspect.error;

import java.io.IOException;

/**
 * The server that an image comes from has gone, and does not come back. Unlike a range that cannot
 * be read, this says nothing about the image: whoever went on would take all that is left of it for
 * damaged.
 */
public final class ServerLostException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /**
   * A range that was asked for when the server was found gone.
   *
   * @param image name of the image as the user gave it
   * @param offset first byte of the range in the image
   * @param length bytes wanted
   * @param cause how that was found
   */
  public ServerLostException(String image, long offset, long length, IOException cause) {
    super(
        "%s: the server is lost while %d bytes at offset %d (0x%x) are read: %s"
            .formatted(image, length, offset, offset, cause.getMessage()),
        cause);
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.OPERATIONAL;
  }
}
