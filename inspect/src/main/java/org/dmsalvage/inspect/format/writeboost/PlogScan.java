package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a plog device holds.
 *
 * <p>A plog segment is read from its head, plog after plog. Where the run breaks off, the rest is
 * searched sector by sector: behind a torn or lost plog stand later ones of the same id, which the
 * driver never reaches (rule P9), and whole plogs of earlier rounds (rule P7).
 */
public final class PlogScan {

  /** Places whose heads are looked at; no sensible nr_rambuf_pool comes near. */
  private static final int MAX_PLACES = 1024;

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Where the number of segments in the ring comes from. */
  public enum RingOrigin {
    /** nr_rambuf_pool was given. */
    GIVEN,
    /** The driver's default fits all heads. */
    DEFAULT,
    /** The default does not fit; this number fits the heads best. */
    INFERRED
  }

  private final BlockSource source;
  private final PlogGeometry geometry;
  private final long ring;
  private final RingOrigin ringOrigin;
  private final List<PlogSegment> segments;
  private final List<ByteRange> unreadable;

  private PlogScan(
      BlockSource source,
      PlogGeometry geometry,
      long ring,
      RingOrigin ringOrigin,
      List<PlogSegment> segments,
      List<ByteRange> unreadable) {
    this.source = source;
    this.geometry = geometry;
    this.ring = ring;
    this.ringOrigin = ringOrigin;
    this.segments = List.copyOf(segments);
    this.unreadable = List.copyOf(unreadable);
  }

  /** {@return the device that was read} */
  public BlockSource source() {
    return source;
  }

  /** {@return where its segments stand} */
  public PlogGeometry geometry() {
    return geometry;
  }

  /** {@return the number of segments in the ring; 0 if the device has no room for one} */
  public long ring() {
    return ring;
  }

  /** {@return where {@link #ring()} comes from} */
  public RingOrigin ringOrigin() {
    return ringOrigin;
  }

  /**
   * {@return the segments in the order on the device: all of the ring, and those behind it that
   * were used}
   */
  public List<PlogSegment> segments() {
    return segments;
  }

  /**
   * {@return the segments of the ring whose heads stand in their place, by ascending id}
   *
   * <p>These are the ones that can be part of the log.
   */
  public List<PlogSegment> byId() {
    return segments.stream()
        .filter(segment -> segment.place() < ring && segment.inPlace(ring))
        .sorted((a, b) -> Long.compareUnsigned(a.headId(), b.headId()))
        .toList();
  }

  /** {@return what of a segment cannot be read, ascending} */
  public List<ByteRange> unreadable(PlogSegment segment) {
    ByteRange bytes = new ByteRange(segment.offset(), geometry.segmentBytes());
    return unreadable.stream().filter(bytes::intersects).toList();
  }

  /** {@return the segments with a head that the ring does not explain} */
  public List<PlogSegment> outOfPlace() {
    return segments.stream()
        .filter(segment -> segment.headId() != 0)
        .filter(segment -> segment.place() >= ring || !segment.inPlace(ring))
        .toList();
  }

  /**
   * Reads a plog device.
   *
   * @param source the plog device
   * @param blocksPerSegment of the cache that it belongs to
   * @param rambufPool nr_rambuf_pool if known
   * @param findings receives what cannot be read
   * @param progress told about bytes read
   */
  public static PlogScan scan(
      BlockSource source,
      int blocksPerSegment,
      OptionalInt rambufPool,
      Findings findings,
      Progress progress) {
    PlogGeometry geometry = new PlogGeometry(source.size() / SECTOR, blocksPerSegment);
    int places = (int) Math.min(geometry.capacity(), MAX_PLACES);
    ByteBuffer buffer =
        ByteBuffer.allocateDirect(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    long[] heads = new long[places];
    for (int place = 0; place < places; place++) {
      buffer.clear().limit(SECTOR);
      source.readAround(geometry.startByte(place), buffer);
      heads[place] = PlogMeta.decode(buffer, 0).id();
    }
    long usual = geometry.ring(rambufPool.orElse(PlogGeometry.DEFAULT_POOL));
    RingOrigin origin = RingOrigin.DEFAULT;
    long ring = usual;
    if (rambufPool.isPresent()) {
      origin = RingOrigin.GIVEN;
    } else {
      for (int n = 1; n <= places; n++) {
        if (unexplained(heads, n) < unexplained(heads, ring)) {
          ring = n;
          origin = RingOrigin.INFERRED;
        }
      }
    }
    progress.begin("reading plogs", places * (long) geometry.segmentBytes());
    List<PlogSegment> segments = new ArrayList<>();
    List<ByteRange> unreadable = new ArrayList<>();
    for (int place = 0; place < places; place++) {
      progress.checkCancelled("reading plogs");
      if (place < ring || heads[place] != 0) {
        buffer.clear();
        List<ByteRange> bad = source.readAround(geometry.startByte(place), buffer);
        findings.addUnreadable(source.name(), bad);
        unreadable.addAll(bad);
        segments.add(new Segment(geometry, place, buffer, bad).read());
      }
      progress.advance(geometry.segmentBytes());
    }
    return new PlogScan(source, geometry, ring, origin, segments, unreadable);
  }

  /**
   * How badly a ring of this size explains the heads: those that stand elsewhere weigh most, then
   * places that were never used although the log has come past them.
   */
  private static long unexplained(long[] heads, long ring) {
    long misfits = 0;
    long unused = 0;
    long newest = 0;
    for (long head : heads) {
      newest = Long.compareUnsigned(head, newest) > 0 ? head : newest;
    }
    for (int place = 0; place < heads.length; place++) {
      if (heads[place] == 0) {
        unused += place < ring && Long.compareUnsigned(place, newest) < 0 ? 1 : 0;
      } else if (place >= ring || Long.remainderUnsigned(heads[place] - 1, ring) != place) {
        misfits++;
      }
    }
    return misfits * (heads.length + 1L) + unused;
  }

  /** One plog segment while it is read. */
  private static final class Segment {
    private final PlogGeometry geometry;
    private final int place;
    private final ByteBuffer buffer;
    private final List<ByteRange> bad;
    private final long start;
    private final List<Plog> plogs = new ArrayList<>();

    Segment(PlogGeometry geometry, int place, ByteBuffer buffer, List<ByteRange> bad) {
      this.geometry = geometry;
      this.place = place;
      this.buffer = buffer;
      this.bad = bad;
      this.start = geometry.startByte(place);
    }

    PlogSegment read() {
      boolean headReadable = readable(0, 1);
      long id = headReadable ? PlogMeta.decode(buffer, 0).id() : newestBehindHead();
      int sectors = (int) geometry.segmentSectors();
      boolean gap = false;
      int sector = 0;
      while (sector < sectors) {
        Plog plog = readable(sector, 1) ? at(sector, sectors, id, gap) : null;
        if (plog == null) {
          gap = true;
          sector++;
          continue;
        }
        plogs.add(plog);
        if (plog.state() == Plog.State.GOOD || plog.state() == Plog.State.IMPLAUSIBLE) {
          sector += 1 + plog.meta().len();
        } else {
          gap = true;
          sector += plog.state() == Plog.State.STALE ? 1 + plog.meta().len() : 1;
        }
      }
      return new PlogSegment(place, start, id, headReadable, plogs);
    }

    /** The greatest id of a whole plog: newer rounds overwrite a segment from its head. */
    private long newestBehindHead() {
      long newest = 0;
      int sectors = (int) geometry.segmentSectors();
      for (int sector = 1; sector < sectors; sector++) {
        Plog plog = readable(sector, 1) ? at(sector, sectors, 0, true) : null;
        if (plog != null && Long.compareUnsigned(plog.meta().id(), newest) > 0) {
          newest = plog.meta().id();
        }
      }
      return newest;
    }

    private @Nullable Plog at(int sector, int sectors, long id, boolean gap) {
      PlogMeta meta = PlogMeta.decode(buffer, sector * SECTOR);
      long offset = start + (long) sector * SECTOR;
      if (meta.id() == 0 || meta.len() > 8 || sector + 1 + meta.len() > sectors) {
        return null;
      }
      boolean possible = meta.plausible(geometry.blocksPerSegment());
      if (meta.id() != id && !(possible && paddingIsZero(sector))) {
        return null;
      }
      boolean whole =
          readable(sector + 1, meta.len()) && checksum(sector, meta.len()) == meta.checksum();
      if (meta.id() != id) {
        return whole ? new Plog(offset, meta, Plog.State.STALE, gap) : null;
      }
      if (whole) {
        Plog.State state = possible ? Plog.State.GOOD : Plog.State.IMPLAUSIBLE;
        return new Plog(offset, meta, state, gap);
      }
      // Inside the data of a torn plog, any 8 bytes may look like the id.
      return possible && paddingIsZero(sector)
          ? new Plog(offset, meta, Plog.State.TORN, gap)
          : null;
    }

    private int checksum(int sector, int len) {
      ByteBuffer data = buffer.duplicate();
      data.limit((sector + 1 + len) * SECTOR).position((sector + 1) * SECTOR);
      CRC32C crc = new CRC32C();
      crc.update(data);
      return Convention.RAW_CRC.finish((int) crc.getValue());
    }

    private boolean paddingIsZero(int sector) {
      for (int i = sector * SECTOR + PlogMeta.BYTES; i < (sector + 1) * SECTOR; i++) {
        if (buffer.get(i) != 0) {
          return false;
        }
      }
      return true;
    }

    private boolean readable(int sector, int sectors) {
      if (bad.isEmpty()) {
        return true;
      }
      ByteRange range = new ByteRange(start + (long) sector * SECTOR, (long) sectors * SECTOR);
      return bad.stream().noneMatch(range::intersects);
    }
  }
}
