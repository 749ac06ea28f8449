package org.dmsalvage.replay.crosscheck;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * How far a file system had come, from the first sector of its superblock.
 *
 * <pre>
 * ext2, 3, 4  sector 2    le32 s_wtime at 48, le16 0xef53 at 56, 16 B s_uuid at 104
 * btrfs       sector 128  16 B fsid at 32, "_BHRfS_M" at 64, le64 generation at 72
 * xfs         sector 0    "XFSB" at 0, 16 B uuid at 32, be16 version at 100 (5 in the low half
 *                         byte), be64 lsn at 240
 * </pre>
 *
 * <p>A file system writes its superblock when it is mounted, and each of these numbers only grows,
 * as far as the clock does. Layouts from the kernel's documentation of ext4, btrfs and XFS.
 *
 * @param kind name of the file system
 * @param uuidHigh first half of the file system's UUID
 * @param uuidLow second half
 * @param value time in seconds, generation or log sequence number; unsigned
 */
record FileSystemStamp(String kind, long uuidHigh, long uuidLow, long value) {

  private static final int XFS_SECTOR = 0;
  private static final int EXT_SECTOR = 2;
  private static final int BTRFS_SECTOR = 128;
  private static final long BTRFS_MAGIC = 0x4d5f53665248425fL;
  private static final int XFS_MAGIC = 0x58465342;
  private static final int EXT_MAGIC = 0xef53;

  /** {@return whether a superblock can begin at a sector} */
  static boolean possibleAt(long sector) {
    return sector == XFS_SECTOR || sector == EXT_SECTOR || sector == BTRFS_SECTOR;
  }

  /**
   * Reads a stamp.
   *
   * @param sector address of the sector
   * @param bytes holds it
   * @param at where it begins in them; 512 bytes follow
   */
  static Optional<FileSystemStamp> read(long sector, byte[] bytes, int at) {
    ByteBuffer big = ByteBuffer.wrap(bytes, at, 512).slice();
    ByteBuffer little = big.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    if (sector == EXT_SECTOR && Short.toUnsignedInt(little.getShort(56)) == EXT_MAGIC) {
      return stamp("ext", big, 104, Integer.toUnsignedLong(little.getInt(48)));
    }
    if (sector == BTRFS_SECTOR && little.getLong(64) == BTRFS_MAGIC) {
      return stamp("btrfs", big, 32, little.getLong(72));
    }
    if (sector == XFS_SECTOR && big.getInt(0) == XFS_MAGIC && (big.getShort(100) & 0xf) == 5) {
      return stamp("xfs", big, 32, big.getLong(240));
    }
    return Optional.empty();
  }

  private static Optional<FileSystemStamp> stamp(String kind, ByteBuffer big, int uuid, long v) {
    return Optional.of(new FileSystemStamp(kind, big.getLong(uuid), big.getLong(uuid + 8), v));
  }

  /** {@return whether this is a later state of the same file system} */
  boolean laterThan(FileSystemStamp other) {
    return kind.equals(other.kind)
        && uuidHigh == other.uuidHigh
        && uuidLow == other.uuidLow
        && Long.compareUnsigned(value, other.value) > 0;
  }

  /** {@return the value with what it means} */
  String describe() {
    String number = Long.toUnsignedString(value);
    return switch (kind) {
      case "ext" -> "written at " + java.time.Instant.ofEpochSecond(value);
      case "btrfs" -> "of generation " + number;
      default -> "of log sequence number " + number;
    };
  }
}
