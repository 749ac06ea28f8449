package org.dmsalvage.live.insitu;

import java.util.List;
import java.util.concurrent.TimeUnit;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;

/**
 * The table line, as insitu_comp_ctr takes it: {@code <dev> writethrough} or {@code <dev> writeback
 * <meta_commit_delay>}.
 *
 * @param table the line
 * @param device name of the device
 * @param mode when the bitmap is written
 * @param delaySeconds in mode writeback, after how many seconds it is written, 0 … 2^32-1
 */
record InsituOptions(DmTable table, String device, Mode mode, long delaySeconds) {

  private static final int AT_MODE = 1;
  private static final int AT_DELAY = 2;
  private static final long MAX_UNSIGNED_INT = 0xffffffffL;

  /** When the bitmap is written. */
  enum Mode {
    /** With the data, before the write is acknowledged. */
    WRITETHROUGH,
    /** After a while, with a flush, or before too much is kept in memory. */
    WRITEBACK
  }

  /**
   * Reads a line.
   *
   * @throws UsageException if the driver, or the kernel before it, would refuse it
   */
  static InsituOptions parse(DmTable table) {
    List<String> arguments = table.arguments();
    if (arguments.size() <= AT_MODE) {
      throw wrong("Invalid argument count");
    }
    if (table.sectors() == 0 || table.sectors() % InsituGeometry.BLOCK_SECTORS != 0) {
      throw wrong("%d sectors are not whole blocks of 4 KiB".formatted(table.sectors()));
    }
    String device = arguments.getFirst();
    return switch (arguments.get(AT_MODE)) {
      case "writethrough" -> new InsituOptions(table, device, Mode.WRITETHROUGH, 0);
      case "writeback" -> new InsituOptions(table, device, Mode.WRITEBACK, delay(arguments));
      default -> throw wrong("Invalid argument: " + arguments.get(AT_MODE));
    };
  }

  private static long delay(List<String> arguments) {
    if (arguments.size() == AT_DELAY + 1) {
      try {
        long delay = Long.parseLong(arguments.get(AT_DELAY));
        if (delay >= 0 && delay <= MAX_UNSIGNED_INT) {
          return delay;
        }
      } catch (NumberFormatException _) {
        // Reported below like a number out of range.
      }
    }
    throw wrong("Invalid argument: writeback takes the commit delay in seconds");
  }

  private static UsageException wrong(String reason) {
    return new UsageException("insitu_comp table line: " + reason);
  }

  /** {@return how long after a write it is committed in mode writeback} */
  long delayMillis() {
    return TimeUnit.SECONDS.toMillis(delaySeconds);
  }

  /** {@return the line as insitu_comp_status prints it} */
  String line() {
    return "%d %d insitu_comp %s %s"
        .formatted(
            table.startSector(),
            table.sectors(),
            device,
            mode == Mode.WRITEBACK ? "writeback " + delaySeconds : "writethrough");
  }
}
