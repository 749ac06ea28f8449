package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.NoSpaceException;
import org.dmsalvage.replay.recovery.LossList;

/**
 * Writes around what a device refuses: tries again, then in smaller and smaller pieces, and lists
 * what remains. Used by one thread at a time.
 *
 * <p>A device may take a write and fail only when it shall be made durable; what was written since
 * the last success is then in doubt and has to be written again, each piece made durable by itself.
 */
final class PatientWriter {

  /** How much is written between two flushes. */
  private static final long SYNC_BYTES = 64 << 20;

  private static final int[] PIECES = {1 << 16, 4096, UndoBatch.UNIT};

  private final BlockDevice device;
  private final LossList refused;
  private final List<ByteRange> doubtful = new ArrayList<>();
  private long unsynced;
  private long first = Long.MAX_VALUE;
  private long end;
  private long written;

  PatientWriter(BlockDevice device, LossList refused) {
    this.device = device;
    this.refused = refused;
  }

  /** {@return bytes that the device took} */
  long written() {
    return written;
  }

  /** {@return ranges whose writes a failed flush has put in doubt} */
  List<ByteRange> doubtful() {
    return doubtful;
  }

  /**
   * Writes; what the device refuses is listed.
   *
   * @throws OutputException if there is no room: everything further would fail, too
   */
  void write(long offset, ByteBuffer bytes) {
    first = Math.min(first, offset);
    end = Math.max(end, offset + bytes.remaining());
    unsynced += bytes.remaining();
    boolean taken = tried(offset, bytes, false);
    if (!taken) {
      taken = tried(offset, bytes, false);
    }
    if (taken) {
      written += bytes.remaining();
    } else {
      inPieces(offset, bytes, 0, false);
    }
    if (unsynced >= SYNC_BYTES) {
      sync();
    }
  }

  /** Writes and makes durable, piece by piece. */
  void writeDurably(long offset, ByteBuffer bytes) {
    inPieces(offset, bytes, 0, true);
  }

  private void inPieces(long offset, ByteBuffer bytes, int size, boolean durably) {
    int limit = bytes.limit();
    long at = offset;
    for (int from = bytes.position(); from < limit; ) {
      int length = (int) Math.min(limit - from, PIECES[size] - at % PIECES[size]);
      ByteBuffer piece = bytes.duplicate().limit(from + length).position(from);
      if (tried(at, piece, durably)) {
        written += durably ? 0 : length;
      } else if (size + 1 < PIECES.length) {
        inPieces(at, piece, size + 1, durably);
      } else {
        refuse(at, length, durably);
      }
      at += length;
      from += length;
    }
  }

  private void refuse(long offset, int length, boolean wasCounted) {
    written -= wasCounted ? length : 0;
    refused.add(
        WriteCode.TARGET.loss(
            device.name(),
            offset,
            length,
            "the device does not take the write; it keeps what it has, or nothing readable"));
  }

  private boolean tried(long offset, ByteBuffer bytes, boolean durably) {
    try {
      device.write(offset, bytes.duplicate());
      if (durably) {
        device.flush();
      }
      return true;
    } catch (OutputException e) {
      if (e.getCause() instanceof NoSpaceException) {
        throw e;
      }
      return false;
    }
  }

  /**
   * Makes everything durable.
   *
   * @throws OutputException if that fails
   */
  void flush() {
    device.flush();
  }

  /** Makes durable what was written, or notes that it is in doubt. */
  void sync() {
    if (unsynced > 0) {
      try {
        device.flush();
      } catch (OutputException _) {
        doubtful.add(ByteRange.between(first, end));
      }
      unsynced = 0;
      first = Long.MAX_VALUE;
      end = 0;
    }
  }
}
