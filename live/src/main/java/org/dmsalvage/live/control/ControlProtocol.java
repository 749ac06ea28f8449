package org.dmsalvage.live.control;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.dmsalvage.inspect.error.UsageException;

/**
 * How a command talks to a running server: one request and one answer a connection, in UTF-8.
 *
 * <pre>
 * request   words separated by tabs, ended by a line feed
 * answer    "ok" or "error STATUS", a line feed, text to the end of the connection;
 *           STATUS is the exit status of the command
 * </pre>
 */
final class ControlProtocol {

  /** Longest request. */
  static final int MAX_BYTES = 1 << 16;

  private ControlProtocol() {}

  /** {@return a request as it is sent} */
  static ByteBuffer encode(List<String> words) {
    for (String word : words) {
      if (word.indexOf('\t') >= 0 || word.indexOf('\n') >= 0) {
        throw new UsageException("a word with a tab or a line feed in it");
      }
    }
    byte[] bytes = (String.join("\t", words) + "\n").getBytes(StandardCharsets.UTF_8);
    if (bytes.length > MAX_BYTES) {
      throw new UsageException("more than " + MAX_BYTES + " bytes");
    }
    return ByteBuffer.wrap(bytes);
  }

  /**
   * Receives a request.
   *
   * @throws IOException if it is too long, or the connection ends before it does
   */
  static List<String> receive(ByteChannel channel) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES);
    while (bytes.position() == 0 || bytes.get(bytes.position() - 1) != '\n') {
      if (!bytes.hasRemaining()) {
        throw new IOException("a request of more than " + MAX_BYTES + " bytes");
      }
      if (channel.read(bytes) < 0) {
        throw new EOFException("half a request");
      }
    }
    String line = StandardCharsets.UTF_8.decode(bytes.flip()).toString().stripTrailing();
    return List.of(line.split("\t", -1));
  }
}
