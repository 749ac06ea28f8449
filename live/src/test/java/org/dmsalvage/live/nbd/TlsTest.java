package org.dmsalvage.live.nbd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.dmsalvage.inspect.error.UnreadableException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections under TLS, with the client that comes with Java. */
@Timeout(60)
class TlsTest {

  @TempDir static Path directory;
  private static KeyStore identity;

  private final MemoryDevice device = new MemoryDevice(1 << 20);

  @BeforeAll
  static void makeCertificates() throws Exception {
    identity = Certificates.make(directory);
  }

  /** What a client does over TCP. */
  private interface Visit {
    void run(InetSocketAddress address) throws Exception;
  }

  private void serve(TlsPolicy policy, Visit visit) throws Exception {
    new Random(7).nextBytes(device.bytes);
    Exports exports = () -> List.of(new Export("disk", "", device));
    try (NbdServer server = new NbdServer(exports, Optional.of(policy), _ -> {})) {
      ServerSocketChannel listener =
          ServerSocketChannel.open()
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      server.listen(listener);
      visit.run((InetSocketAddress) listener.getLocalAddress());
    }
  }

  private static SSLContext client(boolean showsCertificate) throws GeneralSecurityException {
    KeyStore authorities;
    try {
      authorities = KeyStore.getInstance("PKCS12");
      authorities.load(null, null);
      Certificate certificate = identity.getCertificate("server");
      authorities.setCertificateEntry("ca", certificate);
    } catch (IOException e) {
      throw new GeneralSecurityException(e);
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(authorities);
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(identity, Certificates.PASSWORD);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(showsCertificate ? keys.getKeyManagers() : null, trust.getTrustManagers(), null);
    return context;
  }

  /** A client that has said nothing yet but its flags. */
  private static Socket greeted(InetSocketAddress address) throws IOException {
    Socket socket = new Socket(address.getAddress(), address.getPort());
    assertEquals(18, socket.getInputStream().readNBytes(18).length);
    new DataOutputStream(socket.getOutputStream()).writeInt(3);
    return socket;
  }

  private static int ask(Socket socket, int option, byte... data) throws IOException {
    DataOutputStream out = new DataOutputStream(socket.getOutputStream());
    out.writeLong(0x49484156454f5054L);
    out.writeInt(option);
    out.writeInt(data.length);
    out.write(data);
    out.flush();
    DataInputStream in = new DataInputStream(socket.getInputStream());
    while (true) {
      assertEquals(0x3e889045565a9L, in.readLong());
      assertEquals(option, in.readInt());
      int type = in.readInt();
      in.skipNBytes(in.readInt());
      if (type < 0 || type == 1) {
        return type;
      }
    }
  }

  private static Socket secured(Socket plain, SSLContext context) throws IOException {
    assertEquals(1, ask(plain, 5));
    SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(plain, "localhost", plain.getPort(), true);
    socket.setUseClientMode(true);
    socket.startHandshake();
    return socket;
  }

  @Test
  void servesUnderTls() throws Exception {
    serve(
        TlsPolicy.read(directory, true, false),
        address -> {
          try (Socket socket = secured(greeted(address), client(false))) {
            assertEquals(0x80000003, ask(socket, 5), "TLS twice");
            assertEquals(1, ask(socket, 7, TestClient.info("disk")));
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] written = Arrays.copyOf(new byte[] {1, 2, 3}, 300_000);
            request(out, 1, 0, written.length);
            out.write(written);
            out.flush();
            assertEquals(0, answer(in));
            request(out, 0, 0, device.bytes.length);
            out.flush();
            assertEquals(0, answer(in));
            assertArrayEquals(device.bytes, in.readNBytes(device.bytes.length));
            assertEquals(3, device.bytes[2]);
          }
        });
  }

  private static void request(DataOutputStream out, int command, long offset, int length)
      throws IOException {
    out.writeInt(0x25609513);
    out.writeInt(command);
    out.writeLong(1);
    out.writeLong(offset);
    out.writeInt(length);
  }

  private static int answer(DataInputStream in) throws IOException {
    assertEquals(0x67446698, in.readInt());
    int error = in.readInt();
    assertEquals(1, in.readLong());
    return error;
  }

  @Test
  void turnsAwayWhoDoesNotStartTls() throws Exception {
    serve(
        TlsPolicy.read(directory, true, false),
        address -> {
          try (Socket socket = greeted(address)) {
            assertEquals(0x80000005, ask(socket, 3));
            assertEquals(0x80000005, ask(socket, 7, TestClient.info("disk")));
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            out.writeLong(0x49484156454f5054L);
            out.writeLong(1L << 32 | 4);
            out.writeBytes("disk");
            assertEquals(-1, socket.getInputStream().read(), "EXPORT_NAME ends it");
          }
        });
  }

  @Test
  void letsInWhoDoesNotHaveTo() throws Exception {
    serve(
        TlsPolicy.read(directory, false, false),
        address -> {
          try (Socket socket = greeted(address)) {
            assertEquals(1, ask(socket, 7, TestClient.info("disk")));
          }
        });
  }

  @Test
  void asksClientsForTheirCertificate() throws Exception {
    serve(
        TlsPolicy.read(directory, true, true),
        address -> {
          try (Socket socket = secured(greeted(address), client(true))) {
            assertEquals(1, ask(socket, 3));
          }
          assertThrows(
              IOException.class,
              () -> {
                try (Socket socket = secured(greeted(address), client(false))) {
                  ask(socket, 3);
                }
              });
        });
  }

  @Test
  void takesNothingFromTheClearIntoTls() throws Exception {
    serve(
        TlsPolicy.read(directory, true, false),
        address -> {
          try (Socket socket = greeted(address)) {
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            byte[] both = new byte[32];
            java.nio.ByteBuffer.wrap(both)
                .putLong(0x49484156454f5054L)
                .putLong(5L << 32)
                .putLong(0x49484156454f5054L)
                .putLong(3L << 32);
            out.write(both);
            assertEquals(-1, socket.getInputStream().read());
          }
        });
  }

  @Test
  void saysWhatIsWrongWithTheFiles() throws IOException {
    Path empty = Files.createDirectory(directory.resolve("empty"));
    refuses("server-cert.pem: no such file", empty);
    Files.copy(directory.resolve("server-cert.pem"), empty.resolve("server-cert.pem"));
    refuses("server-key.pem: no such file", empty);
    Files.writeString(empty.resolve("server-key.pem"), "-----BEGIN RSA PRIVATE KEY-----");
    refuses("holds no PKCS #8 key", empty);
    Files.writeString(
        empty.resolve("server-key.pem"),
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    refuses("is neither an RSA nor an EC nor an EdDSA key", empty);
    Files.writeString(empty.resolve("server-cert.pem"), "nothing");
    refuses("empty", empty);
  }

  private static void refuses(String expected, Path files) {
    UnreadableException e =
        assertThrows(UnreadableException.class, () -> TlsPolicy.read(files, true, false));
    assertTrue(e.getMessage().contains(expected), e.getMessage());
  }
}
