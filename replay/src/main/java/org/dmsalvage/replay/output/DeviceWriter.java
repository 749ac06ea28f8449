package org.dmsalvage.replay.output;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.device.BlockDevice;

/**
 * Overwrites a device as a whole, from its first byte to its last.
 *
 * <p>A device has no name that it could get when it is complete, as {@link OutputFile} has. Instead
 * its first block, without which nothing takes it for a disk, is written last, when all others are
 * durable; until then a mark stands there. So a device that was left incomplete says so, and is no
 * disk that somebody could mount by mistake.
 */
public final class DeviceWriter implements DeviceCopier.Target, AutoCloseable {

  private static final int BLOCK_BYTES = 4096;
  private static final int PIECE_BYTES = 1 << 20;

  private static final byte[] MARK =
      "dmsalvage: incomplete, a recovered disk is being written here\n"
          .getBytes(StandardCharsets.US_ASCII);

  private final BlockDevice device;
  private final ByteBuffer first;

  /** From here on there were only zeros so far, which are still to be written. */
  private long zerosFrom;

  private long written;

  /**
   * Begins to overwrite a device: the mark is durable when this returns.
   *
   * @param device what is overwritten; closed with this
   * @param bytes what it must have
   * @param replace whether it may hold anything but zeros, or what a run has left incomplete
   * @throws OutputException if it has another size, or holds something, or cannot be written
   */
  public DeviceWriter(BlockDevice device, long bytes, boolean replace) {
    this.device = device;
    this.first = ByteBuffer.allocate((int) Math.min(BLOCK_BYTES, bytes));
    try {
      check(device, bytes, replace);
      ByteBuffer mark = ByteBuffer.allocate(first.capacity());
      device.write(0, mark.put(MARK, 0, Math.min(MARK.length, mark.capacity())).clear());
      device.flush();
    } catch (RuntimeException e) {
      device.close();
      throw e;
    }
  }

  /**
   * Makes sure that a device may be overwritten; writes nothing.
   *
   * @param bytes what it must have
   * @param replace whether it may hold anything but zeros, or what a run has left incomplete
   * @throws OutputException if it may not
   */
  public static void check(BlockDevice device, long bytes, boolean replace) {
    if (device.size() != bytes) {
      throw new OutputException(
          device.name(), "has %d bytes, the recovered disk has %d".formatted(device.size(), bytes));
    }
    if (!replace && !marked(device) && !blank(device)) {
      throw new OutputException(
          device.name(), "holds something already (--force overwrites all of it)");
    }
  }

  private static boolean marked(BlockSource device) {
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(MARK.length, device.size()));
    return device.readAround(0, start).isEmpty() && start.flip().equals(ByteBuffer.wrap(MARK));
  }

  private static boolean blank(BlockSource device) {
    ByteBuffer piece = ByteBuffer.allocate(PIECE_BYTES);
    try {
      for (long at = device.nextData(0); at < device.size(); at = device.nextData(at)) {
        int length = (int) Math.min(PIECE_BYTES, device.nextHole(at) - at);
        device.read(at, piece.clear().limit(length));
        if (!zero(piece, 0, length)) {
          return false;
        }
        at += length;
      }
      return true;
    } catch (UnreadableException _) {
      return false;
    }
  }

  private static boolean zero(ByteBuffer bytes, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      if (bytes.getLong(at) != 0) {
        return false;
      }
    }
    for (; at < to; at++) {
      if (bytes.get(at) != 0) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void write(long offset, ByteBuffer piece) {
    int end = piece.limit();
    long base = offset - piece.position();
    int from = piece.position();
    if (offset < first.capacity()) {
      int length = Math.min(piece.remaining(), first.capacity() - (int) offset);
      first.put((int) offset, piece, piece.position(), length);
      written += length;
      from += length;
    }
    while (from < end) {
      int to = from;
      while (to < end && !zero(piece, to, Math.min(end, to + BLOCK_BYTES))) {
        to = Math.min(end, to + BLOCK_BYTES);
      }
      if (to > from) {
        zeros(base + from);
        device.write(base + from, piece.duplicate().limit(to).position(from));
        written += to - from;
        zerosFrom = base + to;
      }
      from = Math.min(end, to + BLOCK_BYTES);
    }
  }

  /** Writes the zeros that are still to be written before a place. */
  private void zeros(long before) {
    long from = Math.max(zerosFrom, first.capacity());
    if (before > from) {
      device.zero(from, before - from);
    }
  }

  /** {@return bytes that were written, without zeros} */
  public long written() {
    return written;
  }

  /**
   * Ends the device with zeros, makes all of it durable, and only then replaces the mark.
   *
   * @throws OutputException if that fails; the mark stands there then, or the device is complete
   */
  public void complete() {
    zeros(device.size());
    device.flush();
    device.write(0, first.duplicate());
    device.flush();
  }

  @Override
  public void close() {
    device.close();
  }
}
