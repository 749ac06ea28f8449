package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * What an undo file saved of one device, as changes that bring it back. Ranges whose old bytes
 * could not be read are left out.
 */
final class Originals implements Changes {

  private final UndoFile undo;
  private final int target;

  Originals(UndoFile undo, int target) {
    this.undo = undo;
    this.target = target;
  }

  @Override
  public void forEachRange(Ranges sink) {
    for (UndoFile.Place place : undo.places()) {
      if (place.target() == target) {
        UndoBatch batch = undo.batch(place);
        for (int i = 0; i < batch.count(); i++) {
          if (!batch.unreadable(i)) {
            sink.range(batch.offset(i), batch.length(i));
          }
        }
      }
    }
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer wanted) {
    overlay(undo, target, offset, wanted);
    wanted.position(wanted.limit());
    return List.of();
  }

  /**
   * Puts saved bytes over what a buffer holds.
   *
   * @param offset of the buffer's position on the device
   * @param bytes from position to limit; both stay as they are
   */
  static void overlay(UndoFile undo, int target, long offset, ByteBuffer bytes) {
    int start = bytes.position();
    int length = bytes.remaining();
    NavigableMap<Long, Runnable> reads = new TreeMap<>();
    undo.forEachSaved(
        target,
        offset,
        offset + length,
        (batch, extent, position) -> {
          if (!batch.unreadable(extent)) {
            long from = Math.max(offset, batch.offset(extent));
            long to = Math.min(offset + length, batch.end(extent));
            ByteBuffer part = bytes.duplicate();
            part.limit(start + (int) (to - offset)).position(start + (int) (from - offset));
            reads.put(
                position, () -> undo.readSaved(part, position + (from - batch.offset(extent))));
          }
        });
    // Where a range was saved several times, the first time counts: it is read last.
    reads.descendingMap().values().forEach(Runnable::run);
  }
}
