package org.dmsalvage.inspect.volume.partition;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A partition table.
 *
 * @param kind {@code gpt} or {@code mbr}
 * @param sectorBytes logical sector size that its numbers count in: 512 or 4096
 * @param partitions in ascending order of their numbers
 */
public record PartitionTable(String kind, int sectorBytes, List<Partition> partitions) {

  /** Logical sector sizes, the usual one first. */
  static final List<Integer> SECTOR_SIZES = List.of(512, 4096);

  /** Keeps a copy of the partitions. */
  public PartitionTable {
    partitions = List.copyOf(partitions);
  }

  /**
   * Looks for a table.
   *
   * @param disk the whole disk
   * @param findings told what is wrong with it
   * @return the GPT if there is one, or else the MBR; empty if there is neither
   */
  public static Optional<PartitionTable> read(BlockSource disk, Findings findings) {
    Optional<PartitionTable> table = Gpt.read(disk, findings);
    if (table.isEmpty()) {
      table = Mbr.read(disk);
    }
    table.ifPresent(t -> t.partitions.forEach(p -> checkEnd(disk, p, findings)));
    return table;
  }

  private static void checkEnd(BlockSource disk, Partition partition, Findings findings) {
    if (partition.length() > disk.size() - partition.offset()) {
      findings.add(
          VolumeCode.PARTITION_BEYOND,
          disk.name(),
          partition.offset(),
          partition.length(),
          "partition %d ends at %d, the image at %d"
              .formatted(partition.number(), partition.offset() + partition.length(), disk.size()));
    }
  }

  /** Reads bytes of a table; what cannot be read is zeros, and no table looks like that. */
  static ByteBuffer bytes(BlockSource disk, long offset, int length) {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    long present = Math.clamp(disk.size() - offset, 0, length);
    if (offset >= 0 && present > 0) {
      List<ByteRange> _ = disk.readAround(offset, buffer.limit((int) present));
    }
    return buffer.clear();
  }
}
