package org.dmsalvage.inspect.format.writecache;

import java.util.List;
import java.util.OptionalInt;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;

/**
 * The arguments of a device-mapper table line of this target: mode, origin, cache, block size,
 * number of options, options.
 *
 * @param mode SSD or persistent memory
 * @param blockSize bytes of a block, as the line says, valid or not
 * @param startSector sector of the cache device where the superblock stands, 0 if not given
 */
public record WritecacheTable(Mode mode, long blockSize, long startSector) {

  private static final int AT_BLOCK_SIZE = 3;
  private static final int AT_OPTIONS = 5;

  /** What the cache device is. */
  public enum Mode {
    /** A block device ("s"). */
    SSD,
    /** Persistent memory ("p"). */
    PMEM;

    /** {@return the word for reports} */
    @Override
    public String toString() {
      return this == SSD ? "SSD" : "persistent memory";
    }
  }

  /**
   * Reads a table line.
   *
   * @throws UsageException if it is of another target, or an argument is missing or no number
   */
  public static WritecacheTable parse(DmTable table) {
    List<String> arguments = table.arguments();
    if (!table.target().equals("writecache")) {
      throw new UsageException(
          "the table line is for target %s, the image holds a writecache"
              .formatted(table.target()));
    }
    if (arguments.size() <= AT_BLOCK_SIZE) {
      throw new UsageException("a writecache table line needs s|p ORIGIN CACHE BLOCK_SIZE");
    }
    long startSector = 0;
    for (int i = AT_OPTIONS; i + 1 < arguments.size(); i++) {
      if (arguments.get(i).equalsIgnoreCase("start_sector")) {
        startSector = number("start_sector", arguments.get(i + 1));
      }
    }
    return new WritecacheTable(
        switch (arguments.getFirst()) {
          case "s", "S" -> Mode.SSD;
          case "p", "P" -> Mode.PMEM;
          default ->
              throw new UsageException(
                  "writecache mode must be s or p, not " + arguments.getFirst());
        },
        number("block size", arguments.get(AT_BLOCK_SIZE)),
        startSector);
  }

  /** {@return the block size if writecache_ctr takes it} */
  public OptionalInt validBlockSize() {
    return blockSize <= WritecacheGeometry.MAX_BLOCK_SIZE
            && WritecacheGeometry.validBlockSize((int) blockSize)
        ? OptionalInt.of((int) blockSize)
        : OptionalInt.empty();
  }

  private static long number(String what, String word) {
    try {
      long value = Long.parseLong(word);
      if (value >= 0 && value < Entry.SECTOR_LIMIT) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Reported below like a number out of range.
    }
    throw new UsageException("writecache table line: impossible %s %s".formatted(what, word));
  }
}
