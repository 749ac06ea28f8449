package org.dmsalvage.inspect.volume.partition;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.jspecify.annotations.Nullable;

/**
 * A GUID partition table (UEFI specification, chapter 5), which stands twice on the disk: header in
 * sector 1 with the entries behind it, and header in the last sector with the entries before it.
 *
 * <pre>
 * offset size field of a header
 *      0    8 "EFI PART"
 *      8    4 revision
 *     12    4 header size, 92 to one sector
 *     16    4 CRC-32 of the header with this field as 0
 *     24    8 sector of this header
 *     32    8 sector of the other header
 *     72    8 first sector of the entries
 *     80    4 number of entries
 *     84    4 size of an entry, 128 or a multiple of it
 *     88    4 CRC-32 of the entries
 *
 * offset size field of an entry
 *      0   16 type (GUID); zero: unused
 *     16   16 GUID of the partition
 *     32    8 first sector
 *     40    8 last sector
 *     56   72 name, UTF-16LE
 * </pre>
 */
final class Gpt {

  private static final long MAGIC = 0x5452415020494645L;
  private static final int HEADER_BYTES = 92;
  private static final int ENTRY_BYTES = 128;
  private static final int MOST_ENTRY_BYTES = 4096;

  /** More than any system takes; bounds what is read. */
  private static final int MOST_ENTRIES = 1024;

  private static final Map<String, String> TYPES =
      Map.of(
          "c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "EFI System",
          "21686148-6449-6e6f-744e-656564454649", "BIOS boot",
          "ebd0a0a2-b9e5-4433-87c0-68b6b72699c7", "Microsoft basic data",
          "0fc63daf-8483-4772-8e79-3d69d8477de4", "Linux filesystem",
          "0657fd6d-a4ab-43c4-84e5-0933c84b4f4f", "Linux swap",
          "e6d6d379-f507-44c2-a23c-238f2a3df928", "Linux LVM",
          "a19d880f-05fc-4d3b-a006-743f0f84911e", "Linux RAID",
          "4f68bce3-e8cd-4db1-96e7-fbcaf984b709", "Linux root (x86-64)",
          "8da63339-0007-60c0-c436-083ac8230908", "Linux reserved");

  private Gpt() {}

  /**
   * One of the two tables.
   *
   * @param sectorBytes logical sector size
   * @param sector where its header stands
   * @param whole whether both checksums are right
   * @param partitions what it says
   */
  private record Copy(int sectorBytes, long sector, boolean whole, List<Partition> partitions) {}

  /** {@return the table; empty if neither of its copies is there} */
  static Optional<PartitionTable> read(BlockSource disk, Findings findings) {
    Copy primary = null;
    Copy backup = null;
    for (int size : PartitionTable.SECTOR_SIZES) {
      primary = primary == null ? copy(disk, size, 1, findings) : primary;
      long last = disk.size() / size - 1;
      backup = backup == null && last > 1 ? copy(disk, size, last, findings) : backup;
    }
    if (primary != null && backup != null && primary.sectorBytes != backup.sectorBytes) {
      backup = null;
    }
    if (primary != null && (primary.whole || backup == null)) {
      if (backup == null) {
        findings.add(
            VolumeCode.GPT_BACKUP,
            disk.name(),
            Math.max(0, disk.size() - primary.sectorBytes),
            Math.min(primary.sectorBytes, disk.size()),
            "the last sector of the image holds no backup of the GPT");
      }
      return Optional.of(new PartitionTable("gpt", primary.sectorBytes, primary.partitions));
    }
    if (backup == null) {
      return Optional.empty();
    }
    findings.add(
        VolumeCode.GPT_PRIMARY,
        disk.name(),
        backup.sectorBytes,
        backup.sectorBytes,
        "the GPT at the start is missing or damaged; its backup in sector %d is used"
            .formatted(backup.sector));
    return Optional.of(new PartitionTable("gpt", backup.sectorBytes, backup.partitions));
  }

  private static @Nullable Copy copy(
      BlockSource disk, int sectorBytes, long sector, Findings findings) {
    long offset = sector * sectorBytes;
    ByteBuffer header = PartitionTable.bytes(disk, offset, sectorBytes);
    int headerBytes = header.getInt(12);
    int count = header.getInt(80);
    int entryBytes = header.getInt(84);
    if (header.getLong(0) != MAGIC
        || headerBytes < HEADER_BYTES
        || headerBytes > sectorBytes
        || entryBytes < ENTRY_BYTES
        || entryBytes > MOST_ENTRY_BYTES
        || count < 1
        || count > MOST_ENTRIES) {
      return null;
    }
    int stored = header.getInt(16);
    boolean headerWhole = stored == checksum(header.putInt(16, 0), headerBytes);
    long first = header.getLong(72);
    if (first < 1 || first > disk.size() / sectorBytes) {
      return null;
    }
    ByteBuffer entries = PartitionTable.bytes(disk, first * sectorBytes, count * entryBytes);
    boolean entriesWhole = header.getInt(88) == checksum(entries, count * entryBytes);
    if (!headerWhole || !entriesWhole) {
      findings.add(
          VolumeCode.GPT_CHECKSUM,
          disk.name(),
          headerWhole ? first * sectorBytes : offset,
          headerWhole ? (long) count * entryBytes : headerBytes,
          "the checksum of the GPT's %s in sector %d is wrong"
              .formatted(headerWhole ? "entries" : "header", headerWhole ? first : sector));
    }
    List<Partition> partitions = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      partition(i + 1, entries.slice(i * entryBytes, entryBytes), sectorBytes)
          .ifPresent(partitions::add);
    }
    return new Copy(sectorBytes, sector, headerWhole && entriesWhole, partitions);
  }

  private static Optional<Partition> partition(int number, ByteBuffer entry, int sectorBytes) {
    byte[] bytes = new byte[ENTRY_BYTES];
    entry.get(0, bytes);
    ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    long first = fields.getLong(32);
    long last = fields.getLong(40);
    boolean unused = fields.getLong(0) == 0 && fields.getLong(8) == 0;
    if (unused || first < 1 || last < first || last >= Long.MAX_VALUE / sectorBytes) {
      return Optional.empty();
    }
    String type = guid(fields, 0);
    return Optional.of(
        new Partition(
            number,
            first * sectorBytes,
            (last - first + 1) * sectorBytes,
            TYPES.getOrDefault(type, type),
            name(Arrays.copyOfRange(bytes, 56, ENTRY_BYTES)),
            guid(fields, 16)));
  }

  /** The first half of a GUID is stored as little-endian numbers, the second as bytes. */
  private static String guid(ByteBuffer fields, int at) {
    long high =
        Integer.toUnsignedLong(fields.getInt(at)) << 32
            | (fields.getShort(at + 4) & 0xffffL) << 16
            | (fields.getShort(at + 6) & 0xffffL);
    return new UUID(high, Long.reverseBytes(fields.getLong(at + 8))).toString();
  }

  private static String name(byte[] bytes) {
    String name = new String(bytes, StandardCharsets.UTF_16LE);
    int end = name.indexOf('\0');
    return name.substring(0, end < 0 ? name.length() : end).replaceAll("\\p{C}", "?");
  }

  private static int checksum(ByteBuffer bytes, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes.slice(0, length));
    return (int) crc.getValue();
  }
}
