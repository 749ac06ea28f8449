package org.dmsalvage.replay.output;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** SHA-256 of a device that is handed over piece by piece, in ascending order. */
final class LogicalHash {

  private static final byte[] ZEROS = new byte[1 << 16];

  private final MessageDigest digest;

  LogicalHash() {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  void update(ByteBuffer bytes) {
    digest.update(bytes);
  }

  void updateZeros(long count) {
    for (long left = count; left > 0; left -= ZEROS.length) {
      digest.update(ZEROS, 0, (int) Math.min(left, ZEROS.length));
    }
  }

  String hex() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
