package org.dmsalvage.live.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.replay.device.Posix;
import org.jspecify.annotations.Nullable;

/**
 * A socket that clients connect to.
 *
 * @param channel bound
 * @param file its name in the file system, which goes with it; null if it has none, or another
 *     program made it
 * @param directory made for the socket alone; null if it was not
 * @param passed whether it was passed to this process by the one that started it, which then knows
 *     the address
 */
record Listener(
    ServerSocketChannel channel, @Nullable Path file, @Nullable Path directory, boolean passed)
    implements AutoCloseable {

  private static final int FIRST_PASSED_DESCRIPTOR = 3;

  /**
   * Opens the socket that the options name, or the one that was passed to this process.
   *
   * @param environment of the process
   * @throws OutputException if the socket cannot be made
   * @throws UsageException if the options make no sense
   */
  static Listener open(ListenOptions options, Map<String, String> environment) {
    if (options.listen != null) {
      return tcp(options.listen, options.tls == ListenOptions.Tls.REQUIRE);
    }
    if (options.socket != null) {
      return unix(options.socket, null);
    }
    String pid = Long.toString(ProcessHandle.current().pid());
    if (pid.equals(environment.get("LISTEN_PID")) && environment.containsKey("LISTEN_FDS")) {
      return passed(environment.getOrDefault("LISTEN_FDS", ""));
    }
    String runtime = environment.get("XDG_RUNTIME_DIR");
    try {
      Path directory =
          runtime != null && Files.isDirectory(Path.of(runtime))
              ? Files.createTempDirectory(Path.of(runtime), "dmsalvage-")
              : Files.createTempDirectory("dmsalvage-");
      return unix(directory.resolve("nbd.sock"), directory);
    } catch (IOException e) {
      throw new OutputException("socket", "cannot make a directory for it", e);
    }
  }

  /**
   * Finds out which TCP port is meant.
   *
   * @param option that names it, for messages
   * @param place as in {@code [HOST:]PORT}; the host is this machine alone if it is left out
   * @throws UsageException if it is no such thing, or there is no such host
   */
  static InetSocketAddress address(String option, String place) {
    int colon = place.lastIndexOf(':');
    String host = colon < 0 ? "127.0.0.1" : place.substring(0, colon).replaceAll("^\\[|]$", "");
    int port;
    try {
      port = Integer.parseInt(place.substring(colon + 1));
    } catch (NumberFormatException _) {
      port = -1;
    }
    if (port < 0 || port > 0xffff || host.isEmpty()) {
      throw new UsageException(option + ": '" + place + "' is not [HOST:]PORT");
    }
    InetSocketAddress address = new InetSocketAddress(host, port);
    if (address.isUnresolved()) {
      throw new UsageException(option + ": there is no host '" + host + "'");
    }
    return address;
  }

  private static Listener tcp(String place, boolean secured) {
    InetSocketAddress address = address("--listen", place);
    if (!address.getAddress().isLoopbackAddress() && !secured) {
      throw new UsageException("--listen: other machines are let in with --tls require only");
    }
    try {
      return new Listener(ServerSocketChannel.open().bind(address), null, null, false);
    } catch (IOException e) {
      throw new OutputException(place, "cannot listen", e);
    }
  }

  /**
   * Makes a Unix socket that only the user can connect to.
   *
   * @throws OutputException if another server listens there, or it cannot be made
   */
  static Listener unix(Path file) {
    return unix(file, null);
  }

  private static Listener unix(Path file, @Nullable Path directory) {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(file);
    removeAbandoned(file, address);
    try {
      ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
      Listener listener = new Listener(channel.bind(address), file, directory, false);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      return listener;
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot listen", e);
    }
  }

  /** A server that was killed leaves its socket behind, and nobody can bind to it again. */
  private static void removeAbandoned(Path file, SocketAddress address) {
    if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    if (!isSocket(file)) {
      throw new OutputException(file.toString(), "exists and is no socket");
    }
    try (SocketChannel _ = SocketChannel.open(address)) {
      throw new OutputException(file.toString(), "another server listens there");
    } catch (IOException refused) {
      if (!(refused instanceof ConnectException)) {
        throw new OutputException(file.toString(), "cannot find out who listens there", refused);
      }
      try {
        Files.delete(file);
      } catch (IOException e) {
        throw new OutputException(file.toString(), "cannot remove the abandoned socket", e);
      }
    }
  }

  /** Anything else at the name was not left by a server: as root, one may name a disk. */
  private static boolean isSocket(Path file) {
    try {
      int mode = (Integer) Files.getAttribute(file, "unix:mode", LinkOption.NOFOLLOW_LINKS);
      return (mode & 0170000) == 0140000;
    } catch (IOException e) {
      throw new OutputException(file.toString(), "cannot find out what it is", e);
    }
  }

  /**
   * Takes over the socket that systemd passed (sd_listen_fds(3)): Java only looks for one at the
   * descriptor of standard input.
   */
  private static Listener passed(String count) {
    if (!count.equals("1")) {
      throw new UsageException("LISTEN_FDS=" + count + ": this server takes exactly one socket");
    }
    try {
      Posix.duplicate(FIRST_PASSED_DESCRIPTOR, 0);
      Channel channel = System.inheritedChannel();
      if (channel instanceof ServerSocketChannel listening) {
        return new Listener(listening, null, null, true);
      }
      throw new UsageException("LISTEN_FDS=1, but descriptor 3 is no socket that listens");
    } catch (IOException e) {
      throw new OutputException("descriptor 3", "cannot take over the socket", e);
    }
  }

  /**
   * Writes the address of an export (doc/uri.md of the NetworkBlockDevice project).
   *
   * @param export its name
   * @param secured whether clients have to start TLS
   */
  String uri(String export, boolean secured) {
    String scheme = secured ? "nbds" : "nbd";
    try {
      return switch (channel.getLocalAddress()) {
        case UnixDomainSocketAddress unix ->
            new URI(scheme + "+unix", "", "/" + export, "socket=" + unix.getPath(), null)
                .toASCIIString();
        case InetSocketAddress inet ->
            new URI(
                    scheme,
                    null,
                    inet.getAddress().getHostAddress(),
                    inet.getPort(),
                    "/" + export,
                    null,
                    null)
                .toASCIIString();
        default -> "";
      };
    } catch (IOException | URISyntaxException e) {
      throw new OutputException("socket", "has no address: " + e.getMessage());
    }
  }

  /** Closes the socket and removes its name. */
  @Override
  public void close() {
    try {
      channel.close();
      if (file != null) {
        boolean _ = Files.deleteIfExists(file);
      }
      if (directory != null) {
        Files.delete(directory);
      }
    } catch (IOException _) {
      // What is left behind harms nobody.
    }
  }
}
