package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.live.engine.Formatting;
import org.dmsalvage.replay.device.BlockDevice;

/**
 * What a device is, after it was formatted if it was blank (insitu_comp_read_or_create_super).
 *
 * <p>The driver formats whatever has not its magic number. Here a device is blank only if its first
 * block and all of where its bitmap would be are zeros; and the superblock, which makes it a
 * device, is written when the bitmap is there.
 *
 * @param geometry sizes and places
 * @param codec the compressor
 */
record Attach(InsituGeometry geometry, Codec codec) {

  /** The first compressor that a kernel has, which the driver takes for a new device (rule I7). */
  private static final Codec OF_NEW = Codec.LZO;

  private static final int PIECE = 1 << 16;

  /**
   * Reads the superblock, or writes it.
   *
   * @throws UnsupportedImageException if the driver would refuse the device, or destroy what is on
   *     it
   */
  static Attach to(BlockDevice device) {
    InsituGeometry geometry =
        InsituGeometry.ofDevice(device.size())
            .orElseThrow(() -> refuse(device, "a device of %d bytes has no block"));
    Optional<String> unusable = geometry.unusable(device.size());
    if (unusable.isPresent()) {
      throw new UnsupportedImageException(device.name(), unusable.get());
    }
    ByteBuffer block = ByteBuffer.allocate(InsituGeometry.BLOCK_BYTES);
    device.read(0, block);
    Superblock found = Superblock.decode(block, 0);
    if (isZero(block.array(), block.capacity())) {
      Formatting.refuseContents(device);
      format(device, geometry, block);
      return new Attach(geometry, OF_NEW);
    }
    if (found.magic() != Superblock.MAGIC
        || found.version() != Superblock.VERSION
        || !found.describes(geometry)
        || found.codec().isEmpty()) {
      throw new UnsupportedImageException(
          device.name(),
          0,
          "an insitu superblock of %d blocks of bitmap and %d of data"
              .formatted(geometry.metaBlocks(), geometry.dataBlocks()),
          "magic 0x%016x, version %s, %s and %s blocks, compressor %d"
              .formatted(
                  found.magic(),
                  Long.toUnsignedString(found.version()),
                  Long.toUnsignedString(found.metaBlocks()),
                  Long.toUnsignedString(found.dataBlocks()),
                  found.algorithm()));
    }
    return new Attach(geometry, found.codec().get());
  }

  private static UnsupportedImageException refuse(BlockDevice device, String reason) {
    return new UnsupportedImageException(device.name(), reason.formatted(device.size()));
  }

  private static boolean isZero(byte[] bytes, int length) {
    return Arrays.mismatch(bytes, 0, length, new byte[length], 0, length) < 0;
  }

  private static void format(BlockDevice device, InsituGeometry geometry, ByteBuffer block) {
    ByteBuffer piece = ByteBuffer.allocate(PIECE);
    long end = geometry.dataOffset(0);
    for (long at = device.nextData(InsituGeometry.BITMAP_OFFSET); at < end; ) {
      device.read(at, piece.clear().limit((int) Math.min(PIECE, end - at)));
      if (!isZero(piece.array(), piece.limit())) {
        throw new UnsupportedImageException(
            device.name(),
            at,
            "zeros in the bitmap of a new device, as in its superblock",
            "other bytes; 'dmsalvage repair' restores a superblock that was lost");
      }
      at = device.nextData(at + piece.limit());
    }
    new Superblock(
            Superblock.MAGIC,
            Superblock.VERSION,
            geometry.metaBlocks(),
            geometry.dataBlocks(),
            Superblock.algorithm(OF_NEW))
        .encode(block, 0);
    device.write(0, block.clear());
    device.flush();
  }
}
