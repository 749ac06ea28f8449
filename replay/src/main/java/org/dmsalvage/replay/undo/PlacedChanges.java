package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.io.Layout;

/** Changes of a volume, as far as they fall on one of the devices on which the volume lies. */
public final class PlacedChanges implements Changes {

  private final Changes volume;
  private final Layout layout;
  private final int device;
  private final boolean window;
  private final long base;

  /**
   * Looks at changes from a device.
   *
   * @param volume changes in bytes of the volume
   * @param layout of the volume, in pieces of whole sectors
   * @param device index of the device in the layout
   */
  public PlacedChanges(Changes volume, Layout layout, int device) {
    this.volume = volume;
    this.layout = layout;
    this.device = device;
    this.window = layout.runs().size() == 1 && layout.runs().getFirst().stripes().size() == 1;
    this.base = window ? layout.runs().getFirst().stripes().getFirst().offset() : 0;
  }

  @Override
  public void forEachRange(Ranges sink) {
    if (window) {
      volume.forEachRange((offset, length) -> sink.range(base + offset, length));
      return;
    }
    volume.forEachRange(
        (offset, length) ->
            layout.forEachPiece(
                offset,
                offset + length,
                piece -> {
                  if (piece.image() == device) {
                    sink.range(piece.offset(), piece.length());
                  }
                }));
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    if (window) {
      return moved(volume.readAround(offset - base, target), base);
    }
    List<ByteRange> unknown = new ArrayList<>();
    int limit = target.limit();
    long end = offset + target.remaining();
    for (Layout.Piece piece : layout.onImage(device, offset, end)) {
      target.limit(target.position() + (int) piece.length());
      long shift = piece.offset() - piece.start();
      unknown.addAll(moved(volume.readAround(piece.start(), target), shift));
      target.limit(limit);
    }
    return ByteRange.joined(unknown);
  }

  private static List<ByteRange> moved(List<ByteRange> ranges, long shift) {
    return shift == 0 || ranges.isEmpty()
        ? ranges
        : ranges.stream().map(r -> new ByteRange(r.offset() + shift, r.length())).toList();
  }
}
