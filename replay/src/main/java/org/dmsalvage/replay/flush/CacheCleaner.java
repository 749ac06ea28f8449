package org.dmsalvage.replay.flush;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.TreeMap;
import org.dmsalvage.inspect.error.CancelledException;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.PlacedDevices.Part;
import org.dmsalvage.replay.undo.Changes;
import org.dmsalvage.replay.undo.InPlaceWriter;
import org.dmsalvage.replay.undo.PlacedChanges;
import org.dmsalvage.replay.undo.UndoFile;

/**
 * Makes a cache clean whose data has reached the disk: what an {@link Emptier} asks for is compared
 * with what is there, saved in the undo file and written, one step after the other.
 *
 * <p>Run again after it was stopped, on the cache as it originally was, it goes through the same
 * steps and writes what is missing.
 */
public final class CacheCleaner {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Bytes of a step that are gathered before they are written. */
  private static final int GATHERED_BYTES = 4 << 20;

  private final Map<WriteSink.Image, Target> targets = new EnumMap<>(WriteSink.Image.class);
  private final UndoFile undo;

  /**
   * An image to write.
   *
   * @param parts the devices on which it lies
   * @param layout where it lies, in pieces of whole sectors
   * @param indexes of the devices in the undo file
   */
  public record Target(List<Part> parts, Layout layout, List<Integer> indexes) {

    /** Keeps copies of the lists. */
    public Target {
      parts = List.copyOf(parts);
      indexes = List.copyOf(indexes);
    }

    /**
     * An image on one device.
     *
     * @param device open for writing
     * @param base where the image begins on it, in bytes, a multiple of 512
     * @param index of the device in the undo file
     */
    public Target(BlockDevice device, long base, int index) {
      this(
          List.of(new Part(device, 0)),
          Layout.window(0, base, device.size() - base),
          List.of(index));
    }
  }

  /** Prepares to write under an undo file. */
  public CacheCleaner(UndoFile undo) {
    this.undo = undo;
  }

  /** Says where an image is written. */
  public CacheCleaner with(WriteSink.Image image, Target target) {
    targets.put(image, target);
    return this;
  }

  /**
   * Empties the cache; everything is durable on return.
   *
   * @param emptier of the format
   * @param images as they were before anything was written, with the format named
   * @param progress checked for the wish to stop
   * @return bytes that were written
   * @throws OutputException if a range cannot be written; the cache is not clean then
   * @throws CancelledException if the user stopped it; running it again goes on
   */
  public long clean(Emptier emptier, OpenRequest images, Progress progress) {
    Steps steps = new Steps(progress);
    try {
      emptier.empty(images, steps, progress);
    } catch (CancelledException _) {
      throw new CancelledException(resume());
    }
    return steps.written;
  }

  private String resume() {
    return "the cache is being emptied: run the same command again to go on, or 'dmsalvage undo "
        + undo.name()
        + "' to go back to what was";
  }

  /**
   * {@return the bytes that would be written to empty a cache, as far as they differ from what is
   * there; a sector or two may be written more often in fact}
   *
   * @param emptier of the format
   * @param images with the format named
   * @param progress checked for the wish to stop
   */
  public static long measure(Emptier emptier, OpenRequest images, Progress progress) {
    Comparison comparison = new Comparison(images);
    emptier.empty(images, comparison, progress);
    return comparison.differing;
  }

  private static final class Comparison implements WriteSink {
    private final OpenRequest images;
    private long differing;

    Comparison(OpenRequest images) {
      this.images = images;
    }

    @Override
    public void write(Image image, long offset, ByteBuffer bytes) {
      BlockSource source =
          image == Image.PLOG ? Objects.requireNonNull(images.plog()) : images.cache();
      ByteBuffer present = ByteBuffer.allocate(bytes.remaining());
      List<ByteRange> unreadable = source.readAround(offset, present);
      for (int at = 0; at < present.limit(); at += SECTOR) {
        boolean same = bytes.slice(bytes.position() + at, SECTOR).equals(present.slice(at, SECTOR));
        boolean known =
            unreadable.stream().noneMatch(new ByteRange(offset + at, SECTOR)::intersects);
        differing += same && known ? 0 : SECTOR;
      }
    }

    @Override
    public void sync() {}
  }

  private final class Steps implements WriteSink {
    private final Progress progress;
    private final Map<Image, Gathered> gathered = new EnumMap<>(Image.class);
    private long written;

    Steps(Progress progress) {
      this.progress = progress;
    }

    @Override
    public void write(Image image, long offset, ByteBuffer bytes) {
      Target _ = target(image);
      Gathered changes = gathered.computeIfAbsent(image, _ -> new Gathered());
      changes.add(offset, bytes);
      if (changes.bytes >= GATHERED_BYTES) {
        apply(image, changes);
      }
    }

    private Target target(Image image) {
      Target target = targets.get(image);
      if (target == null) {
        throw new IllegalStateException("the emptier writes to " + image);
      }
      return target;
    }

    @Override
    public void sync() {
      gathered.forEach(this::apply);
    }

    /** Durable on return, so a step that is written in parts is still before the next one. */
    private void apply(Image image, Gathered changes) {
      if (changes.bytes == 0) {
        return;
      }
      Target target = target(image);
      for (int i = 0; i < target.parts.size(); i++) {
        apply(target, i, changes);
      }
      changes.clear();
    }

    private void apply(Target target, int index, Gathered changes) {
      Part part = target.parts.get(index);
      InPlaceWriter.Result result =
          new InPlaceWriter(
                  part.device(), undo, target.indexes.get(index), InPlaceWriter.BATCH_BYTES)
              .writingAgain()
              .apply(new PlacedChanges(changes, target.layout, part.index()), progress, resume());
      if (result.notWritten().count() > 0) {
        throw new OutputException(
            part.device().name(),
            "cannot be made clean: %s; its data is on the disk, the cache must not be attached"
                .formatted(result.notWritten().kept().getFirst().reason()));
      }
      written += result.written();
    }
  }

  /** Writes that have no order among them; of several to one place the last one counts. */
  private static final class Gathered implements Changes {
    private final NavigableMap<Long, ByteBuffer> writes = new TreeMap<>();
    private int bytes;

    void add(long offset, ByteBuffer content) {
      ByteBuffer copy = ByteBuffer.allocate(content.remaining()).put(content).flip();
      bytes += copy.limit();
      writes.put(offset, copy);
    }

    void clear() {
      writes.clear();
      bytes = 0;
    }

    @Override
    public void forEachRange(Ranges sink) {
      writes.forEach((offset, content) -> sink.range(offset, content.limit()));
    }

    @Override
    public List<ByteRange> readAround(long offset, ByteBuffer target) {
      long at = offset;
      while (target.hasRemaining()) {
        Map.Entry<Long, ByteBuffer> write = writes.floorEntry(at);
        int from = (int) (at - write.getKey());
        int length = Math.min(target.remaining(), write.getValue().limit() - from);
        target.put(write.getValue().slice(from, length));
        at += length;
      }
      return List.of();
    }
  }
}
