package org.dmsalvage.inspect.nbd;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.InvalidPathException;
import org.dmsalvage.inspect.error.UsageException;
import org.jspecify.annotations.Nullable;

/**
 * Name of an export: {@code nbd://host[:port]/export} or {@code nbd+unix:///export?socket=PATH}
 * (doc/uri.md of the NBD project).
 *
 * @param text as the user gave it
 * @param host of the server; null for a socket
 * @param port of the server
 * @param socket path of the socket; null for a host
 * @param export name of the export, often empty
 */
public record NbdUri(
    String text, @Nullable String host, int port, @Nullable String socket, String export) {

  private static final String TCP = "nbd";
  private static final String UNIX = "nbd+unix";

  /** {@return whether a name is meant for an export and not for a file} */
  public static boolean matches(String name) {
    return name.startsWith(TCP + "://") || name.startsWith(UNIX + "://");
  }

  /**
   * Takes a name apart.
   *
   * @throws UsageException if it is none of an export
   */
  public static NbdUri parse(String text) {
    try {
      URI uri = new URI(text);
      String path = uri.getPath() == null ? "" : uri.getPath();
      String export = path.startsWith("/") ? path.substring(1) : path;
      if (TCP.equals(uri.getScheme()) && uri.getHost() != null) {
        String host = uri.getHost().replaceAll("^\\[|]$", "");
        return new NbdUri(text, host, uri.getPort() < 0 ? Nbd.PORT : uri.getPort(), null, export);
      }
      String socket = parameter(uri.getRawQuery(), "socket");
      if (UNIX.equals(uri.getScheme()) && socket != null) {
        return new NbdUri(text, null, 0, socket, export);
      }
    } catch (URISyntaxException | IllegalArgumentException _) {
      // Told below.
    }
    throw new UsageException(
        text + ": neither nbd://HOST[:PORT]/EXPORT nor nbd+unix:///EXPORT?socket=PATH");
  }

  private static @Nullable String parameter(@Nullable String query, String name) {
    for (String part : query == null ? new String[0] : query.split("&")) {
      if (part.startsWith(name + "=")) {
        return URLDecoder.decode(part.substring(name.length() + 1), StandardCharsets.UTF_8);
      }
    }
    return null;
  }

  /**
   * {@return where the server listens}
   *
   * @throws UsageException if the path of the socket is none
   */
  SocketAddress address() {
    if (socket == null) {
      return new InetSocketAddress(String.valueOf(host), port);
    }
    try {
      return UnixDomainSocketAddress.of(socket);
    } catch (InvalidPathException _) {
      throw new UsageException(text + ": not a path of a socket");
    }
  }
}
