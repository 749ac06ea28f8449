package org.dmsalvage.live.writeboost;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.writeboost.PlogGeometry;

/**
 * A table line, with the ranges and defaults of the drivers:
 *
 * <pre>
 * 2014  TYPE BACKING CACHE [PLOG if TYPE is 1] [n KEY VALUE … [n TUNABLE VALUE …]]
 * 2.x   BACKING CACHE [n KEY VALUE …]
 * </pre>
 *
 * <p>Sources: writeboost_ctr, consume_essential_argv, consume_optional_argv and
 * consume_tunable_argv of 2014; the first three of 2.x.
 *
 * @param table the line
 * @param generation whose arguments they are
 * @param backing name of the backing device
 * @param cache name of the cache device
 * @param plog name of the plog device; empty without one
 * @param order segment_size_order
 * @param rambufPool nr_rambuf_pool
 * @param tunables keys and values in turn, as given
 * @param printsTunables whether the driver prints the tunables in its table line
 */
record WriteboostOptions(
    DmTable table,
    Generation generation,
    String backing,
    String cache,
    Optional<String> plog,
    int order,
    long rambufPool,
    List<String> tunables,
    boolean printsTunables) {

  private static final int ORDER = 10;
  private static final long MAX_UNSIGNED_INT = 0xffff_ffffL;

  /** Keeps a copy of the tunables. */
  WriteboostOptions {
    tunables = List.copyOf(tunables);
  }

  /**
   * Reads a line.
   *
   * @throws UsageException if the driver would refuse it, or it is for write_around_mode, in which
   *     the cache holds nothing that matters
   */
  static WriteboostOptions parse(DmTable table) {
    List<String> arguments = table.arguments();
    if (!table.target().equals("writeboost")) {
      throw new UsageException("the table line is for target " + table.target());
    }
    WriteboostOptions options =
        !arguments.isEmpty() && arguments.getFirst().matches("[0-9]+")
            ? of2014(table, arguments)
            : of2(table, arguments);
    Tunables _ = options.startTunables();
    return options;
  }

  private static WriteboostOptions of2014(DmTable table, List<String> arguments) {
    int type = (int) Tunables.number(arguments.getFirst(), 0, 1, "Invalid type");
    int devices = 3 + type;
    if (arguments.size() < devices) {
      throw new UsageException(
          "writeboost table line needs TYPE BACKING CACHE%s".formatted(type == 1 ? " PLOG" : ""));
    }
    Groups groups = new Groups(arguments.subList(devices, arguments.size()));
    int order = ORDER;
    long pool = PlogGeometry.DEFAULT_POOL;
    List<String> optional = groups.next(4, "Invalid optional argc");
    for (int i = 0; i < optional.size(); i += 2) {
      String value = optional.get(i + 1);
      switch (optional.get(i).toLowerCase(Locale.ROOT)) {
        case "segment_size_order" ->
            order = (int) Tunables.number(value, 4, 10, "Invalid segment_size_order");
        case "nr_rambuf_pool" ->
            pool = Tunables.number(value, 1, MAX_UNSIGNED_INT, "Invalid nr_rambuf_pool");
        default -> throw new UsageException("writeboost: Invalid optional key: " + optional.get(i));
      }
    }
    boolean tunables = groups.more();
    return new WriteboostOptions(
        table,
        Generation.STAGING_2014,
        arguments.get(1),
        arguments.get(2),
        type == 1 ? Optional.of(arguments.get(3)) : Optional.empty(),
        order,
        pool,
        groups.last(14, "Invalid tunable argc"),
        tunables);
  }

  private static WriteboostOptions of2(DmTable table, List<String> arguments) {
    if (arguments.size() < 2) {
      throw new UsageException("writeboost table line needs BACKING CACHE");
    }
    Groups groups = new Groups(arguments.subList(2, arguments.size()));
    List<String> tunables = new ArrayList<>();
    List<String> given = groups.last(14, "Invalid optional argc");
    for (int i = 0; i < given.size(); i += 2) {
      String value = given.get(i + 1);
      switch (given.get(i).toLowerCase(Locale.ROOT)) {
        case "write_around_mode" -> {
          if (Tunables.number(value, 0, 1, "Invalid write_around_mode") == 1) {
            throw new UsageException(
                "write_around_mode 1 formats the cache at each start; it cannot be run");
          }
        }
        case "nr_read_cache_cells" -> {
          long _ = Tunables.number(value, 1, 2048, "Invalid nr_read_cache_cells");
        }
        default -> tunables.addAll(given.subList(i, i + 2));
      }
    }
    return new WriteboostOptions(
        table,
        Generation.MODULE_2,
        arguments.get(0),
        arguments.get(1),
        Optional.empty(),
        ORDER,
        PlogGeometry.DEFAULT_POOL,
        tunables,
        false);
  }

  /** Groups of arguments, each with its number before it (dm_read_arg_group). */
  private static final class Groups {
    private final List<String> words;
    private int at;

    Groups(List<String> words) {
      this.words = words;
    }

    boolean more() {
      return at < words.size();
    }

    /** {@return the words of the next group, keys and values in turn; empty if there is none} */
    List<String> next(int most, String wrong) {
      if (!more()) {
        return List.of();
      }
      int count = (int) Tunables.number(words.get(at++), 0, most, wrong);
      if (count % 2 != 0 || count > words.size() - at) {
        throw new UsageException(
            "writeboost: %s: %d arguments are announced, %d follow"
                .formatted(wrong, count, words.size() - at));
      }
      at += count;
      return words.subList(at - count, at);
    }

    List<String> last(int most, String wrong) {
      List<String> group = next(most, wrong);
      if (more()) {
        throw new UsageException("writeboost: arguments behind the last: " + words.get(at));
      }
      return group;
    }
  }

  /** {@return the tunables as they are at the start} */
  Tunables startTunables() {
    Tunables start = new Tunables(generation, order);
    for (int i = 0; i < tunables.size(); i += 2) {
      start.set(tunables.get(i), tunables.get(i + 1));
    }
    return start;
  }

  /**
   * {@return the line as the driver prints it}
   *
   * @param now the tunables as they are
   */
  String line(Tunables now) {
    String start = "%d %d writeboost".formatted(table.startSector(), table.sectors());
    if (generation == Generation.MODULE_2) {
      return start + " " + String.join(" ", table.arguments());
    }
    return "%s %d %s %s%s 4 segment_size_order %d nr_rambuf_pool %d%s"
        .formatted(
            start,
            plog.isPresent() ? 1 : 0,
            backing,
            cache,
            plog.map(name -> " " + name).orElse(""),
            order,
            rambufPool,
            printsTunables ? " " + now.line(0) : "");
  }
}
