package org.dmsalvage.inspect.format;

import java.util.List;
import org.dmsalvage.inspect.fact.Column;

/**
 * A list that an image offers.
 *
 * @param name as {@code --list} takes it: segments, metablocks, plogs, entries, extents
 * @param columns of its rows
 * @param states the words that its state column can show, for {@code --state}
 */
public record Listing(String name, List<Column> columns, List<String> states) {

  /** Keeps copies. */
  public Listing {
    columns = List.copyOf(columns);
    states = List.copyOf(states);
  }
}
