package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Looks for a cache whose start_sector nobody remembers: for its superblock, or, where that is
 * lost, for the beginning of an entry table. Every sector of the first {@value #SEARCHED_BYTES}
 * bytes is tried; farther in there is no reason to begin a cache.
 */
final class StartSearch {

  private static final int SEARCHED_BYTES = 1 << 30;
  private static final int CHUNK_BYTES = 1 << 20;
  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private final BlockSource source;

  private StartSearch(BlockSource source) {
    this.source = source;
  }

  /**
   * Where a cache begins.
   *
   * @param offset of its superblock in the image, in bytes
   * @param superblock whether a superblock stands there, or only the entry table shows it
   */
  record Start(long offset, boolean superblock) {}

  /** Finds the first superblock; if there is none, the first entry table. */
  static Optional<Start> find(BlockSource source) {
    return new StartSearch(source).run();
  }

  private Optional<Start> run() {
    Optional<Start> table = Optional.empty();
    long end = Math.min(source.size(), SEARCHED_BYTES) / SECTOR * SECTOR;
    ByteBuffer chunk = ByteBuffer.allocate(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    boolean inTable = false;
    for (long at = 0; at < end; at += chunk.limit()) {
      long data = source.nextData(at) / SECTOR * SECTOR;
      inTable &= data <= at;
      at = Math.max(at, data);
      chunk.clear().limit(Math.clamp(end - at, 0, CHUNK_BYTES));
      boolean whole = source.readAround(at, chunk).isEmpty();
      for (int sector = 0; sector < chunk.limit(); sector += SECTOR) {
        if (superblock(chunk, sector, at + sector)) {
          return Optional.of(new Start(at + sector, true));
        }
        boolean entries = whole && entries(chunk, sector + Superblock.BYTES, sector + SECTOR);
        if (entries && !inTable && table.isEmpty()) {
          table = tableFrom(entryInEach(chunk, sector, sector + Superblock.BYTES), at + sector);
        }
        inTable = entries;
      }
    }
    return table;
  }

  private boolean superblock(ByteBuffer chunk, int sector, long offset) {
    if (chunk.getInt(sector) != Superblock.MAGIC) {
      return false;
    }
    Superblock sb = Superblock.decode(chunk, sector);
    return sb.version() == Superblock.VERSION
        && sb.blockCount() != 0
        && WritecacheGeometry.validBlockSize(sb.blockSize())
        && WritecacheGeometry.fits(sb.blockCount(), source.size() - offset, sb.blockSize());
  }

  /**
   * Whether all of some bytes look like entries that were used, or never, and one was used. Zeros
   * may be the entry of sector 0 from before the first commit, and say nothing.
   */
  private static boolean entries(ByteBuffer chunk, int from, int to) {
    boolean used = false;
    for (int at = from; at < to; at += Entry.BYTES) {
      boolean zeros = zeros(chunk, at);
      if (!zeros && !entry(chunk, at)) {
        return false;
      }
      used |= !zeros && Entry.originalSector(chunk, at) != Entry.NONE;
    }
    return used;
  }

  /** Whether there are nothing but entries, and no zeros. */
  private static boolean entryInEach(ByteBuffer chunk, int from, int to) {
    for (int at = from; at < to; at += Entry.BYTES) {
      if (zeros(chunk, at) || !entry(chunk, at)) {
        return false;
      }
    }
    return true;
  }

  private static boolean zeros(ByteBuffer chunk, int at) {
    return Entry.originalSector(chunk, at) == 0 && Entry.sequence(chunk, at) == 0;
  }

  private static boolean entry(ByteBuffer chunk, int at) {
    long original = Entry.originalSector(chunk, at);
    long sequence = Entry.sequence(chunk, at);
    boolean numbered = sequence >= 0 && sequence < Entry.SEQUENCE_LIMIT;
    boolean never = original == Entry.NONE && sequence == Entry.NONE;
    return never || (Entry.possible(original) && (numbered || sequence == Entry.NONE));
  }

  /**
   * Tells whether a table has its first whole sector of entries here.
   *
   * @param whole whether also the place of a superblock holds entries: then the sector before it is
   *     the first one, lost with all it held
   */
  private Optional<Start> tableFrom(boolean whole, long offset) {
    long start = whole ? offset - SECTOR : offset;
    return start < 0
        ? Optional.empty()
        : TableShape.find(source, start, 0)
            .filter(shape -> shape.used() > 0)
            .map(_ -> new Start(start, false));
  }
}
