package org.dmsalvage.inspect.format.writeboost;

/**
 * A plog that was found on a plog device.
 *
 * @param offset byte offset of its meta sector on the device
 * @param meta its meta sector
 * @param state what is known of it
 * @param behindGap whether something that is no plog of the same id lies between it and the head of
 *     its segment, so that the driver does not reach it
 */
public record Plog(long offset, PlogMeta meta, State state, boolean behindGap) {

  /** What is known of a plog. */
  public enum State {
    /** The id is that of the segment's head, the checksum is right, all fields are possible. */
    GOOD,
    /** The id is that of the head; the data does not fit the checksum, or cannot be read. */
    TORN,
    /** Id and checksum are right; len, idx or sector are not possible. */
    IMPLAUSIBLE,
    /** A whole plog of another id, left from an earlier round or life (rule P7). */
    STALE
  }

  /** {@return byte offset of the data} */
  public long dataOffset() {
    return offset + 512;
  }

  /** {@return meta and data in bytes} */
  public long bytes() {
    return (1L + meta.len()) * 512;
  }
}
