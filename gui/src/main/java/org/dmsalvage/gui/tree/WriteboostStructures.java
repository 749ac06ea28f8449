package org.dmsalvage.gui.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.Metablock;
import org.dmsalvage.inspect.format.writeboost.Metablock2013;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader;
import org.dmsalvage.inspect.format.writeboost.SegmentHeader2013;
import org.dmsalvage.inspect.format.writeboost.SuperblockHeader;
import org.dmsalvage.inspect.format.writeboost.SuperblockRecord;
import org.dmsalvage.inspect.format.writeboost.WriteboostGeometry;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A writeboost cache.
 *
 * <pre>
 * | superblock 1 MiB | segment in slot 0 | segment in slot 1 | …
 * segment: | header | metablocks | block 0, 4 KiB | block 1 | …
 * </pre>
 */
final class WriteboostStructures {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = WriteboostGeometry.BLOCK_BYTES;

  private static final String SECTOR_MEANING =
      "Address of the block on the backing device, in sectors of 512 bytes, a multiple of 8. No"
          + " driver checks it (rule W21).";
  private static final String DIRTY_MEANING =
      "Which of the block's eight sectors are newer than the disk, the first one on the left. Under"
          + " the others stands rubbish, though the checksum covers it (rule W5).";

  private final WriteboostGeometry geometry;

  /** Slots of which the image has the whole, or the beginning of the log's last one. */
  private final long slots;

  private final Convention convention;

  private WriteboostStructures(WriteboostImage image) {
    // Where 32-bit arithmetic wraps, far slots stand over near ones; the tree shows the plain
    // order.
    this.geometry = image.reading().geometry().withWrap(false);
    this.slots =
        Math.min(
            geometry.segmentCount(),
            WriteboostGeometry.of(image.reading().imageBytes(), geometry.order()).segmentCount());
    this.convention = image.reading().convention();
  }

  static Structure ofCache(WriteboostImage image) {
    return new WriteboostStructures(image).cache(image);
  }

  static List<Place> places(WriteboostImage image) {
    WriteboostStructures structures = new WriteboostStructures(image);
    WriteboostGeometry geometry = structures.geometry;
    long slots = structures.slots;
    Place slot =
        Place.of("slot", slots, n -> new ByteRange(geometry.startByte(n), geometry.segmentBytes()));
    Place id =
        new Place(
            "id",
            slots,
            n -> n == 0 || slots == 0 ? Optional.empty() : slot.find(geometry.slotOf(n)));
    return List.of(slot, id);
  }

  private boolean laps() {
    return convention == Convention.LAPS;
  }

  private Structure cache(WriteboostImage image) {
    long size = image.reading().imageBytes();
    List<Structure> parts = new ArrayList<>();
    if (size >= WriteboostGeometry.SUPERBLOCK_SECTORS * SECTOR) {
      parts.add(superblock());
    }
    if (slots > 0) {
      parts.add(
          Row.of(
              "segments",
              "slots",
              Kind.DATA,
              "The log: a ring of %d slots. A segment with id n stands in slot (n - 1) mod %d, so a"
                      .formatted(geometry.segmentCount(), geometry.segmentCount())
                  + " newer segment overwrites the one that is a round older.",
              geometry.startByte(0),
              geometry.segmentBytes(),
              slots,
              this::segment));
    }
    Structures.addRest(parts, parts.isEmpty() ? 0 : parts.getLast().range().end(), size);
    return Part.of(
        image.format(),
        Kind.SUPERBLOCK,
        0,
        size,
        "A log-structured write cache: writes are gathered in RAM and go to the cache a segment at"
            + " a time.",
        parts);
  }

  private Structure superblock() {
    long record = SuperblockRecord.SECTOR * SECTOR;
    List<Field> header = new ArrayList<>();
    header.add(
        new Field(
            "magic",
            0,
            4,
            Decoders.expected(Integer.toUnsignedLong(SuperblockHeader.MAGIC)),
            "Says that this is a writeboost cache. If a single bit is wrong, the driver formats the"
                + " cache without a word (rule W9)."));
    header.add(
        new Field(
            "segment_size_order",
            SuperblockHeader.ORDER,
            1,
            Decoders.number(
                order ->
                    order == geometry.order()
                        ? "segments of %d KiB".formatted(geometry.segmentBytes() >> 10)
                        : "the segments themselves have order " + geometry.order()),
            "A segment takes 2^order sectors. 2.x always uses order 10 and ignores this byte."));
    Part first =
        Part.leaf(
            "header",
            Kind.SUPERBLOCK,
            0,
            SECTOR,
            "Written once, when the cache is formatted.",
            header.toArray(Field[]::new));
    Part unused =
        Part.leaf(
            "not used",
            Kind.PADDING,
            SECTOR,
            record - SECTOR,
            "The superblock is 1 MiB; only its first and its last sector mean something.");
    Part last =
        Part.leaf(
            "record",
            Kind.SUPERBLOCK,
            record,
            SECTOR,
            "A hint how far write-back had come. No driver survives one that is wrong.",
            new Field(
                laps() ? "last_migrated_segment_id" : "last_writeback_segment_id",
                record,
                8,
                Decoders.number(id -> id == 0 ? "never written" : "written back up to this id"),
                "Segments up to this id have reached the disk. 2013 writes it every minute, later"
                    + " drivers only when told to (rules W27, W28, F18, F19)."));
    return Part.of(
        "superblock",
        Kind.SUPERBLOCK,
        0,
        WriteboostGeometry.SUPERBLOCK_SECTORS * SECTOR,
        "1 MiB before the first segment.",
        List.of(first, unused, last));
  }

  private Structure segment(long slot) {
    long start = geometry.startByte(slot);
    int blocks = geometry.blocksPerSegment();
    int at = laps() ? SegmentHeader2013.METABLOCKS : SegmentHeader.METABLOCKS;
    int stride = laps() ? Metablock2013.BYTES : Metablock.BYTES;
    List<Structure> parts = new ArrayList<>();
    Field[] header = laps() ? header2013(start) : header(start);
    parts.add(
        Part.leaf(
            "header",
            Kind.HEADER,
            start,
            at,
            laps()
                ? "Opens the segment. It is believed when its lap is that of all its metablocks."
                : "Opens the segment. The checksum does not cover this sector: a wrong id is"
                    + " believed (rule W4).",
            header));
    parts.add(
        Row.of(
            "metablocks",
            "metablocks",
            Kind.MAPPING,
            "Metablock i says which block of the disk data block i belongs to. Only the first"
                + " “length” of them count.",
            start + at,
            stride,
            blocks,
            i -> metablock(slot, (int) i)));
    long end = start + at + (long) stride * blocks;
    parts.add(
        Part.leaf(
            "padding",
            Kind.PADDING,
            end,
            start + BLOCK - end,
            "Fills the header up to 4 KiB"
                + (laps() ? "." : "; under the checksum like the metablocks.")));
    parts.add(
        Row.of(
            "blocks",
            "blocks",
            Kind.DATA,
            "The cached data, 4 KiB each, in the order in which it was written.",
            start + BLOCK,
            BLOCK,
            blocks,
            i -> block(slot, (int) i)));
    return Part.of(
            "slot " + slot,
            Kind.HEADER,
            start,
            geometry.segmentBytes(),
            "One segment: header, metablocks and up to %d blocks that were written together."
                .formatted(blocks),
            parts)
        .with(header)
        .inCell(slot);
  }

  private Field id(String name, long start) {
    return new Field(
        name,
        start,
        8,
        Decoders.number(
            id ->
                id == 0
                    ? "never written"
                    : "belongs in slot " + Long.toUnsignedString(geometry.slotOf(id))),
        "Number of the segment: 1 for the first one, and one more for each that follows. The"
            + " greatest id is the newest; 0 means never written.");
  }

  private Field[] header(long start) {
    return new Field[] {
      id("id", start),
      new Field(
          "checksum",
          start + 8,
          4,
          Decoders.hex(crc -> ""),
          "CRC-32C (%s) of the segment from byte 512 to the end of the last block that counts."
              .formatted(convention.label())),
      new Field(
          "length",
          start + 12,
          1,
          Decoders.number(
              length ->
                  length > geometry.blocksPerSegment()
                      ? "a segment has only %d".formatted(geometry.blocksPerSegment())
                      : "of %d".formatted(geometry.blocksPerSegment())),
          "How many metablocks count; 0 is normal and frequent (rule W6). A greater one than fits"
              + " makes the driver read behind its buffer (rule W22)."),
      new Field(
          "padding",
          start + 13,
          SECTOR - 13,
          Decoders.zeros(),
          "Fills the sector; never looked at.")
    };
  }

  private Field[] header2013(long start) {
    return new Field[] {
      id("global_id", start),
      new Field(
          "length",
          start + 8,
          1,
          Decoders.number(length -> "of %d".formatted(geometry.blocksPerSegment())),
          "How many metablocks count, from the first one on (rule F3)."),
      new Field(
          "lap",
          start + 9,
          4,
          Decoders.number(),
          "How often the log has gone round. The segment counts when each of its metablocks has the"
              + " same lap; there is no checksum (rule F12).")
    };
  }

  private Field[] mapping(long slot, int i) {
    long start = geometry.startByte(slot);
    long at =
        laps()
            ? start + SegmentHeader2013.METABLOCKS + (long) i * Metablock2013.BYTES
            : start + SegmentHeader.METABLOCKS + (long) i * Metablock.BYTES;
    Field sector = new Field("sector", at, 8, Decoders.sector(), SECTOR_MEANING);
    Field dirty = new Field("dirty_bits", at + 8, 1, Decoders.dirtyBits(), DIRTY_MEANING);
    Field rest =
        laps()
            ? new Field(
                "lap",
                at + 9,
                4,
                Decoders.number(),
                "The header's, or the segment is not believed.")
            : new Field("padding", at + 9, 7, Decoders.zeros(), "Always zero.");
    return new Field[] {sector, dirty, rest};
  }

  private Structure metablock(long slot, int i) {
    Field[] fields = mapping(slot, i);
    int bytes = laps() ? Metablock2013.BYTES : Metablock.BYTES;
    return Part.leaf(
        "metablock " + i,
        Kind.MAPPING,
        fields[0].range().offset(),
        bytes,
        "Where block %d of this segment belongs on the disk, and what of it is dirty.".formatted(i),
        fields);
  }

  private Structure block(long slot, int i) {
    Field[] mapping = mapping(slot, i);
    long at = geometry.blockByte(slot, i);
    return Part.leaf(
        "block " + i,
        Kind.DATA,
        at,
        BLOCK,
        "4 KiB of the disk, as metablock %d says.".formatted(i),
        mapping[0],
        mapping[1],
        new Field("data", at, BLOCK, Decoders.data(), "The cached bytes."));
  }

  static Structure ofPlog(WriteboostImage image, BlockSource plog) {
    int perSegment = image.reading().geometry().blocksPerSegment();
    PlogGeometry ring = new PlogGeometry(plog.size() / SECTOR, perSegment);
    List<Structure> parts = new ArrayList<>();
    if (ring.capacity() > 0) {
      parts.add(
          Row.of(
              "plog segments",
              "places",
              Kind.DATA,
              "A ring: each write of the segment that is being gathered in RAM is logged here"
                  + " first, so that it survives a power cut.",
              0,
              ring.segmentBytes(),
              ring.capacity(),
              place -> plogSegment(ring, place)));
    }
    Structures.addRest(parts, ring.capacity() * ring.segmentBytes(), plog.size());
    return Part.of(
        "plog device",
        Kind.HEADER,
        0,
        plog.size(),
        "The persistent log of a writeboost of type 1.",
        parts);
  }

  private static Structure plogSegment(PlogGeometry ring, long place) {
    long start = ring.startByte(place);
    return Part.leaf(
        "place " + place,
        Kind.DATA,
        start,
        ring.segmentBytes(),
        "A run of plogs, each a sector that describes it and up to 8 sectors of data. Only the"
            + " first one has a fixed place.",
        new Field(
            "id", start, 8, Decoders.number(), "Id of the segment that the writes are part of."),
        new Field(
            "sector",
            start + 8,
            8,
            Decoders.sector(),
            "Address of the write on the disk; any sector, not only multiples of 8."),
        new Field(
            "checksum",
            start + 16,
            4,
            Decoders.hex(crc -> ""),
            "CRC-32C of the data alone; it does not cover this sector (rule P3)."),
        new Field("idx", start + 20, 1, Decoders.number(), "Metablock that the write goes into."),
        new Field("len", start + 21, 1, Decoders.number(n -> "sectors"), "Sectors that follow."));
  }
}
