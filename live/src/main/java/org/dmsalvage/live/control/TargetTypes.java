package org.dmsalvage.live.control;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.nbd.NbdUri;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.insitu.InsituEngine;
import org.dmsalvage.live.writeboost.WriteboostEngine;
import org.dmsalvage.live.writecache.WritecacheEngine;

/** The targets that can be run; a further one is one more entry of {@link #ALL}. */
final class TargetTypes {

  private static final Pattern MAJOR_MINOR = Pattern.compile("[0-9]{1,9}:[0-9]{1,9}");

  private static final Map<String, Type> ALL =
      Map.of(
          "writecache", new Type(WritecacheEngine::open, _ -> List.of(1, 2)),
          "writeboost", new Type(WriteboostEngine::open, TargetTypes::devicesOfWriteboost),
          "insitu_comp", new Type(InsituEngine::open, _ -> List.of(0)));

  private TargetTypes() {}

  /**
   * A target.
   *
   * @param opener starts a device
   * @param devices which arguments of a table line name devices, from 0; there may be less
   *     arguments
   */
  private record Type(
      Function<DmTable, CacheEngine> opener, Function<DmTable, List<Integer>> devices) {}

  /** In the line of 2014 a number is first, 1 if there is a plog device. */
  private static List<Integer> devicesOfWriteboost(DmTable table) {
    List<String> arguments = table.arguments();
    boolean isOf2014 = !arguments.isEmpty() && arguments.getFirst().matches("[0-9]+");
    if (!isOf2014) {
      return List.of(0, 1);
    }
    return arguments.getFirst().equals("1") ? List.of(1, 2, 3) : List.of(1, 2);
  }

  /**
   * Starts the device that a table line describes.
   *
   * @param directory where relative names of devices begin
   * @throws UsageException if there is no such target
   */
  static CacheEngine open(DmTable table, Path directory) {
    Type type = ALL.get(table.target());
    if (type == null) {
      throw new UsageException("the target '%s' cannot be run".formatted(table.target()));
    }
    List<String> arguments = new ArrayList<>(table.arguments());
    for (int device : type.devices.apply(table)) {
      if (device < arguments.size()) {
        arguments.set(device, resolve(arguments.get(device), directory));
      }
    }
    return type.opener.apply(
        new DmTable(table.startSector(), table.sectors(), table.target(), arguments));
  }

  /** {@return a name of a device as it can be opened; the kernel's own lines have numbers} */
  private static String resolve(String name, Path directory) {
    if (NbdUri.matches(name)) {
      return name;
    }
    if (MAJOR_MINOR.matcher(name).matches()) {
      return "/dev/block/" + name;
    }
    try {
      return directory.resolve(name).toString();
    } catch (InvalidPathException e) {
      throw new UsageException("'%s' is no device: %s".formatted(name, e.getReason()));
    }
  }
}
