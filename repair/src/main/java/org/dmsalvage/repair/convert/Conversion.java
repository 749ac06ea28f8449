package org.dmsalvage.repair.convert;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.output.DeviceCopier;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.jspecify.annotations.Nullable;

/**
 * A new writeboost cache that holds what salvage shows of an old one: every block once, with the
 * sectors that the cache has of it, in segments of ascending id from 1.
 *
 * <p>So nothing is left of the old log's history, of its record, and of its tears. No block lacks
 * dirty bits (rule W20), and the clean sectors of a block are zeros. The cache is as large as the
 * old one, or larger if that has no room for two segments and one that is free: with a single one
 * suspend never ends (rule W11).
 */
public final class Conversion {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;
  private static final int BLOCK_SECTORS = WriteboostGeometry.BLOCK_SECTORS;
  private static final long FEWEST_SEGMENTS = 2;

  private final Generation generation;
  private final Recovery recovery;
  private final LogicalDevice logical;
  private final Counts wanted;
  private final WriteboostGeometry geometry;

  /**
   * What a cache holds.
   *
   * @param blocks of 4 KiB of which the cache has anything
   * @param sectors that it has
   * @param unreadable sectors that it should have, and that cannot be read: the backing device
   *     shows there
   * @param segments that they take
   */
  public record Counts(long blocks, long sectors, long unreadable, long segments) {}

  private Conversion(Generation generation, Recovery recovery, long oldBytes) {
    this.generation = generation;
    this.recovery = recovery;
    this.logical = recovery.logical().orElseThrow();
    WriteboostGeometry old = WriteboostGeometry.of(oldBytes, Generation.ORDER);
    this.wanted = each(new Packer(old, null, Progress.NONE));
    long needed = Math.max(FEWEST_SEGMENTS, wanted.segments + 1);
    long sectors = WriteboostGeometry.SUPERBLOCK_SECTORS + needed * old.segmentSectors();
    this.geometry = WriteboostGeometry.of(Math.max(oldBytes, sectors * SECTOR), Generation.ORDER);
    if (geometry.wrapMatters()) {
      throw new UnsupportedImageException(
          recovery.logical().get().name(),
          "a cache of 2 TiB or more: drivers put its segments" + " beyond that over others");
    }
  }

  /**
   * Works out what the new cache holds; reads all of the old one.
   *
   * @param images the old cache and its companions
   * @param generation of the new one
   * @param progress told about bytes read
   * @throws UnsupportedImageException if the old cache is not of the family, or shows nothing
   */
  public static Conversion of(OpenRequest images, Generation generation, Progress progress) {
    Recovery recovery = Replayers.replay(ReplayRequest.of(images, Policy.SALVAGE, progress));
    String format = recovery.report().format();
    if (!format.startsWith("writeboost")) {
      throw new UnsupportedImageException(
          images.cache().name(),
          "is of the format %s, which cannot become %s".formatted(format, generation.format()));
    }
    return new Conversion(generation, recovery, images.cache().size());
  }

  /** {@return the replay whose result is written} */
  public Recovery recovery() {
    return recovery;
  }

  /** {@return what the new cache is to hold, as if all of it could be read} */
  public Counts wanted() {
    return wanted;
  }

  /** {@return the size of the new cache in bytes} */
  public long bytes() {
    return geometry.deviceSectors() * SECTOR;
  }

  /** {@return how many bytes of the new cache are written, about} */
  public long dataBytes() {
    return (1 + wanted.blocks + wanted.segments) * BLOCK;
  }

  /**
   * Writes the new cache.
   *
   * @param target as large as {@link #bytes()}, all zeros
   * @param progress told about bytes written; checked for the wish to stop
   * @return what it holds
   */
  public Counts write(DeviceCopier.Target target, Progress progress) {
    progress.begin("writing a cache of " + generation.format(), wanted.blocks * BLOCK);
    ByteBuffer superblock = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    new SuperblockHeader(SuperblockHeader.MAGIC, generation.orderByte()).encode(superblock, 0);
    target.write(0, superblock.clear());
    return each(new Packer(geometry, target, progress));
  }

  private Counts each(Packer packer) {
    logical.forEachRun(
        (offset, length, origin) -> {
          if (!(origin instanceof Origin.Backing)) {
            packer.add(offset, length);
          }
        });
    return packer.finish();
  }

  /** Packs blocks into segments, or, without a target, counts them. */
  private final class Packer {
    private final WriteboostGeometry geometry;
    private final DeviceCopier.@Nullable Target target;
    private final Progress progress;
    private final ByteBuffer segment;
    private final ByteBuffer data = ByteBuffer.allocate(BLOCK);
    private int length;
    private long block = -1;
    private int dirtyBits;
    private long blocks;
    private long sectors;
    private long unreadable;
    private long segments;

    Packer(WriteboostGeometry geometry, DeviceCopier.@Nullable Target target, Progress progress) {
      this.geometry = geometry;
      this.target = target;
      this.progress = progress;
      this.segment = ByteBuffer.allocate(geometry.segmentBytes()).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Takes a run, cut at the borders of blocks. */
    void add(long offset, long bytes) {
      long end = offset + bytes;
      for (long at = offset; at < end; ) {
        long next = Math.min(end, (at / BLOCK + 1) * BLOCK);
        if (at / BLOCK != block) {
          endBlock();
          block = at / BLOCK;
        }
        piece(at, (int) (next - at));
        at = next;
      }
    }

    private void piece(long offset, int bytes) {
      int from = (int) (offset % BLOCK);
      List<ByteRange> bad =
          target == null
              ? List.of()
              : logical.readAround(offset, data.clear().limit(from + bytes).position(from));
      for (int at = from; at < from + bytes; at += SECTOR) {
        ByteRange sector = new ByteRange(block * BLOCK + at, SECTOR);
        if (bad.stream().anyMatch(sector::intersects)) {
          unreadable++;
        } else {
          dirtyBits |= 1 << (at / SECTOR);
        }
      }
    }

    private void endBlock() {
      if (dirtyBits == 0) {
        return;
      }
      for (int i = 0; i < BLOCK_SECTORS; i++) {
        if ((dirtyBits >> i & 1) != 0) {
          segment.put(BLOCK * (1 + length) + i * SECTOR, data.clear(), i * SECTOR, SECTOR);
        }
      }
      new Metablock(block * BLOCK_SECTORS, dirtyBits)
          .encode(segment, SegmentHeader.METABLOCKS + length * Metablock.BYTES);
      length++;
      blocks++;
      sectors += Integer.bitCount(dirtyBits);
      dirtyBits = 0;
      if (length == geometry.blocksPerSegment()) {
        endSegment();
      }
    }

    private void endSegment() {
      progress.checkCancelled("the new cache is not complete");
      segments++;
      if (target != null) {
        segment.clear().limit(BLOCK * (1 + length));
        int checksum = generation.convention().checksum(segment);
        new SegmentHeader(segments, checksum, length).encode(segment, 0);
        target.write(geometry.startByte(segments - 1), segment);
        progress.advance((long) length * BLOCK);
        segment.clear().put(new byte[segment.capacity()]);
      }
      length = 0;
    }

    Counts finish() {
      endBlock();
      if (length > 0) {
        endSegment();
      }
      return new Counts(blocks, sectors, unreadable, segments);
    }
  }
}
