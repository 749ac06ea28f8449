package org.dmsalvage.live.writecache;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.BitSet;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;

/**
 * Superblock and entries as they are in memory, and how to find an entry: by address, by age, or a
 * free one. Knows which pieces of the metadata differ from the device.
 *
 * <p>Not safe for use by several threads.
 */
final class Entries {

  /** No entry. */
  static final int NONE = -1;

  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final int SEQUENCE = 8;

  private final WritecacheGeometry geometry;
  private final int piece;
  private final MemorySegment metadata;
  private final BitSet changed = new BitSet();
  private final BitSet free = new BitSet();
  private final BitSet busy = new BitSet();
  private int freeCount;
  private int nextFree;

  /** First entry of each chain of addresses with the same hash, the newest of an address first. */
  private final int[] chains;

  private final int[] chained;

  /** The list by age: what is older and newer; entries that are free or busy are not in it. */
  private final int[] older;

  private final int[] newer;
  private final long[] born;
  private int newest = NONE;
  private int oldest = NONE;

  /**
   * Makes entries of which none is known.
   *
   * @param piece in pieces of so many bytes the metadata are written, a multiple of 16
   * @param arena where they are
   */
  Entries(WritecacheGeometry geometry, int piece, Arena arena) {
    int count = Math.toIntExact(geometry.blockCount());
    this.geometry = geometry;
    this.piece = piece;
    metadata = arena.allocate(geometry.metadataBytes());
    chains = new int[Integer.highestOneBit(Math.max(count, 2) - 1) << 1];
    chained = new int[count];
    older = new int[count];
    newer = new int[count];
    born = new long[count];
    Arrays.fill(chains, NONE);
  }

  /** {@return the metadata, in which changes are not noticed} */
  MemorySegment metadata() {
    return metadata;
  }

  int count() {
    return chained.length;
  }

  int freeCount() {
    return freeCount;
  }

  void write(Superblock superblock) {
    superblock.encode(metadata.asSlice(0, Superblock.BYTES).asByteBuffer(), 0);
    changed.set(0, (Superblock.BYTES + piece - 1) / piece);
  }

  Superblock superblock() {
    return Superblock.decode(metadata.asSlice(0, Superblock.BYTES).asByteBuffer(), 0);
  }

  private static long at(int entry) {
    return WritecacheGeometry.entryOffset(entry);
  }

  long sector(int entry) {
    return metadata.get(LONG, at(entry));
  }

  long sequence(int entry) {
    return metadata.get(LONG, at(entry) + SEQUENCE);
  }

  /** Changes an entry in memory. */
  void set(int entry, long sector, long sequence) {
    metadata.set(LONG, at(entry), sector);
    metadata.set(LONG, at(entry) + SEQUENCE, sequence);
  }

  /** Notes that an entry differs from what the device has. */
  void touch(int entry) {
    changed.set((int) (at(entry) / piece));
  }

  void touchAll() {
    changed.set(0, (int) ((metadata.byteSize() + piece - 1) / piece));
  }

  /** Receives a range of the metadata. */
  @FunctionalInterface
  interface Pieces {
    void piece(long offset, MemorySegment bytes);
  }

  /** Gives what differs from the device, in pieces or runs of such. */
  void forEachChanged(Pieces sink) {
    for (int from = changed.nextSetBit(0); from >= 0; ) {
      int to = changed.nextClearBit(from);
      long start = (long) from * piece;
      long end = Math.min((long) to * piece, metadata.byteSize());
      sink.piece(start, metadata.asSlice(start, end - start));
      from = changed.nextSetBit(to);
    }
  }

  /** Notes that the device has it all. */
  void allWritten() {
    changed.clear();
  }

  private int chain(long sector) {
    long block = sector / geometry.sectorsPerBlock();
    long mixed = block * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32) & (chains.length - 1);
  }

  /** {@return the newest entry of an address, or {@link #NONE}} */
  int find(long sector) {
    int entry = chains[chain(sector)];
    while (entry != NONE && sector(entry) != sector) {
      entry = chained[entry];
    }
    return entry;
  }

  /** {@return the next older entry of the same address, or {@link #NONE}} */
  int olderVersion(int entry) {
    int other = chained[entry];
    while (other != NONE && sector(other) != sector(entry)) {
      other = chained[other];
    }
    return other;
  }

  /** Adds an entry, whose address is set, as the newest. */
  void insert(int entry, long now) {
    int chain = chain(sector(entry));
    chained[entry] = chains[chain];
    chains[chain] = entry;
    older[entry] = newest;
    newer[entry] = NONE;
    if (newest == NONE) {
      oldest = entry;
    } else {
      newer[newest] = entry;
    }
    newest = entry;
    born[entry] = now;
  }

  private void unlink(int entry) {
    if (older[entry] == NONE) {
      oldest = newer[entry];
    } else {
      newer[older[entry]] = newer[entry];
    }
    if (newer[entry] == NONE) {
      newest = older[entry];
    } else {
      older[newer[entry]] = older[entry];
    }
  }

  /** Takes an entry out of the list by age: it is being written back. */
  void makeBusy(int entry) {
    unlink(entry);
    busy.set(entry);
  }

  boolean isBusy(int entry) {
    return busy.get(entry);
  }

  /** Frees an entry that was inserted. */
  void release(int entry) {
    int chain = chain(sector(entry));
    if (chains[chain] == entry) {
      chains[chain] = chained[entry];
    } else {
      int before = chains[chain];
      while (chained[before] != entry) {
        before = chained[before];
      }
      chained[before] = chained[entry];
    }
    if (busy.get(entry)) {
      busy.clear(entry);
    } else {
      unlink(entry);
    }
    set(entry, sector(entry), Entry.NONE);
    touch(entry);
    addFree(entry);
  }

  void addFree(int entry) {
    free.set(entry);
    freeCount++;
  }

  /**
   * {@return a free entry, which is free no more; the one behind the last, so that writes that
   * follow each other do so on the device; {@link #NONE} if none is left}
   */
  int takeFree() {
    int entry = free.nextSetBit(nextFree);
    if (entry < 0) {
      entry = free.nextSetBit(0);
    }
    if (entry >= 0) {
      free.clear(entry);
      freeCount--;
      nextFree = entry + 1;
    }
    return entry;
  }

  int newest() {
    return newest;
  }

  int oldest() {
    return oldest;
  }

  int olderThan(int entry) {
    return older[entry];
  }

  long born(int entry) {
    return born[entry];
  }

  int inUse() {
    return count() - freeCount;
  }
}
