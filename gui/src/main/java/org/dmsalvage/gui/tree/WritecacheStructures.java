package org.dmsalvage.gui.tree;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.format.writecache.Superblock;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.format.writecache.WritecacheLayout;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A writecache.
 *
 * <pre>
 * | superblock 64 B | entry 0, 16 B | entry 1 | … | padding | block 0 | block 1 | …
 * </pre>
 */
final class WritecacheStructures {

  private static final int ENTRY = 16;

  private final WritecacheLayout layout;
  private final WritecacheGeometry geometry;

  private WritecacheStructures(WritecacheLayout layout) {
    this.layout = layout;
    this.geometry = layout.geometry();
  }

  static Structure ofCache(WritecacheImage image) {
    return new WritecacheStructures(image.layout()).cache(image);
  }

  static List<Place> places(WritecacheImage image) {
    WritecacheLayout layout = image.layout();
    WritecacheGeometry geometry = layout.geometry();
    return List.of(
        Place.of(
            "entry",
            geometry.blockCount(),
            n -> new ByteRange(layout.start() + WritecacheGeometry.entryOffset(n), ENTRY)),
        Place.of(
            "block",
            layout.presentBlocks(),
            n -> new ByteRange(layout.dataOffset(n), geometry.blockSize())));
  }

  private Structure cache(WritecacheImage image) {
    long start = layout.start();
    long size = image.source().size();
    long count = geometry.blockCount();
    List<Structure> parts = new ArrayList<>();
    if (start > 0) {
      parts.add(
          Part.leaf(
              "before start_sector",
              Kind.UNUSED,
              0,
              start,
              "Not part of the cache: the table line shifts it by start_sector."));
    }
    parts.add(superblock(start));
    parts.add(
        Row.of(
            "entries",
            "entries",
            Kind.MAPPING,
            "Entry i says which block of the origin block i is a copy of, and when it was written.",
            start + Superblock.BYTES,
            ENTRY,
            count,
            this::entry));
    long end = start + geometry.tableEnd();
    long data = layout.dataOffset(0);
    if (end < data) {
      parts.add(
          Part.leaf(
              "padding", Kind.PADDING, end, data - end, "Fills the table up to a whole block."));
    }
    if (layout.presentBlocks() > 0) {
      parts.add(
          Row.of(
              "blocks",
              "blocks",
              Kind.DATA,
              "The cached data, %d bytes each. Nothing here has a checksum."
                  .formatted(geometry.blockSize()),
              data,
              geometry.blockSize(),
              layout.presentBlocks(),
              this::block));
    }
    Structures.addRest(parts, parts.getLast().range().end(), size);
    return Part.of(
        image.format(),
        Kind.SUPERBLOCK,
        0,
        size,
        "A write cache: a table of entries, and a block of data for each of them.",
        parts);
  }

  private Structure superblock(long at) {
    return Part.leaf(
        "superblock",
        Kind.SUPERBLOCK,
        at,
        Superblock.BYTES,
        "Written with each commit.",
        new Field(
            "magic",
            at,
            4,
            Decoders.expected(Integer.toUnsignedLong(Superblock.MAGIC)),
            "Says that this is a writecache. The driver refuses another one (rule C1)."),
        new Field("version", at + 4, 4, Decoders.expected(Superblock.VERSION), "Always 1."),
        new Field(
            "block_size",
            at + 8,
            4,
            Decoders.number(n -> "bytes"),
            "Bytes of a block: a power of two, 512 … 4096. Must be that of the table."),
        new Field("pad", at + 12, 4, Decoders.zeros(), "Always zero."),
        new Field(
            "n_blocks",
            at + 16,
            8,
            Decoders.number(
                n -> n == geometry.blockCount() ? "" : "taken as " + geometry.blockCount()),
            "How many entries and blocks there are."),
        new Field(
            "seq_count",
            at + 24,
            8,
            Decoders.number(),
            "The commit that is being gathered: entries with a smaller sequence count are"
                + " committed, all others are discarded by the driver (rule C3)."),
        new Field("reserved", at + 32, 32, Decoders.zeros(), "Always zero."));
  }

  private Field[] fields(long i) {
    long at = layout.start() + WritecacheGeometry.entryOffset(i);
    return new Field[] {
      new Field(
          "original_sector",
          at,
          8,
          Decoders.sector(),
          "Address on the origin in sectors. A free entry keeps its old value: history."),
      new Field(
          "seq_count",
          at + 8,
          8,
          Decoders.number(
              sequence -> {
                long count = layout.superblock().sequenceCount();
                return sequence == -1
                    ? "free"
                    : Long.compareUnsigned(sequence, count) < 0 ? "committed" : "never committed";
              }),
          "When it was written. Below the superblock's seq_count it is committed; 2^64-1 is free.")
    };
  }

  private Structure entry(long i) {
    Field[] fields = fields(i);
    return Part.leaf(
            "entry " + i,
            Kind.MAPPING,
            fields[0].range().offset(),
            ENTRY,
            "What block %d is a copy of.".formatted(i),
            fields)
        .inCell(i);
  }

  private Structure block(long i) {
    Field[] fields = fields(i);
    long at = layout.dataOffset(i);
    return Part.leaf(
            "block " + i,
            Kind.DATA,
            at,
            geometry.blockSize(),
            "Data of entry %d. In SSD mode a committed block is overwritten in place, so it can be"
                    .formatted(i)
                + " newer than its commit.",
            fields[0],
            fields[1],
            new Field("data", at, geometry.blockSize(), Decoders.data(), "The cached bytes."))
        .inCell(i);
  }
}
