package org.dmsalvage.inspect.cli;

import java.io.IOException;
import java.io.OutputStream;
import org.dmsalvage.inspect.error.OutputException;

/**
 * Standard output that does not swallow failures: {@link java.io.PrintWriter} forgets an {@link
 * IOException}, so each becomes an unchecked exception here.
 */
final class StandardOutput extends OutputStream {

  private final OutputStream out;

  StandardOutput(OutputStream out) {
    this.out = out;
  }

  /** A write to the operating system. */
  @FunctionalInterface
  private interface Write {
    void run() throws IOException;
  }

  private static void check(Write write) {
    try {
      write.run();
    } catch (IOException e) {
      String message = e.getMessage();
      if (message != null && message.contains("Broken pipe")) {
        throw new ClosedPipeException();
      }
      throw new OutputException("standard output", "cannot write", e);
    }
  }

  @Override
  public void write(int b) {
    check(() -> out.write(b));
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    check(() -> out.write(bytes, offset, length));
  }

  @Override
  public void flush() {
    check(out::flush);
  }
}
