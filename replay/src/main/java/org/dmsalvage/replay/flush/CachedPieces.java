package org.dmsalvage.replay.flush;

import java.util.BitSet;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;

/**
 * Which pieces of a logical device hold anything that does not come from the backing device.
 *
 * @param size of the device
 * @param pieceBytes of each piece
 * @param pieces those that do
 */
record CachedPieces(long size, long pieceBytes, BitSet pieces) {

  private static final long SMALLEST = 1 << 20;

  /** Pieces grow with the device, so that the set keeps below 2 MiB. */
  private static final long MOST_PIECES = 1 << 24;

  static CachedPieces of(LogicalDevice device) {
    long pieceBytes = SMALLEST;
    while (device.size() / pieceBytes >= MOST_PIECES) {
      pieceBytes *= 2;
    }
    long bytes = pieceBytes;
    BitSet pieces = new BitSet();
    device.forEachRun(
        (offset, length, _) ->
            pieces.set((int) (offset / bytes), (int) ((offset + length - 1) / bytes) + 1));
    return new CachedPieces(device.size(), bytes, pieces);
  }

  /** {@return the first byte not before an offset that is in such a piece; the size if none} */
  long next(long offset) {
    int piece = pieces.nextSetBit((int) (offset / pieceBytes));
    return piece < 0 ? size : Math.clamp(piece * pieceBytes, offset, size);
  }
}
