package org.dmsalvage.gui.tree;

import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A structure of few parts.
 *
 * @param name what it is called
 * @param kind what sort of thing it is
 * @param range its bytes
 * @param meaning what it is for
 * @param children its parts, ascending by offset
 * @param fields that describe it
 * @param cell of the map, or -1
 */
record Part(
    String name,
    Kind kind,
    ByteRange range,
    String meaning,
    List<Structure> children,
    List<Field> fields,
    long cell)
    implements Structure {

  /** A structure made of fields. */
  static Part leaf(
      String name, Kind kind, long offset, long length, String meaning, Field... fields) {
    return new Part(
        name, kind, new ByteRange(offset, length), meaning, List.of(), List.of(fields), -1);
  }

  /** A structure made of structures. */
  static Part of(
      String name, Kind kind, long offset, long length, String meaning, List<Structure> children) {
    return new Part(name, kind, new ByteRange(offset, length), meaning, children, List.of(), -1);
  }

  /** {@return the same with a cell of the map} */
  Part inCell(long number) {
    return new Part(name, kind, range, meaning, children, fields, number);
  }

  /** {@return the same with fields} */
  Part with(Field... more) {
    return new Part(name, kind, range, meaning, children, List.of(more), cell);
  }

  @Override
  public long childCount() {
    return children.size();
  }

  @Override
  public Structure child(long index) {
    return children.get((int) index);
  }

  @Override
  public long childAt(long offset) {
    for (int i = 0; i < children.size(); i++) {
      ByteRange part = children.get(i).range();
      if (offset >= part.offset() && offset < part.end()) {
        return i;
      }
    }
    return -1;
  }
}
