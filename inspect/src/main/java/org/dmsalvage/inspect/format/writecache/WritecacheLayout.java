package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.index.AddressIndex;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * Where the parts of a cache are, worked out from the superblock and, as far as that is damaged,
 * from the image's size and the shape of the entry table.
 *
 * @param start byte offset of the superblock in the image
 * @param bytes what the image holds from there on
 * @param superblock as it stands there; all zeros if unreadable
 * @param readable whether the superblock could be read
 * @param geometry the geometry to use
 * @param trusted whether the superblock's own numbers hold: seq_count can be used
 */
public record WritecacheLayout(
    long start,
    long bytes,
    Superblock superblock,
    boolean readable,
    WritecacheGeometry geometry,
    boolean trusted) {

  /**
   * Finds the structure.
   *
   * <p>{@code start_sector} of a table line counts, unless the magic number stands at the start of
   * the image and not there: then the image was cut out already.
   *
   * @param source the image
   * @param table the table line, null if not given
   * @throws UnsupportedImageException if there is no room for a block, or nothing says what the
   *     block size is
   */
  static WritecacheLayout find(BlockSource source, @Nullable WritecacheTable table) {
    long start = startOf(source, table);
    long bytes = source.size() - start;
    if (bytes < Superblock.BYTES) {
      throw new UnsupportedImageException(
          source.name(),
          "%d bytes behind offset %d are too small for a writecache".formatted(bytes, start));
    }
    ByteBuffer buffer = ByteBuffer.allocate(Superblock.BYTES);
    boolean readable = source.readAround(start, buffer).isEmpty();
    Superblock superblock =
        Superblock.decode(readable ? buffer : ByteBuffer.allocate(Superblock.BYTES), 0);
    int known = table == null ? 0 : table.validBlockSize().orElse(0);
    Optional<WritecacheGeometry> own = ownGeometry(source, start, superblock, known);
    if (own.isPresent()) {
      return new WritecacheLayout(
          start, bytes, superblock, readable, checkCount(source, own.get()), true);
    }
    TableShape shape =
        TableShape.find(source, start, known)
            .orElseThrow(
                () ->
                    new UnsupportedImageException(
                        source.name(),
                        start,
                        "a writecache superblock or entry table",
                        "magic 0x%08x, version %d, block size %d"
                            .formatted(
                                superblock.magic(),
                                Integer.toUnsignedLong(superblock.version()),
                                Integer.toUnsignedLong(superblock.blockSize()))));
    return new WritecacheLayout(
        start,
        bytes,
        superblock,
        readable,
        checkCount(source, shape.geometry()),
        superblock.magic() == Superblock.MAGIC);
  }

  /**
   * Finds where the superblock should stand.
   *
   * @param source the image
   * @param table the table line, null if not given
   * @return a byte offset, which can be behind the end of the image
   */
  public static long startOf(BlockSource source, @Nullable WritecacheTable table) {
    long start = table == null ? 0 : table.startSector() * BlockSource.SECTOR_BYTES;
    return start > 0 && !magicAt(source, start) && magicAt(source, 0) ? 0 : start;
  }

  /** {@return whether the magic number can be read at an offset} */
  static boolean magicAt(BlockSource source, long offset) {
    if (offset > source.size() - Superblock.BYTES) {
      return false;
    }
    ByteBuffer buffer = ByteBuffer.allocate(Superblock.BYTES);
    return source.readAround(offset, buffer).isEmpty()
        && Superblock.decode(buffer, 0).magic() == Superblock.MAGIC;
  }

  /**
   * Takes the geometry from a superblock that is right, or damaged in a way that leaves no doubt: a
   * bad magic number or version does not matter while block size and number of blocks are
   * consistent with the device. A number of blocks beyond the device is believed as long as the
   * table is there and magic and version vouch for it: the image was cut. Any other number than
   * that of a new device is not believed against what stands where the table would end.
   */
  private static Optional<WritecacheGeometry> ownGeometry(
      BlockSource source, long start, Superblock sb, int known) {
    long bytes = source.size() - start;
    boolean marked = sb.magic() == Superblock.MAGIC;
    boolean sized = WritecacheGeometry.validBlockSize(sb.blockSize());
    int blockSize = sized || !marked ? sb.blockSize() : known;
    if (!WritecacheGeometry.validBlockSize(blockSize)) {
      return Optional.empty();
    }
    long blocks = sb.blockCount();
    boolean possible = blocks > 0 && blocks < WritecacheGeometry.BLOCK_LIMIT;
    boolean fits = possible && WritecacheGeometry.fits(blocks, bytes, blockSize);
    boolean cut =
        marked
            && sb.version() == Superblock.VERSION
            && possible
            && blocks <= (bytes - Superblock.BYTES) / Entry.BYTES;
    OptionalLong computed = WritecacheGeometry.blocksThatFit(bytes, blockSize);
    if (!fits && !cut) {
      return marked && computed.isPresent()
          ? Optional.of(new WritecacheGeometry(blockSize, computed.getAsLong()))
          : Optional.empty();
    }
    WritecacheGeometry own = new WritecacheGeometry(blockSize, blocks);
    if (computed.isEmpty() || computed.getAsLong() == blocks) {
      return Optional.of(own);
    }
    WritecacheGeometry whole = new WritecacheGeometry(blockSize, computed.getAsLong());
    boolean longer = whole.blockCount() > blocks;
    WritecacheGeometry tried = longer ? whole : own;
    long ends = Math.min(whole.blockCount(), blocks);
    boolean goesOn = TableShape.goesOn(source, start, tried, ends);
    return Optional.of(goesOn == longer ? whole : own);
  }

  private static WritecacheGeometry checkCount(BlockSource source, WritecacheGeometry geometry) {
    if (geometry.blockCount() > AddressIndex.MAX_PAIRS) {
      throw new UnsupportedImageException(
          source.name(), "more than " + AddressIndex.MAX_PAIRS + " blocks are not supported");
    }
    return geometry;
  }

  /** {@return how many blocks lie in the image whole} */
  public long presentBlocks() {
    long data = bytes - geometry.metadataBytes();
    return Math.clamp(data / geometry.blockSize(), 0, geometry.blockCount());
  }

  /** {@return byte offset in the image of a block} */
  public long dataOffset(long index) {
    return start + geometry.dataOffset(index);
  }
}
