package org.dmsalvage.live.nbd;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.dmsalvage.inspect.error.UnreadableException;

/**
 * Which certificate a server shows, and whom it lets in.
 *
 * <p>The certificates lie in a directory as other NBD servers have it: {@code server-cert.pem},
 * {@code server-key.pem} (PKCS #8, not encrypted), and {@code ca-cert.pem} if clients have to prove
 * who they are.
 */
public final class TlsPolicy {

  private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};
  private static final Pattern KEY =
      Pattern.compile("-----BEGIN PRIVATE KEY-----([^-]+)-----END PRIVATE KEY-----");

  private final SSLContext context;
  private final boolean required;
  private final boolean verifiesClients;

  private TlsPolicy(SSLContext context, boolean required, boolean verifiesClients) {
    this.context = context;
    this.required = required;
    this.verifiesClients = verifiesClients;
  }

  /**
   * Reads the certificates.
   *
   * @param directory where they lie
   * @param required whether clients that do not start TLS are turned away
   * @param verifyClients whether clients must show a certificate that {@code ca-cert.pem} signed
   * @throws UnreadableException if a file is missing or makes no sense
   */
  public static TlsPolicy read(Path directory, boolean required, boolean verifyClients) {
    char[] none = {};
    try {
      KeyStore own = KeyStore.getInstance("PKCS12");
      own.load(null, none);
      Certificate[] chain =
          certificates(directory.resolve("server-cert.pem")).toArray(Certificate[]::new);
      own.setKeyEntry("server", key(directory.resolve("server-key.pem")), none, chain);
      KeyManagerFactory keys =
          KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
      keys.init(own, none);
      TrustManager[] trusted = {};
      if (verifyClients) {
        KeyStore authorities = KeyStore.getInstance("PKCS12");
        authorities.load(null, none);
        int number = 0;
        for (Certificate authority : certificates(directory.resolve("ca-cert.pem"))) {
          authorities.setCertificateEntry("ca" + number++, authority);
        }
        TrustManagerFactory trust =
            TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(authorities);
        trusted = trust.getTrustManagers();
        for (int i = 0; i < trusted.length; i++) {
          if (trusted[i] instanceof X509ExtendedTrustManager judge) {
            trusted[i] = new QuietTrust(judge);
          }
        }
      }
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trusted, null);
      return new TlsPolicy(context, required, verifyClients);
    } catch (GeneralSecurityException | IOException e) {
      throw new UnreadableException(directory.toString(), "cannot set up TLS: " + e.getMessage());
    }
  }

  private static Collection<? extends Certificate> certificates(Path file)
      throws IOException, GeneralSecurityException {
    try (var in = Files.newInputStream(file)) {
      Collection<? extends Certificate> found =
          CertificateFactory.getInstance("X.509").generateCertificates(in);
      if (found.isEmpty()) {
        throw new UnreadableException(file.toString(), "holds no certificate");
      }
      return found;
    } catch (NoSuchFileException _) {
      throw new UnreadableException(file.toString(), "no such file");
    }
  }

  private static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
    String text;
    try {
      text = Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException _) {
      throw new UnreadableException(file.toString(), "no such file");
    }
    Matcher matcher = KEY.matcher(text);
    if (!matcher.find()) {
      throw new UnreadableException(
          file.toString(),
          "holds no PKCS #8 key (openssl pkcs8 -topk8 -nocrypt makes one of another)");
    }
    byte[] encoded;
    try {
      encoded = Base64.getMimeDecoder().decode(matcher.group(1));
    } catch (IllegalArgumentException e) {
      throw new UnreadableException(file.toString(), "the key is not Base64: " + e.getMessage());
    }
    for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
      } catch (InvalidKeySpecException _) {
        // The key is of another kind.
      }
    }
    throw new UnreadableException(file.toString(), "is neither an RSA nor an EC nor an EdDSA key");
  }

  /** {@return whether clients that do not start TLS are turned away} */
  boolean required() {
    return required;
  }

  /** {@return the server's side of a new connection} */
  SSLEngine newEngine() {
    SSLEngine engine = context.createSSLEngine();
    engine.setUseClientMode(false);
    SSLParameters parameters = engine.getSSLParameters();
    parameters.setProtocols(PROTOCOLS);
    parameters.setNeedClientAuth(verifiesClients);
    engine.setSSLParameters(parameters);
    return engine;
  }
}
