package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;

/**
 * A segment in memory, laid out as on the cache device. Clean sectors of its blocks are zeros, not
 * what the memory held before (rule W5).
 */
final class SegmentBuffer {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int SECTOR = 512;
  private static final byte[] ZEROS = new byte[BLOCK];

  private final ByteBuffer bytes;
  private final int blocks;
  private final long[] sectors;
  private final byte[] dirtyBits;
  private long id;
  private int length;

  SegmentBuffer(WriteboostGeometry geometry) {
    bytes = ByteBuffer.allocateDirect(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    blocks = geometry.blocksPerSegment();
    sectors = new long[blocks];
    dirtyBits = new byte[blocks];
  }

  /** Begins another segment. */
  void begin(long newId) {
    id = newId;
    length = 0;
  }

  long id() {
    return id;
  }

  int length() {
    return length;
  }

  boolean isFull() {
    return length == blocks;
  }

  /**
   * Adds a block, with nothing in it yet.
   *
   * @param sector address on the backing device
   * @return its index
   */
  int append(long sector) {
    bytes.put((1 + length) * BLOCK, ZEROS);
    sectors[length] = sector;
    dirtyBits[length] = 0;
    return length++;
  }

  /**
   * Adds a block that is written as a whole, without clearing it first.
   *
   * @return its index
   */
  int appendWhole(long sector, ByteBuffer data) {
    sectors[length] = sector;
    dirtyBits[length] = (byte) 0xff;
    bytes.put((1 + length) * BLOCK, data, data.position(), BLOCK);
    return length++;
  }

  /** {@return the data of a part of a block, as a buffer of its own} */
  ByteBuffer part(int index, int from, int count) {
    return bytes.slice((1 + index) * BLOCK + from, count);
  }

  /**
   * Writes to a part of a block.
   *
   * @param index of the block
   * @param from first byte in it, a multiple of 512
   * @param data whole sectors, from the position to the limit, which are kept
   */
  void write(int index, int from, ByteBuffer data) {
    bytes.put((1 + index) * BLOCK + from, data, data.position(), data.remaining());
    mark(index, mask(from, data.remaining()));
  }

  /** Notes that sectors of a block are dirty. */
  void mark(int index, int bits) {
    dirtyBits[index] |= (byte) bits;
  }

  /** {@return the sectors of a part of a block, as bits} */
  static int mask(int from, int count) {
    return ((1 << (count / SECTOR)) - 1) << (from / SECTOR);
  }

  /**
   * Completes header and metablocks (prepare_segment_header_device).
   *
   * @return what is written to the segment's slot
   */
  ByteBuffer seal(Convention convention) {
    bytes.clear().put(0, ZEROS);
    for (int i = 0; i < length; i++) {
      new Metablock(sectors[i], Byte.toUnsignedInt(dirtyBits[i]))
          .encode(bytes, convention.metablockOffset(i));
    }
    ByteBuffer written = bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    written.limit(Convention.writtenBytes(length));
    new SegmentHeader(id, convention.checksum(written), length).encode(written, 0);
    return written;
  }
}
