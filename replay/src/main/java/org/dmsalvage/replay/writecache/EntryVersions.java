package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.LoggedVersions;

/**
 * The versions of each sector that shows a cached block: its superseded entries, entries freed with
 * its address, and those that do not count yet.
 *
 * <p>None of them proves what the backing device holds: a freed block may have been written back,
 * replaced, discarded or dropped, and since version 1.2 a write that finds no free block goes to
 * the origin directly (writecache_map).
 */
final class EntryVersions implements LoggedVersions {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Entries that are looked at even if hardly anything shows. */
  private static final int SOME = 1 << 20;

  private final CachedView view;
  private final AddressIndex free;
  private final AddressIndex older;
  private final AddressIndex newer;

  private EntryVersions(
      CachedView view, AddressIndex free, AddressIndex older, AddressIndex newer) {
    this.view = view;
    this.free = free;
    this.older = older;
    this.newer = newer;
  }

  /**
   * Reads the entry table once more. Of a table with many more freed entries than entries that show
   * only the first ones are kept.
   */
  static EntryVersions of(CachedView view, Progress progress) {
    EntryMap map = view.map();
    EntryTable table = view.table();
    String name = view.cache().name();
    AddressIndex.Builder free = new AddressIndex.Builder(name, 0, table.count());
    AddressIndex.Builder older = new AddressIndex.Builder(name, 0, table.count());
    AddressIndex.Builder newer = new AddressIndex.Builder(name, 0, table.count());
    long[] room = {SOME + map.distinct()};
    progress.begin("reading the entry table", table.count() * Entry.BYTES);
    table.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int count, ByteBuffer bytes, int at) {
            for (int i = 0; i < count; i++) {
              long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
              if (original < 0 || map.find(original) < 0 || room[0] == 0) {
                continue;
              }
              long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
              if (sequence == Entry.NONE) {
                free.add(original, first + i);
                room[0]--;
              } else if (!holds(map, original, first + i)) {
                (Entry.committed(sequence, view.sequenceCount()) ? older : newer)
                    .add(original, first + i);
                room[0]--;
              }
            }
          }

          @Override
          public void zeroed(int first, int count) {}

          @Override
          public void unreadable(int first, int count) {}
        },
        progress);
    return new EntryVersions(view, free.build(), older.build(), newer.build());
  }

  private static boolean holds(EntryMap map, long sector, int entry) {
    // Entries ascend among those of one sector.
    int low = map.lowerBound(sector);
    int high = map.lowerBound(sector + 1);
    int end = high;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (map.entry(middle) < entry) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low < end && map.entry(low) == entry;
  }

  @Override
  public List<Version> of(long sector) {
    long block = sector & -(long) view.sectorsPerBlock();
    long inBlock = (sector - block) * SECTOR;
    List<Version> versions = new ArrayList<>();
    add(versions, newer, block, inBlock, "entry", Age.NEWER);
    EntryMap map = view.map();
    for (int p = map.lowerBound(block); p < map.size() && map.sector(p) == block; p++) {
      add(versions, map.entry(p), inBlock, "entry", map.superseded(p) ? Age.OLDER : Age.SHOWN);
    }
    add(versions, older, block, inBlock, "entry", Age.OLDER);
    add(versions, free, block, inBlock, "free entry", Age.OLDER);
    return versions;
  }

  private void add(
      List<Version> versions, AddressIndex index, long block, long inBlock, String what, Age age) {
    for (int p = index.lowerBound(block); p < index.size() && index.address(p) == block; p++) {
      add(versions, index.ordinal(p), inBlock, what, age);
    }
  }

  private void add(List<Version> versions, int entry, long inBlock, String what, Age age) {
    long offset = view.blockOffset(entry) + inBlock;
    if (offset + SECTOR <= view.cache().size()) {
      versions.add(new Version(view.cache(), offset, what, entry, age, false));
    }
  }
}
