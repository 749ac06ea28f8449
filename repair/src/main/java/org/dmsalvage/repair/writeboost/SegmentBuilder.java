package org.dmsalvage.repair.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.TreeMap;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.Plog;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Puts a segment of 2014 together from plogs, as rebuild_rambuf and flush_proc do, but without
 * blocks of which nothing is left: these would be metablocks without dirty bits (rule W20).
 */
final class SegmentBuilder {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final long id;
  private final Map<Integer, Block> blocks = new TreeMap<>();

  private static final class Block {
    final byte[] data = new byte[WriteboostGeometry.BLOCK_BYTES];
    long sector;
    int dirtyBits;
  }

  /** Starts a segment of an id. */
  SegmentBuilder(long id) {
    this.id = id;
  }

  /** Adds a plog that is whole and possible, over what earlier ones brought. */
  void add(BlockSource device, Plog plog) {
    PlogMeta meta = plog.meta();
    Block block = blocks.computeIfAbsent(meta.idx(), _ -> new Block());
    block.sector = meta.blockSector();
    int first = meta.firstInBlock();
    device.read(
        plog.dataOffset(), ByteBuffer.wrap(block.data, first * SECTOR, meta.len() * SECTOR));
    block.dirtyBits |= ((1 << meta.len()) - 1) << first;
  }

  /** {@return the segment as it is written, from its first byte} */
  ByteBuffer build() {
    ByteBuffer segment =
        ByteBuffer.allocate((1 + blocks.size()) * WriteboostGeometry.BLOCK_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    int index = 0;
    for (Block block : blocks.values()) {
      new Metablock(block.sector, block.dirtyBits)
          .encode(segment, SegmentHeader.METABLOCKS + index * Metablock.BYTES);
      index++;
      segment.put(index * WriteboostGeometry.BLOCK_BYTES, block.data);
    }
    int checksum = Convention.RAW_CRC.checksum(segment);
    new SegmentHeader(id, checksum, index).encode(segment, 0);
    return segment.clear();
  }
}
