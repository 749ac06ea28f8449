package org.dmsalvage.replay.writeboost;

import java.util.Arrays;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;

/**
 * A segment put together from the plogs of one plog segment, as it would stand in its slot.
 *
 * <p>Its data stays where it is: on the plog device.
 */
final class RebuiltSegment {

  private static final int BLOCK_SECTORS = 8;

  private final long id;
  private final int blocks;
  private final long start;
  private long[] sectors = {};
  private byte[] dirtyBits = {};
  private boolean hidesGaps;

  /** For each sector of each block where its data stands, in sectors from the start; 0 = zeros. */
  private short[] places = {};

  /**
   * Starts an empty segment.
   *
   * @param id of the segment, unsigned
   * @param blocks that it has room for
   * @param start first byte of the plog segment on its device
   */
  RebuiltSegment(long id, int blocks, long start) {
    this.id = id;
    this.blocks = blocks;
    this.start = start;
  }

  /**
   * Adds the data of a plog, over what earlier plogs put there (rebuild_rambuf).
   *
   * @param meta of the plog; its data may reach into the blocks behind its own
   * @param dataSector where the data stands, in sectors from the start of the plog segment, not 0
   * @return whether the segment has room for it; if not, nothing is changed
   */
  boolean add(PlogMeta meta, int dataSector) {
    int first = meta.idx() * BLOCK_SECTORS + meta.firstInBlock();
    if (meta.idx() >= blocks || first + meta.len() > blocks * BLOCK_SECTORS) {
      return false;
    }
    int needed = Math.max(meta.idx() + 1, (first + meta.len() + 7) / BLOCK_SECTORS);
    if (needed * BLOCK_SECTORS > places.length) {
      places = Arrays.copyOf(places, needed * BLOCK_SECTORS);
    }
    if (meta.idx() >= sectors.length) {
      sectors = Arrays.copyOf(sectors, meta.idx() + 1);
      dirtyBits = Arrays.copyOf(dirtyBits, meta.idx() + 1);
    }
    sectors[meta.idx()] = meta.blockSector();
    for (int i = 0; i < meta.len(); i++) {
      dirtyBits[meta.idx()] |= (byte) (1 << (meta.firstInBlock() + i));
      places[first + i] = (short) (dataSector + i);
    }
    return true;
  }

  /**
   * Takes metablocks to which no plog was added for lost ones. A driver, which stops at the first
   * hole among the plogs, has them only if an index was skipped: as sector 0 without dirty bits.
   */
  void hideGaps() {
    hidesGaps = true;
  }

  /** {@return whether nothing is known of metablock {@code i}, as its plogs are lost} */
  boolean isGap(int i) {
    return hidesGaps && dirtyBits[i] == 0;
  }

  /** {@return whether no plog was added: the driver then writes an empty header of id 0} */
  boolean empty() {
    return sectors.length == 0;
  }

  /** {@return the first byte of the plog segment on its device} */
  long start() {
    return start;
  }

  /** {@return the segment id, unsigned} */
  long id() {
    return id;
  }

  /** {@return the number of metablocks} */
  int length() {
    return sectors.length;
  }

  /** {@return the address of metablock {@code i} in sectors, unsigned} */
  long sector(int i) {
    return sectors[i];
  }

  /** {@return the dirty bits of metablock {@code i}} */
  int dirtyBits(int i) {
    return Byte.toUnsignedInt(dirtyBits[i]);
  }

  /** {@return the offset on the plog device of a sector of block {@code i}; -1 for zeros} */
  long place(int i, int sectorInBlock) {
    int at = i * BLOCK_SECTORS + sectorInBlock;
    short sector = at < places.length ? places[at] : 0;
    return sector == 0 ? -1 : start + Short.toUnsignedLong(sector) * 512;
  }
}
