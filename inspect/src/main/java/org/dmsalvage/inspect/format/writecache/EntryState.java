package org.dmsalvage.inspect.format.writecache;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** What an entry of the table stands for. */
public enum EntryState {
  /** It counts: its block is the newest copy of its sector. */
  COMMITTED,
  /** It counts by its place in the table alone: a twin has the same sector and sequence. */
  AMBIGUOUS,
  /** Committed, but another entry holds a newer copy of the sector. */
  SUPERSEDED,
  /** Written and not committed; the driver discards it. */
  UNCOMMITTED,
  /** Free, with the address of the sector that its block held last. */
  FREE,
  /** Never used since the cache was formatted. */
  UNUSED,
  /** In a sector of the table that was wiped. */
  ZEROED,
  /** In a part of the table that cannot be read. */
  UNREADABLE;

  /** {@return the word for lists and filters} */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** {@return all words} */
  static List<String> words() {
    return Arrays.stream(values()).map(EntryState::toString).toList();
  }

  /** {@return the state as far as the entry itself tells it, without its copies} */
  static EntryState of(long originalSector, long sequence, long sequenceCount) {
    if (Entry.committed(sequence, sequenceCount)) {
      return COMMITTED;
    }
    if (sequence != Entry.NONE) {
      return UNCOMMITTED;
    }
    return originalSector == Entry.NONE ? UNUSED : FREE;
  }
}
