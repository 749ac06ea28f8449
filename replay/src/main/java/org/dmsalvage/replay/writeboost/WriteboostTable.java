package org.dmsalvage.replay.writeboost;

import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.jspecify.annotations.Nullable;

/**
 * What a table line says about a cache. Each generation of the driver has its own arguments:
 *
 * <pre>
 * 2013  BACKING CACHE ORDER
 * 2014  TYPE BACKING CACHE [PLOG if TYPE is 1] [n KEY VALUE … [n KEY VALUE …]]
 * 2.x   BACKING CACHE [n KEY VALUE …]
 * </pre>
 *
 * <p>Sources: writeboost_ctr of 2013, consume_essential_argv and consume_optional_argv of 2014 and
 * of 2.x.
 *
 * @param type 1 with a plog device, 0 without; 0 where there are no types; empty if not said
 * @param order segment_size_order, any number; empty if not said
 * @param rambufPool nr_rambuf_pool, 1 or more; empty if not said
 * @param writeAround whether write_around_mode is 1
 */
record WriteboostTable(
    OptionalInt type, OptionalInt order, OptionalInt rambufPool, boolean writeAround) {

  /** Nothing is known. */
  static final WriteboostTable UNKNOWN =
      new WriteboostTable(OptionalInt.empty(), OptionalInt.empty(), OptionalInt.empty(), false);

  /**
   * Reads a line's arguments.
   *
   * @param table the line, of this target; null for {@link #UNKNOWN}
   * @param driver whose arguments they are
   * @throws UsageException if that driver could not have been given them
   */
  static WriteboostTable of(@Nullable DmTable table, DriverGeneration driver) {
    if (table == null) {
      return UNKNOWN;
    }
    return switch (driver) {
      case LAPS_2013 -> of2013(table.arguments());
      case STAGING_2014 -> of2014(table.arguments());
      case MODULE_2 -> of2(table.arguments());
    };
  }

  private static WriteboostTable of2013(List<String> arguments) {
    if (arguments.size() < 3) {
      throw new UsageException("a table line of 2013 needs BACKING CACHE ORDER: " + arguments);
    }
    return new WriteboostTable(
        OptionalInt.of(0),
        OptionalInt.of(number("segment_size_order", arguments.get(2))),
        OptionalInt.empty(),
        false);
  }

  private static WriteboostTable of2014(List<String> arguments) {
    if (arguments.size() < 3 || !arguments.getFirst().matches("[01]")) {
      throw new UsageException(
          "a table line of 2014 needs TYPE BACKING CACHE, where TYPE is 0 or 1: " + arguments);
    }
    int type = number("type", arguments.getFirst());
    List<String> options =
        arguments.subList(Math.min(3 + type, arguments.size()), arguments.size());
    OptionalInt pool = option(options, "nr_rambuf_pool");
    if (pool.isPresent() && pool.getAsInt() < 1) {
      throw new UsageException("nr_rambuf_pool must be 1 or more: " + arguments);
    }
    OptionalInt order = option(options, "segment_size_order");
    // The driver's default: its README says so, and what is on disk must agree anyway.
    return new WriteboostTable(
        OptionalInt.of(type), order.isPresent() ? order : OptionalInt.of(10), pool, false);
  }

  private static WriteboostTable of2(List<String> arguments) {
    if (arguments.size() < 2) {
      throw new UsageException("a table line of 2.x needs BACKING CACHE: " + arguments);
    }
    boolean around =
        option(arguments.subList(2, arguments.size()), "write_around_mode").orElse(0) == 1;
    return new WriteboostTable(OptionalInt.of(0), OptionalInt.of(10), OptionalInt.empty(), around);
  }

  private static OptionalInt option(List<String> options, String key) {
    OptionalInt value = OptionalInt.empty();
    for (int i = 0; i + 1 < options.size(); i++) {
      if (options.get(i).toLowerCase(Locale.ROOT).equals(key)) {
        value = OptionalInt.of(number(key, options.get(i + 1)));
      }
    }
    return value;
  }

  private static int number(String what, String word) {
    try {
      return Integer.parseInt(word);
    } catch (NumberFormatException _) {
      throw new UsageException("table line: %s is not a number: %s".formatted(what, word));
    }
  }
}
