package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.WritecacheCode;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.progress.Progress;

/** Reads the entry table and sorts out the committed entries. */
final class EntryReader implements EntryTable.Visitor {

  private final EntryTable table;
  private final long sequenceCount;
  private final boolean driver;
  private final Losses losses;
  private final AddressIndex.Builder index;
  private long committed;
  private long uncommitted;
  private long free;
  private long zeroed;
  private long unreadable;
  private long greatestAddress;

  /** Is told what is left out. */
  interface Losses {

    /** Ignores everything. */
    Losses NONE =
        new Losses() {
          @Override
          public void entry(WritecacheCode code, int index, long original, long sequence) {}

          @Override
          public void span(WritecacheCode code, int first, int count) {}
        };

    /** Takes an entry that does not show. */
    void entry(WritecacheCode code, int index, long original, long sequence);

    /** Takes entries of which nothing is known. */
    void span(WritecacheCode code, int first, int count);
  }

  /**
   * Prepares a reading.
   *
   * @param cache name of the image
   * @param table what is read
   * @param sequenceCount entries below it are committed
   * @param driver whether wiped entries count as copies of sector 0, and nothing counts from an
   *     unreadable entry on
   * @param losses told what is left out
   */
  EntryReader(String cache, EntryTable table, long sequenceCount, boolean driver, Losses losses) {
    this.table = table;
    this.sequenceCount = sequenceCount;
    this.driver = driver;
    this.losses = losses;
    this.index = new AddressIndex.Builder(cache, 0, table.count());
  }

  /** Reads the table and resolves copies. */
  EntryMap read(Progress progress) {
    table.scan(this, progress);
    return EntryMap.resolve(index.build(), table);
  }

  @Override
  public void entries(int first, int count, ByteBuffer bytes, int at) {
    if (driver && unreadable > 0) {
      return;
    }
    for (int i = 0; i < count; i++) {
      long original = Entry.originalSector(bytes, at + i * Entry.BYTES);
      long sequence = Entry.sequence(bytes, at + i * Entry.BYTES);
      if (Entry.committed(sequence, sequenceCount)) {
        committed(first + i, original, sequence);
      } else if (sequence == Entry.NONE) {
        free++;
      } else {
        uncommitted++;
        losses.entry(WritecacheCode.UNCOMMITTED, first + i, original, sequence);
      }
    }
  }

  private void committed(int entry, long original, long sequence) {
    committed++;
    if (Long.compareUnsigned(original, greatestAddress) > 0) {
      greatestAddress = original;
    }
    if (Entry.possible(original)) {
      index.add(original, entry);
    } else {
      losses.entry(WritecacheCode.ADDRESS_ABSURD, entry, original, sequence);
    }
  }

  @Override
  public void zeroed(int first, int count) {
    zeroed += count;
    if (!driver) {
      losses.span(WritecacheCode.ENTRIES_ZEROED, first, count);
    } else if (unreadable == 0 && Entry.committed(0, sequenceCount)) {
      // Of many copies of sector 0 the last one wins; two are enough to be identical.
      committed += count;
      index.add(0, first);
      index.add(0, first + count - 1);
    } else if (unreadable == 0) {
      uncommitted += count;
    }
  }

  @Override
  public void unreadable(int first, int count) {
    if (!driver || unreadable == 0) {
      losses.span(WritecacheCode.ENTRIES_UNREADABLE, first, count);
    }
    unreadable += count;
  }

  /** {@return whether every entry was read and none was wiped: both policies see the same} */
  boolean undamaged() {
    return zeroed == 0 && unreadable == 0;
  }

  long committed() {
    return committed;
  }

  long uncommitted() {
    return uncommitted;
  }

  long free() {
    return free;
  }

  boolean anyUnreadable() {
    return unreadable > 0;
  }

  /** {@return the greatest address of a committed entry, unsigned; 0 if there is none} */
  long greatestAddress() {
    return greatestAddress;
  }
}
