package org.dmsalvage.inspect.fact;

import org.jspecify.annotations.Nullable;

/** Receives the rows of a list one by one. */
@FunctionalInterface
public interface RowSink {

  /**
   * Takes a row.
   *
   * @param values one for each column, of the type that the column's unit names; null if unknown
   * @return false if no further row is wanted
   */
  boolean row(@Nullable Object... values);
}
