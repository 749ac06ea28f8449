package org.dmsalvage.live.control;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.regex.Pattern;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.SalvageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.live.engine.CacheEngine;
import org.dmsalvage.live.nbd.Export;
import org.dmsalvage.live.nbd.Exports;

/** The running caches of a server, by name. Safe for use by several threads. */
public final class Devices implements Exports, AutoCloseable {

  /** What device-mapper takes as a name, and fits a line. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9#+.:=@_-]{1,127}");

  private final ConcurrentNavigableMap<String, Device> devices = new ConcurrentSkipListMap<>();

  private record Device(CacheEngine engine, Export export) {}

  /**
   * Starts a device.
   *
   * @param name what it is called
   * @param table its table line
   * @param directory where relative names of its devices begin
   * @throws UsageException if the name is taken or is none, or the line makes no sense
   * @throws SalvageException if its devices cannot be used
   */
  public synchronized void create(String name, DmTable table, Path directory) {
    if (!NAME.matcher(name).matches()) {
      throw new UsageException("'" + name + "' is no name for a device");
    }
    if (devices.containsKey(name)) {
      throw new UsageException("there is a device '" + name + "' already");
    }
    CacheEngine engine = TargetTypes.open(table, directory);
    Export export = new Export(name, engine.table(), engine).withDirty(engine.dirty());
    devices.put(name, new Device(engine, export));
  }

  /** {@return the names in order} */
  List<String> names() {
    return List.copyOf(devices.keySet());
  }

  /**
   * Finds a device.
   *
   * @throws UsageException if there is none of that name
   */
  CacheEngine engine(String name) {
    Device device = devices.get(name);
    if (device == null) {
      throw missing(name);
    }
    return device.engine();
  }

  private static UsageException missing(String name) {
    return new UsageException("there is no device '" + name + "'");
  }

  /**
   * Commits what a device holds, and ends it; its clients' requests fail from now on.
   *
   * @throws OutputException if it failed before, or now: then what was not flushed is in doubt
   */
  void remove(String name) {
    Device device = devices.remove(name);
    if (device == null) {
      throw missing(name);
    }
    end(device.engine());
  }

  private static void end(CacheEngine engine) {
    engine.close();
    Optional<String> error = engine.error();
    if (error.isPresent()) {
      throw new OutputException(engine.name(), "the cache has failed: " + error.get());
    }
  }

  @Override
  public List<Export> all() {
    return devices.values().stream().map(Device::export).toList();
  }

  /**
   * Ends all devices.
   *
   * @throws OutputException if one has failed; the others are ended all the same
   */
  @Override
  public void close() {
    List<OutputException> failures = new ArrayList<>();
    for (String name : names()) {
      try {
        remove(name);
      } catch (OutputException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }
}
