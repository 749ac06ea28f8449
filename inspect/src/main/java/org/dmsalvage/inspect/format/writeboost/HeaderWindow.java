package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Reads header areas into a reused buffer: one by one where segments are large, many with one read
 * where they are small. Not safe for use by several threads.
 */
final class HeaderWindow {

  /** Up to this size, reading over the blocks is cheaper than one read a header. */
  private static final int SMALL_SEGMENT = 32 << 10;

  private static final int WINDOW = 512 << 10;

  private final BlockSource source;
  private final WriteboostGeometry geometry;
  private final ByteBuffer buffer;
  private long windowStart;
  private long windowEnd;
  private List<ByteRange> unreadable = List.of();

  HeaderWindow(BlockSource source, WriteboostGeometry geometry) {
    this.source = source;
    this.geometry = geometry;
    int size = geometry.segmentBytes() <= SMALL_SEGMENT ? WINDOW : WriteboostGeometry.BLOCK_BYTES;
    // No more than a small image has, which is opened in less time than this memory is cleared.
    long all = geometry.segmentCount() * geometry.segmentBytes();
    this.buffer =
        ByteBuffer.allocateDirect((int) Math.min(size, all)).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** {@return the buffer, little-endian; valid until the next load} */
  ByteBuffer buffer() {
    return buffer;
  }

  /**
   * Makes the header area of a slot available.
   *
   * @param slot the slot
   * @param following how many of the slots right behind it will be wanted next
   * @return index of its first byte in the buffer
   */
  int load(long slot, long following) {
    long start = geometry.startByte(slot);
    if (start < windowStart || start + WriteboostGeometry.BLOCK_BYTES > windowEnd) {
      long wanted = following * geometry.segmentBytes() + WriteboostGeometry.BLOCK_BYTES;
      long length = Math.min(Math.min(wanted, buffer.capacity()), source.size() - start);
      buffer.clear().limit((int) length);
      unreadable = source.readAround(start, buffer);
      windowStart = start;
      windowEnd = start + length;
    }
    return (int) (start - windowStart);
  }

  /** {@return what cannot be read of the header area of a slot that was just loaded} */
  List<ByteRange> unreadable(long slot) {
    if (unreadable.isEmpty()) {
      return unreadable;
    }
    ByteRange area = new ByteRange(geometry.startByte(slot), WriteboostGeometry.BLOCK_BYTES);
    return unreadable.stream()
        .filter(area::intersects)
        .map(
            range ->
                ByteRange.between(
                    Math.max(range.offset(), area.offset()), Math.min(range.end(), area.end())))
        .toList();
  }
}
