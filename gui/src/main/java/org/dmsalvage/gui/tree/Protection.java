package org.dmsalvage.gui.tree;

import java.util.List;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.insitu.InsituImage;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.WriteboostImage;
import org.dmsalvage.inspect.format.writecache.WritecacheImage;
import org.dmsalvage.inspect.io.BlockSource;

/** Which checksum protects what; a further format is one more line in {@link #ofCache}. */
public final class Protection {

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  private Protection() {}

  /**
   * {@return in a sentence what protects a byte of a cache; empty where nothing has to be said}
   *
   * @param image the cache
   * @param path the structures that hold the byte, the smallest last
   * @param offset of the byte
   */
  public static String ofCache(CacheImage image, List<Structure> path, long offset) {
    Structure inner = path.getLast();
    if (inner.kind() == Kind.UNUSED || path.size() < 2) {
      return "";
    }
    return switch (image) {
      case WriteboostImage writeboost -> ofWriteboost(writeboost, path, offset);
      case WritecacheImage _ -> ofWritecache(inner);
      case InsituImage _ -> ofInsitu(inner);
      default -> "";
    };
  }

  /** {@return in a sentence what protects a byte of a plog device} */
  public static String ofPlog() {
    return "Each plog has a CRC-32C of its data; the sector that describes it is not covered"
        + " (rule P3).";
  }

  private static String ofWriteboost(WriteboostImage image, List<Structure> path, long offset) {
    Structure segment = null;
    for (Structure structure : path) {
      segment = segment == null && structure.cell() >= 0 ? structure : segment;
    }
    if (segment == null) {
      return path.get(1).kind() == Kind.SUPERBLOCK
          ? "No checksum: only the magic vouches for the superblock."
          : "";
    }
    boolean header = offset < segment.range().offset() + SECTOR;
    boolean data = path.getLast().kind() == Kind.DATA;
    if (image.reading().convention() == Convention.LAPS) {
      return data
          ? "No checksum: nothing proves the data."
          : "No checksum: the laps of the header and of its metablocks have to agree.";
    }
    boolean whole = path.getLast().equals(segment);
    if (whole) {
      return "One CRC-32C over all but the first sector, as far as metablocks count.";
    }
    return header
        ? "Not covered by the checksum that stands in it: nothing protects this sector."
        : "Protected by the segment's checksum (CRC-32C from byte 512 to the end of the last block"
            + " that counts).";
  }

  private static String ofWritecache(Structure inner) {
    return switch (inner.kind()) {
      case SUPERBLOCK -> "No checksum: magic, version and sizes have to make sense.";
      case MAPPING ->
          "No checksum: an entry is believed when its seq_count is below the superblock's.";
      case DATA -> "No checksum: nothing proves the data.";
      case HEADER, PADDING, UNUSED -> "";
    };
  }

  private static String ofInsitu(Structure inner) {
    return switch (inner.kind()) {
      case SUPERBLOCK -> "No checksum: the sizes have to follow from that of the device.";
      case MAPPING ->
          "No checksum: bits are proved by a payload that unpacks to exactly their extent.";
      case DATA ->
          "A compressed payload is proved when it unpacks to exactly its extent; what is stored"
              + " uncompressed, by nothing.";
      case HEADER, PADDING, UNUSED -> "";
    };
  }
}
