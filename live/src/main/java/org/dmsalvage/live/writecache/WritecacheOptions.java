package org.dmsalvage.live.writecache;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.writecache.WritecacheGeometry;
import org.dmsalvage.inspect.format.writecache.WritecacheTable;
import org.dmsalvage.inspect.format.writecache.WritecacheTable.Mode;

/**
 * The table line, with ranges and defaults of writecache_ctr.
 *
 * @param table the line
 * @param mode what the cache device is
 * @param backing name of the backing device
 * @param cache name of the cache device
 * @param blockSize bytes, a power of two from 512 to 4096
 * @param given the optional arguments that were given, in the order in which the driver prints
 *     them; the value of a word without one is -1
 */
record WritecacheOptions(
    DmTable table,
    Mode mode,
    String backing,
    String cache,
    int blockSize,
    Map<String, Long> given) {

  /** No greatest age. */
  static final long NO_AGE = -1;

  private static final int MAX_ARGUMENTS = 16;
  private static final int AT_COUNT = 4;
  private static final long WORD = -1;
  private static final long MAX_UNSIGNED_INT = 0xffffffffL;

  /** Words for persistent memory only: each takes the other back. */
  private static final String FUA = "fua";

  private static final String NO_FUA = "nofua";

  /** Names and greatest values, in the order of writecache_status. */
  private static final Map<String, Long> KNOWN = new LinkedHashMap<>();

  static {
    KNOWN.put("start_sector", Long.MAX_VALUE / 512);
    KNOWN.put("high_watermark", 100L);
    KNOWN.put("low_watermark", 100L);
    KNOWN.put("writeback_jobs", MAX_UNSIGNED_INT);
    KNOWN.put("autocommit_blocks", MAX_UNSIGNED_INT);
    KNOWN.put("autocommit_time", 3_600_000L);
    KNOWN.put("max_age", 86_400_000L);
    KNOWN.put("cleaner", WORD);
    KNOWN.put(FUA, WORD);
    KNOWN.put(NO_FUA, WORD);
  }

  /**
   * Reads a line.
   *
   * @throws UsageException if the driver would refuse it
   */
  static WritecacheOptions parse(DmTable table) {
    WritecacheTable basic = WritecacheTable.parse(table);
    if (basic.validBlockSize().isEmpty()) {
      throw new UsageException("writecache table line: Invalid block size");
    }
    List<String> arguments = table.arguments();
    int blockSize = basic.validBlockSize().getAsInt();
    return new WritecacheOptions(
        table,
        basic.mode(),
        arguments.get(1),
        arguments.get(2),
        blockSize,
        optional(arguments, basic.mode()));
  }

  private static Map<String, Long> optional(List<String> arguments, Mode mode) {
    if (arguments.size() <= AT_COUNT) {
      throw new UsageException(
          "writecache table line: the number of optional arguments is missing");
    }
    long count = number(arguments.get(AT_COUNT), MAX_ARGUMENTS, "Invalid number of feature args");
    List<String> words = arguments.subList(AT_COUNT + 1, arguments.size());
    if (words.size() != count) {
      throw new UsageException(
          "writecache table line: %d optional arguments are announced, %d follow"
              .formatted(count, words.size()));
    }
    Map<String, Long> found = new LinkedHashMap<>();
    for (int i = 0; i < words.size(); i++) {
      String name = words.get(i).toLowerCase(Locale.ROOT);
      String wrong = "Invalid optional argument: " + words.get(i);
      Long most = KNOWN.get(name);
      boolean foreign = mode == Mode.SSD && (name.equals(FUA) || name.equals(NO_FUA));
      if (most == null || foreign || (most != WORD && i + 1 == words.size())) {
        throw new UsageException("writecache table line: " + wrong);
      }
      if (name.equals(FUA) || name.equals(NO_FUA)) {
        found.remove(FUA);
        found.remove(NO_FUA);
      }
      found.put(name, most == WORD ? WORD : number(words.get(++i), most, wrong));
    }
    WritecacheOptions.checkWatermarks(found);
    Map<String, Long> ordered = new LinkedHashMap<>();
    KNOWN.keySet().stream()
        .filter(found::containsKey)
        .forEach(name -> ordered.put(name, found.get(name)));
    return ordered;
  }

  private static void checkWatermarks(Map<String, Long> given) {
    if (given.getOrDefault("high_watermark", 50L) < given.getOrDefault("low_watermark", 45L)) {
      throw new UsageException(
          "writecache table line: High watermark must be greater than or equal to low watermark");
    }
  }

  private static long number(String word, long most, String wrong) {
    try {
      long value = Long.parseLong(word);
      if (value >= 0 && value <= most) {
        return value;
      }
    } catch (NumberFormatException _) {
      // Reported below like a number out of range.
    }
    throw new UsageException("writecache table line: " + wrong);
  }

  /** {@return whether the cache device is persistent memory} */
  boolean isPmem() {
    return mode == Mode.PMEM;
  }

  private long value(String name, long standard) {
    return given.getOrDefault(name, standard);
  }

  /** {@return where the cache begins on its device, in bytes} */
  long start() {
    return value("start_sector", 0) * 512;
  }

  /** {@return write-back begins when no more blocks than this are free} */
  long freeAtHighWatermark(WritecacheGeometry geometry) {
    return watermark(geometry, value("high_watermark", 50));
  }

  /** {@return write-back ends when more blocks than this are free} */
  long freeAtLowWatermark(WritecacheGeometry geometry) {
    return watermark(geometry, value("low_watermark", 45));
  }

  private static long watermark(WritecacheGeometry geometry, long percent) {
    return (geometry.blockCount() * (100 - percent) + 50) / 100;
  }

  /** {@return how many blocks may be under write-back at once; 0 for as many as there are} */
  long writebackJobs() {
    return value("writeback_jobs", 0);
  }

  /** {@return so many uncommitted blocks are committed at once} */
  long autocommitBlocks() {
    return value("autocommit_blocks", isPmem() ? 64 : 65536);
  }

  /** {@return so many milliseconds after a write it is committed} */
  long autocommitMillis() {
    return value("autocommit_time", 1000);
  }

  /** {@return greatest age of a block in milliseconds, or {@link #NO_AGE}} */
  long maxAgeMillis() {
    return value("max_age", NO_AGE);
  }

  /** {@return whether what is not cached goes to the backing device at once} */
  boolean cleaner() {
    return given.containsKey("cleaner");
  }

  /** {@return the line as the driver prints it} */
  String line() {
    long words = given.values().stream().mapToLong(v -> v == WORD ? 1 : 2).sum();
    String options =
        given.entrySet().stream()
            .map(e -> " " + e.getKey() + (e.getValue() == WORD ? "" : " " + e.getValue()))
            .collect(Collectors.joining());
    return "%d %d writecache %s %s %s %d %d%s"
        .formatted(
            table.startSector(),
            table.sectors(),
            isPmem() ? "p" : "s",
            backing,
            cache,
            blockSize,
            words,
            options);
  }
}
