package org.dmsalvage.repair.convert;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.format.writeboost.Convention;
import org.dmsalvage.inspect.format.writeboost.WriteboostReading;

/** A generation of writeboost that a cache can be written in. */
public enum Generation {
  /**
   * The staging patch of December 2014, type 0, with segments of its usual order; the order stands
   * behind the magic number.
   */
  STAGING_2014(
      WriteboostReading.FORMAT_2014, Convention.RAW_CRC, true, "writeboost 0 BACKING CACHE"),
  /**
   * The module since 2.0.2, which Debian ships: one order only, nothing behind the magic number.
   */
  MODULE_2(
      WriteboostReading.FORMAT_2, Convention.COMPLEMENTED_CRC, false, "writeboost BACKING CACHE");

  /** The order of both. */
  static final int ORDER = 10;

  private final String format;
  private final Convention convention;
  private final boolean storesOrder;
  private final String table;

  Generation(String format, Convention convention, boolean storesOrder, String table) {
    this.format = format;
    this.convention = convention;
    this.storesOrder = storesOrder;
    this.table = table;
  }

  /** {@return the generation of that format name; empty if none can be written} */
  public static Optional<Generation> of(String format) {
    return Arrays.stream(values()).filter(g -> g.format.equals(format)).findFirst();
  }

  /** {@return the names of all formats that can be written} */
  public static List<String> formats() {
    return Arrays.stream(values()).map(Generation::format).toList();
  }

  /** {@return the name of the format} */
  public String format() {
    return format;
  }

  /** {@return target and arguments of a table line for a cache of it} */
  public String table() {
    return table;
  }

  Convention convention() {
    return convention;
  }

  /** {@return what stands behind the magic number} */
  int orderByte() {
    return storesOrder ? ORDER : 0;
  }
}
