package org.dmsalvage.replay.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.CacheImage.Depth;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.PlogScan;
import org.dmsalvage.inspect.format.writeboost.PlogSegment;
import org.dmsalvage.inspect.format.writeboost.SegmentTable;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.clean.Emptier;
import org.dmsalvage.replay.clean.WriteSink;
import org.dmsalvage.replay.clean.WriteSink.Image;
import org.jspecify.annotations.Nullable;

/**
 * Empties the log of a writeboost as formatting does (format_cache_device, clear_plog_dev): the
 * record, the first 4 KiB of every used slot and the head of every used plog segment become zeros.
 * The record is never used to declare segments written back: that makes the drivers hang or crash
 * (rule W27).
 *
 * <p>A log that is emptied by half must not be replayed: older copies would come back. So the first
 * sector goes first and comes back last; in between every driver formats the device, and the plog
 * device with it, by itself (rule W9).
 */
final class LogEmptier implements Emptier {

  private static final String TASK = "emptying the log";
  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  @Override
  public void empty(OpenRequest images, WriteSink sink, Progress progress) {
    WriteboostReading reading = WriteboostImage.open(images).reading();
    if (reading.resized()) {
      throw new UnsupportedImageException(
          images.cache().name(),
          "%d bytes, but the log was written on a device of %d: it is not marked clean"
              .formatted(reading.imageBytes(), reading.geometry().deviceBytes()));
    }
    SegmentTable table =
        SegmentTable.scan(
            images.cache(),
            reading.geometry(),
            reading.convention(),
            Depth.HEADERS,
            new Findings(),
            progress);
    PlogScan plogs = plogs(images, reading, progress);
    if (table.slots() == 0 || clean(reading, table, plogs)) {
      return;
    }
    ByteBuffer superblock = superblock(images.cache(), reading);
    sink.write(Image.CACHE, 0, zeros(SECTOR));
    sink.sync();
    sink.write(Image.CACHE, SuperblockRecord.SECTOR * SECTOR, zeros(SECTOR));
    if (plogs != null) {
      for (PlogSegment segment : plogs.segments()) {
        if (used(segment)) {
          sink.write(Image.PLOG, segment.offset(), zeros(SECTOR));
        }
      }
    }
    for (int slot = table.nextUsed(0); slot < table.slots(); slot = table.nextUsed(slot + 1)) {
      progress.checkCancelled(TASK);
      sink.write(Image.CACHE, table.startByte(slot), zeros(WriteboostGeometry.BLOCK_BYTES));
    }
    sink.sync();
    sink.write(Image.CACHE, 0, superblock);
    sink.sync();
  }

  private static @Nullable PlogScan plogs(
      OpenRequest images, WriteboostReading reading, Progress progress) {
    BlockSource plog = images.plog();
    return plog == null
        ? null
        : PlogScan.scan(
            plog,
            reading.geometry().blocksPerSegment(),
            images.rambufPool(),
            new Findings(),
            progress);
  }

  private static boolean clean(
      WriteboostReading reading, SegmentTable table, @Nullable PlogScan plogs) {
    return reading.superblock().header().magicRight()
        && reading.superblock().record().lastWritebackId() == 0
        && table.nextUsed(0) >= table.slots()
        && (plogs == null || plogs.segments().stream().noneMatch(LogEmptier::used));
  }

  private static boolean used(PlogSegment segment) {
    return segment.headId() != 0 || !segment.headReadable();
  }

  /** The first sector as it shall be in the end: as it is, with the magic and the order right. */
  private static ByteBuffer superblock(BlockSource cache, WriteboostReading reading) {
    ByteBuffer sector = zeros(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    cache.readAround(0, sector);
    int found = SuperblockHeader.decode(sector, 0).order();
    boolean stored = !reading.format().equals(WriteboostReading.FORMAT_2);
    int order = stored ? reading.geometry().order() : found;
    new SuperblockHeader(SuperblockHeader.MAGIC, order).encode(sector, 0);
    return sector.clear();
  }

  private static ByteBuffer zeros(int bytes) {
    return ByteBuffer.allocate(bytes);
  }
}
