package org.dmsalvage.inspect.format.insitu;

/**
 * Walks over the extents that the bitmap describes, in ascending order and without an object for
 * each. Every block belongs to exactly one item. Not safe for use by several threads.
 */
public final class ExtentCursor {

  /** What an item is. */
  public enum Kind {
    /** A head and its tails; or a head alone with a payload. */
    EXTENT,
    /** A run of heads without payload and without tails: never written. */
    UNWRITTEN,
    /** Tails with no block before them that could be their head. */
    HEADLESS,
    /** A run of blocks whose bits cannot be read. */
    UNKNOWN
  }

  private final MetaWindow window;
  private final long to;
  private long position;
  private Kind kind = Kind.UNWRITTEN;
  private long first;
  private long sectors;
  private int maxNibble;
  private boolean spread;

  /**
   * Starts before the first item that begins in a range of blocks. The last one may reach beyond
   * it, so that adjoining ranges together give each item once.
   *
   * @param window where the bits come from
   * @param from first block, 0 or more
   * @param to first block behind the range, not greater than the number of blocks
   */
  public ExtentCursor(MetaWindow window, long from, long to) {
    this.window = window;
    this.to = to;
    this.position = from;
    while (position > 0 && position < to && continuesBefore()) {
      position++;
    }
  }

  /** {@return a cursor at the item that a block belongs to; of an unwritten run, at the block} */
  public static ExtentCursor at(MetaWindow window, long block) {
    long start = block;
    while (start > 0 && tail(window.meta(start))) {
      start--;
    }
    if (start < block && window.meta(start) == MetaWindow.UNKNOWN) {
      start++;
    }
    ExtentCursor cursor = new ExtentCursor(window, start, start + 1);
    cursor.next();
    return cursor;
  }

  /** Tells whether the item before the position reaches over it. */
  private boolean continuesBefore() {
    // Only tails join what stands before; runs of the same kind may be cut anywhere.
    return tail(window.meta(position)) && window.meta(position - 1) != MetaWindow.UNKNOWN;
  }

  private static boolean tail(int meta) {
    return (meta & MetaBitmap.TAIL) != 0;
  }

  /** Goes to the next item. {@return whether there is one} */
  public boolean next() {
    if (position >= to) {
      return false;
    }
    first = position;
    sectors = 0;
    maxNibble = 0;
    spread = true;
    int meta = window.meta(position);
    if (meta == MetaWindow.UNKNOWN) {
      kind = Kind.UNKNOWN;
      do {
        position++;
      } while (position < to && window.meta(position) == MetaWindow.UNKNOWN);
    } else if (meta == 0 && !tailAt(position + 1)) {
      kind = Kind.UNWRITTEN;
      position = window.nextExtent(position, to);
    } else {
      kind = tail(meta) ? Kind.HEADLESS : Kind.EXTENT;
      int last = InsituGeometry.BLOCK_SECTORS;
      do {
        int nibble = meta & MetaBitmap.SECTORS;
        spread &= nibble == 0 || last == InsituGeometry.BLOCK_SECTORS;
        last = nibble;
        sectors += nibble;
        maxNibble = Math.max(maxNibble, nibble);
        position++;
        meta = position < window.blocks() ? window.meta(position) : 0;
      } while (tail(meta));
    }
    return true;
  }

  private boolean tailAt(long block) {
    return block < window.blocks() && tail(window.meta(block));
  }

  /** {@return what the item is} */
  public Kind kind() {
    return kind;
  }

  /** {@return its first block} */
  public long first() {
    return first;
  }

  /** {@return the number of its blocks, 1 or more} */
  public long blocks() {
    return position - first;
  }

  /** {@return the sum of its payload sectors} */
  public long sectors() {
    return sectors;
  }

  /** {@return the greatest number of payload sectors of one of its blocks, 0 … 15} */
  public int maxNibble() {
    return maxNibble;
  }

  /** {@return whether the payload sectors are spread over the blocks as the driver does it} */
  public boolean spread() {
    return spread;
  }

  /** {@return whether the item ends at bits that cannot be read, and might have more tails} */
  public boolean endsAtUnknown() {
    return position < window.blocks() && window.meta(position) == MetaWindow.UNKNOWN;
  }

  /** {@return whether all bytes of the item are stored as they are} */
  public boolean stored() {
    return kind == Kind.EXTENT && sectors == blocks() * InsituGeometry.BLOCK_SECTORS;
  }

  /** {@return whether the extent is of a size and at a place that the driver's writes lead to} */
  public boolean regular() {
    return blocks() <= InsituGeometry.blocksToBorder(first);
  }
}
