package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A segment that is not whole, sealed anew with what is left of it: all blocks but those that are
 * certainly damaged, since they cannot be read, or their metablocks cannot, or name no block.
 */
final class DamagedSegment {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final SegmentTable table;
  private final int slot;
  private final long start;
  private final int length;
  private final ByteBuffer found;
  private final List<ByteRange> unreadable;

  /**
   * Reads a segment.
   *
   * @param table the headers of a log with checksums
   * @param slot where it stands; its header can be read
   */
  DamagedSegment(SegmentTable table, int slot) {
    this.table = table;
    this.slot = slot;
    this.start = table.startByte(slot);
    this.length = table.metablocks(slot);
    this.found = ByteBuffer.allocate(BLOCK * (1 + length)).order(ByteOrder.LITTLE_ENDIAN);
    this.unreadable = table.source().readAround(start, found);
  }

  /** {@return how many blocks it says that it holds} */
  int length() {
    return length;
  }

  /**
   * Seals it.
   *
   * @param backingSectors size of the backing device
   * @param cleanAllowed whether a metablock may lack dirty bits, which stops the kernel of 2014
   *     (rule W20)
   * @return the segment as it is to be written, from its first byte
   */
  byte[] seal(long backingSectors, boolean cleanAllowed) {
    int kept = 0;
    byte[] bytes = new byte[found.capacity()];
    ByteBuffer sealed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    sealed.put(0, found, 0, SegmentHeader.METABLOCKS);
    for (int i = 0; i < length; i++) {
      int at = SegmentHeader.METABLOCKS + i * Metablock.BYTES;
      Metablock metablock = Metablock.decode(found, at);
      boolean possible =
          readable(at, Metablock.BYTES)
              && Long.compareUnsigned(metablock.sector(), backingSectors) < 0
              && metablock.sector() % WriteboostGeometry.BLOCK_SECTORS == 0
              && (cleanAllowed || metablock.dirtyBits() != 0);
      if (possible && blockReadable(BLOCK * (1 + i), metablock.dirtyBits())) {
        metablock.encode(sealed, SegmentHeader.METABLOCKS + kept * Metablock.BYTES);
        kept++;
        sealed.put(BLOCK * kept, found, BLOCK * (1 + i), BLOCK);
      }
    }
    sealed.limit(BLOCK * (1 + kept));
    int checksum = table.convention().checksum(sealed);
    new SegmentHeader(table.id(slot), checksum, kept).encode(sealed, 0);
    return kept == length && unreadable.isEmpty()
        ? Arrays.copyOf(bytes, SECTOR)
        : Arrays.copyOf(bytes, sealed.limit());
  }

  /** {@return how many blocks a sealed segment has} */
  static int blocks(byte[] sealed) {
    ByteBuffer buffer = ByteBuffer.wrap(sealed).order(ByteOrder.LITTLE_ENDIAN);
    return SegmentHeader.decode(buffer, 0).length();
  }

  /** Whether all sectors of a block can be read that its dirty bits name; all if none is set. */
  private boolean blockReadable(int at, int dirtyBits) {
    for (int sector = 0; sector < WriteboostGeometry.BLOCK_SECTORS; sector++) {
      boolean counts = dirtyBits == 0 || (dirtyBits >> sector & 1) != 0;
      if (counts && !readable(at + sector * SECTOR, SECTOR)) {
        return false;
      }
    }
    return true;
  }

  private boolean readable(int at, int bytes) {
    ByteRange range = new ByteRange(start + at, bytes);
    return unreadable.stream().noneMatch(range::intersects);
  }
}
