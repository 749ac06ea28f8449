package org.dmsalvage.live.writecache;

/**
 * What a cache has done since it was started or the counters were cleared, in blocks
 * (writecache_status since Linux 5.15). Not safe for use by several threads.
 */
final class Statistics {

  private long reads;
  private long readHits;
  private long writes;
  private long hitsUncommitted;
  private long hitsCommitted;
  private long around;
  private long allocated;
  private long blocked;
  private long flushes;
  private long discards;

  /** What became of a block that was written. */
  enum Write {
    /** Took the place of what waits for a commit. */
    HIT_UNCOMMITTED,
    /** Took the place of what was committed. */
    HIT_COMMITTED,
    /** Went to the backing device. */
    AROUND,
    /** Got a new block of the cache. */
    ALLOCATED,
    /** Got a new block of the cache, because the one that holds the address must not be changed. */
    REPLACED
  }

  void countRead(boolean hit) {
    reads++;
    readHits += hit ? 1 : 0;
  }

  void countWrite(Write write) {
    writes++;
    switch (write) {
      case HIT_UNCOMMITTED -> hitsUncommitted++;
      case HIT_COMMITTED -> hitsCommitted++;
      case AROUND -> around++;
      case ALLOCATED -> allocated++;
      case REPLACED -> {
        hitsCommitted++;
        allocated++;
      }
    }
  }

  /** Counts a write that has to wait until a block is free. */
  void countBlocked() {
    blocked++;
  }

  void countFlush() {
    flushes++;
  }

  void countDiscard(long blocks) {
    discards += blocks;
  }

  void clear() {
    reads = 0;
    readHits = 0;
    writes = 0;
    hitsUncommitted = 0;
    hitsCommitted = 0;
    around = 0;
    allocated = 0;
    blocked = 0;
    flushes = 0;
    discards = 0;
  }

  long readHits() {
    return readHits;
  }

  long readMisses() {
    return reads - readHits;
  }

  long writeHits() {
    return hitsUncommitted + hitsCommitted;
  }

  long writeMisses() {
    return writes - writeHits();
  }

  /** {@return the ten counters as the driver prints them} */
  @Override
  public String toString() {
    return "%d %d %d %d %d %d %d %d %d %d"
        .formatted(
            reads,
            readHits,
            writes,
            hitsUncommitted,
            hitsCommitted,
            around,
            allocated,
            blocked,
            flushes,
            discards);
  }
}
