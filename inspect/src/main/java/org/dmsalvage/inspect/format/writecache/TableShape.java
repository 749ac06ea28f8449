package org.dmsalvage.inspect.format.writecache;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.OptionalLong;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Recognises an entry table without its superblock, from a sample of its sectors.
 *
 * <p>Smaller blocks need longer tables: under a wrong, smaller block size the sample reaches into
 * the data blocks, under a wrong, larger one it meets unaligned addresses. So the largest block
 * size under which the sample looks like entries is the right one.
 *
 * @param geometry the geometry of a new device of this block size
 * @param entries entries in the sample that look like entries
 * @param used how many of them have ever been used
 * @param others entries in the sample that do not; zeros count as neither
 */
record TableShape(WritecacheGeometry geometry, int entries, int used, int others) {

  private static final int SAMPLES = 64;
  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /**
   * Looks for a table.
   *
   * @param source the image
   * @param start byte offset where the superblock should stand
   * @param blockSize the block size if it is known, 0 if not
   */
  static Optional<TableShape> find(BlockSource source, long start, int blockSize) {
    for (int size = WritecacheGeometry.MAX_BLOCK_SIZE;
        size >= WritecacheGeometry.MIN_BLOCK_SIZE;
        size /= 2) {
      OptionalLong blocks = WritecacheGeometry.blocksThatFit(source.size() - start, size);
      if (blocks.isPresent() && (blockSize == 0 || blockSize == size)) {
        TableShape shape =
            sample(source, start, new WritecacheGeometry(size, blocks.getAsLong()), 0);
        if (shape.convincing()) {
          return Optional.of(shape);
        }
      }
    }
    return Optional.empty();
  }

  /**
   * Tells whether a table goes on behind some entry: whether all that is sampled there looks like
   * entries, and not like the data blocks that would stand there if the table ended.
   *
   * @param source the image
   * @param start byte offset of the superblock
   * @param geometry where the table ends if it goes on
   * @param entry the first one in question
   */
  static boolean goesOn(BlockSource source, long start, WritecacheGeometry geometry, long entry) {
    TableShape shape = sample(source, start, geometry, entry);
    return shape.others == 0 && shape.entries > 0;
  }

  private boolean convincing() {
    return others * 10L <= entries && entries >= Math.min(16, (geometry.blockCount() + 1) / 2);
  }

  private static TableShape sample(
      BlockSource source, long start, WritecacheGeometry geometry, long firstEntry) {
    int entries = 0;
    int used = 0;
    int others = 0;
    long from = WritecacheGeometry.entryOffset(firstEntry);
    long firstSector = from / SECTOR;
    long sectors = (geometry.tableEnd() - 1) / SECTOR - firstSector;
    ByteBuffer sector = ByteBuffer.allocate(SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < Math.min(SAMPLES, sectors + 1); i++) {
      long step = sectors < SAMPLES ? i : sectors * i / (SAMPLES - 1);
      long offset = (firstSector + step) * SECTOR;
      if (start + offset >= source.size()) {
        break;
      }
      long end = Math.min(geometry.tableEnd(), offset + SECTOR);
      sector.clear().limit((int) (Math.min(start + end, source.size()) - start - offset));
      if (!source.readAround(start + offset, sector).isEmpty()) {
        continue;
      }
      int first = i == 0 ? (int) (from % SECTOR) : 0;
      for (int at = first; at + Entry.BYTES <= sector.limit(); at += Entry.BYTES) {
        long original = Entry.originalSector(sector, at);
        long sequence = Entry.sequence(sector, at);
        if (original == 0 && sequence == 0) {
          continue;
        }
        if (plausible(geometry, original, sequence)) {
          entries++;
          used += original == Entry.NONE ? 0 : 1;
        } else {
          others++;
        }
      }
    }
    return new TableShape(geometry, entries, used, others);
  }

  private static boolean plausible(WritecacheGeometry geometry, long original, long sequence) {
    if (sequence == Entry.NONE && original == Entry.NONE) {
      return true;
    }
    boolean numbered = sequence >= 0 && sequence < Entry.SEQUENCE_LIMIT;
    return Entry.possible(original)
        && geometry.aligned(original)
        && (numbered || sequence == Entry.NONE);
  }
}
