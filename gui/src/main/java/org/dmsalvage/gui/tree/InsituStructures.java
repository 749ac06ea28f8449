package org.dmsalvage.gui.tree;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.gui.tree.Field.Value;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.insitu.MetaBitmap;
import org.dmsalvage.inspect.format.insitu.Superblock;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * An insitu-comp device.
 *
 * <pre>
 * | superblock 4 KiB | bitmap, five bits a block | data block 0 | data block 1 | …
 * </pre>
 */
final class InsituStructures {

  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;
  private static final int BITS = InsituGeometry.META_BITS;

  /** Blocks whose bits fill whole bytes. */
  private static final int GROUP = 8;

  private final InsituGeometry geometry;

  private InsituStructures(InsituGeometry geometry) {
    this.geometry = geometry;
  }

  static Structure ofDevice(InsituImage image) {
    return new InsituStructures(image.layout().geometry()).device(image);
  }

  static List<Place> places(InsituImage image) {
    InsituGeometry geometry = image.layout().geometry();
    return List.of(
        Place.of(
            "block",
            geometry.dataBlocks(),
            n -> new ByteRange(geometry.dataOffset(n), InsituGeometry.BLOCK_BYTES)));
  }

  private Structure device(InsituImage image) {
    long size = image.source().size();
    List<Structure> parts = new ArrayList<>();
    if (size >= BLOCK) {
      parts.add(superblock());
    }
    long groups = (geometry.dataBlocks() + GROUP - 1) / GROUP;
    long bitmap = BLOCK + groups * BITS;
    long data = geometry.dataOffset(0);
    if (bitmap <= size && data <= size) {
      parts.add(
          Row.of(
              "bitmap",
              "groups",
              Kind.MAPPING,
              "Five bits a block: how many sectors its payload fills, and whether it continues the"
                  + " extent before it. The bits of eight blocks fill five bytes.",
              BLOCK,
              BITS,
              groups,
              this::group));
      if (bitmap < data) {
        parts.add(
            Part.leaf(
                "padding", Kind.PADDING, bitmap, data - bitmap, "Fills the bitmap's last block."));
      }
      long present = Math.clamp((size - data) / BLOCK, 0, geometry.dataBlocks());
      if (present > 0) {
        parts.add(
            Row.of(
                "data",
                "blocks",
                Kind.DATA,
                "A block of the device each. The payload of an extent begins at the place of its"
                    + " first block.",
                data,
                BLOCK,
                present,
                this::block));
      }
    }
    Structures.addRest(parts, parts.isEmpty() ? 0 : parts.getLast().range().end(), size);
    return Part.of(
        image.format(),
        Kind.SUPERBLOCK,
        0,
        size,
        "A compressing device: data is compressed in its own place, which saves no room but spares"
            + " the medium.",
        parts);
  }

  private Structure superblock() {
    return Part.leaf(
        "superblock",
        Kind.SUPERBLOCK,
        0,
        BLOCK,
        "Written once, when the device is formatted.",
        new Field(
            "magic",
            0,
            8,
            Decoders.expected(Superblock.MAGIC),
            "Says that this is an insitu-comp device. The driver formats any other (rule I6)."),
        new Field(
            "version",
            8,
            8,
            Decoders.expected(Superblock.VERSION),
            "Always 1; another is refused."),
        new Field(
            "meta_blocks",
            16,
            8,
            Decoders.number(
                n -> n == geometry.metaBlocks() ? "" : "by size " + geometry.metaBlocks()),
            "Blocks of 4 KiB that the bitmap takes. Must follow from the size (rule I2)."),
        new Field(
            "data_blocks",
            24,
            8,
            Decoders.number(
                n -> n == geometry.storedDataBlocks() ? "" : "by size " + geometry.dataBlocks()),
            "Blocks of 4 KiB behind the bitmap. Must follow from the size (rule I2)."),
        new Field(
            "comp_alg",
            32,
            1,
            Decoders.number(
                n -> n == 0 ? "LZO1X" : n == 1 ? "raw deflate" : "the driver reads behind a table"),
            "The compressor: 0 LZO, 1 deflate."));
  }

  private Field bits(long block) {
    int shift = (int) (block * BITS % GROUP);
    int bytes = shift > GROUP - BITS ? 2 : 1;
    return new Field(
        "block " + block,
        new ByteRange(InsituGeometry.bitmapOffset(block), bytes),
        "Low four bits: sectors of the payload that fall to this block, 0 … 8. High bit: the block"
            + " continues the extent before it. All zero: never written.",
        buffer -> {
          int word = Byte.toUnsignedInt(buffer.get(0));
          if (bytes == 2) {
            word |= Byte.toUnsignedInt(buffer.get(1)) << GROUP;
          }
          int bits = word >> shift & (MetaBitmap.SECTORS | MetaBitmap.TAIL);
          boolean tail = (bits & MetaBitmap.TAIL) != 0;
          int sectors = bits & MetaBitmap.SECTORS;
          return new Value(
              (tail ? "tail" : "head") + ", " + sectors,
              sectors > InsituGeometry.BLOCK_SECTORS
                  ? "more sectors than a block has"
                  : sectors == 0 && !tail ? "never written" : sectors + " sectors of payload");
        });
  }

  private Structure group(long g) {
    long first = g * GROUP;
    int count = (int) Math.min(GROUP, geometry.dataBlocks() - first);
    Field[] fields = new Field[count];
    for (int i = 0; i < count; i++) {
      fields[i] = bits(first + i);
    }
    return Part.leaf(
        "blocks %d … %d".formatted(first, first + count - 1),
        Kind.MAPPING,
        InsituGeometry.bitmapOffset(first),
        BITS,
        "The bits of eight blocks, the lowest first.",
        fields);
  }

  private Structure block(long i) {
    long at = geometry.dataOffset(i);
    return Part.leaf(
            "block " + i,
            Kind.DATA,
            at,
            BLOCK,
            "The place of block %d: uncompressed data, or a part of a payload, or what an older one"
                    .formatted(i)
                + " left behind.",
            bits(i),
            new Field("data", at, BLOCK, Decoders.data(), "The bytes of this place."))
        .inCell(i);
  }
}
