package org.dmsalvage.replay.flush;

import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.UndoFile;

/** Writes what the cache holds into the disk behind it. */
public final class InPlaceFlush {

  private final LogicalDevice logical;
  private final long base;

  /**
   * Prepares a flush.
   *
   * @param logical what the disk shall hold
   * @param base where the logical device begins on the disk, in bytes, a multiple of 512
   */
  public InPlaceFlush(LogicalDevice logical, long base) {
    this.logical = logical;
    this.base = base;
  }

  /**
   * Compares, and writes nothing.
   *
   * @param disk as it is
   * @param plan what would be compared
   * @param hash whether the SHA-256 that the disk would have is wanted
   * @param progress told about bytes
   */
  public FlushResult compare(BlockSource disk, FlushPlan plan, boolean hash, Progress progress) {
    progress.begin("comparing with " + disk.name(), plan.bytes());
    InPlaceWriter.Result result =
        InPlaceWriter.compare(disk, new CachedChanges(logical, base), progress);
    String sha256 =
        hash ? DeviceCopier.copy(logical, DeviceCopier.Target.NONE, true, progress).sha256() : null;
    return new FlushResult(result.written(), sha256, result.notWritten(), new LossList());
  }

  /**
   * Writes; everything is durable on return.
   *
   * @param disk the device
   * @param undo where to save what is overwritten, with the disk as its target {@code target}
   * @param target index of the disk in the undo file
   * @param plan what is to be written
   * @param hash whether the SHA-256 of the disk is wanted; of the window that begins at base
   * @param progress told about bytes; checked for the wish to stop
   * @throws CancelledException if the user stopped it; running it again goes on
   */
  public FlushResult write(
      BlockDevice disk,
      UndoFile undo,
      int target,
      FlushPlan plan,
      boolean hash,
      Progress progress) {
    String resume =
        "run the same command again to go on, or 'dmsalvage undo "
            + undo.name()
            + "' to go back to what was";
    try (Hashing hashing = Hashing.of(logical, hash, progress)) {
      progress.begin("flushing to " + disk.name(), plan.bytes());
      InPlaceWriter.Result result =
          new InPlaceWriter(disk, undo, target, InPlaceWriter.BATCH_BYTES)
              .apply(new CachedChanges(logical, base), progress, resume);
      boolean asPlanned = result.notWritten().count() == 0;
      String sha256 =
          asPlanned
              ? hashing.result()
              : hashing.again(new WindowSource(disk, base, logical.size()));
      return new FlushResult(result.written(), sha256, result.notWritten(), result.notSaved());
    }
  }
}
