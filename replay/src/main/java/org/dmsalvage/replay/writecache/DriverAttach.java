package org.dmsalvage.replay.writecache;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.dmsalvage.inspect.format.writecache.EntryMap;
import org.dmsalvage.inspect.format.writecache.EntryTable;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.format.writecache.WritecacheTable;
import org.dmsalvage.inspect.format.writecache.WritecacheTable.Mode;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;
import org.jspecify.annotations.Nullable;

/**
 * What the driver, version 1.4.0 or later, makes of a device: writecache_ctr, then
 * writecache_resume.
 *
 * <p>Version 1.0.0 differs in two points: it reads the whole metadata in the constructor and
 * refuses if it cannot, and it fails to write back blocks behind the end of the origin, which later
 * versions drop. Both are said in the reason.
 */
final class DriverAttach {

  private final BlockSource cache;
  private final Mode mode;
  private final long start;
  private final DriverOutcome outcome;
  private final @Nullable WritecacheGeometry geometry;
  private final long sequenceCount;

  private DriverAttach(
      BlockSource cache,
      Mode mode,
      long start,
      DriverOutcome outcome,
      @Nullable WritecacheGeometry geometry,
      long sequenceCount) {
    this.cache = cache;
    this.mode = mode;
    this.start = start;
    this.outcome = outcome;
    this.geometry = geometry;
    this.sequenceCount = sequenceCount;
  }

  /**
   * What an accepted device shows.
   *
   * @param outcome accept, with what happens to write-back
   * @param view the cached blocks
   * @param map the entries that count
   * @param entries what was counted
   */
  record Resumed(DriverOutcome outcome, CachedView view, EntryMap map, EntryReader entries) {}

  /**
   * Runs the constructor's checks in their order.
   *
   * @param cache the cache device
   * @param table the table line; null for one that fits the superblock, SSD mode
   */
  static DriverAttach construct(BlockSource cache, @Nullable WritecacheTable table) {
    Mode mode = table == null ? Mode.SSD : table.mode();
    long start = WritecacheLayout.startOf(cache, table);
    long bytes = cache.size() - start;
    if (bytes < BlockSource.SECTOR_BYTES) {
      return refuse(cache, mode, "start_sector is behind the end of the cache device");
    }
    ByteBuffer head = ByteBuffer.allocate(Superblock.BYTES);
    boolean readable = cache.readAround(start, head).isEmpty();
    Superblock sb = Superblock.decode(head, 0);
    int blockSize =
        table != null
            ? table.validBlockSize().orElse(0)
            : WritecacheGeometry.validBlockSize(sb.blockSize()) && !sb.unformatted()
                ? sb.blockSize()
                : WritecacheGeometry.MAX_BLOCK_SIZE;
    if (blockSize == 0) {
      return refuse(cache, mode, "the table's block size is no power of two from 512 to 4096");
    }
    OptionalLong room = WritecacheGeometry.blocksThatFit(bytes, blockSize);
    if (room.isEmpty()
        || (mode == Mode.SSD
            && !new WritecacheGeometry(blockSize, room.getAsLong()).bitmapFits())) {
      return refuse(cache, mode, "a device of %d bytes has an invalid size".formatted(bytes));
    }
    if (!readable || !firstBlockReadable(cache, start, blockSize)) {
      return refuse(cache, mode, "the first block of metadata cannot be read");
    }
    if (sb.unformatted()) {
      return stopped(
          cache,
          mode,
          new DriverOutcome(
              Outcome.FORMAT,
              "magic and version are zero: the cache is formatted (rule C2)",
              Writeback.COMPLETES));
    }
    String fault = fault(sb, blockSize, bytes);
    if (fault != null) {
      return refuse(cache, mode, fault);
    }
    return new DriverAttach(
        cache,
        mode,
        start,
        DriverOutcome.accepted(),
        new WritecacheGeometry(blockSize, sb.blockCount()),
        sb.sequenceCount());
  }

  private static boolean firstBlockReadable(BlockSource cache, long start, int blockSize) {
    return cache.readAround(start, ByteBuffer.allocate(blockSize)).isEmpty();
  }

  private static @Nullable String fault(Superblock sb, int blockSize, long bytes) {
    if (sb.magic() != Superblock.MAGIC) {
      return "invalid magic 0x%08x in the superblock (rule C1)".formatted(sb.magic());
    }
    if (sb.version() != Superblock.VERSION) {
      return "invalid version %s in the superblock (rule C1)"
          .formatted(Integer.toUnsignedString(sb.version()));
    }
    if (sb.blockSize() != blockSize) {
      return "the superblock's block size %s is not the table's %d (rule C1)"
          .formatted(Integer.toUnsignedString(sb.blockSize()), blockSize);
    }
    if (sb.blockCount() == 0) {
      return "no memory can be had for 0 blocks";
    }
    if (!WritecacheGeometry.fits(sb.blockCount(), bytes, blockSize)) {
      return "%s blocks do not fit the device of %d bytes (rule C1)"
          .formatted(Long.toUnsignedString(sb.blockCount()), bytes);
    }
    return null;
  }

  private static DriverAttach refuse(BlockSource cache, Mode mode, String reason) {
    return stopped(cache, mode, new DriverOutcome(Outcome.REFUSE, reason, Writeback.COMPLETES));
  }

  private static DriverAttach stopped(BlockSource cache, Mode mode, DriverOutcome outcome) {
    return new DriverAttach(cache, mode, 0, outcome, null, 0);
  }

  /** {@return how the constructor ends} */
  DriverOutcome outcome() {
    return outcome;
  }

  /** {@return whether the device comes up, so that it can be resumed} */
  boolean accepted() {
    return geometry != null;
  }

  /** {@return the geometry of an accepted device} */
  WritecacheGeometry geometry() {
    return Objects.requireNonNull(geometry);
  }

  /** {@return byte offset of the superblock} */
  long start() {
    return start;
  }

  /** {@return the sequence below which entries are committed} */
  long sequenceCount() {
    return sequenceCount;
  }

  /** {@return the entry table of an accepted device} */
  EntryTable table() {
    return new EntryTable(cache, start, geometry());
  }

  /**
   * Reads the entries as writecache_resume does, from an accepted device.
   *
   * <p>If metadata cannot be read, an SSD shows no cached block; persistent memory shows what
   * stands before the place. Either way the error flag is set.
   *
   * @param losses told what is left out
   */
  Resumed resume(EntryReader.Losses losses, Progress progress) {
    EntryReader reader = new EntryReader(cache.name(), table(), sequenceCount, true, losses);
    EntryMap map = reader.read(progress);
    boolean unreadable = reader.anyUnreadable() || (mode == Mode.SSD && !paddingReadable());
    if (unreadable && mode == Mode.SSD) {
      map = EntryMap.resolve(new AddressIndex.Builder(cache.name(), 0, 1).build(), table());
    }
    return resumed(map, reader, unreadable);
  }

  /** {@return whether the driver reads the same table, with the same entries committed} */
  boolean reads(WritecacheLayout layout, long committedBelow) {
    return layout.start() == start
        && layout.geometry().equals(geometry)
        && sequenceCount == committedBelow;
  }

  /** Takes the entries over from a reading that met nothing wiped and nothing unreadable. */
  Resumed resume(EntryMap map, EntryReader reader) {
    return resumed(map, reader, mode == Mode.SSD && !paddingReadable());
  }

  private boolean paddingReadable() {
    WritecacheGeometry g = geometry();
    int length = (int) (g.metadataBytes() - g.tableEnd());
    return cache.readAround(start + g.tableEnd(), ByteBuffer.allocate(length)).isEmpty();
  }

  private Resumed resumed(EntryMap map, EntryReader reader, boolean unreadable) {
    WritecacheGeometry g = geometry();
    CachedView view = new CachedView(cache, start, g, sequenceCount, map, true);
    List<String> reasons = new ArrayList<>();
    if (unreadable) {
      reasons.add(
          mode == Mode.SSD
              ? "metadata cannot be read: no cached block shows, the error flag is set; version"
                  + " 1.0.0 refuses (rule C6)"
              : "an entry cannot be read: nothing from there on shows, the error flag is set (rule"
                  + " C6)");
    }
    if (map.identicalEntries()) {
      reasons.add("two identical entries set the error flag: writes and write-back fail (rule C4)");
    }
    // The sum of address and length wraps, so that the check against the origin's end misses it.
    if (mode == Mode.SSD
        && Long.compareUnsigned(reader.greatestAddress(), -(long) g.sectorsPerBlock()) >= 0) {
      reasons.add("write-back to an address next to 2^64 fails");
    }
    Writeback writeback = reasons.isEmpty() ? Writeback.COMPLETES : Writeback.FAILS;
    return new Resumed(
        new DriverOutcome(Outcome.ACCEPT, String.join("; ", reasons), writeback),
        view,
        map,
        reader);
  }
}
