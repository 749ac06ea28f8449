package org.dmsalvage.replay.flush;

import java.util.List;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.output.ImageWriter;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;

/** Writes the recovered disk to a new image. */
public final class ImageFlush {

  private ImageFlush() {}

  /**
   * Writes the image; it has to be completed afterwards.
   *
   * @param logical what the image shall hold
   * @param writer the image
   * @param hash whether the SHA-256 of the image is wanted
   * @param progress told about bytes; checked for the wish to stop
   */
  public static FlushResult write(
      LogicalDevice logical, ImageWriter writer, boolean hash, Progress progress) {
    long[] written = {0};
    DeviceCopier.Target target =
        (offset, piece) -> {
          written[0] += piece.remaining();
          writer.write(offset, piece);
        };
    DeviceCopier.Result result = DeviceCopier.copy(logical, target, hash, progress);
    return new FlushResult(written[0], result.sha256(), lost(result.unreadable()), new LossList());
  }

  private static LossList lost(List<ByteRange> unreadable) {
    LossList list = new LossList();
    for (ByteRange range : unreadable) {
      long sectors = (range.length() + BlockSource.SECTOR_BYTES - 1) / BlockSource.SECTOR_BYTES;
      list.add(
          new Loss(
              "FL-SOURCE-UNREADABLE",
              "logical device",
              range.offset(),
              range.length(),
              sectors,
              "what belongs here cannot be read; the image has zeros",
              Facts.builder().build()));
    }
    return list;
  }

  /** {@return bytes that a device's data takes, holes not counted} */
  public static long dataBytes(BlockSource device) {
    long sum = 0;
    long at = device.nextData(0);
    while (at < device.size()) {
      long end = device.nextHole(at);
      sum += end - at;
      at = device.nextData(end);
    }
    return sum;
  }
}
