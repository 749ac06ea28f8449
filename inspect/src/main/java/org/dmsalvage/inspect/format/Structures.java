package org.dmsalvage.inspect.format;

import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * Where an image has structures of its format; everything else may be what users stored.
 *
 * @param fixed ranges
 * @param first where a range begins that comes again and again, in bytes
 * @param period from one to the next; 0 if there are none
 * @param bytes of each of them
 * @param readsContents whether checks read contents for more than their checksums
 */
public record Structures(
    List<ByteRange> fixed, long first, long period, int bytes, boolean readsContents) {

  /** Keeps a copy of the ranges. */
  public Structures {
    fixed = List.copyOf(fixed);
  }

  /** {@return structures in certain ranges only} */
  public static Structures in(List<ByteRange> ranges, boolean readsContents) {
    return new Structures(ranges, 0, 0, 0, readsContents);
  }

  /**
   * {@return whether a structure begins or ends inside a unit of a range}
   *
   * @param unit bytes of a unit; the range begins with one
   */
  public boolean cutUnits(ByteRange range, int unit) {
    return (first | period | bytes) % unit != 0
        || fixed.stream().anyMatch(f -> cut(f.offset(), range, unit) || cut(f.end(), range, unit));
  }

  private static boolean cut(long border, ByteRange range, int unit) {
    return border > range.offset() && border < range.end() && (border - range.offset()) % unit != 0;
  }

  /** {@return whether any byte of a range belongs to a structure} */
  public boolean touch(ByteRange range) {
    if (fixed.stream().anyMatch(range::intersects)) {
      return true;
    }
    if (period == 0 || range.end() <= first) {
      return false;
    }
    long into = Math.floorMod(range.offset() - first, period);
    return (range.offset() >= first && into < bytes) || into + range.length() > period;
  }
}
