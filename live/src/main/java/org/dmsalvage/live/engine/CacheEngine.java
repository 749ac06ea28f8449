package org.dmsalvage.live.engine;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UsageException;

/**
 * A running cache: the logical device, and what dmsetup(8) can do with the kernel's.
 *
 * <p>While it is suspended, requests wait.
 */
public interface CacheEngine extends LiveDevice {

  /** {@return what {@code dmsetup status} prints of the device} */
  String status();

  /** {@return what {@code dmsetup table} prints of the device, with the names given for devices} */
  String table();

  /**
   * Takes a message, as {@code dmsetup message} sends it.
   *
   * @param words the message
   * @throws UsageException if the target knows no such message
   * @throws OutputException if what it asks for fails
   */
  void message(List<String> words);

  /**
   * Makes all that was written durable and stops answering requests until {@link #resume}.
   *
   * @throws OutputException if that fails
   */
  void suspend();

  /** Reads the cache anew, as after a start, and goes on. */
  void resume();

  /** {@return what went wrong for good; empty if nothing did} */
  Optional<String> error();

  /**
   * {@return the figures that this kind of cache has, at one moment}
   *
   * <p>Asked every second or so, while requests go on: it must not take long.
   */
  default Map<Measure, Long> measures() {
    return Map.of();
  }

  /** {@return which parts of the device are only in the cache: flag 1} */
  ExtentMap dirty();
}
