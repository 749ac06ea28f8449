package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.util.Optional;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * The superblock of an image, and the sizes that are taken as true.
 *
 * @param superblock as it stands there; zeros if it cannot be read
 * @param readable whether it could be read
 * @param bySize what the driver computes from the size of the image; empty below 4 KiB
 * @param geometry the one to work with: the superblock's if its counts can be right, else that of
 *     the size
 */
public record InsituLayout(
    Superblock superblock,
    boolean readable,
    Optional<InsituGeometry> bySize,
    InsituGeometry geometry) {

  /** Blocks of superblock, bitmap and data that the smallest device has. */
  private static final int MIN_BLOCKS = 3;

  /**
   * Reads the superblock and settles the sizes.
   *
   * @throws UnsupportedImageException if no sizes are possible
   */
  static InsituLayout find(BlockSource source) {
    ByteBuffer bytes = ByteBuffer.allocate(Superblock.BYTES);
    boolean readable = source.size() >= Superblock.BYTES && source.readAround(0, bytes).isEmpty();
    Superblock superblock = Superblock.decode(bytes, 0);
    Optional<InsituGeometry> bySize = InsituGeometry.ofDevice(source.size());
    Optional<InsituGeometry> byCounts =
        readable ? InsituGeometry.ofCounts(superblock) : Optional.empty();
    InsituGeometry geometry =
        byCounts
            .or(() -> bySize)
            .filter(g -> g.dataBlocks() > 0)
            .orElseThrow(
                () ->
                    new UnsupportedImageException(
                        source.name(),
                        "%d bytes: an insitu device has at least %d"
                            .formatted(
                                source.size(), MIN_BLOCKS * (long) InsituGeometry.BLOCK_BYTES)));
    return new InsituLayout(superblock, readable, bySize, geometry);
  }

  /** {@return whether the driver would take the counts for this size} */
  public boolean agrees() {
    return readable && bySize.isPresent() && superblock.describes(bySize.get());
  }
}
