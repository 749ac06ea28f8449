package org.dmsalvage.inspect.format.writeboost;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.LongUnaryOperator;
import java.util.zip.CRC32C;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.inspect.sanitize.NewAddresses;
import org.dmsalvage.inspect.sanitize.RewrittenSource;

/**
 * Gives the metablocks of a cache other addresses, and clears what drivers do not look at: it may
 * stem from whatever the device was used for before.
 *
 * <p>The checksum of a segment is changed by exactly what the new addresses change of it, so it
 * remains right or wrong, and wrong in the same way. (A CRC is linear: what it is wrong by does not
 * depend on the bytes.)
 */
final class HeaderRewriter implements RewrittenSource.Rewriter {

  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final long SUPERBLOCK_END =
      WriteboostGeometry.SUPERBLOCK_SECTORS * BlockSource.SECTOR_BYTES;
  private static final ByteBuffer ZEROS = ByteBuffer.allocate(BLOCK).asReadOnlyBuffer();

  private final BlockSource cache;
  private final WriteboostGeometry geometry;
  private final Convention convention;

  /** Where segments begin to stand one behind the other. */
  private final long first;

  private final int metablocks;
  private final int metablockBytes;
  private LongUnaryOperator addresses = LongUnaryOperator.identity();

  /**
   * Prepares.
   *
   * @param cache the cache as it is
   * @param reading as what it is read
   */
  HeaderRewriter(BlockSource cache, WriteboostReading reading) {
    this.cache = cache;
    this.geometry = reading.geometry();
    this.convention = reading.convention();
    this.first = firstSegment(geometry);
    this.metablocks = Math.min(geometry.blocksPerSegment(), convention.metablocksInHeader());
    this.metablockBytes = convention.metablockOffset(1) - convention.metablockOffset(0);
  }

  /**
   * {@return where header areas begin to come again and again: far segments whose starts wrapped
   * around stand in the same rows as the others, also before them}
   */
  static long firstSegment(WriteboostGeometry geometry) {
    return geometry.wraps() ? SUPERBLOCK_END % geometry.segmentBytes() : SUPERBLOCK_END;
  }

  /** Adds all addresses in header areas. */
  void collect(NewAddresses.Builder builder, Progress progress) {
    progress.begin("reading addresses", cache.size());
    ByteBuffer block = ByteBuffer.allocate(BLOCK).order(ByteOrder.LITTLE_ENDIAN);
    long at = first;
    while (at < cache.size()) {
      progress.checkCancelled("nothing was left behind");
      long data = cache.nextData(at);
      if (data >= at + BLOCK) {
        long slots = (data - at) / geometry.segmentBytes();
        long skipped = Math.max(slots, 1) * geometry.segmentBytes();
        progress.advance(skipped);
        at += skipped;
        continue;
      }
      block.put(0, ZEROS, 0, BLOCK).clear().limit((int) Math.min(BLOCK, cache.size() - at));
      cache.readAround(at, block);
      metablocks(
          block.clear(),
          sector -> {
            builder.add(sector);
            return sector;
          });
      progress.advance(geometry.segmentBytes());
      at += geometry.segmentBytes();
    }
  }

  /** Says which addresses are to stand for others. */
  void use(NewAddresses chosen) {
    addresses = chosen::of;
  }

  @Override
  public boolean touches(long offset) {
    return offset == 0
        || offset == SUPERBLOCK_END - BLOCK
        || (offset >= first && (offset - first) % geometry.segmentBytes() == 0);
  }

  @Override
  public void rewrite(long offset, ByteBuffer block) {
    boolean segment = offset >= first && (offset - first) % geometry.segmentBytes() == 0;
    if (offset == 0 && (!segment || SuperblockHeader.decode(block, 0).magicRight())) {
      clear(block, SuperblockHeader.ORDER + 1, BLOCK);
    } else if (segment) {
      segment(offset, block);
    } else {
      int record = BLOCK - BlockSource.SECTOR_BYTES;
      clear(block, 0, record);
      clear(block, record + Long.BYTES, BLOCK);
    }
  }

  private void segment(long offset, ByteBuffer block) {
    ByteBuffer old = ByteBuffer.allocate(BLOCK).put(0, block, 0, BLOCK);
    metablocks(block, addresses);
    clear(block, convention.metablockOffset(metablocks), BLOCK);
    if (convention.hasChecksum()) {
      SegmentHeader header = SegmentHeader.decode(block, 0);
      boolean cleared = header.id() == 0 && header.checksum() == SegmentHeader.CLEARED;
      int change = 0;
      if (!cleared && covered(old).mismatch(covered(block)) >= 0) {
        int blocks = coveredBlocks(offset, header);
        change = checksum(old, blocks) ^ checksum(block, blocks);
      }
      clear(block, 0, SegmentHeader.METABLOCKS);
      new SegmentHeader(header.id(), header.checksum() ^ change, header.length()).encode(block, 0);
    }
  }

  private static ByteBuffer covered(ByteBuffer area) {
    return area.slice(Convention.firstCoveredByte(), BLOCK - Convention.firstCoveredByte());
  }

  /** A checksum over a header area and as many blocks of zeros. */
  private static int checksum(ByteBuffer area, int blocks) {
    CRC32C crc = new CRC32C();
    crc.update(covered(area));
    for (int i = 0; i < blocks; i++) {
      crc.update(ZEROS.duplicate());
    }
    return (int) crc.getValue();
  }

  /** How many blocks the checksum was made over: as the header says, or what proves itself. */
  private int coveredBlocks(long offset, SegmentHeader header) {
    int length = header.length();
    long end = offset + geometry.segmentBytes();
    if (end > cache.size()) {
      return length;
    }
    ByteBuffer slot = ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    if (!cache.readAround(offset, slot).isEmpty()) {
      return length;
    }
    int[] checksums = ChecksumDiagnosis.checksums(slot.clear(), convention);
    if (length < checksums.length && checksums[length] == header.checksum()) {
      return length;
    }
    for (int i = 0; i < checksums.length; i++) {
      if (checksums[i] == header.checksum()) {
        return i;
      }
    }
    return length;
  }

  /** Replaces the addresses of all metablocks but those that were never used. */
  private void metablocks(ByteBuffer block, LongUnaryOperator replacement) {
    int length = convention.length(block, 0);
    for (int i = 0; i < metablocks; i++) {
      int at = convention.metablockOffset(i);
      if (i >= length && zero(block, at, at + metablockBytes)) {
        continue;
      }
      block.putLong(at, replacement.applyAsLong(convention.sector(block, 0, i)));
      if (convention.hasChecksum()) {
        padding(block, at + Metablock.BYTES - Metablock.PADDING);
      }
    }
  }

  /** What is not zero stays so, for it means that the segment is damaged. */
  private static void padding(ByteBuffer block, int at) {
    if (!zero(block, at, at + Metablock.PADDING)) {
      clear(block, at, at + Metablock.PADDING);
      block.put(at, (byte) 1);
    }
  }

  private static boolean zero(ByteBuffer block, int from, int to) {
    for (int i = from; i < to; i++) {
      if (block.get(i) != 0) {
        return false;
      }
    }
    return true;
  }

  private static void clear(ByteBuffer block, int from, int to) {
    block.put(from, ZEROS, 0, to - from);
  }
}
