package org.dmsalvage.live.writeboost;

import java.util.List;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;

/** A generation of the driver, with its tunables, their ranges and defaults. */
enum Generation {
  /** The staging patch of December 2014. */
  STAGING_2014(
      WriteboostReading.FORMAT_2014,
      Convention.RAW_CRC,
      List.of(
          new Tunable(Tunable.ALLOW, "allow_writeback", 0, 1, 0),
          new Tunable(Tunable.MODULATE, "enable_writeback_modulator", 0, 1, 0),
          new Tunable(Tunable.THRESHOLD, "writeback_threshold", 0, 100, 70),
          new Tunable(Tunable.BATCH, "nr_max_batched_writeback", 1, 1000, 0),
          new Tunable(Tunable.SYNC, "sync_interval", 0, 3600, 0),
          new Tunable(Tunable.RECORD, "update_record_interval", 0, 3600, 0))),
  /** The module 2.x. */
  MODULE_2(
      WriteboostReading.FORMAT_2,
      Convention.COMPLEMENTED_CRC,
      List.of(
          new Tunable(Tunable.THRESHOLD, "writeback_threshold", 0, 100, 0),
          new Tunable(Tunable.BATCH, "nr_max_batched_writeback", 1, 32, 32),
          new Tunable(Tunable.SYNC, "sync_data_interval", 0, 3600, 0),
          new Tunable(Tunable.RECORD, "update_sb_record_interval", 0, 3600, 0),
          new Tunable(Tunable.READ_CACHE, "read_cache_threshold", 0, 127, 0)));

  private final String format;
  private final Convention convention;

  @SuppressWarnings("ImmutableEnumChecker") // Made by List.of.
  private final List<Tunable> tunables;

  Generation(String format, Convention convention, List<Tunable> tunables) {
    this.format = format;
    this.convention = convention;
    this.tunables = tunables;
  }

  /**
   * Something that can be set while the cache runs.
   *
   * @param role what it is for, whatever its name
   * @param name as in table lines and messages
   * @param least smallest value
   * @param most greatest value
   * @param standard its default
   */
  record Tunable(int role, String name, long least, long most, long standard) {
    static final int ALLOW = 0;
    static final int MODULATE = 1;
    static final int THRESHOLD = 2;
    static final int BATCH = 3;
    static final int SYNC = 4;
    static final int RECORD = 5;
    static final int READ_CACHE = 6;
    static final int ROLES = 7;
  }

  /** {@return the name of the on-disk format} */
  String format() {
    return format;
  }

  /** {@return the convention of checksums on a device that it formats} */
  Convention convention() {
    return convention;
  }

  /** {@return the tunables in the order in which the driver prints them} */
  List<Tunable> tunables() {
    return tunables;
  }
}
