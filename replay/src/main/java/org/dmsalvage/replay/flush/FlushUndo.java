package org.dmsalvage.replay.flush;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Placement;
import org.dmsalvage.inspect.io.StitchedSource;
import org.dmsalvage.inspect.source.Sources;
import org.dmsalvage.replay.undo.OriginalSource;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;

/**
 * The undo file of a flush, which an earlier run may have begun: whoever goes on with it looks at
 * the images as they were before, and so comes to the same plan.
 */
public final class FlushUndo implements AutoCloseable {

  private final @Nullable Path path;
  private final List<BlockSource> opened = new ArrayList<>();
  private Optional<UndoFile> file;

  /**
   * Opens the file if it was begun.
   *
   * @param path of the file; null if none is wanted
   * @throws UnreadableException if it cannot be read
   * @throws UnsupportedImageException if it is no undo file, or damaged
   */
  public FlushUndo(@Nullable Path path) {
    this.path = path;
    this.file = path == null ? Optional.empty() : UndoFile.openIfBegun(path);
  }

  /**
   * Looks behind what an earlier run wrote.
   *
   * @param images as they are
   * @param cachePlace where the cache lies
   * @param plogPlace where the log lies; null if there is none
   * @param backingPlace where the disk lies; null if there is none
   */
  public OpenRequest originals(
      OpenRequest images,
      Placement cachePlace,
      @Nullable Placement plogPlace,
      @Nullable Placement backingPlace) {
    BlockSource cache = original(images.cache(), cachePlace, UndoTarget.Role.CACHE);
    BlockSource plog = images.plog();
    if (plog != null && plogPlace != null) {
      plog = original(plog, plogPlace, UndoTarget.Role.PLOG);
    }
    BlockSource backing = images.backing();
    if (backing != null && backingPlace != null) {
      backing = original(backing, backingPlace, UndoTarget.Role.BACKING);
    }
    return new OpenRequest(
        cache, plog, backing, images.format(), images.table(), images.rambufPool());
  }

  private BlockSource original(BlockSource source, Placement place, UndoTarget.Role role) {
    if (file.isEmpty() || file.get().targetOf(role, 0).isEmpty()) {
      return source;
    }
    List<Integer> used = place.layout().images();
    List<BlockSource> originals = new ArrayList<>();
    for (int i = 0; i < place.paths().size(); i++) {
      BlockSource whole = Sources.open(place.paths().get(i));
      opened.add(whole);
      OptionalInt target = file.get().targetOf(role, Math.max(used.indexOf(i), 0));
      boolean written = used.contains(i) && target.isPresent();
      originals.add(written ? new OriginalSource(whole, file.get(), target.getAsInt()) : whole);
    }
    return new StitchedSource(source.name(), place.layout(), originals);
  }

  /**
   * {@return the file, begun for this purpose if it was not}
   *
   * @param purpose what is to be written, as {@link UndoFile#openOrCreate} has it
   * @param targets the devices that are written first
   * @throws OutputException if it cannot be made, or serves something else
   */
  public UndoFile begin(byte[] purpose, List<UndoTarget> targets) {
    if (file.isPresent()) {
      file.get().expect(purpose, targets);
      return file.get();
    }
    UndoFile made =
        UndoFile.openOrCreate(Optional.ofNullable(path).orElseThrow(), purpose, targets);
    file = Optional.of(made);
    return made;
  }

  /** {@return the file if it was begun, now or earlier} */
  public Optional<UndoFile> file() {
    return file;
  }

  /** Closes the file and what was opened to look behind it; never throws. */
  @Override
  public void close() {
    opened.forEach(BlockSource::close);
    file.ifPresent(UndoFile::close);
  }
}
