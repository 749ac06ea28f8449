package org.dmsalvage.live.cli;

import java.nio.file.Path;
import java.util.Optional;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.live.nbd.TlsPolicy;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that say where a server listens and whom it lets in. */
final class ListenOptions {

  @Option(
      names = "--socket",
      paramLabel = "FILE",
      description =
          "Listen on this Unix socket. Without any of --socket, --listen and --stdio: on one in a"
              + " new directory that only the user can enter, or on the socket that systemd (or a"
              + " client that starts its server as systemd does) has passed.")
  @Nullable Path socket;

  @Option(
      names = "--listen",
      paramLabel = "[HOST:]PORT",
      description =
          "Listen on this TCP port, of this machine alone (127.0.0.1) unless HOST says otherwise;"
              + " 0 for any port that is free. Others than this machine are let in with --tls"
              + " require only.")
  @Nullable String listen;

  @Option(
      names = "--stdio",
      description = "Serve one client on standard input and output, and end with it.")
  boolean stdio;

  /** What happens to clients that do not start TLS. */
  enum Tls {
    ALLOW,
    REQUIRE;

    @Override
    public String toString() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  @Option(
      names = "--tls",
      paramLabel = "WHEN",
      description =
          "Secure connections: ${COMPLETION-CANDIDATES} (turn away who does not). Needs"
              + " --tls-certificates.")
  @Nullable Tls tls;

  @Option(
      names = "--tls-certificates",
      paramLabel = "DIR",
      description =
          "Where server-cert.pem, server-key.pem (PKCS #8) and, for --tls-verify-clients,"
              + " ca-cert.pem lie.")
  @Nullable Path certificates;

  @Option(
      names = "--tls-verify-clients",
      description = "Let only clients in that show a certificate which ca-cert.pem has signed.")
  boolean verifyClients;

  /**
   * Reads the certificates.
   *
   * @throws UsageException if the options contradict each other
   */
  Optional<TlsPolicy> policy() {
    int places = (socket == null ? 0 : 1) + (listen == null ? 0 : 1) + (stdio ? 1 : 0);
    if (places > 1) {
      throw new UsageException("--socket, --listen and --stdio exclude each other");
    }
    if ((tls == null) != (certificates == null) || (verifyClients && tls == null)) {
      throw new UsageException("--tls and --tls-certificates need each other");
    }
    return tls == null || certificates == null
        ? Optional.empty()
        : Optional.of(TlsPolicy.read(certificates, tls == Tls.REQUIRE, verifyClients));
  }
}
