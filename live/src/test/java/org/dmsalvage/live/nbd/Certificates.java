package org.dmsalvage.live.nbd;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;

/** A certificate that vouches for itself, as the files that servers and clients look for. */
public final class Certificates {

  static final char[] PASSWORD = "changeit".toCharArray();

  private Certificates() {}

  /** Makes it for a server on this machine, and for its clients. */
  public static KeyStore make(Path directory) throws Exception {
    Path store = directory.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "RSA",
                "-alias",
                "server",
                "-dname",
                "CN=localhost",
                "-ext",
                "bc:c",
                "-ext",
                "san=dns:localhost",
                "-storepass",
                new String(PASSWORD),
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .start();
    byte[] said = keytool.getInputStream().readAllBytes();
    if (keytool.waitFor() != 0) {
      throw new IOException(new String(said, StandardCharsets.UTF_8));
    }
    KeyStore identity = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      identity.load(in, PASSWORD);
    }
    byte[] certificate = identity.getCertificate("server").getEncoded();
    for (String name : new String[] {"server", "client", "ca"}) {
      pem(directory.resolve(name + "-cert.pem"), "CERTIFICATE", certificate);
    }
    byte[] key = identity.getKey("server", PASSWORD).getEncoded();
    pem(directory.resolve("server-key.pem"), "PRIVATE KEY", key);
    pem(directory.resolve("client-key.pem"), "PRIVATE KEY", key);
    return identity;
  }

  private static void pem(Path file, String kind, byte[] content) throws IOException {
    String text = Base64.getMimeEncoder().encodeToString(content);
    Files.writeString(
        file, "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(kind, text, kind));
  }
}
