package org.dmsalvage.inspect.scan;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.PlogMeta;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.OrderedTasks;
import org.dmsalvage.inspect.progress.Progress;

/** Looks at every sector of a device that is not in a hole. */
final class SectorScan {

  /** Between the sectors of one persistent log: a segment of the largest order. */
  static final long PLOG_GAP = 2 << 20;

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int CHUNK = 4 << 20;

  /** Ids beyond this would take centuries to reach. */
  private static final long LIKELY_ID = 1L << 40;

  /** No device has more sectors. */
  private static final long LIKELY_SECTOR = 1L << 48;

  private static final int MOST_BLOCKS = 127;

  /** Bytes of a chunk that may be read in vain to prove headers that are none. */
  private static final long VAIN_BYTES = 4L * CHUNK;

  private static final long MOST_VAIN_BYTES = 4 * VAIN_BYTES;

  /** Commits within a sector of a table are seldom further apart than this. */
  private static final long CLOSE_COMMITS = 1024;

  /** A commit a millisecond for a month. */
  private static final long LIKELY_COMMIT = 1L << 32;

  private static final int ENTRIES = SECTOR / Entry.BYTES;

  private final BlockSource source;
  private final ThreadLocal<ByteBuffer> chunks = ThreadLocal.withInitial(() -> direct(CHUNK));
  private final ThreadLocal<ByteBuffer> proofs =
      ThreadLocal.withInitial(() -> direct(Convention.writtenBytes(MOST_BLOCKS)));

  SectorScan(BlockSource source) {
    this.source = source;
  }

  private static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * What a scan has found and seen.
   *
   * @param hits what was found
   * @param read bytes that were read
   * @param unreadable bytes that could not be read
   */
  record Result(Hits hits, long read, long unreadable) {}

  /** What was found in a chunk. */
  private record Part(Hits hits, long read, long unreadable) {}

  Result run(Progress progress) {
    Hits all = new Hits();
    long[] sums = new long[2];
    progress.begin("scanning " + source.name(), source.size());
    long[] advanced = {0};
    OrderedTasks.run(
        last -> next(last, advanced, progress),
        chunk -> scan(chunk * CHUNK),
        part -> {
          progress.checkCancelled("scanning");
          all.append(part.hits);
          sums[0] += part.read;
          sums[1] += part.unreadable;
        });
    return new Result(all, sums[0], sums[1]);
  }

  /** The next chunk that is not all hole. */
  private long next(long last, long[] advanced, Progress progress) {
    long from = (last + 1) * CHUNK;
    if (from >= source.size()) {
      return -1;
    }
    long data = source.nextData(from);
    progress.advance(Math.max(0, from - advanced[0]));
    advanced[0] = from;
    return data >= source.size() ? -1 : data / CHUNK;
  }

  private Part scan(long start) {
    int length = (int) Math.min(CHUNK, source.size() - start) / SECTOR * SECTOR;
    ByteBuffer chunk = chunks.get().clear().limit(length);
    Hits hits = new Hits();
    long read = 0;
    long unreadable = 0;
    long[] vain = {0};
    // Only the data between the holes is read.
    for (long from = source.nextData(start); from < start + length; ) {
      long to = Math.min(source.nextHole(from), start + length);
      long begin = from / SECTOR * SECTOR;
      int end = (int) Math.min((to - start + SECTOR - 1) / SECTOR * SECTOR, length);
      ByteBuffer piece = chunk.limit(end).position((int) (begin - start));
      for (ByteRange bad : source.readAround(begin, piece)) {
        unreadable += bad.length();
      }
      chunk.clear();
      read += to - from;
      for (int at = (int) (begin - start); at < end; at += SECTOR) {
        sector(chunk, at, end, start + at, hits, vain);
      }
      from = to >= start + length ? to : source.nextData(to);
    }
    return new Part(hits, read, unreadable);
  }

  private void sector(ByteBuffer chunk, int at, int end, long offset, Hits hits, long[] vain) {
    long first = chunk.getLong(at);
    if (first == 0) {
      // No id, no magic number; the first entry of a table may be for sector 0.
      if (chunk.getLong(at + 16) != 0) {
        entries(chunk, at, offset, hits);
      }
      return;
    }
    if (first > 0 && first < LIKELY_ID) {
      if (!plog(chunk, at, end, offset, first, hits)) {
        segment(chunk, at, end, offset, first, hits, vain);
      }
      if (first < LIKELY_SECTOR && (first & 7) == 0) {
        entries(chunk, at, offset, hits);
      }
    } else if (first == -1) {
      entries(chunk, at, offset, hits);
    }
    int magic = (int) first;
    if (magic == SuperblockHeader.MAGIC) {
      hits.superblock(Hits.Magic.WRITEBOOST, offset);
    } else if (magic == Superblock.MAGIC && first >>> 32 == Superblock.VERSION) {
      hits.superblock(Hits.Magic.WRITECACHE, offset);
    } else if (first == org.dmsalvage.inspect.format.insitu.Superblock.MAGIC) {
      hits.superblock(Hits.Magic.INSITU, offset);
    }
  }

  /** A header of 2014 or later, proved by the checksum of its segment. */
  private void segment(
      ByteBuffer chunk, int at, int end, long offset, long id, Hits hits, long[] vain) {
    SegmentHeader header = SegmentHeader.decode(chunk, at);
    int length = Convention.writtenBytes(header.length());
    if (header.checksum() == 0
        || header.length() > MOST_BLOCKS
        || length > source.size() - offset
        || !plausible(chunk, at, end, header.length())) {
      return;
    }
    // Where too much looks like a header, only what has the usual padding is tried further.
    if (vain[0] > VAIN_BYTES && (chunk.getLong(at + 16) != 0 || vain[0] > MOST_VAIN_BYTES)) {
      hits.unproved++;
      return;
    }
    ByteBuffer segment;
    if (length <= end - at) {
      segment = chunk.slice(at, length);
    } else {
      segment = proofs.get().clear().limit(length);
      if (!source.readAround(offset, segment).isEmpty()) {
        return;
      }
      segment.flip();
    }
    int crc = Convention.COMPLEMENTED_CRC.checksum(segment);
    if (header.checksum() == Convention.COMPLEMENTED_CRC.finish(crc)) {
      hits.segment(offset, id, Convention.COMPLEMENTED_CRC);
    } else if (header.checksum() == Convention.RAW_CRC.finish(crc)) {
      hits.segment(offset, id, Convention.RAW_CRC);
    } else {
      vain[0] += length;
    }
  }

  /** Whether the metablocks of a segment, as far as they are at hand, are addresses of blocks. */
  private static boolean plausible(ByteBuffer chunk, int at, int end, int length) {
    int known = Math.min(length, (end - at - SegmentHeader.METABLOCKS) / 16);
    for (int i = 0; i < Math.min(known, 4); i++) {
      long sector = chunk.getLong(at + SegmentHeader.METABLOCKS + 16 * i);
      if (sector < 0 || sector >= LIKELY_SECTOR || (sector & 7) != 0) {
        return false;
      }
    }
    return true;
  }

  /** A logged write, proved by the checksum of its data. */
  private boolean plog(ByteBuffer chunk, int at, int end, long offset, long id, Hits hits) {
    PlogMeta meta = PlogMeta.decode(chunk, at);
    if (!meta.plausible(256) || meta.sector() >= LIKELY_SECTOR || meta.checksum() == 0) {
      return false;
    }
    for (int i = 24; i < SECTOR; i += 8) {
      if (chunk.getLong(at + i) != 0) {
        return false;
      }
    }
    int bytes = meta.len() * SECTOR;
    if (bytes > source.size() - offset - SECTOR) {
      return false;
    }
    ByteBuffer data;
    if (bytes <= end - at - SECTOR) {
      data = chunk.slice(at + SECTOR, bytes);
    } else {
      data = proofs.get().clear().limit(bytes);
      List<ByteRange> unreadable = source.readAround(offset + SECTOR, data);
      if (!unreadable.isEmpty()) {
        return false;
      }
      data.flip();
    }
    CRC32C crc = new CRC32C();
    crc.update(data);
    if (Convention.RAW_CRC.finish((int) crc.getValue()) != meta.checksum()) {
      return false;
    }
    Hits.add(hits.plogs, new Hits.Run(offset, offset + SECTOR + bytes, 1, id, id), PLOG_GAP);
    return true;
  }

  /**
   * A sector that can be a part of the table of a writecache: addresses that differ from each
   * other, of commits that lie close together. Much else consists of pairs of numbers, but rarely
   * of such.
   */
  private static void entries(ByteBuffer chunk, int at, long offset, Hits hits) {
    int used = 0;
    long lowest = Long.MAX_VALUE;
    long highest = 0;
    long last = -1;
    for (int i = 0; i < ENTRIES; i++) {
      long sector = chunk.getLong(at + i * Entry.BYTES);
      long sequence = chunk.getLong(at + i * Entry.BYTES + 8);
      if (sector == Entry.NONE) {
        if (sequence != Entry.NONE) {
          return;
        }
      } else {
        boolean free = sequence == Entry.NONE;
        boolean likely = sequence >= 0 && sequence < LIKELY_COMMIT;
        if (sector < 0 || sector >= LIKELY_SECTOR || sector == last || !(free || likely)) {
          return;
        }
        used += free ? 0 : 1;
        highest = free ? highest : Math.max(highest, sequence);
        lowest = free ? lowest : Math.min(lowest, sequence);
        last = sector;
      }
    }
    if (used < ENTRIES / 2) {
      // Entries that were never used begin no table, but a table may go on with them.
      if (!hits.entries.isEmpty() && hits.entries.getLast().end() == offset) {
        hits.entries.add(hits.entries.removeLast().longer(SECTOR));
      }
      return;
    }
    if (highest - lowest <= CLOSE_COMMITS && distinctCommits(chunk, at) <= used / 2) {
      Hits.add(hits.entries, new Hits.Run(offset, offset + SECTOR, 1, highest, highest), 0);
    }
  }

  /** How often the commit changes from one entry to the next. */
  private static int distinctCommits(ByteBuffer chunk, int at) {
    int changes = 1;
    for (int i = 1; i < ENTRIES; i++) {
      int entry = at + i * Entry.BYTES + 8;
      changes += chunk.getLong(entry) == chunk.getLong(entry - Entry.BYTES) ? 0 : 1;
    }
    return changes;
  }
}
