package org.dmsalvage.replay.flush;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.replay.undo.OriginalSource;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoTarget;
import org.jspecify.annotations.Nullable;

/**
 * The undo file of a flush, which an earlier run may have begun. If that run was stopped while it
 * emptied the cache, the cache is read as it was before.
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
   * Looks behind what an earlier run wrote to the cache and its log.
   *
   * @param images as they are
   * @param cacheBase where the cache begins in its image, in bytes
   * @param plogBase where the log begins in its image, in bytes
   */
  public OpenRequest originals(OpenRequest images, long cacheBase, long plogBase) {
    BlockSource cache = original(images.cache(), cacheBase, UndoTarget.Role.CACHE);
    BlockSource plog =
        images.plog() == null ? null : original(images.plog(), plogBase, UndoTarget.Role.PLOG);
    return new OpenRequest(
        cache, plog, images.backing(), images.format(), images.table(), images.rambufPool());
  }

  private BlockSource original(BlockSource source, long base, UndoTarget.Role role) {
    if (file.isEmpty() || file.get().targetOf(role).isEmpty()) {
      return source;
    }
    BlockSource whole = Images.open(source.name());
    opened.add(whole);
    int target = file.get().targetOf(role).getAsInt();
    return new WindowSource(new OriginalSource(whole, file.get(), target), base, source.size());
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
