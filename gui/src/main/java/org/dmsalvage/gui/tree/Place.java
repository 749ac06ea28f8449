package org.dmsalvage.gui.tree;

import java.util.Optional;
import java.util.function.LongFunction;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Structures that people call by number.
 *
 * @param noun such as "slot"
 * @param count how many there are; numbers are 0 … count - 1, unless {@code finder} knows better
 * @param finder gives the bytes of one; empty if there is none of that number
 */
public record Place(String noun, long count, LongFunction<Optional<ByteRange>> finder) {

  /** {@return the bytes of one; empty if there is none of that number} */
  public Optional<ByteRange> find(long number) {
    return finder.apply(number);
  }

  /** Places that are numbered from 0. */
  static Place of(String noun, long count, LongFunction<ByteRange> range) {
    return new Place(
        noun, count, n -> n < 0 || n >= count ? Optional.empty() : Optional.of(range.apply(n)));
  }
}
