package org.dmsalvage.replay.map;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.check.CommonCode;
import org.dmsalvage.inspect.fact.Facts;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.Loss;
import org.dmsalvage.replay.recovery.LossList;
import org.dmsalvage.replay.recovery.RangeSet;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/** Finds what of the data that comes from the cache cannot be read. */
public final class CachedData {

  private static final int PIECE_BYTES = 1 << 20;

  private CachedData() {}

  /**
   * Reads what comes from the cache, and nothing else of the device: not every format has to read
   * all data to know what it shows.
   *
   * @param device the recovered device
   * @param progress told about bytes; checked for the wish to stop
   * @return ranges of the device that cannot be read, ascending
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

  /**
   * Lists the parts of unreadable ranges that come from the cache, unless they are listed: the copy
   * that cannot be read is the only one that could show.
   *
   * @param device the recovered device
   * @param unreadable ranges of it, ascending
   * @param lost receives them, and all of the ranges
   */
  public static void list(LogicalDevice device, List<ByteRange> unreadable, LossList lost) {
    if (unreadable.isEmpty()) {
      return;
    }
    int[] next = new int[1];
    device.forEachRun(
        (offset, length, origin) -> {
          while (next[0] < unreadable.size() && unreadable.get(next[0]).end() <= offset) {
            next[0]++;
          }
          for (int i = next[0]; i < unreadable.size(); i++) {
            long from = Math.max(offset, unreadable.get(i).offset());
            long to = Math.min(offset + length, unreadable.get(i).end());
            if (from >= to) {
              break;
            }
            if (origin instanceof Origin.Cached(String image, long place)) {
              unlisted(lost.ranges(), from, to)
                  .forEach(part -> lost.add(loss(image, place + (part.offset() - offset), part)));
            }
          }
        });
    unreadable.forEach(range -> lost.ranges().add(range.offset(), range.length()));
  }

  private static List<ByteRange> unlisted(RangeSet listed, long from, long to) {
    List<ByteRange> parts = new ArrayList<>();
    long at = from;
    for (int i = listed.endingBehind(from); at < to; i++) {
      long end = i < listed.size() ? Math.min(to, listed.start(i)) : to;
      if (at < end) {
        parts.add(ByteRange.between(at, end));
      }
      at = i < listed.size() ? Math.max(end, listed.end(i)) : to;
    }
    return parts;
  }

  private static Loss loss(String image, long place, ByteRange logical) {
    return new Loss(
        CommonCode.UNREADABLE.id(),
        image,
        place,
        logical.length(),
        (logical.length() + BlockSource.SECTOR_BYTES - 1) / BlockSource.SECTOR_BYTES,
        "the newest copy of what stands at byte %d of the logical device cannot be read"
            .formatted(logical.offset()),
        Facts.builder().bytes("logicalOffset", logical.offset()).build());
  }
}
