package org.dmsalvage.replay.undo;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.recovery.LossList;

/** Puts back what an undo file saved. */
public final class Undo {

  private static final String CANCELLED =
      "putting back; run the same command again to go on with it";

  private final UndoFile file;
  private final int batchBytes;

  /**
   * What an undo did.
   *
   * @param saved bytes that the file has of the devices
   * @param restored bytes that were put back; the others were there already
   * @param foreign bytes that were neither the old ones nor the new ones before
   * @param unknown bytes that cannot be put back, since they could not be saved
   * @param notSaved the ranges that these bytes are
   * @param notWritten ranges that the devices refused
   */
  public record Result(
      long saved,
      long restored,
      long foreign,
      long unknown,
      LossList notSaved,
      LossList notWritten) {}

  /** Prepares to undo. */
  public Undo(UndoFile file) {
    this(file, InPlaceWriter.BATCH_BYTES);
  }

  Undo(UndoFile file, int batchBytes) {
    this.file = file;
    this.batchBytes = batchBytes;
  }

  /**
   * Looks whether the devices fit, and restores them: the last one first, so that a cache is dirty
   * again before its disk is what it was.
   *
   * @param devices those of {@link UndoFile#targets()}, in that order
   * @param force whether to overwrite what neither stood there before nor was written
   * @param progress told about bytes
   * @throws UnsupportedImageException if a device has the wrong size, or holds something else, or
   *     the file is damaged; nothing was written then
   * @throws OutputException if a device or the undo file cannot be written
   */
  public Result run(List<? extends BlockDevice> devices, boolean force, Progress progress) {
    checkSizes(devices);
    progress.begin("comparing with " + file.name(), file.savedBytes());
    Examination examination = new Examination();
    for (UndoFile.Place place : file.places()) {
      progress.checkCancelled("nothing was written");
      examination.examine(place, devices.get(place.target()));
      progress.advance(place.dataBytes());
    }
    examination.refuse(force);
    LossList notWritten = new LossList();
    long restored = 0;
    if (file.state() != UndoState.UNDONE) {
      file.mark(UndoState.UNDOING);
    }
    progress.begin("putting back", file.savedBytes());
    for (int i = devices.size() - 1; i >= 0; i--) {
      InPlaceWriter writer = new InPlaceWriter(devices.get(i), null, i, batchBytes);
      InPlaceWriter.Result result = writer.apply(new Originals(file, i), progress, CANCELLED);
      restored += result.written();
      result.notWritten().kept().forEach(notWritten::add);
    }
    if (notWritten.count() == 0) {
      file.mark(UndoState.UNDONE);
    }
    return new Result(
        file.savedBytes(),
        restored,
        examination.foreign,
        examination.unknown,
        examination.notSaved,
        notWritten);
  }

  private void checkSizes(List<? extends BlockDevice> devices) {
    List<UndoTarget> targets = file.targets();
    if (devices.size() != targets.size()) {
      throw new UsageException(
          "%s: restores %d devices, %d were given"
              .formatted(file.name(), targets.size(), devices.size()));
    }
    for (int i = 0; i < targets.size(); i++) {
      BlockDevice device = devices.get(i);
      if (device.size() != targets.get(i).bytes()) {
        throw new UnsupportedImageException(
            device.name(),
            "has %d bytes, the %s that %s can restore has %d"
                .formatted(
                    device.size(), targets.get(i).role(), file.name(), targets.get(i).bytes()));
      }
    }
  }

  /** Compares what devices hold with what they held and what was written. */
  private final class Examination {
    private final CRC32C crc = new CRC32C();
    private final LossList notSaved = new LossList();
    private long foreign;
    private long unknown;
    private String firstForeign = "";

    void examine(UndoFile.Place place, BlockDevice device) {
      checkData(place);
      UndoBatch batch = file.batch(place);
      int most = 1 << 20;
      ByteBuffer present = ByteBuffer.allocate(most);
      ByteBuffer old = ByteBuffer.allocate(most);
      for (int i = 0; i < batch.count(); i++) {
        if (batch.unreadable(i)) {
          unknown += batch.length(i);
          notSaved.add(
              WriteCode.NOT_SAVED.loss(
                  device.name(),
                  batch.offset(i),
                  batch.length(i),
                  "what stood here could not be read before it was overwritten; it stays as it"
                      + " is"));
        }
        for (int at = 0; at < batch.length(i); at += most) {
          int length = Math.min(most, batch.length(i) - at);
          file.readSaved(old.clear().limit(length), place.data() + batch.start(i) + at);
          long offset = batch.offset(i) + at;
          List<ByteRange> unreadable = device.readAround(offset, present.clear().limit(length));
          for (int from = 0; from < length; from += UndoBatch.UNIT) {
            int end = Math.min(from + UndoBatch.UNIT, length);
            ByteBuffer is = present.limit(end).position(from);
            ByteBuffer was = old.limit(end).position(from);
            boolean fits =
                is.mismatch(was) < 0
                    || checksum(is) == batch.checksum(i, (at + from) / UndoBatch.UNIT)
                    || unreadable.stream()
                        .anyMatch(new ByteRange(offset + from, end - from)::intersects)
                    || batch.unreadable(i);
            if (!fits && !written(place.target(), offset + from, checksum(is))) {
              count(device, offset + from, end - from);
            }
          }
        }
      }
    }

    /** Whether a unit holds what was written there another time. */
    private boolean written(int target, long offset, int checksum) {
      boolean[] written = {false};
      file.forEachSaved(
          target,
          offset,
          offset + 1,
          (batch, extent, _) ->
              written[0] |=
                  batch.checksum(extent, (int) ((offset - batch.offset(extent)) / UndoBatch.UNIT))
                      == checksum);
      return written[0];
    }

    private int checksum(ByteBuffer bytes) {
      crc.reset();
      crc.update(bytes.duplicate());
      return (int) crc.getValue();
    }

    private void count(BlockDevice device, long offset, int length) {
      if (foreign == 0) {
        firstForeign = "%s at offset %d (0x%x)".formatted(device.name(), offset, offset);
      }
      foreign += length;
    }

    private void checkData(UndoFile.Place place) {
      try {
        if (!file.whole(place)) {
          throw new UnsupportedImageException(
              file.name(), place.data(), "the bytes saved as batch " + place.number(), "others");
        }
      } catch (IOException e) {
        throw new UnreadableException(file.name(), place.data(), place.dataBytes(), e);
      }
    }

    void refuse(boolean force) {
      if (foreign > 0 && !force) {
        throw new UnsupportedImageException(
            firstForeign,
            ("holds neither what it held nor what was written, and so do %d bytes in all: another"
                    + " device, or somebody else has written to it (--force restores all the same);"
                    + " nothing was written")
                .formatted(foreign));
      }
    }
  }
}
