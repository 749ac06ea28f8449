package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Looks at the header areas of slots one after the other, through one buffer and without an object
 * for each. Not safe for use by several threads.
 */
public final class SegmentCursor {

  private final WriteboostGeometry geometry;
  private final Convention convention;
  private final HeaderWindow window;
  private long slot = -1;
  private int at;

  /** Starts before the first slot. */
  public SegmentCursor(BlockSource source, WriteboostGeometry geometry, Convention convention) {
    this.geometry = geometry;
    this.convention = convention;
    this.window = new HeaderWindow(source, geometry);
  }

  /** Goes to a slot; one after the other is quickest. */
  public void load(long newSlot) {
    at = window.load(newSlot, newSlot == slot + 1 ? geometry.segmentCount() - 1 - newSlot : 0);
    slot = newSlot;
  }

  /** {@return what cannot be read of the header area of this slot; it is taken as zeros} */
  public List<ByteRange> unreadable() {
    return window.unreadable(slot);
  }

  /** {@return the segment id, unsigned} */
  public long id() {
    return convention.id(window.buffer(), at);
  }

  /** {@return the checksum, or the lap under {@link Convention#LAPS}} */
  public int mark() {
    return convention.mark(window.buffer(), at);
  }

  /** {@return the stored length, 0 … 255} */
  public int length() {
    return convention.length(window.buffer(), at);
  }

  /** {@return how many metablocks count and exist} */
  public int metablocks() {
    return Math.min(length(), geometry.blocksPerSegment());
  }

  /** {@return the address of metablock {@code i}, in sectors, unsigned} */
  public long sector(int i) {
    return convention.sector(window.buffer(), at, i);
  }

  /** {@return the dirty bits of metablock {@code i}, 0 … 255} */
  public int dirtyBits(int i) {
    return convention.dirtyBits(window.buffer(), at, i);
  }

  /** {@return the lap of metablock {@code i}; only under {@link Convention#LAPS}} */
  public int lap(int i) {
    return convention.lap(window.buffer(), at, i);
  }

  /** {@return the header area, little-endian, from its first byte; valid until the next load} */
  public ByteBuffer bytes() {
    return window.buffer().slice(at, WriteboostGeometry.BLOCK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }
}
