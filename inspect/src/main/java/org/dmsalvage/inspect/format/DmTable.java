package org.dmsalvage.inspect.format;

import java.util.List;
import org.dmsalvage.inspect.error.UsageException;

/**
 * A device-mapper table line, as {@code dmsetup table} prints it: start and length of the logical
 * device, target, arguments.
 *
 * @param startSector first sector of the mapping, usually 0
 * @param sectors length of the logical device in sectors
 * @param target name of the target: writeboost, writecache, insitu_comp
 * @param arguments what follows, in order
 */
public record DmTable(long startSector, long sectors, String target, List<String> arguments) {

  /** Keeps a copy of the arguments. */
  public DmTable {
    arguments = List.copyOf(arguments);
  }

  /**
   * Reads a line.
   *
   * @param line with or without the device's name and colon before it
   * @throws UsageException if the line has no start, length and target
   */
  public static DmTable parse(String line) {
    String text = line.strip().replaceFirst("^[^\\s:]+:\\s+", "");
    String[] words = text.split("\\s+");
    if (words.length < 3) {
      throw new UsageException("table line needs START LENGTH TARGET …: " + line);
    }
    try {
      long start = Long.parseLong(words[0]);
      long sectors = Long.parseLong(words[1]);
      if (start < 0 || sectors < 0 || sectors > Long.MAX_VALUE / 512) {
        throw new UsageException("table line with an impossible start or length: " + line);
      }
      return new DmTable(start, sectors, words[2], List.of(words).subList(3, words.length));
    } catch (NumberFormatException _) {
      throw new UsageException("table line must begin with two numbers: " + line);
    }
  }

  /** {@return the logical device's length in bytes} */
  public long bytes() {
    return sectors * 512;
  }
}
