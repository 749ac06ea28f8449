package org.dmsalvage.replay.flush;

import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.io.StitchedSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.PlacedDevices.Part;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.PlacedChanges;
import org.dmsalvage.replay.undo.UndoFile;

/** Writes what the cache holds into the disk behind it. */
public final class InPlaceFlush {

  private final LogicalDevice logical;
  private final Layout layout;

  /**
   * Prepares a flush.
   *
   * @param logical what the disk shall hold
   * @param base where the logical device begins on the disk, in bytes, a multiple of 512
   */
  public InPlaceFlush(LogicalDevice logical, long base) {
    this(logical, Layout.window(0, base, logical.size()));
  }

  /**
   * Prepares a flush to a disk that lies on others.
   *
   * @param logical what the disk shall hold
   * @param layout where it lies, in pieces of whole sectors
   */
  public InPlaceFlush(LogicalDevice logical, Layout layout) {
    this.logical = logical;
    this.layout = layout;
  }

  /**
   * Compares, and writes nothing.
   *
   * @param disk as it is, from where the logical device begins
   * @param plan what would be compared
   * @param hash whether the SHA-256 that the disk would have is wanted
   * @param progress told about bytes
   */
  public FlushResult compare(BlockSource disk, FlushPlan plan, boolean hash, Progress progress) {
    progress.begin("comparing with " + disk.name(), plan.bytes());
    InPlaceWriter.Result result = InPlaceWriter.compare(disk, new CachedChanges(logical), progress);
    String sha256 =
        hash ? DeviceCopier.copy(logical, DeviceCopier.Target.NONE, true, progress).sha256() : null;
    return new FlushResult(result.written(), sha256, result.notWritten(), new LossList());
  }

  /** Writes to the one device that holds all of the disk, see the other method. */
  public FlushResult write(
      BlockDevice disk,
      UndoFile undo,
      int target,
      FlushPlan plan,
      boolean hash,
      Progress progress) {
    return write(List.of(new Part(disk, 0)), undo, target, plan, hash, progress);
  }

  /**
   * Writes; everything is durable on return.
   *
   * @param parts the devices on which the disk lies
   * @param undo where to save what is overwritten
   * @param target index of the first device in the undo file; the others follow it
   * @param plan what is to be written
   * @param hash whether the SHA-256 of the disk is wanted
   * @param progress told about bytes; checked for the wish to stop
   * @throws CancelledException if the user stopped it; running it again goes on
   */
  public FlushResult write(
      List<Part> parts,
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
      progress.begin("flushing to " + parts.getFirst().device().name(), plan.bytes());
      long written = 0;
      LossList notWritten = new LossList();
      LossList notSaved = new LossList();
      for (int i = 0; i < parts.size(); i++) {
        Part part = parts.get(i);
        InPlaceWriter.Result result =
            new InPlaceWriter(part.device(), undo, target + i, InPlaceWriter.BATCH_BYTES)
                .apply(
                    new PlacedChanges(new CachedChanges(logical), layout, part.index()),
                    progress,
                    resume);
        written += result.written();
        result.notWritten().kept().forEach(notWritten::add);
        result.notSaved().kept().forEach(notSaved::add);
      }
      String sha256 = notWritten.count() == 0 ? hashing.result() : hashing.again(written(parts));
      return new FlushResult(written, sha256, notWritten, notSaved);
    }
  }

  /** The disk as it is now. */
  private BlockSource written(List<Part> parts) {
    BlockSource[] images = new BlockSource[parts.getLast().index() + 1];
    Arrays.fill(images, parts.getFirst().device());
    parts.forEach(part -> images[part.index()] = part.device());
    return new StitchedSource(images[0].name(), layout, List.of(images));
  }
}
