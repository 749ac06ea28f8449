package org.dmsalvage.replay.evidence;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/**
 * What identifies the contents of an image.
 *
 * @param bytes its size
 * @param sha256 in hexadecimal; unreadable bytes count as zeros
 * @param md5 in hexadecimal, for tools that know nothing better
 * @param unreadable what could not be read
 */
public record Fingerprint(long bytes, String sha256, String md5, List<ByteRange> unreadable) {

  private static final int PIECE_BYTES = 1 << 20;
  private static final int PIECES = 4;

  /** Keeps a copy of the ranges. */
  public Fingerprint {
    unreadable = List.copyOf(unreadable);
  }

  /**
   * Reads an image from its first byte to its last; holes are not read.
   *
   * @param source the image
   * @param progress told about bytes; checked for the wish to stop
   */
  public static Fingerprint of(BlockSource source, Progress progress) {
    progress.begin("hashing " + source.name(), source.size());
    List<ByteRange> unreadable = new ArrayList<>();
    try (Digest sha256 = new Digest("SHA-256");
        Digest md5 = new Digest("MD5")) {
      ByteBuffer[] pieces = new ByteBuffer[PIECES];
      for (int i = 0; i < PIECES; i++) {
        pieces[i] = ByteBuffer.allocateDirect(PIECE_BYTES);
      }
      ByteBuffer zeros = ByteBuffer.allocateDirect(PIECE_BYTES);
      long at = 0;
      for (int turn = 0; at < source.size(); turn = (turn + 1) % PIECES) {
        progress.checkCancelled("hashing " + source.name());
        long wanted = Math.min(PIECE_BYTES, source.size() - at);
        long hole = Math.min(source.nextData(at) - at, wanted);
        ByteBuffer piece = zeros.duplicate();
        int length = (int) (hole > 0 ? hole : wanted);
        sha256.await(turn);
        md5.await(turn);
        if (hole == 0) {
          piece = pieces[turn].clear();
          unreadable.addAll(source.readAround(at, piece.limit(length)));
        }
        piece.clear().limit(length);
        sha256.update(turn, piece.duplicate());
        md5.update(turn, piece.duplicate());
        progress.advance(length);
        at += length;
      }
      return new Fingerprint(source.size(), sha256.hex(), md5.hex(), unreadable);
    }
  }

  /** A digest on a thread of its own. */
  private static final class Digest implements AutoCloseable {
    private final MessageDigest digest;
    private final ExecutorService thread = Executors.newSingleThreadExecutor();
    private final List<Future<?>> busy = new ArrayList<>();

    Digest(String algorithm) {
      try {
        digest = MessageDigest.getInstance(algorithm);
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
      for (int i = 0; i < PIECES; i++) {
        busy.add(thread.submit(() -> {}));
      }
    }

    void update(int turn, ByteBuffer bytes) {
      busy.set(turn, thread.submit(() -> digest.update(bytes)));
    }

    void await(int turn) {
      try {
        busy.get(turn).get();
      } catch (InterruptedException _) {
        Thread.currentThread().interrupt();
        throw new CancelledException("hashing");
      } catch (ExecutionException e) {
        throw new IllegalStateException(e.getCause());
      }
    }

    String hex() {
      for (int i = 0; i < PIECES; i++) {
        await(i);
      }
      return HexFormat.of().formatHex(digest.digest());
    }

    @Override
    public void close() {
      thread.close();
    }
  }
}
