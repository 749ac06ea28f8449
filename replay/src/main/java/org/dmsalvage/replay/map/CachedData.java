package org.dmsalvage.replay.map;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;

/** Reads what comes from the cache, and nothing else of the device. */
public final class CachedData {

  private static final int PIECE_BYTES = 1 << 20;

  private CachedData() {}

  /**
   * Finds what cannot be read: not every format has to read all data to know what it shows.
   *
   * @param device the recovered device
   * @param progress told about bytes; checked for the wish to stop
   * @return ranges of the device, ascending
   */
  public static List<ByteRange> unreadable(LogicalDevice device, Progress progress) {
    ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);
    List<ByteRange> unreadable = new ArrayList<>();
    progress.begin("reading what the cache holds", -1);
    device.forEachRun(
        (offset, length, _) -> {
          for (long at = offset; at < offset + length; ) {
            progress.checkCancelled("nothing was left behind");
            int count = (int) Math.min(PIECE_BYTES, offset + length - at);
            unreadable.addAll(device.readAround(at, piece.clear().limit(count)));
            progress.advance(count);
            at += count;
          }
        });
    return List.copyOf(unreadable);
  }
}
