package org.dmsalvage.live.writeboost;

import java.util.List;
import java.util.Locale;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.live.writeboost.Generation.Tunable;

/**
 * The values of what can be set while a cache runs (do_consume_tunable_argv of 2014,
 * do_consume_optional_argv of 2.x). Not safe for use by several threads.
 */
final class Tunables {

  /** How the driver prints the batch size in its lines, though it does not know that key. */
  private static final String PRINTED_BATCH = "nr_cur_batched_writeback";

  private final Generation generation;
  private final long[] values = new long[Tunable.ROLES];

  /**
   * Starts with the defaults.
   *
   * @param order segment_size_order: a batch has 16 MiB by default
   */
  Tunables(Generation generation, int order) {
    this.generation = generation;
    for (Tunable tunable : generation.tunables()) {
      values[tunable.role()] = tunable.standard();
    }
    values[Tunable.BATCH] = 1L << (15 - order);
  }

  private Tunable find(String key) {
    String name = key.toLowerCase(Locale.ROOT);
    for (Tunable tunable : generation.tunables()) {
      if (tunable.name().equals(name)
          || (tunable.role() == Tunable.BATCH && name.equals(PRINTED_BATCH))) {
        return tunable;
      }
    }
    throw new UsageException("writeboost: Invalid tunable key: " + key);
  }

  /**
   * Sets one.
   *
   * @throws UsageException if there is no such key, or the value is out of range
   */
  void set(String key, String value) {
    Tunable tunable = find(key);
    values[tunable.role()] =
        number(value, tunable.least(), tunable.most(), "Invalid " + tunable.name());
  }

  /**
   * Reads a number.
   *
   * @throws UsageException if it is none, or out of range
   */
  static long number(String word, long least, long most, String wrong) {
    if (word.matches("[0-9]{1,10}")) {
      long value = Long.parseLong(word);
      if (value >= least && value <= most) {
        return value;
      }
    }
    throw new UsageException("writeboost: %s: %s".formatted(wrong, word));
  }

  /** {@return whether what is on the cache is written back although its room is not needed} */
  boolean allowsWriteback() {
    return values[Tunable.ALLOW] != 0;
  }

  void allowWriteback(boolean allowed) {
    values[Tunable.ALLOW] = allowed ? 1 : 0;
  }

  /** {@return whether the load of the backing device decides about that; in 2.x always} */
  boolean modulates() {
    return generation == Generation.MODULE_2 || values[Tunable.MODULATE] != 0;
  }

  /** {@return load of the backing device, in percent, from which on nothing is written back} */
  long threshold() {
    return values[Tunable.THRESHOLD];
  }

  /** {@return most segments to write back at once} */
  int batch() {
    return (int) values[Tunable.BATCH];
  }

  /** {@return seconds between two syncs; 0 for none} */
  long syncInterval() {
    return values[Tunable.SYNC];
  }

  /** {@return seconds between two updates of the superblock's record; 0 for none} */
  long recordInterval() {
    return values[Tunable.RECORD];
  }

  /**
   * {@return number of words, keys and values, as in the driver's lines}
   *
   * @param lastBatch segments in the last batch, which 2.x prints
   */
  String line(int lastBatch) {
    List<Tunable> all = generation.tunables();
    StringBuilder line = new StringBuilder().append(all.size() * 2);
    for (Tunable tunable : all) {
      boolean batch = tunable.role() == Tunable.BATCH;
      long value = batch && generation == Generation.MODULE_2 ? lastBatch : values[tunable.role()];
      line.append(' ').append(batch ? PRINTED_BATCH : tunable.name()).append(' ').append(value);
    }
    return line.toString();
  }
}
