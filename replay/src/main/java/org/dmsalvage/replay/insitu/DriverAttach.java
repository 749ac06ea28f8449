package org.dmsalvage.replay.insitu;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.replay.recovery.DriverOutcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Outcome;
import org.dmsalvage.replay.recovery.DriverOutcome.Writeback;

/**
 * What insitu_comp_ctr makes of a device.
 *
 * <p>The driver takes what the bitmap says without looking at it; the crash or endless loop that
 * some bits lead to comes with the first read, and is the outcome all the same.
 *
 * @param outcome how it ends
 * @param geometry what the driver computes from the size; empty if there is no room for a
 *     superblock
 */
record DriverAttach(DriverOutcome outcome, Optional<InsituGeometry> geometry) {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /** Runs the constructor's checks in their order, up to the reading of the bitmap. */
  static DriverAttach construct(BlockSource source) {
    Optional<InsituGeometry> geometry = InsituGeometry.ofDevice(source.size());
    return new DriverAttach(
        geometry
            .map(g -> outcome(source, g))
            .orElseGet(() -> refuse("a device of %d bytes has no block".formatted(source.size()))),
        geometry);
  }

  private static DriverOutcome outcome(BlockSource source, InsituGeometry geometry) {
    ByteBuffer block = ByteBuffer.allocate(InsituGeometry.BLOCK_BYTES);
    if (!source.readAround(0, block).isEmpty()) {
      return refuse("the superblock cannot be read");
    }
    Superblock sb = Superblock.decode(block, 0);
    Optional<String> unusable = geometry.unusable(source.size());
    if (sb.magic() != Superblock.MAGIC) {
      String reason =
          "magic 0x%016x is not 0x%016x: the device is formatted (rule I6)"
              .formatted(sb.magic(), Superblock.MAGIC);
      return unusable
          .map(why -> refuse("a new superblock is written, then: " + why))
          .orElseGet(() -> new DriverOutcome(Outcome.FORMAT, reason, Writeback.COMPLETES));
    }
    if (sb.version() != Superblock.VERSION) {
      return refuse(
          "version %s in the superblock is not 1 (rule I6)"
              .formatted(Long.toUnsignedString(sb.version())));
    }
    if (!sb.describes(geometry)) {
      return refuse(
          "%s blocks of bitmap and %s of data in the superblock are not the %d and %d of %d bytes (rule I2)"
              .formatted(
                  Long.toUnsignedString(sb.metaBlocks()),
                  Long.toUnsignedString(sb.dataBlocks()),
                  geometry.metaBlocks(),
                  geometry.storedDataBlocks(),
                  source.size()));
    }
    if (sb.codec().isEmpty()) {
      return new DriverOutcome(
          Outcome.CRASH,
          "compressor %d is looked for behind the end of a table (rule I6)"
              .formatted(sb.algorithm()),
          Writeback.COMPLETES);
    }
    if (unusable.isPresent()) {
      return refuse(unusable.get());
    }
    return bitmapReadable(source, geometry)
        ? DriverOutcome.accepted()
        : refuse("the bitmap cannot be read");
  }

  private static DriverOutcome refuse(String reason) {
    return new DriverOutcome(Outcome.REFUSE, reason, Writeback.COMPLETES);
  }

  private static boolean bitmapReadable(BlockSource source, InsituGeometry geometry) {
    ByteBuffer piece = ByteBuffer.allocate(1 << 20);
    long end = InsituGeometry.BITMAP_OFFSET + geometry.driverBitmapBytes();
    long at = source.nextData(InsituGeometry.BITMAP_OFFSET);
    while (at < end) {
      long from = at / SECTOR * SECTOR;
      piece.clear().limit((int) Math.min(piece.capacity(), end - from));
      if (!source.readAround(from, piece).isEmpty()) {
        return false;
      }
      at = source.nextData(from + piece.limit());
    }
    return true;
  }

  boolean accepted() {
    return outcome.outcome() == Outcome.ACCEPT;
  }

  /** The same, if it is accepted, with what reading the device then leads to. */
  DriverAttach then(Outcome later, String reason) {
    return accepted() && later != Outcome.ACCEPT
        ? new DriverAttach(new DriverOutcome(later, reason, Writeback.COMPLETES), geometry)
        : this;
  }
}
