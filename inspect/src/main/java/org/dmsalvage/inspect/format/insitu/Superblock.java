package org.dmsalvage.inspect.format.insitu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import org.dmsalvage.inspect.codec.Codec;

/**
 * Superblock at the start of the device (struct insitu_comp_super_block).
 *
 * <pre>
 * offset size field
 *      0    8 magic        0x106526c206506c09
 *      8    8 version      1
 *     16    8 meta_blocks  4 KiB blocks of the bitmap, from offset 4096 on
 *     24    8 data_blocks  4 KiB blocks behind the bitmap
 *     32    1 comp_alg     0 lzo, 1 deflate
 *     33      not used     keeps what stood there before (I1)
 * </pre>
 *
 * <p>Written once, as one write of 4 KiB with FUA, before the bitmap is cleared; never changed
 * afterwards (insitu_comp_read_or_create_super).
 *
 * @param magic says what this is
 * @param version of the layout
 * @param metaBlocks size of the bitmap, unsigned
 * @param dataBlocks size of the logical device, unsigned
 * @param algorithm comp_alg, 0 … 255
 */
public record Superblock(
    long magic, long version, long metaBlocks, long dataBlocks, int algorithm) {

  /** Bytes that mean something. */
  public static final int BYTES = 33;

  /** The magic number. */
  public static final long MAGIC = 0x106526c206506c09L;

  /** The only version. */
  public static final long VERSION = 1;

  private static final int LZO = 0;
  private static final int DEFLATE = 1;

  static final int AT_VERSION = 8;
  static final int AT_META_BLOCKS = 16;
  static final int AT_DATA_BLOCKS = 24;
  static final int AT_ALGORITHM = 32;

  /** Decodes {@value #BYTES} bytes from an index of a buffer; accepts anything. */
  public static Superblock decode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    return new Superblock(
        b.getLong(0),
        b.getLong(AT_VERSION),
        b.getLong(AT_META_BLOCKS),
        b.getLong(AT_DATA_BLOCKS),
        b.get(AT_ALGORITHM) & 0xff);
  }

  /** Encodes into {@value #BYTES} bytes from an index of a buffer. */
  public void encode(ByteBuffer bytes, int at) {
    ByteBuffer b = bytes.slice(at, BYTES).order(ByteOrder.LITTLE_ENDIAN);
    b.putLong(0, magic);
    b.putLong(AT_VERSION, version);
    b.putLong(AT_META_BLOCKS, metaBlocks);
    b.putLong(AT_DATA_BLOCKS, dataBlocks);
    b.put(AT_ALGORITHM, (byte) algorithm);
  }

  /** {@return the compressor; empty if there is none of this number} */
  public Optional<Codec> codec() {
    return switch (algorithm) {
      case LZO -> Optional.of(Codec.LZO);
      case DEFLATE -> Optional.of(Codec.DEFLATE);
      default -> Optional.empty();
    };
  }

  /** {@return the number of a compressor} */
  public static int algorithm(Codec codec) {
    return switch (codec) {
      case LZO -> LZO;
      case DEFLATE -> DEFLATE;
    };
  }

  /** {@return whether the counts are those that a geometry has} */
  public boolean describes(InsituGeometry geometry) {
    return metaBlocks == geometry.metaBlocks() && dataBlocks == geometry.storedDataBlocks();
  }
}
