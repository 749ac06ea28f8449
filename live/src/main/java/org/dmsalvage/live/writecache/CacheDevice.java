package org.dmsalvage.live.writecache;

import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.writecache.Entry;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.live.engine.Formatting;
import org.dmsalvage.replay.device.BlockDevice;
import org.jspecify.annotations.Nullable;

/**
 * The cache device of a running writecache: superblock and entries, the blocks that they describe,
 * and the order in which both are written.
 *
 * <p>A commit (writecache_flush) writes the metadata of what is new, makes it and its data durable,
 * and then the superblock with a sequence count one higher. An entry is freed, and its block used
 * again, only once that is durable.
 *
 * <p>In persistent memory entries are written one by one, together with their data: first as not
 * committed, which counts from the commit on, which is eight bytes of the superblock. No committed
 * block is overwritten; its entry is freed once the one that replaces it is committed.
 *
 * <p>Not safe for use by several threads. Whatever writes throws {@link OutputException} if the
 * device fails; nothing is known of what it holds then.
 */
final class CacheDevice {

  private final WritecacheOptions options;
  private final BlockDevice device;
  private final WritecacheGeometry geometry;
  private final Entries entries;
  private long sequence;
  private long uncommitted;
  private boolean overwroteCommitted;
  private @Nullable String contradiction;

  /**
   * Reads the superblock, formats the device if there is none (writecache_ctr), reads all entries,
   * and frees those that do not count (writecache_resume).
   *
   * @param backingBytes size of the disk behind it
   * @param now in milliseconds, from when on the blocks age
   * @throws UnsupportedImageException if the driver would refuse what the device holds, or it would
   *     have to be formatted and is not empty
   */
  CacheDevice(WritecacheOptions options, BlockDevice device, long backingBytes, long now) {
    this.options = options;
    this.device = device;
    this.geometry = attach(backingBytes);
    this.entries = newEntries(geometry);
    load(now);
  }

  private WritecacheGeometry attach(long backingBytes) {
    long room = device.size() - options.start();
    OptionalLong fits = WritecacheGeometry.blocksThatFit(room, options.blockSize());
    if (fits.isEmpty() || fits.getAsLong() > Integer.MAX_VALUE - 8) {
      throw new UnsupportedImageException(
          device.name(), "%d bytes are no size for a writecache".formatted(room));
    }
    ByteBuffer bytes = ByteBuffer.allocate(Superblock.BYTES);
    device.read(options.start(), bytes);
    Superblock found = Superblock.decode(bytes, 0);
    if (found.unformatted()) {
      WritecacheGeometry made = new WritecacheGeometry(options.blockSize(), fits.getAsLong());
      refuseContents(made, backingBytes);
      format(made);
      return made;
    }
    if (found.magic() != Superblock.MAGIC
        || found.version() != Superblock.VERSION
        || found.blockSize() != options.blockSize()
        || found.blockCount() < 1
        || !WritecacheGeometry.fits(found.blockCount(), room, options.blockSize())) {
      throw new UnsupportedImageException(
          device.name(),
          options.start(),
          "a writecache superblock of block size " + options.blockSize(),
          "magic 0x%08x, version %d, block size %d, %s blocks"
              .formatted(
                  found.magic(),
                  Integer.toUnsignedLong(found.version()),
                  Integer.toUnsignedLong(found.blockSize()),
                  Long.toUnsignedString(found.blockCount())));
    }
    return new WritecacheGeometry(options.blockSize(), found.blockCount());
  }

  /** Entries whose superblock was lost are no new device. */
  private void refuseContents(WritecacheGeometry made, long backingBytes) {
    long start = options.start();
    Formatting.refuseContents(
        start == 0 ? device : new WindowSource(device, start, device.size() - start));
    ByteBuffer piece =
        ByteBuffer.allocate((int) WritecacheGeometry.BITMAP_GRANULARITY)
            .order(ByteOrder.LITTLE_ENDIAN);
    long end = start + WritecacheGeometry.entryOffset(made.blockCount());
    long at = start + WritecacheGeometry.entryOffset(0);
    while (at < end) {
      device.read(at, piece.clear().limit((int) Math.min(end - at, piece.capacity())));
      for (int i = 0; i < piece.limit(); i += Entry.BYTES) {
        long sector = Entry.originalSector(piece, i);
        long sequence = Entry.sequence(piece, i);
        if ((sector | sequence) != 0
            && Long.compareUnsigned(sequence, Entry.SEQUENCE_LIMIT) < 0
            && Long.compareUnsigned(sector, backingBytes / BlockSource.SECTOR_BYTES) < 0
            && made.aligned(sector)) {
          throw Formatting.refusal(
              device, "an entry of sector %d at offset %d".formatted(sector, at + i));
        }
      }
      at += piece.limit();
      long data = device.nextData(Math.min(at, device.size()));
      at = Math.max(at, start + (data - start) / Entry.BYTES * Entry.BYTES);
    }
  }

  private Entries newEntries(WritecacheGeometry of) {
    int piece = options.isPmem() ? Entry.BYTES : (int) WritecacheGeometry.BITMAP_GRANULARITY;
    return new Entries(of, piece, Arena.ofAuto());
  }

  /**
   * Writes metadata with nothing in it, and last the superblock (init_memory). The driver writes
   * all of that but the magic number before, and refuses a device on which it was stopped between
   * both.
   */
  private void format(WritecacheGeometry made) {
    Entries blank = newEntries(made);
    for (int entry = 0; entry < blank.count(); entry++) {
      blank.set(entry, Entry.NONE, Entry.NONE);
    }
    blank.touchAll();
    writeChanged(blank);
    blank.write(Superblock.of(made, 0));
    writeChanged(blank);
  }

  private void load(long now) {
    long bytes = geometry.metadataBytes();
    for (long at = 0; at < bytes; at += WritecacheGeometry.BITMAP_GRANULARITY) {
      long part = Math.min(bytes - at, WritecacheGeometry.BITMAP_GRANULARITY);
      device.read(options.start() + at, entries.metadata().asSlice(at, part).asByteBuffer());
    }
    sequence = entries.superblock().sequenceCount();
    boolean freed = false;
    for (int entry = 0; entry < entries.count(); entry++) {
      if (isCommitted(entry)) {
        freed |= take(entry, now);
      } else {
        freed |= entries.sequence(entry) != Entry.NONE;
        erase(entry);
      }
    }
    if (freed) {
      entries.touchAll();
      writeChanged(entries);
    }
  }

  private void erase(int entry) {
    entries.set(entry, entries.sector(entry), Entry.NONE);
    entries.addFree(entry);
  }

  /** Takes a committed entry over, and says whether one was freed. */
  private boolean take(int entry, long now) {
    long sector = entries.sector(entry);
    if (!Entry.possible(sector) || !geometry.aligned(sector)) {
      throw new UnsupportedImageException(
          device.name(),
          options.start() + WritecacheGeometry.entryOffset(entry),
          "an address that is a multiple of " + geometry.sectorsPerBlock(),
          Long.toUnsignedString(sector) + "; dmsalvage check tells more");
    }
    int other = entries.find(sector);
    if (other == Entries.NONE) {
      entries.insert(entry, now);
      return false;
    }
    int order = Long.compareUnsigned(entries.sequence(other), entries.sequence(entry));
    if (order == 0) {
      contradiction =
          "two entries of sector %d have the sequence count %s"
              .formatted(sector, Long.toUnsignedString(entries.sequence(entry)));
    }
    if (order > 0) {
      erase(entry);
    } else {
      entries.release(other);
      entries.insert(entry, now);
    }
    return true;
  }

  WritecacheGeometry geometry() {
    return geometry;
  }

  /** {@return the entries; who frees one or makes one new does so by this device} */
  Entries entries() {
    return entries;
  }

  /** {@return what the driver stops at once it has attached, if there is anything like that} */
  Optional<String> contradiction() {
    return Optional.ofNullable(contradiction);
  }

  /** {@return how many entries are new since the last commit} */
  long uncommitted() {
    return uncommitted;
  }

  boolean isCommitted(int entry) {
    return Entry.committed(entries.sequence(entry), sequence);
  }

  private long dataOffset(int entry) {
    return options.start() + geometry.dataOffset(entry);
  }

  /** Reads from the block of an entry, as many bytes as there is room for. */
  void read(int entry, int inBlock, ByteBuffer target) {
    device.read(dataOffset(entry) + inBlock, target);
  }

  /** {@return whether the block of an entry may be written to as it stands} */
  boolean mayOverwrite(int entry) {
    return !entries.isBusy(entry) && (!options.isPmem() || !isCommitted(entry));
  }

  /** Writes to the block of an entry that may be written to. */
  void overwrite(int entry, int inBlock, ByteBuffer part) {
    overwroteCommitted |= isCommitted(entry);
    device.write(dataOffset(entry) + inBlock, part);
  }

  /**
   * Writes a block, with an entry that counts from the next commit on. One must be free, and stays
   * so if the data cannot be written.
   *
   * @param sector address of the block
   * @param block its bytes
   * @param now in milliseconds, from when on it ages
   */
  void add(long sector, ByteBuffer block, long now) {
    int fresh = entries.takeFree();
    boolean done = false;
    try {
      device.write(dataOffset(fresh), block);
      done = true;
    } finally {
      if (!done) {
        entries.addFree(fresh);
      }
    }
    entries.set(fresh, sector, sequence);
    entries.insert(fresh, now);
    if (options.isPmem()) {
      entries.touch(fresh);
      store(entries);
    }
    uncommitted++;
  }

  /** Frees entries, durably. */
  void free(List<Integer> freed) {
    for (int entry : freed) {
      uncommitted -= isCommitted(entry) ? 0 : 1;
      entries.release(entry);
    }
    writeChanged(entries);
  }

  /**
   * Commits what is not committed yet (writecache_flush), and makes durable what committed blocks
   * were overwritten with.
   *
   * @return whether there was anything to commit; then entries may have been freed
   */
  boolean commit() {
    uncommitted = 0;
    int entry = entries.newest();
    if (entry == Entries.NONE || isCommitted(entry)) {
      if (overwroteCommitted) {
        device.flush();
        overwroteCommitted = false;
      }
      return false;
    }
    List<Integer> fresh = new ArrayList<>();
    for (; entry != Entries.NONE && !isCommitted(entry); entry = entries.olderThan(entry)) {
      fresh.add(entry);
      if (!options.isPmem()) {
        entries.touch(entry);
      }
    }
    writeChanged(entries);
    entries.write(entries.superblock().withSequenceCount(sequence + 1));
    // Of persistent memory the eight bytes alone; an SSD has no less than a block.
    int from = options.isPmem() ? Superblock.AT_SEQUENCE_COUNT : 0;
    int bytes = options.isPmem() ? Long.BYTES : geometry.blockSize();
    long to = Math.min(from + bytes, geometry.metadataBytes());
    device.write(
        options.start() + from, entries.metadata().asSlice(from, to - from).asByteBuffer());
    device.flush();
    sequence++;
    entries.allWritten();
    overwroteCommitted = false;
    if (options.isPmem()) {
      freeReplaced(fresh);
    }
    return true;
  }

  /** Frees what has been replaced by entries that are committed now. */
  private void freeReplaced(List<Integer> committed) {
    boolean freed = false;
    for (int entry : committed) {
      int other = entries.olderVersion(entry);
      while (other != Entries.NONE) {
        int next = entries.olderVersion(other);
        if (!entries.isBusy(other)) {
          entries.release(other);
          freed = true;
        }
        other = next;
      }
    }
    if (freed) {
      writeChanged(entries);
    }
  }

  /** Makes changed metadata, and all data written before, durable (ssd_commit_flushed). */
  private void writeChanged(Entries changed) {
    store(changed);
    device.flush();
  }

  private void store(Entries changed) {
    changed.forEachChanged(
        (offset, bytes) -> device.write(options.start() + offset, bytes.asByteBuffer()));
    changed.allWritten();
  }
}
