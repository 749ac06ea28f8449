package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;

/**
 * The table of entries behind the superblock, read in large pieces and without an object an entry.
 *
 * <p>The table may reach behind the end of a cut image: what is missing counts as unreadable.
 */
public final class EntryTable {

  /** Bytes read at once. */
  static final int CHUNK_BYTES = 4 << 20;

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final BlockSource source;
  private final long start;
  private final long count;

  /**
   * Describes a table.
   *
   * @param source the image
   * @param start byte offset of the superblock in it
   * @param geometry where the table ends
   */
  public EntryTable(BlockSource source, long start, WritecacheGeometry geometry) {
    this.source = source;
    this.start = start;
    this.count = geometry.blockCount();
  }

  /** Receives the table in index order. */
  public interface Visitor {

    /**
     * Takes entries that were read.
     *
     * @param first index of the first one
     * @param count how many, 1 or more
     * @param bytes little-endian buffer that holds them; valid during the call
     * @param at where the first one begins in it
     */
    void entries(int first, int count, ByteBuffer bytes, int at);

    /**
     * Takes entries in sectors of the table that are zero throughout, at least two at a time. No
     * driver leaves such a sector: two such entries are copies of sector 0 in one commit.
     *
     * @param first index of the first one
     * @param count how many
     */
    void zeroed(int first, int count);

    /**
     * Takes entries that cannot be read.
     *
     * @param first index of the first one
     * @param count how many, 1 or more
     */
    void unreadable(int first, int count);
  }

  /** {@return the number of entries} */
  public long count() {
    return count;
  }

  /** {@return byte offset in the image of an entry} */
  public long offset(long index) {
    return start + WritecacheGeometry.entryOffset(index);
  }

  /** Reads the whole table once, skipping holes. */
  public void scan(Visitor visitor, Progress progress) {
    long end = offset(count);
    ByteBuffer buffer = buffer(end - offset(0));
    long available = Math.min(end, source.size());
    long position = offset(0);
    while (position < available) {
      progress.checkCancelled("reading the entry table");
      long zeroEntries = (Math.min(source.nextData(position), end) - position) / Entry.BYTES;
      if (zeroEntries > 1) {
        visitor.zeroed(indexAt(position), (int) zeroEntries);
        progress.advance(zeroEntries * Entry.BYTES);
        position += zeroEntries * Entry.BYTES;
        continue;
      }
      // Pieces end where sectors of the table end, so that no zeroed sector is cut in two.
      long chunkEnd = start + ((position - start) / CHUNK_BYTES + 1) * CHUNK_BYTES;
      int length = (int) (Math.min(chunkEnd, available) - position);
      buffer.clear().limit(length);
      split(position, length, source.readAround(position, buffer), buffer, visitor);
      progress.advance(length);
      position += length;
    }
    long missing = indexAt(Math.max(position, offset(0)));
    if (missing < count) {
      visitor.unreadable((int) missing, (int) (count - missing));
    }
  }

  private int indexAt(long position) {
    return (int) ((position - start - Superblock.BYTES) / Entry.BYTES);
  }

  private static ByteBuffer buffer(long bytes) {
    int length = (int) Math.max(Entry.BYTES, Math.min(CHUNK_BYTES, bytes));
    return ByteBuffer.allocateDirect(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Separates what was read from what was not; a torn last entry is left to the caller. */
  private void split(
      long position, int length, List<ByteRange> unreadable, ByteBuffer buffer, Visitor visitor) {
    int first = indexAt(position);
    int count = length / Entry.BYTES;
    int done = 0;
    for (ByteRange range : unreadable) {
      int from = (int) ((range.offset() - position) / Entry.BYTES);
      int to = (int) Math.min(count, (range.end() - position + Entry.BYTES - 1) / Entry.BYTES);
      if (from > done) {
        readable(first, done, from, buffer, visitor);
      }
      if (to > Math.max(from, done)) {
        visitor.unreadable(first + Math.max(from, done), to - Math.max(from, done));
      }
      done = Math.max(done, to);
    }
    if (count > done) {
      readable(first, done, count, buffer, visitor);
    }
  }

  /** Separates sectors that are zero throughout from the others. */
  private void readable(int first, int from, int to, ByteBuffer buffer, Visitor visitor) {
    int pending = from;
    int at = from;
    while (at < to) {
      long inTable = WritecacheGeometry.entryOffset((long) first + at);
      int sectorEnd = (int) Math.min(to, at + (SECTOR - inTable % SECTOR) / Entry.BYTES);
      if (buffer.getLong(at * Entry.BYTES) == 0
          && sectorEnd - at > 1
          && zero(buffer, at * Entry.BYTES, sectorEnd * Entry.BYTES)) {
        if (at > pending) {
          visitor.entries(first + pending, at - pending, buffer, pending * Entry.BYTES);
        }
        int zeroEnd = sectorEnd;
        while (zeroEnd < to
            && zero(
                buffer,
                zeroEnd * Entry.BYTES,
                Math.min(to * Entry.BYTES, zeroEnd * Entry.BYTES + SECTOR))) {
          zeroEnd = Math.min(to, zeroEnd + SECTOR / Entry.BYTES);
        }
        visitor.zeroed(first + at, zeroEnd - at);
        pending = zeroEnd;
        sectorEnd = zeroEnd;
      }
      at = sectorEnd;
    }
    if (to > pending) {
      visitor.entries(first + pending, to - pending, buffer, pending * Entry.BYTES);
    }
  }

  private static boolean zero(ByteBuffer buffer, int from, int to) {
    for (int i = from; i < to; i += Long.BYTES) {
      if (buffer.getLong(i) != 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Reads the seq_count of some entries.
   *
   * @param indexes of the entries, ascending
   * @return their sequences in the same order; 0 where one cannot be read
   */
  public long[] sequences(int[] indexes) {
    long[] sequences = new long[indexes.length];
    ByteBuffer buffer = buffer(count * Entry.BYTES);
    int done = 0;
    while (done < indexes.length) {
      int first = indexes[done];
      int end = done + 1;
      while (end < indexes.length
          && (indexes[end] - (long) first + 1) * Entry.BYTES <= buffer.capacity()) {
        end++;
      }
      buffer.clear().limit((indexes[end - 1] - first + 1) * Entry.BYTES);
      source.readAround(offset(first), buffer);
      for (; done < end; done++) {
        sequences[done] = Entry.sequence(buffer, (indexes[done] - first) * Entry.BYTES);
      }
    }
    return sequences;
  }
}
