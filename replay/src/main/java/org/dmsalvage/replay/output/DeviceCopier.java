package org.dmsalvage.replay.output;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * Reads a device from its first byte to its last, hashes it and hands its data on.
 *
 * <p>Reading, hashing and writing of different pieces go on side by side. Holes are skipped.
 * Sectors that cannot be read become zeros and are listed.
 */
public final class DeviceCopier {

  private static final int PIECE_BYTES = 1 << 20;
  private static final int PIECES = 3;

  private DeviceCopier() {}

  /** Receives the data of a device; ranges it is not given are zeros. */
  @FunctionalInterface
  public interface Target {

    /** Receives nothing: only the hash is wanted. */
    Target NONE = (_, _) -> {};

    /**
     * Takes a piece.
     *
     * @param offset of its first byte on the device; ascending from call to call
     * @param piece its bytes, from position to limit
     */
    void write(long offset, ByteBuffer piece);
  }

  /** Knows parts of a device that the target can get without their being read here. */
  public interface Shortcut {

    /**
     * {@return how many bytes from an offset on can be fetched; 0 if none}
     *
     * @param offset on the device
     * @param dataEnd where the next hole begins; up to there is data
     */
    long length(long offset, long dataEnd);

    /**
     * Fetches a range, in its turn among the writes to the target.
     *
     * @return what of it could not be read
     */
    List<ByteRange> fetch(long offset, long length);
  }

  /**
   * What a copy came to.
   *
   * @param sha256 of the whole device, in hexadecimal; null if not wanted
   * @param unreadable ranges of the device that could not be read
   */
  public record Result(@Nullable String sha256, List<ByteRange> unreadable) {}

  /**
   * Copies a device.
   *
   * @param device what is read
   * @param target where its data goes
   * @param hash whether the SHA-256 is wanted
   * @param progress told about bytes; checked for the wish to stop
   */
  public static Result copy(BlockSource device, Target target, boolean hash, Progress progress) {
    return copy(device, target, null, hash, progress);
  }

  /**
   * Copies a device without reading what the target can fetch by itself.
   *
   * @param device what is read
   * @param target where its data goes
   * @param shortcut what need not be read
   * @param progress told about bytes; checked for the wish to stop
   */
  public static Result copy(
      BlockSource device, Target target, Shortcut shortcut, Progress progress) {
    return copy(device, target, shortcut, false, progress);
  }

  private static Result copy(
      BlockSource device,
      Target target,
      @Nullable Shortcut shortcut,
      boolean hash,
      Progress progress) {
    LogicalHash sha256 = hash ? new LogicalHash() : null;
    List<ByteRange> unreadable = Collections.synchronizedList(new ArrayList<>());
    progress.begin("reading the recovered device", device.size());
    try (ExecutorService hasher = Executors.newSingleThreadExecutor();
        ExecutorService writer = Executors.newSingleThreadExecutor()) {
      ByteBuffer[] pieces = new ByteBuffer[PIECES];
      List<List<Future<?>>> busy = new ArrayList<>();
      for (int i = 0; i < PIECES; i++) {
        pieces[i] = ByteBuffer.allocateDirect(PIECE_BYTES);
        busy.add(new ArrayList<>());
      }
      long at = 0;
      long dataEnd = 0;
      for (int turn = 0; at < device.size(); turn = (turn + 1) % PIECES) {
        progress.checkCancelled("nothing was left behind");
        await(busy.get(turn));
        long data = at;
        if (at >= dataEnd) {
          data = device.nextData(at);
          dataEnd = data < device.size() ? Math.min(device.nextHole(data), device.size()) : data;
        }
        long hole = data - at;
        if (hole > 0 && sha256 != null) {
          busy.get(turn).add(hasher.submit(() -> sha256.updateZeros(hole)));
        }
        progress.advance(hole);
        at = data;
        long fetched = shortcut == null || at == device.size() ? 0 : shortcut.length(at, dataEnd);
        if (shortcut != null && fetched > 0) {
          long from = at;
          busy.get(turn).add(writer.submit(() -> unreadable.addAll(shortcut.fetch(from, fetched))));
          progress.advance(fetched);
          at += fetched;
        } else if (at < device.size()) {
          int length = (int) Math.min(dataEnd - at, PIECE_BYTES - at % PIECE_BYTES);
          ByteBuffer piece = pieces[turn].clear().limit(length);
          unreadable.addAll(device.readAround(at, piece));
          piece.flip();
          if (sha256 != null) {
            ByteBuffer view = piece.duplicate();
            busy.get(turn).add(hasher.submit(() -> sha256.update(view)));
          }
          long offset = at;
          busy.get(turn).add(writer.submit(() -> target.write(offset, piece)));
          progress.advance(length);
          at += length;
        }
      }
      busy.forEach(DeviceCopier::await);
    }
    unreadable.sort(Comparator.comparingLong(ByteRange::offset));
    return new Result(sha256 == null ? null : sha256.hex(), List.copyOf(unreadable));
  }

  private static void await(List<Future<?>> tasks) {
    for (Future<?> task : tasks) {
      try {
        task.get();
      } catch (ExecutionException e) {
        if (e.getCause() instanceof RuntimeException cause) {
          throw cause;
        }
        throw new IllegalStateException(e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    }
    tasks.clear();
  }
}
