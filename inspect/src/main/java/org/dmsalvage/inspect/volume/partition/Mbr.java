package org.dmsalvage.inspect.volume.partition;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * A master boot record, and the chain of extended boot records that hold logical partitions.
 *
 * <pre>
 * offset size field of a boot record
 *    446   16 four entries
 *    510    2 signature 55 AA
 *
 * offset size field of an entry
 *      0    1 status: 00 or 80 (active)
 *      4    1 type: 0 unused, 05 0F 85 extended, EE protects a GPT
 *      8    4 first sector (le32)
 *     12    4 sectors (le32)
 * </pre>
 *
 * <p>The first entry of an extended boot record is a logical partition and counts from that record;
 * the second one names the next record and counts from the first.
 */
final class Mbr {

  private static final int ENTRIES = 446;
  private static final int ENTRY_BYTES = 16;
  private static final int SIGNATURE = 510;

  /** More logical partitions than any system takes: the end of every chain, also of a ring. */
  private static final int MOST_LOGICAL = 128;

  private Mbr() {}

  /**
   * An entry of a boot record.
   *
   * @param type never 0
   * @param start first sector
   * @param sectors more than 0
   */
  private record Entry(int index, int type, long start, long sectors) {
    boolean extended() {
      return type == 0x05 || type == 0x0f || type == 0x85;
    }
  }

  /** {@return the table; empty if the first sector is none} */
  static Optional<PartitionTable> read(BlockSource disk) {
    List<Entry> primary = entries(disk, 0);
    if (primary.isEmpty() || primary.stream().anyMatch(e -> e.start == 0)) {
      return Optional.empty();
    }
    int sectorBytes = sectorBytes(disk, primary);
    List<Partition> partitions = new ArrayList<>();
    for (Entry entry : primary) {
      partitions.add(partition(entry.index + 1, entry, 0, sectorBytes));
    }
    for (Entry entry : primary) {
      if (entry.extended()) {
        addLogical(disk, entry.start, sectorBytes, partitions);
      }
    }
    return Optional.of(new PartitionTable("mbr", sectorBytes, partitions));
  }

  /**
   * The record does not say what a sector is. The first extended boot record is where the right
   * size leads to; without one, the size is the usual one.
   */
  private static int sectorBytes(BlockSource disk, List<Entry> primary) {
    for (Entry entry : primary) {
      if (entry.extended()) {
        for (int size : PartitionTable.SECTOR_SIZES) {
          if (hasSignature(disk, entry.start * size)) {
            return size;
          }
        }
      }
    }
    return PartitionTable.SECTOR_SIZES.getFirst();
  }

  private static void addLogical(
      BlockSource disk, long extended, int sectorBytes, List<Partition> partitions) {
    long record = extended;
    int number = Math.max(4, partitions.getLast().number());
    for (int i = 0; i < MOST_LOGICAL; i++) {
      List<Entry> entries = entries(disk, record * sectorBytes);
      long next = -1;
      for (Entry entry : entries) {
        if (entry.extended()) {
          next = next < 0 ? extended + entry.start : next;
        } else if (entry.index < 2) {
          partitions.add(partition(++number, entry, record, sectorBytes));
        }
      }
      if (next <= record) {
        return;
      }
      record = next;
    }
  }

  private static Partition partition(int number, Entry entry, long base, int sectorBytes) {
    return new Partition(
        number,
        (base + entry.start) * sectorBytes,
        entry.sectors * sectorBytes,
        type(entry.type),
        "",
        "");
  }

  private static boolean hasSignature(BlockSource disk, long offset) {
    return PartitionTable.bytes(disk, offset + SIGNATURE, 2).getShort(0) == (short) 0xAA55;
  }

  /** The used entries of a boot record; none if anything speaks against its being one. */
  private static List<Entry> entries(BlockSource disk, long offset) {
    List<Entry> entries = new ArrayList<>();
    if (!hasSignature(disk, offset)) {
      return entries;
    }
    ByteBuffer table = PartitionTable.bytes(disk, offset + ENTRIES, 4 * ENTRY_BYTES);
    for (int i = 0; i < 4; i++) {
      int at = i * ENTRY_BYTES;
      int status = table.get(at) & 0xff;
      int type = table.get(at + 4) & 0xff;
      long start = Integer.toUnsignedLong(table.getInt(at + 8));
      long sectors = Integer.toUnsignedLong(table.getInt(at + 12));
      if (status != 0 && status != 0x80) {
        return List.of();
      }
      if (type != 0 && sectors != 0) {
        entries.add(new Entry(i, type, start, sectors));
      }
    }
    return entries;
  }

  private static String type(int type) {
    return switch (type) {
      case 0x05, 0x0f, 0x85 -> "extended";
      case 0x07 -> "NTFS or exFAT";
      case 0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e -> "FAT";
      case 0x82 -> "Linux swap";
      case 0x83 -> "Linux filesystem";
      case 0x8e -> "Linux LVM";
      case 0xee -> "protects a GPT";
      case 0xef -> "EFI System";
      case 0xfd -> "Linux RAID";
      default -> "type %02x".formatted(type);
    };
  }
}
