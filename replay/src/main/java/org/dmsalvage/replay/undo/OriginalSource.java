package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ForwardingSource;

/**
 * A device as it was before it was written in place. What was saved since the undo file was opened
 * is not taken into account. Closing it closes the device, not the undo file.
 */
public final class OriginalSource extends ForwardingSource {

  private final UndoFile undo;
  private final int target;

  /**
   * Looks behind what was written.
   *
   * @param device as it is
   * @param undo that can restore it; stays open as long as the source is used
   * @param target index of the device in the file
   */
  public OriginalSource(BlockSource device, UndoFile undo, int target) {
    super(device);
    this.undo = undo;
    this.target = target;
  }

  @Override
  public void read(long offset, ByteBuffer bytes) {
    int start = bytes.position();
    whole.read(offset, bytes);
    int end = bytes.position();
    Originals.overlay(undo, target, offset, bytes.position(start));
    bytes.position(end);
  }

  /**
   * {@return the device's answer: what was written in place is data, and what it replaced is, too}
   */
  @Override
  public long nextData(long offset) {
    long[] next = {whole.nextData(offset)};
    undo.forEachSaved(
        target,
        offset,
        next[0],
        (batch, extent, _) -> next[0] = Math.min(next[0], Math.max(offset, batch.offset(extent))));
    return next[0];
  }

  /** {@return where the device has a hole in which nothing was saved} */
  @Override
  public long nextHole(long offset) {
    long[] hole = {whole.nextHole(offset)};
    for (long at = -1; at != hole[0] && hole[0] < size(); ) {
      at = hole[0];
      undo.forEachSaved(
          target, at, at + 1, (batch, extent, _) -> hole[0] = whole.nextHole(batch.end(extent)));
    }
    return hole[0];
  }
}
