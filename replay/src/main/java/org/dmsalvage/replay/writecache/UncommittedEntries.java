package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;

/**
 * Which of the entries that were written and never committed can be laid over the committed ones.
 *
 * <p>A driver has one uncommitted sequence at a time, the superblock's; a greater one stands on the
 * medium only if a later superblock got lost. Either way such an entry is newer than every
 * committed one of its sector (writecache_map, writecache_flush).
 */
final class UncommittedEntries {

  private final String cache;
  private final EntryTable table;
  private final WritecacheLayout layout;
  private final long sequenceCount;
  private final AddressIndex index;

  private UncommittedEntries(
      String cache,
      EntryTable table,
      WritecacheLayout layout,
      long sequenceCount,
      AddressIndex index) {
    this.cache = cache;
    this.table = table;
    this.layout = layout;
    this.sequenceCount = sequenceCount;
    this.index = index;
  }

  /**
   * Reads the table.
   *
   * @param cache name of the image
   * @param table what is read
   * @param layout where the blocks are
   * @param sequenceCount entries from it on are not committed
   * @param progress told about bytes read
   */
  static UncommittedEntries find(
      String cache,
      EntryTable table,
      WritecacheLayout layout,
      long sequenceCount,
      Progress progress) {
    AddressIndex.Builder builder = new AddressIndex.Builder(cache, 0, table.count());
    table.scan(
        new EntryTable.Visitor() {
          @Override
          public void entries(int first, int count, ByteBuffer bytes, int at) {
            for (int i = 0; i < count; i++) {
              long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
              long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
              if (applicable(layout, sequenceCount, first + i, original, sequence)) {
                builder.add(original, first + i);
              }
            }
          }

          @Override
          public void zeroed(int first, int count) {}

          @Override
          public void unreadable(int first, int count) {}
        },
        progress);
    return new UncommittedEntries(cache, table, layout, sequenceCount, builder.build());
  }

  private static boolean applicable(
      WritecacheLayout layout, long sequenceCount, int entry, long original, long sequence) {
    WritecacheGeometry geometry = layout.geometry();
    return uncommitted(sequence, sequenceCount)
        && Long.compareUnsigned(sequence, Entry.SEQUENCE_LIMIT) < 0
        && Entry.possible(original)
        && geometry.aligned(original)
        && entry < layout.presentBlocks();
  }

  /** {@return whether an entry of this sequence was written and not committed} */
  static boolean uncommitted(long sequence, long sequenceCount) {
    return sequence != Entry.NONE && !Entry.committed(sequence, sequenceCount);
  }

  /** {@return whether an entry takes part: a possible address, and a block inside the image} */
  boolean applicable(int entry, long original, long sequence) {
    return applicable(layout, sequenceCount, entry, original, sequence);
  }

  /** {@return how many take part} */
  int count() {
    return index.size();
  }

  /** {@return the winners among committed and uncommitted entries, given the committed winners} */
  EntryMap over(EntryMap committed) {
    AddressIndex.Builder builder =
        new AddressIndex.Builder(cache, (long) committed.distinct() + index.size(), table.count());
    for (int p = committed.ceiling(0); p < committed.size(); p = committed.next(p)) {
      builder.add(committed.sector(p), committed.entry(p));
    }
    for (int p = 0; p < index.size(); p++) {
      builder.add(index.address(p), index.ordinal(p));
    }
    return EntryMap.resolve(builder.build(), table);
  }
}
