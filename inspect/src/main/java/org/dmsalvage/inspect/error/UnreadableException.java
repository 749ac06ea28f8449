package org.dmsalvage.inspect.error;

import java.io.IOException;

/** A range of an image, or a whole image, could not be read. */
public final class UnreadableException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** An image that cannot be opened at all. */
  public UnreadableException(String image, String reason) {
    super("%s: %s".formatted(image, reason));
  }

  /**
   * A range that the operating system refuses to read.
   *
   * @param image name of the image as the user gave it
   * @param offset first byte of the range in the image
   * @param length bytes wanted
   * @param cause what the operating system said
   */
  public UnreadableException(String image, long offset, long length, IOException cause) {
    super(
        "%s: cannot read %d bytes at offset %d (0x%x): %s"
            .formatted(image, length, offset, offset, cause.getMessage()),
        cause);
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.OPERATIONAL;
  }
}
