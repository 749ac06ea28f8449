package org.dmsalvage.inspect.error;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;

/** An output could not be made, or must not be overwritten. */
public final class OutputException extends SalvageException {

  private static final long serialVersionUID = 1L;

  /** A refusal before anything was written. */
  public OutputException(String output, String reason) {
    super("%s: %s".formatted(output, reason));
  }

  /** A failure of the operating system while writing. */
  public OutputException(String output, String doing, IOException cause) {
    super("%s: %s: %s".formatted(output, doing, reason(cause)), cause);
  }

  /** The commonest exceptions of files have nothing but the path to say. */
  private static @Nullable String reason(IOException cause) {
    return switch (cause) {
      case NoSuchFileException _ -> "no such file or directory";
      case AccessDeniedException _ -> "permission denied";
      default -> cause.getMessage();
    };
  }

  @Override
  public ExitStatus exitStatus() {
    return ExitStatus.OPERATIONAL;
  }
}
