package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * What the driver of type 1 does with the plog device before it replays the cache (flush_plogs,
 * rules P4 to P10): the smallest head id, whatever it is worth, and on as long as each next head is
 * exactly one more.
 *
 * @param segments those that it writes to the cache, in that order
 * @param overruns whether one of them makes it write behind its buffer
 */
record PlogReplay(List<RebuiltSegment> segments, boolean overruns) {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Keeps a copy. */
  PlogReplay {
    segments = List.copyOf(segments);
  }

  /**
   * Follows the driver.
   *
   * @param plog the plog device
   * @param geometry of it
   * @param rambufPool nr_rambuf_pool
   */
  static PlogReplay of(BlockSource plog, PlogGeometry geometry, int rambufPool) {
    long ring = geometry.ring(rambufPool);
    long first = 0;
    long next = -1;
    for (long place = 0; place < ring; place++) {
      long head = head(plog, geometry, place);
      if (head != 0 && Long.compareUnsigned(head, next) < 0) {
        next = head;
        first = place;
      }
    }
    List<RebuiltSegment> segments = new ArrayList<>();
    boolean overruns = false;
    for (long i = 0; i < ring; i++) {
      long place = (first + i) % ring;
      if (next == -1 || head(plog, geometry, place) != next) {
        break;
      }
      RebuiltSegment segment =
          new RebuiltSegment(next, geometry.blocksPerSegment(), geometry.startByte(place));
      overruns |= !rebuild(plog, geometry, place, segment);
      segments.add(segment);
      next++;
    }
    return new PlogReplay(segments, overruns);
  }

  private static long head(BlockSource plog, PlogGeometry geometry, long place) {
    ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    plog.readAround(geometry.startByte(place), sector);
    return PlogMeta.decode(sector, 0).id();
  }

  /** rebuild_rambuf; false if a plog does not fit the buffer. */
  private static boolean rebuild(
      BlockSource plog, PlogGeometry geometry, long place, RebuiltSegment segment) {
    ByteBuffer buffer = ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    plog.readAround(geometry.startByte(place), buffer);
    int sectors = (int) geometry.segmentSectors();
    int at = 0;
    while (at < sectors) {
      PlogMeta meta = PlogMeta.decode(buffer, at * SECTOR);
      int data = at + 1;
      if (data + meta.len() > sectors
          || checksum(buffer, data, meta.len()) != meta.checksum()
          || meta.id() != segment.id()) {
        break;
      }
      if (!segment.add(meta, data)) {
        return false;
      }
      at = data + meta.len();
    }
    return true;
  }

  private static int checksum(ByteBuffer buffer, int sector, int count) {
    CRC32C crc = new CRC32C();
    crc.update(buffer.duplicate().clear().slice(sector * SECTOR, count * SECTOR));
    return Convention.RAW_CRC.finish((int) crc.getValue());
  }
}
