package org.dmsalvage.gui.tree;

import java.util.function.LongFunction;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Structures of one size in a row. A long row is made of shorter ones, so that nobody has to look
 * at more than {@value #FAN} children at once.
 *
 * @param name of the whole row
 * @param noun of its items, plural, for the names of shorter rows
 * @param kind what sort of things they are
 * @param meaning what they are for
 * @param base offset of item 0
 * @param stride bytes from item to item
 * @param first number of the first item of this row
 * @param count items of this row
 * @param item makes an item
 */
record Row(
    String name,
    String noun,
    Kind kind,
    String meaning,
    long base,
    long stride,
    long first,
    long count,
    LongFunction<Structure> item)
    implements Structure {

  static final int FAN = 256;

  /** A row that begins with item 0. */
  static Row of(
      String name,
      String noun,
      Kind kind,
      String meaning,
      long base,
      long stride,
      long count,
      LongFunction<Structure> item) {
    return new Row(name, noun, kind, meaning, base, stride, 0, count, item);
  }

  /** How many items one child stands for. */
  private long step() {
    long step = 1;
    while ((count + step - 1) / step > FAN) {
      step *= FAN;
    }
    return step;
  }

  @Override
  public ByteRange range() {
    return new ByteRange(base + first * stride, count * stride);
  }

  @Override
  public long childCount() {
    long step = step();
    return (count + step - 1) / step;
  }

  @Override
  public Structure child(long index) {
    long step = step();
    if (step == 1) {
      return item.apply(first + index);
    }
    long from = first + index * step;
    long length = Math.min(step, first + count - from);
    String label = "%s %d … %d".formatted(noun, from, from + length - 1);
    return new Row(label, noun, kind, meaning, base, stride, from, length, item);
  }

  @Override
  public long childAt(long offset) {
    ByteRange range = range();
    if (offset < range.offset() || offset >= range.end()) {
      return -1;
    }
    return (offset - range.offset()) / stride / step();
  }
}
