package org.dmsalvage.live.control;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.dmsalvage.inspect.error.UnreadableException;

/** Sends commands to a running server. */
public final class ControlClient {

  private ControlClient() {}

  /**
   * What a server answered.
   *
   * @param status exit status that the command should have
   * @param text what it should print: results, or the reason of a failure
   */
  public record Answer(int status, String text) {}

  /**
   * Sends one command and waits for its answer.
   *
   * @param socket where the server listens
   * @param words the command
   * @throws UnreadableException if no server answers there
   */
  public static Answer ask(Path socket, List<String> words) {
    ByteBuffer request = ControlProtocol.encode(words);
    try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
      while (request.hasRemaining()) {
        int _ = channel.write(request);
      }
      String answer =
          new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
      int end = answer.indexOf('\n');
      String head = answer.substring(0, Math.max(end, 0));
      String text = answer.substring(end + 1);
      if (head.equals("ok")) {
        return new Answer(0, text);
      }
      if (head.matches("error [0-9]{1,3}")) {
        return new Answer(Integer.parseInt(head.substring("error ".length())), text);
      }
      throw new UnreadableException(socket.toString(), "the server gave no answer");
    } catch (IOException e) {
      throw new UnreadableException(
          socket.toString(), "no server can be asked there: " + e.getMessage());
    }
  }
}
