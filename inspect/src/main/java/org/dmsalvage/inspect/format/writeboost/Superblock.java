package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * The two sectors of the superblock that hold something.
 *
 * @param header sector 0; zeros if it cannot be read or the device ends before it
 * @param record sector 2047; zeros if it cannot be read or the device ends before it
 * @param unreadable what of them cannot be read
 */
public record Superblock(
    SuperblockHeader header, SuperblockRecord record, List<ByteRange> unreadable) {

  /** Keeps a copy of the ranges. */
  public Superblock {
    unreadable = List.copyOf(unreadable);
  }

  /** Reads both sectors. */
  public static Superblock read(BlockSource source) {
    List<ByteRange> unreadable = new ArrayList<>();
    ByteBuffer first = sector(source, 0, unreadable);
    ByteBuffer last =
        sector(source, SuperblockRecord.SECTOR * BlockSource.SECTOR_BYTES, unreadable);
    return new Superblock(
        SuperblockHeader.decode(first, 0), SuperblockRecord.decode(last, 0), unreadable);
  }

  private static ByteBuffer sector(BlockSource source, long offset, List<ByteRange> unreadable) {
    ByteBuffer buffer =
        ByteBuffer.allocate(BlockSource.SECTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    if (offset + buffer.capacity() <= source.size()) {
      unreadable.addAll(source.readAround(offset, buffer));
    }
    return buffer;
  }
}
