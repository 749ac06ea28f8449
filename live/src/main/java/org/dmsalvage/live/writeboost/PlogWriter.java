package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;
import org.dmsalvage.replay.device.BlockDevice;

/**
 * Logs each write to the plog device before it is acknowledged, in a ring of plog segments (rules
 * P1, P2). Called with the guard's lock held, which is let go only where that is said.
 */
final class PlogWriter {

  private static final int SECTOR = 512;
  private static final int MAX_SECTORS = 8;

  private final Guard guard;
  private final BlockDevice device;
  private final PlogGeometry geometry;
  private final int ring;
  private final ByteBuffer plog =
      ByteBuffer.allocateDirect((1 + MAX_SECTORS) * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
  private final ByteBuffer zeros = ByteBuffer.allocateDirect(SECTOR);
  private final CRC32C crc = new CRC32C();

  /** The id at the head of each place; 0 if that is clear, durably. */
  private final long[] heads;

  private long start;
  private int used;

  /**
   * Makes a writer for a device whose ring is clear.
   *
   * @param rambufPool nr_rambuf_pool, from which the driver derives the size of the ring
   */
  PlogWriter(Guard guard, BlockDevice device, PlogGeometry geometry, long rambufPool) {
    this.guard = guard;
    this.device = device;
    this.geometry = geometry;
    this.ring = ring(device, geometry, rambufPool);
    this.heads = new long[ring];
  }

  /**
   * {@return the number of places in the ring}
   *
   * @throws UnsupportedImageException if the device has no room for one
   */
  static int ring(BlockDevice device, PlogGeometry geometry, long rambufPool) {
    long ring = geometry.ring((int) Math.min(rambufPool, Integer.MAX_VALUE));
    if (ring == 0) {
      throw new UnsupportedImageException(
          device.name(),
          "%d bytes have no room for a plog segment of %d"
              .formatted(device.size(), geometry.segmentBytes()));
    }
    return Math.toIntExact(ring);
  }

  /**
   * Clears a ring: the heads first, since plogs are found from there only.
   *
   * @param device whose contents are all durable on the cache
   */
  static void clearRing(BlockDevice device, PlogGeometry geometry, int ring) {
    ByteBuffer zeros = ByteBuffer.allocateDirect(geometry.segmentBytes());
    for (int place = 0; place < ring; place++) {
      device.write(geometry.startByte(place), zeros.clear().limit(SECTOR));
    }
    device.flush();
    for (int place = 0; place < ring; place++) {
      device.write(geometry.startByte(place), zeros.clear());
    }
    device.flush();
  }

  /**
   * Makes the place for a segment free: what it held must be durable on the cache, and its head is
   * cleared first, as a place with the old head and some of the new plogs would be taken for the
   * old segment. Lets the lock go.
   *
   * @param id of the new segment
   */
  void prepare(long id, SegmentLog log) {
    int place = place(id);
    long old = heads[place];
    if (old != 0) {
      log.awaitDurable(old);
      guard.unlocked(() -> clearHead(place));
      heads[place] = 0;
    }
  }

  /** Begins a segment whose place is prepared. */
  void begin(long id) {
    start = geometry.startByte(place(id));
    used = 0;
  }

  private int place(long id) {
    return (int) Long.remainderUnsigned(id - 1, ring);
  }

  private void clearHead(int place) {
    device.write(geometry.startByte(place), zeros.clear());
    device.flush();
  }

  /**
   * Clears the heads of old segments one after the other, so that those that are left always follow
   * each other without a gap (rule P5). Lets the lock go.
   *
   * @param upTo greatest id; all below are durable on the cache
   */
  void clearHeads(long upTo) {
    for (long id = Math.max(1, upTo - ring + 1); id <= upTo; id++) {
      int place = place(id);
      if (heads[place] == id) {
        guard.unlocked(() -> clearHead(place));
        heads[place] = 0;
      }
    }
  }

  /** {@return whether there is room for a write of so many sectors (needs_queue_seg)} */
  boolean hasRoom(int sectors) {
    return used + 1 + sectors <= geometry.segmentSectors();
  }

  /**
   * Logs a write (do_append_plog_t1).
   *
   * @param id of the segment
   * @param sector address on the backing device
   * @param index of the block in the segment
   * @param data whole sectors, at most 8, from the position to the limit, which are kept
   */
  void append(long id, long sector, int index, ByteBuffer data) {
    int sectors = data.remaining() / SECTOR;
    plog.clear().limit((1 + sectors) * SECTOR);
    for (int at = 0; at < SECTOR; at += Long.BYTES) {
      plog.putLong(at, 0);
    }
    plog.put(SECTOR, data, data.position(), data.remaining());
    crc.reset();
    crc.update(plog.position(SECTOR));
    int checksum = Convention.RAW_CRC.finish((int) crc.getValue());
    new PlogMeta(id, sector, checksum, index, sectors).encode(plog, 0);
    guard.doing(() -> device.write(start + (long) used * SECTOR, plog.position(0)));
    used += 1 + sectors;
    heads[place(id)] = id;
  }

  /** Makes all plogs durable. Lets the lock go. */
  void flush() {
    guard.unlocked(device::flush);
  }
}
