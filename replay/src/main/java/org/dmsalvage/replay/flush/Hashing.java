package org.dmsalvage.replay.flush;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.jspecify.annotations.Nullable;

/**
 * Hashes a logical device while it is written, to where may be the device below it: what the
 * logical device shows never comes from a sector that is being written.
 */
final class Hashing implements AutoCloseable {

  private final @Nullable CompletableFuture<@Nullable String> running;
  private final Progress progress;

  private Hashing(@Nullable CompletableFuture<@Nullable String> running, Progress progress) {
    this.running = running;
    this.progress = progress;
  }

  /** Begins, if a hash is wanted. */
  static Hashing of(LogicalDevice logical, boolean wanted, Progress progress) {
    Progress quiet = new Stoppable(progress);
    return new Hashing(
        wanted ? CompletableFuture.supplyAsync(() -> sha256(logical, quiet)) : null, progress);
  }

  /** {@return the SHA-256 of the logical device; null if it was not wanted} */
  @Nullable String result() {
    return running == null ? null : running.join();
  }

  /** {@return the SHA-256 of what was written instead; null if none was wanted} */
  @Nullable String again(BlockSource written) {
    return running == null ? null : sha256(written, progress);
  }

  private static @Nullable String sha256(BlockSource device, Progress progress) {
    return DeviceCopier.copy(device, DeviceCopier.Target.NONE, true, progress).sha256();
  }

  /** Waits until nothing is read any more. */
  @Override
  public void close() {
    if (running != null) {
      try {
        String _ = running.join();
      } catch (CompletionException _) {
        // Whoever wanted the result has met it already.
      }
    }
  }

  /**
   * Can be stopped and shows nothing, since another task shows its progress.
   *
   * @param shown knows whether to stop
   */
  private record Stoppable(Progress shown) implements Progress {
    @Override
    public void begin(String task, long totalBytes) {}

    @Override
    public void advance(long bytes) {}

    @Override
    public boolean cancelled() {
      return shown.cancelled();
    }
  }
}
