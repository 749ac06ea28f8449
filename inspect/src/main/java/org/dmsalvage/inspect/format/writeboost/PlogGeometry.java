package org.dmsalvage.inspect.format.writeboost;

/**
 * Where things stand on a plog device: segments one after the other from sector 0, used as a ring.
 *
 * <p>How many of them make up the ring is not stored (do_alloc_plog_dev_t1, rule P1).
 *
 * @param deviceSectors size of the plog device in whole sectors
 * @param blocksPerSegment of the cache
 */
public record PlogGeometry(long deviceSectors, int blocksPerSegment) {

  /** The drivers' nr_rambuf_pool and nr_plog_segs unless the table says otherwise. */
  public static final int DEFAULT_POOL = 8;

  /** {@return the size of a plog segment: room for a plog of 8 sectors for each block} */
  public long segmentSectors() {
    return (1L + 8) * blocksPerSegment;
  }

  /** {@return the size of a plog segment in bytes} */
  public int segmentBytes() {
    return Math.toIntExact(segmentSectors() * 512);
  }

  /** {@return how many plog segments the device has room for} */
  public long capacity() {
    return deviceSectors / segmentSectors();
  }

  /**
   * {@return the number of plog segments in the ring, as the driver computes it}
   *
   * <p>More room than the pool has buffers: the pool's size. Otherwise 8, or what fits, even if the
   * pool is larger. 0 if not even one fits: the driver refuses.
   *
   * @param rambufPool nr_rambuf_pool, 1 or more
   */
  public long ring(int rambufPool) {
    return capacity() > rambufPool ? rambufPool : Math.min(DEFAULT_POOL, capacity());
  }

  /** {@return the first byte of a plog segment} */
  public long startByte(long place) {
    return place * segmentSectors() * 512;
  }
}
