package org.dmsalvage.inspect.format.writeboost;

/**
 * Where things stand on a cache device. Nothing but the order is stored; all else follows from the
 * device's size as it is now (setup_geom_info, calc_nr_segments; rules W1, F1).
 *
 * @param deviceSectors size of the cache device in whole sectors
 * @param order segment_size_order, 4 … 11: a segment has {@code 1 << order} sectors
 * @param wraps whether segment starts are computed in 32 bits, as all drivers since 2014 do
 *     (calc_segment_header_start, rule W8): beyond 2 TiB a far slot then stands where a near one
 *     does
 */
public record WriteboostGeometry(long deviceSectors, int order, boolean wraps) {

  /** Smallest order of all versions. */
  public static final int MIN_ORDER = 4;

  /** Largest order of any version. */
  public static final int MAX_ORDER = 11;

  /** Sectors before the first segment. */
  public static final long SUPERBLOCK_SECTORS = 2048;

  /** Sectors of a cached block, and of a segment's header area. */
  public static final int BLOCK_SECTORS = 8;

  /** Bytes of a cached block, and of a segment's header area. */
  public static final int BLOCK_BYTES = 4096;

  /** Most segments that we count; more would be a cache of at least 16 TiB at the least order. */
  public static final long MAX_SEGMENTS = Integer.MAX_VALUE - 8;

  private static final long START_MASK = 0xffff_ffffL;

  /** Checks the order and the size. */
  public WriteboostGeometry {
    if (order < MIN_ORDER || order > MAX_ORDER || deviceSectors < 0) {
      throw new IllegalArgumentException("order " + order + ", " + deviceSectors + " sectors");
    }
  }

  /** A geometry whose segments stand where they should, without the drivers' overflow. */
  public static WriteboostGeometry of(long deviceBytes, int order) {
    return new WriteboostGeometry(deviceBytes / 512, order, false);
  }

  /** {@return the smallest device of the same order that has so many segments} */
  public WriteboostGeometry withSegments(long segments) {
    return new WriteboostGeometry(SUPERBLOCK_SECTORS + (segments << order), order, wraps);
  }

  /** {@return the size of the device in bytes} */
  public long deviceBytes() {
    return deviceSectors * 512;
  }

  /** {@return the same device as a driver with 32-bit segment starts sees it (rule W8)} */
  public WriteboostGeometry withWrap(boolean wrap) {
    return new WriteboostGeometry(deviceSectors, order, wrap);
  }

  /** {@return whether 32-bit arithmetic puts any segment elsewhere (2 TiB or more)} */
  public boolean wrapMatters() {
    long count = segmentCount();
    return count > 0 && plainStart(count - 1) > START_MASK;
  }

  /** {@return the number of segments; 0 if the device has no room for one} */
  public long segmentCount() {
    return deviceSectors < SUPERBLOCK_SECTORS ? 0 : (deviceSectors - SUPERBLOCK_SECTORS) >> order;
  }

  /** {@return the blocks of a segment: 1, 3, 7, … 255} */
  public int blocksPerSegment() {
    return (1 << (order - 3)) - 1;
  }

  /** {@return the size of a segment in sectors} */
  public long segmentSectors() {
    return 1L << order;
  }

  /** {@return the size of a segment in bytes, 8 KiB … 1 MiB} */
  public int segmentBytes() {
    return 512 << order;
  }

  /**
   * {@return the slot of a segment id}
   *
   * <p>For id 0 it is the slot that the drivers' arithmetic gives, as if 0 were 2^64.
   *
   * @param id unsigned
   * @throws ArithmeticException if there are no segments
   */
  public long slotOf(long id) {
    return Long.remainderUnsigned(id - 1, segmentCount());
  }

  /** {@return how often the log had gone round when this id was written, from 1} */
  public long lapOf(long id) {
    return Long.divideUnsigned(id - 1, segmentCount()) + 1;
  }

  private long plainStart(long slot) {
    return SUPERBLOCK_SECTORS + (slot << order);
  }

  /** {@return the first sector of a slot} */
  public long startSector(long slot) {
    return wraps ? plainStart(slot) & START_MASK : plainStart(slot);
  }

  /**
   * {@return how many slots, from one on, stand one behind the other: up to the last one, or to
   * where 32-bit arithmetic begins again}
   */
  public long slotsInARow(long slot) {
    long left = segmentCount() - slot;
    long sectors = START_MASK + 1 - startSector(slot);
    return wraps ? Math.min(left, (sectors + segmentSectors() - 1) >> order) : left;
  }

  /** {@return the first byte of a slot} */
  public long startByte(long slot) {
    return startSector(slot) * 512;
  }

  /** {@return the first sector of block {@code i} of a slot} */
  public long blockSector(long slot, int i) {
    return startSector(slot) + (1L + i) * BLOCK_SECTORS;
  }

  /** {@return the first byte of block {@code i} of a slot} */
  public long blockByte(long slot, int i) {
    return blockSector(slot, i) * 512;
  }

  /**
   * {@return the id that a slot holds in a log without holes, or 0 if the log has not come so far}
   *
   * @param newest the newest id of the log, unsigned
   */
  public long expectedId(long slot, long newest) {
    if (newest == 0) {
      return 0;
    }
    long behind = Long.remainderUnsigned(newest - 1 - slot, segmentCount());
    if (Long.compareUnsigned(newest - 1, slot) < 0) {
      return 0;
    }
    return newest - behind;
  }
}
