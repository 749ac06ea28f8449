package org.dmsalvage.gui.tree;

import java.util.ArrayList;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A named range of an image, made of others or of fields.
 *
 * <p>Children are made when they are asked for: there may be millions.
 */
public interface Structure {

  /** {@return what it is called, such as "segment slot 17"} */
  String name();

  /** {@return what sort of thing it is} */
  Kind kind();

  /** {@return the bytes it takes} */
  ByteRange range();

  /** {@return what it is for, in a sentence or two} */
  String meaning();

  /** {@return how many structures it is made of; 0 if of none} */
  default long childCount() {
    return 0;
  }

  /**
   * {@return a structure that it is made of}
   *
   * @param index 0 … {@link #childCount()} - 1, ascending by offset
   */
  default Structure child(long index) {
    throw new IndexOutOfBoundsException(name() + " has no parts");
  }

  /** {@return the index of the child that holds a byte, or -1 if none does} */
  default long childAt(long offset) {
    return -1;
  }

  /** {@return the fields that describe it; they need not stand inside of it} */
  default List<Field> fields() {
    return List.of();
  }

  /** {@return the number of the map's cell that shows it, or -1} */
  default long cell() {
    return -1;
  }

  /** {@return the structures that hold a byte, from this one down to the smallest} */
  default List<Structure> path(long offset) {
    List<Structure> path = new ArrayList<>();
    Structure at = this;
    path.add(at);
    for (long i = at.childAt(offset); i >= 0; i = at.childAt(offset)) {
      at = at.child(i);
      path.add(at);
    }
    return path;
  }
}
