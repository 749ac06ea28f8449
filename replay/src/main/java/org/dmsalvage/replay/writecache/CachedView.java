package org.dmsalvage.replay.writecache;

import java.util.Arrays;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.io.BlockSource;

/** The blocks of a cache that show on the logical device, in ascending order of address. */
final class CachedView {

  private final BlockSource cache;
  private final long start;
  private final WritecacheGeometry geometry;
  private final long sequenceCount;
  private final EntryMap map;
  private final long[] broken;

  /**
   * Makes a view.
   *
   * @param cache the cache image
   * @param start byte offset of the superblock in it
   * @param geometry where the blocks are
   * @param sequenceCount entries below it are committed
   * @param map which entries count; unaligned ones do not show
   * @param breaking whether an unaligned entry breaks reads of the block that it lies in, as in the
   *     driver: writecache_map cuts the read at the entry's address, and the rest is refused as
   *     unaligned
   */
  CachedView(
      BlockSource cache,
      long start,
      WritecacheGeometry geometry,
      long sequenceCount,
      EntryMap map,
      boolean breaking) {
    this.cache = cache;
    this.start = start;
    this.geometry = geometry;
    this.sequenceCount = sequenceCount;
    this.map = map;
    this.broken = breaking ? broken(geometry, map) : new long[0];
  }

  private static long[] broken(WritecacheGeometry geometry, EntryMap map) {
    long[] broken = {};
    int count = 0;
    for (int p = map.ceiling(0); p < map.size(); p = map.next(p)) {
      long sector = map.sector(p);
      long block = sector & -(long) geometry.sectorsPerBlock();
      boolean hit = sector != block && map.find(block) < 0;
      if (hit && (count == 0 || broken[count - 1] != block)) {
        if (count == broken.length) {
          broken = Arrays.copyOf(broken, Math.max(16, count * 2));
        }
        broken[count++] = block;
      }
    }
    return Arrays.copyOf(broken, count);
  }

  /** {@return whether another entry of the same sequence was there for a position} */
  boolean tied(int position) {
    return map.tied(position);
  }

  /** {@return the table that the entries stand in} */
  EntryTable table() {
    return new EntryTable(cache, start, geometry);
  }

  BlockSource cache() {
    return cache;
  }

  EntryMap map() {
    return map;
  }

  /** {@return the sequence below which entries are committed} */
  long sequenceCount() {
    return sequenceCount;
  }

  /** {@return byte offset in the cache image of the block of an entry} */
  long blockOffset(int entry) {
    return start + geometry.dataOffset(entry);
  }

  int sectorsPerBlock() {
    return geometry.sectorsPerBlock();
  }

  /**
   * {@return the first position of a block that shows and ends behind a sector; the end if none}
   */
  int from(long sector) {
    return shown(map.ceiling(sector & -(long) geometry.sectorsPerBlock()));
  }

  /** {@return the position behind another one; the end if there is none} */
  int next(int position) {
    return shown(map.next(position));
  }

  private int shown(int position) {
    int p = position;
    while (p < map.size() && !geometry.aligned(map.sector(p))) {
      p = map.next(p);
    }
    return p;
  }

  /** {@return the position behind all others} */
  int end() {
    return map.size();
  }

  /** {@return the sector of the logical device at a position; the greatest number at the end} */
  long sector(int position) {
    return position < map.size() ? map.sector(position) : Long.MAX_VALUE;
  }

  /** {@return the index of the entry at a position; -1 at the end} */
  int entry(int position) {
    return position < map.size() ? map.entry(position) : -1;
  }

  /** {@return byte offset in the cache image of the block at a position} */
  long dataOffset(int position) {
    return blockOffset(map.entry(position));
  }

  /** {@return the first sectors of the blocks that cannot be read, ascending} */
  long[] broken() {
    return broken;
  }

  /** {@return the first broken block that ends behind a sector; the greatest number if none} */
  long brokenFrom(long sector) {
    long block = sector & -(long) geometry.sectorsPerBlock();
    int found = Arrays.binarySearch(broken, block);
    int at = found < 0 ? -found - 1 : found;
    return at < broken.length ? broken[at] : Long.MAX_VALUE;
  }
}
