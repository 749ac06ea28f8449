package org.dmsalvage.live.engine;

/**
 * A figure that a running cache can tell of itself. A cache tells those that mean something for its
 * kind.
 */
public enum Measure {
  /** Bytes of data that the cache device has room for. */
  SIZE("cache_size_bytes", Type.GAUGE, "Data that the cache device has room for."),

  /** Bytes of that room which a new write can use at once. */
  FREE("cache_free_bytes", Type.GAUGE, "Room that a new write can use at once."),

  /** Bytes whose newest version is only in the cache. */
  DIRTY("cache_dirty_bytes", Type.GAUGE, "Data whose newest version is only in the cache."),

  /** Bytes that a crash would lose now: written, but not committed. */
  UNCOMMITTED("cache_uncommitted_bytes", Type.GAUGE, "Data that a crash would lose now."),

  /** Bytes that are being copied to the backing device. */
  WRITEBACK("cache_writeback_bytes", Type.GAUGE, "Data on its way to the backing device."),

  /** Bytes in use at which write-back begins. */
  HIGH_WATERMARK("cache_high_watermark_bytes", Type.GAUGE, "Use at which write-back begins."),

  /** Bytes in use at which write-back ends. */
  LOW_WATERMARK("cache_low_watermark_bytes", Type.GAUGE, "Use at which write-back ends."),

  /** Segments of a log. */
  SEGMENTS("log_segments", Type.GAUGE, "Segments of the log."),

  /** Segments of a log whose data is all on the backing device, so that they can be used again. */
  FREE_SEGMENTS("log_free_segments", Type.GAUGE, "Segments of the log that can be used again."),

  /** Bytes of a device that compresses which were written, as its users see them. */
  LOGICAL("compressed_logical_bytes", Type.GAUGE, "Data that is stored, before compression."),

  /** Bytes that those take on the disk. */
  STORED("compressed_stored_bytes", Type.GAUGE, "Data that is stored, after compression."),

  /** Blocks read that the cache held. */
  READ_HITS("cache_read_hits", Type.COUNTER, "Blocks read that the cache held."),

  /** Blocks read that it did not. */
  READ_MISSES("cache_read_misses", Type.COUNTER, "Blocks read that the cache did not hold."),

  /** Blocks written that the cache held. */
  WRITE_HITS("cache_write_hits", Type.COUNTER, "Blocks written that the cache held."),

  /** Blocks written that it did not. */
  WRITE_MISSES("cache_write_misses", Type.COUNTER, "Blocks written that the cache did not hold."),

  /** How often the log or its metadata was committed. */
  COMMITS("cache_commits", Type.COUNTER, "How often what was written has been committed."),

  /** Bytes copied to the backing device since the start. */
  WRITTEN_BACK("cache_written_back_bytes", Type.COUNTER, "Data copied to the backing device.");

  /** How a figure behaves. */
  public enum Type {
    /** Goes up and down. */
    GAUGE,
    /** Counts from the start of the device, and never goes down. */
    COUNTER
  }

  private final String metric;
  private final Type type;
  private final String help;

  Measure(String metric, Type type, String help) {
    this.metric = metric;
    this.type = type;
    this.help = help;
  }

  /** {@return the name of the metric without its prefix and the suffix of counters} */
  public String metric() {
    return metric;
  }

  /** {@return how it behaves} */
  public Type type() {
    return type;
  }

  /** {@return a sentence for people} */
  public String help() {
    return help;
  }
}
