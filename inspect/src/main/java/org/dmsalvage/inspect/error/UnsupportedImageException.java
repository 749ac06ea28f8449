package org.dmsalvage.inspect.error;

/** The bytes are readable, but they are not what the command needs. */
public final class UnsupportedImageException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** A reason that concerns the image as a whole. */
  public UnsupportedImageException(String image, String reason) {
    super("%s: %s".formatted(image, reason));
  }

  /**
   * A value at one place that makes the image unusable.
   *
   * @param image name of the image as the user gave it
   * @param offset byte offset of the value
   * @param expected what should stand there
   * @param found what stands there
   */
  public UnsupportedImageException(String image, long offset, String expected, String found) {
    super(
        "%s: offset %d (0x%x): expected %s, found %s"
            .formatted(image, offset, offset, expected, found));
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.OPERATIONAL;
  }
}
