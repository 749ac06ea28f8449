package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.IntSupplier;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.MetablockBatch;
import org.dmsalvage.inspect.format.writeboost.MetablockReader;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.Role;
import org.dmsalvage.inspect.format.writeboost.SegmentCorrection;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SlotState;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.io.ByteChange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.live.engine.Formatting;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.writeboost.SalvagedSegments;
import org.jspecify.annotations.Nullable;

/**
 * Formats a cache device, or takes up the log on it, as salvage sees it.
 *
 * <p>Before the first request is served, everything is changed on the devices that a replay by a
 * driver would stop at or take for something else: plogs become segments, the ids of segments that
 * are not applied and the superblock's record are cleared. A log that a crash does not explain is
 * left alone: that is work for check and repair.
 */
final class Attachment {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int SECTOR = 512;
  private static final int ALL = 0xff;

  private final WriteboostOptions options;
  private final BlockDevice backing;
  private final BlockDevice cache;
  private final @Nullable BlockDevice plog;
  private final WriteboostGeometry geometry;

  private Attachment(
      WriteboostOptions options,
      BlockDevice backing,
      BlockDevice cache,
      @Nullable BlockDevice plog) {
    this.options = options;
    this.backing = backing;
    this.cache = cache;
    this.plog = plog;
    this.geometry = WriteboostGeometry.of(cache.size(), options.order());
    // With one alone, there is a time when nothing on the device tells where the log ends.
    if (geometry.segmentCount() < 2) {
      throw new UnsupportedImageException(
          cache.name(),
          "%d bytes have no room for two segments of %d behind the superblock of 1 MiB"
              .formatted(cache.size(), geometry.segmentBytes()));
    }
    long blocks = geometry.segmentCount() * geometry.blocksPerSegment();
    if (geometry.wrapMatters() || blocks > Integer.MAX_VALUE - 8) {
      throw new UnsupportedImageException(
          cache.name(), "segments beyond 2 TiB would stand over others (rule W8)");
    }
  }

  /**
   * Takes a cache up, and formats it if its first sector is zeros.
   *
   * @param plog the plog device; null without one
   * @param batch most segments to write back at once
   * @throws UnsupportedImageException if the cache holds something that must not be overwritten
   */
  static WriteboostCache open(
      WriteboostOptions options,
      BlockDevice backing,
      BlockDevice cache,
      @Nullable BlockDevice plog,
      Guard guard,
      Statistics statistics,
      IntSupplier batch) {
    Attachment attachment = new Attachment(options, backing, cache, plog);
    return attachment.run(guard, statistics, batch);
  }

  private WriteboostCache run(Guard guard, Statistics statistics, IntSupplier batch) {
    PlogWriter plogWriter =
        plog == null ? null : new PlogWriter(guard, plog, plogGeometry(plog), options.rambufPool());
    boolean formatted = mightFormat();
    WriteboostReading reading = WriteboostReading.of(cache, null);
    Convention convention = options.generation().convention();
    SalvagedSegments log = null;
    if (!formatted) {
      if (reading.wholeSegments() > 0) {
        checkReading(reading);
        convention = reading.convention();
      }
      // What a process left behind may be in memory only.
      cache.flush();
      log = takePlogs(salvage(true));
    }
    CacheIndex index = new CacheIndex(geometry);
    long last = 0;
    long first = 1;
    if (log != null) {
      SegmentTable table = log.log().table();
      int[] slots = appliedSlots(log, table);
      load(index, table, slots);
      clearOthers(log, table);
      if (slots.length > 0) {
        first = table.id(slots[0]);
        last = table.id(slots[slots.length - 1]);
      }
    }
    SegmentLog segments =
        new SegmentLog(guard, cache, geometry, convention, last, first - 1, options.rambufPool());
    return new WriteboostCache(
        guard, geometry, cache, backing, index, segments, plogWriter, statistics, batch);
  }

  private PlogGeometry plogGeometry(BlockDevice device) {
    return new PlogGeometry(device.size() / SECTOR, geometry.blocksPerSegment());
  }

  private void clearPlogs() {
    if (plog != null) {
      PlogGeometry plogs = plogGeometry(plog);
      PlogWriter.clearRing(plog, plogs, PlogWriter.ring(plog, plogs, options.rambufPool()));
    }
  }

  // Formatting.

  /** Formats the device if its first sector is zeros (audit_cache_device). */
  private boolean mightFormat() {
    ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    cache.read(0, sector);
    SuperblockHeader header = SuperblockHeader.decode(sector, 0);
    if (header.magicRight()) {
      boolean ordered = options.generation() == Generation.STAGING_2014;
      if (ordered && header.order() != options.order()) {
        throw new UnsupportedImageException(
            cache.name(),
            SuperblockHeader.ORDER,
            "segment_size_order " + options.order(),
            Integer.toString(header.order()));
      }
      return false;
    }
    for (byte b : sector.array()) {
      if (b != 0) {
        throw new UnsupportedImageException(
            cache.name(),
            0,
            "the magic number of writeboost, or zeros to have the device formatted",
            "0x%08x".formatted(header.magic()));
      }
    }
    refuseContents();
    format();
    return true;
  }

  /** A log whose superblock was lost is no new device. */
  private void refuseContents() {
    Formatting.refuseContents(cache);
    WriteboostReading reading = WriteboostReading.of(cache, null);
    if (reading.wholeSegments() > 0) {
      throw Formatting.refusal(cache, "segments of a log of " + reading.format());
    }
  }

  /** Writes a superblock, last of all, and headers without ids (format_cache_device). */
  private void format() {
    clearPlogs();
    ByteBuffer zeros = ByteBuffer.allocateDirect(1 << 20);
    cache.write(0, zeros);
    for (long slot = 0; slot < geometry.segmentCount(); slot++) {
      long at = geometry.startByte(slot);
      if (cache.nextData(at) < at + BLOCK) {
        cache.write(at, zeros.clear().limit(BLOCK));
      }
    }
    cache.flush();
    ByteBuffer sector = ByteBuffer.allocateDirect(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    int order = options.generation() == Generation.STAGING_2014 ? options.order() : 0;
    new SuperblockHeader(SuperblockHeader.MAGIC, order).encode(sector, 0);
    cache.write(0, sector);
    cache.flush();
  }

  // Taking up a log.

  private void checkReading(WriteboostReading reading) {
    boolean same =
        reading.format().equals(options.generation().format())
            && reading.geometry().order() == options.order();
    if (!same) {
      throw new UnsupportedImageException(
          cache.name(),
          "the table line is for %s of order %d, the log is %s of order %d"
              .formatted(
                  options.generation().format(),
                  options.order(),
                  reading.format(),
                  reading.geometry().order()));
    }
  }

  private SalvagedSegments salvage(boolean withPlogs) {
    OptionalInt pool = OptionalInt.of((int) Math.min(options.rambufPool(), Integer.MAX_VALUE));
    OpenRequest images =
        new OpenRequest(
            cache,
            withPlogs ? plog : null,
            backing,
            options.generation().format(),
            options.table(),
            pool);
    SalvagedSegments log = SalvagedSegments.of(images, Progress.NONE);
    List<SegmentCorrection> corrections = log.corrections();
    if (!corrections.isEmpty() && corrections.stream().allMatch(c -> isCutOff(log, c))) {
      complete(corrections);
      return salvage(withPlogs);
    }
    refuseDamage(log);
    return log;
  }

  private boolean isCutOff(SalvagedSegments log, SegmentCorrection correction) {
    return correction.code() == WriteboostCode.CORRECTED && isInFlight(log, correction.id());
  }

  /** Writes the one byte that a segment lacks which was cut off where little was to change. */
  private void complete(List<SegmentCorrection> corrections) {
    ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR);
    for (SegmentCorrection correction : corrections) {
      for (ByteChange change : correction.changes()) {
        int index = (int) (change.offset() % SECTOR);
        cache.read(change.offset() - index, sector.clear());
        cache.write(change.offset() - index, sector.put(index, (byte) change.right()).flip());
      }
    }
    cache.flush();
  }

  /** Whether a segment is so young that it may have been written when the machine died. */
  private boolean isInFlight(SalvagedSegments log, long id) {
    long inFlight = Math.max(options.rambufPool(), PlogGeometry.DEFAULT_POOL);
    return Long.compareUnsigned(log.log().newestId() - id, inFlight) <= 0;
  }

  /** Makes sure that a crash explains what is there. */
  private void refuseDamage(SalvagedSegments log) {
    int damaged = log.corrections().size() + log.conflicts();
    if (damaged > 0) {
      throw damaged("%d segments are damaged".formatted(damaged));
    }
    if (log.log().ambiguousRun().isPresent()) {
      throw damaged("it may hold two logs, the ids of one are " + log.log().ambiguousRun().get());
    }
    if (log.log().other().isPresent()) {
      throw damaged("it holds two logs, the ids of one are " + log.log().other().get());
    }
    SegmentTable table = log.log().table();
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      Role role = log.log().role(slot);
      boolean readable = role != Role.UNREADABLE && table.state(slot) != SlotState.PARTLY_READABLE;
      if (!readable || role == Role.MISPLACED || role == Role.AHEAD || isDecayed(log, slot)) {
        throw damaged("slot %d: %s".formatted(slot, log.reason(slot)));
      }
    }
  }

  /** Whether a segment of the log is not whole, and too old to have been cut off by a crash. */
  private boolean isDecayed(SalvagedSegments log, int slot) {
    SegmentTable table = log.log().table();
    return log.log().role(slot) == Role.CURRENT
        && slot != log.log().slotReuseTear()
        && table.state(slot) == SlotState.TORN
        && !isInFlight(log, table.id(slot));
  }

  private UnsupportedImageException damaged(String what) {
    return new UnsupportedImageException(
        cache.name(),
        what + ", which no crash explains; dmsalvage check tells more, and repair can mend it");
  }

  /**
   * Writes the segments that only the plog device has to the cache, and clears the plog device.
   *
   * @return the log as it is then
   */
  private SalvagedSegments takePlogs(SalvagedSegments log) {
    if (plog == null) {
      return log;
    }
    boolean[] any = {false};
    log.forEachRebuilt(
        (id, bytes) -> {
          cache.write(geometry.startByte(geometry.slotOf(id)), bytes);
          any[0] = true;
        });
    cache.flush();
    clearPlogs();
    return any[0] ? salvage(false) : log;
  }

  /** The slots that are applied, by ascending id. */
  private static int[] appliedSlots(SalvagedSegments log, SegmentTable table) {
    int[] slots = new int[table.slots()];
    int count = 0;
    for (int slot : log.log().salvageOrder(log.log().shown())) {
      if (log.applies(slot)) {
        slots[count++] = slot;
      }
    }
    return Arrays.copyOf(slots, count);
  }

  /**
   * Puts the newest copies into the index. Where one holds a part of its block only, what an older
   * dirty one holds besides goes to the backing device (apply_metablock_device).
   */
  private void load(CacheIndex index, SegmentTable table, int[] slots) {
    boolean[] written = {false};
    ByteBuffer copy = ByteBuffer.allocateDirect(BLOCK);
    MetablockReader.read(
        table,
        slots,
        Progress.NONE,
        batch -> {
          for (int i = 0; i < batch.slots(); i++) {
            written[0] |= load(index, batch, i, copy);
          }
        });
    if (written[0]) {
      backing.flush();
    }
  }

  private boolean load(CacheIndex index, MetablockBatch batch, int i, ByteBuffer copy) {
    boolean written = false;
    for (int row = batch.firstRow(i); row < batch.endRow(i); row++) {
      long sector = batch.sector(row);
      if (sector < 0 || sector % 8 != 0 || sector >= backing.size() / SECTOR) {
        continue;
      }
      int bits = batch.dirtyBits(row);
      int old = index.find(sector / 8);
      if (old != CacheIndex.NONE) {
        int rest = bits == 0 || !index.isDirty(old) ? 0 : index.held(old) & ~bits;
        if (rest != 0) {
          writeRest(index, old, rest, copy);
          written = true;
        }
        index.outdate(old);
      }
      int place = index.place(batch.slot(i), row - batch.firstRow(i));
      // A copy without dirty sectors was read from the backing device.
      index.put(place, sector / 8, bits == 0 ? ALL : bits, bits != 0);
    }
    return written;
  }

  private void writeRest(CacheIndex index, int place, int sectors, ByteBuffer copy) {
    cache.read(geometry.blockByte(index.slotOf(place), index.indexOf(place)), copy.clear());
    long start = index.block(place) * BLOCK;
    for (int at = 0; at < BLOCK; at += SECTOR) {
      if (((sectors >> (at / SECTOR)) & 1) != 0 && start + at + SECTOR <= backing.size()) {
        backing.write(start + at, copy.limit(at + SECTOR).position(at));
      }
    }
  }

  /** Clears what the drivers would stumble over; of a segment, nothing but the id. */
  private void clearOthers(SalvagedSegments log, SegmentTable table) {
    ByteBuffer sector = ByteBuffer.allocateDirect(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    boolean any = false;
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      if (!log.applies(slot)) {
        cache.read(table.startByte(slot), sector.clear());
        cache.write(table.startByte(slot), sector.putLong(0, 0).flip());
        any = true;
      }
    }
    cache.read(SuperblockRecord.SECTOR * SECTOR, sector.clear());
    if (SuperblockRecord.decode(sector, 0).lastWritebackId() != 0) {
      new SuperblockRecord(0).encode(sector, 0);
      cache.write(SuperblockRecord.SECTOR * SECTOR, sector.flip());
      any = true;
    }
    if (any) {
      cache.flush();
    }
  }
}
