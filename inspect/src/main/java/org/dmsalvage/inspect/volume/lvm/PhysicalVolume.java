package org.dmsalvage.inspect.volume.lvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A physical volume (struct label_header, struct pv_header).
 *
 * <pre>
 * offset size field of the label, in one of the first four sectors
 *      0    8 "LABELONE"
 *      8    8 number of this sector
 *     16    4 checksum of the bytes behind it
 *     20    4 where the header begins in the sector
 *     24    8 "LVM2 001"
 *
 * offset size field of the header
 *      0   32 id
 *     32    8 size of the device
 *     40      data areas: offset and size (16 bytes each), ended by one with offset 0
 *             metadata areas, likewise
 * </pre>
 *
 * @param id as metadata texts write it, with hyphens
 * @param bytes size of the device when it was made
 * @param areas where its metadata areas are
 */
public record PhysicalVolume(String id, long bytes, List<ByteRange> areas) {

  private static final int LABEL_SECTORS = 4;
  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final long LABEL_MAGIC = 0x454e4f4c4542414cL;
  private static final long TYPE = 0x31303020324d564cL;
  private static final int ID_BYTES = 32;
  private static final int MOST_AREAS = 8;

  /** Keeps a copy of the areas. */
  public PhysicalVolume {
    areas = List.copyOf(areas);
  }

  /**
   * Looks for a label.
   *
   * @param source a disk or partition
   * @param findings told what is wrong with it
   * @return what it says; empty if there is none
   */
  public static Optional<PhysicalVolume> read(BlockSource source, Findings findings) {
    int length = (int) Math.min(LABEL_SECTORS * SECTOR, source.size() / SECTOR * SECTOR);
    ByteBuffer sectors = ByteBuffer.allocate(length);
    List<ByteRange> _ = source.readAround(0, sectors);
    Optional<PhysicalVolume> damaged = Optional.empty();
    for (int at = 0; at < length; at += SECTOR) {
      ByteBuffer label = sectors.slice(at, SECTOR).order(ByteOrder.LITTLE_ENDIAN);
      if (label.getLong(0) == LABEL_MAGIC && label.getLong(24) == TYPE) {
        Optional<PhysicalVolume> volume = header(label);
        if (label.getInt(16) == LvmChecksum.of(label, 20, SECTOR) && volume.isPresent()) {
          return volume;
        }
        findings.add(VolumeCode.LVM_LABEL, source.name(), at, SECTOR, "the LVM2 label is damaged");
        damaged = damaged.or(() -> volume);
      }
    }
    return damaged;
  }

  private static Optional<PhysicalVolume> header(ByteBuffer label) {
    int at = label.getInt(20);
    if (at < 32 || at > SECTOR - ID_BYTES - 8) {
      return Optional.empty();
    }
    String id = StandardCharsets.ISO_8859_1.decode(label.slice(at, ID_BYTES)).toString();
    if (!id.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      return Optional.empty();
    }
    long bytes = label.getLong(at + ID_BYTES);
    int next = at + ID_BYTES + 8;
    next = areas(label, next, new ArrayList<>());
    List<ByteRange> metadata = new ArrayList<>();
    int _ = areas(label, next, metadata);
    return Optional.of(new PhysicalVolume(hyphenated(id), Math.max(bytes, 0), metadata));
  }

  /** Reads a list of areas; returns where the one behind it begins. */
  private static int areas(ByteBuffer label, int from, List<ByteRange> areas) {
    int at = from;
    while (at + 16 <= SECTOR && label.getLong(at) != 0 && areas.size() < MOST_AREAS) {
      long offset = label.getLong(at);
      long length = label.getLong(at + 8);
      if (offset > 0 && length >= 0 && offset + length > 0) {
        areas.add(new ByteRange(offset, length));
      }
      at += 16;
    }
    return at + 16;
  }

  /** Groups of 6-4-4-4-4-4-6 characters. */
  private static String hyphenated(String id) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < id.length(); i++) {
      if (i >= 6 && i <= 26 && (i - 6) % 4 == 0) {
        text.append('-');
      }
      text.append(id.charAt(i));
    }
    return text.toString();
  }
}
