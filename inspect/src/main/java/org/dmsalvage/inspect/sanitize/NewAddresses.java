package org.dmsalvage.inspect.sanitize;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/**
 * Which address stands for which, for every address of a cache.
 *
 * <p>An address is a sector number. Blocks of 4 KiB that are neighbours stay neighbours, and a
 * sector keeps its place in its block; but runs of neighbours are put one behind the other in
 * random order, a block apart. They begin at a power of two that leaves every old address out: no
 * address is old and new. Addresses that no device has, from 2^54 on, keep the bits that make them
 * so.
 */
public final class NewAddresses {

  private static final int BLOCK_BITS = 3;
  private static final long IN_BLOCK = (1L << BLOCK_BITS) - 1;

  /** Bits of an address that a device can have. */
  private static final int ADDRESS_BITS = 54;

  private static final long POSSIBLE = (1L << ADDRESS_BITS) - 1;

  /** The least place for new blocks, as a power of two: behind the first GiB. */
  private static final int LEAST_BASE_BITS = 18;

  private static final int MOST_BLOCKS = Integer.MAX_VALUE - 8;

  private static final int BLOCK_NUMBER_BITS = ADDRESS_BITS - BLOCK_BITS;

  /** First blocks of the runs, ascending. */
  private final long[] runs;

  /** Where each begins now. */
  private final long[] moved;

  private NewAddresses(long[] runs, long[] moved) {
    this.runs = runs;
    this.moved = moved;
  }

  /**
   * {@return the address that stands for another, always the same one}
   *
   * @param sector one that the builder was given; of others all but the place in the block is lost
   */
  public long of(long sector) {
    long block = block(sector);
    int found = Arrays.binarySearch(runs, block);
    int run = found >= 0 ? found : -found - 2;
    long now = run < 0 ? 0 : moved[run] + (block - runs[run]);
    return (sector & ~POSSIBLE) | (now << BLOCK_BITS & POSSIBLE) | (sector & IN_BLOCK);
  }

  private static long block(long sector) {
    return (sector & POSSIBLE) >>> BLOCK_BITS;
  }

  /** Collects addresses. Not safe for use by several threads. */
  public static final class Builder {

    private long[] blocks = new long[1024];
    private int size;
    private final String image;

    /**
     * Begins without any.
     *
     * @param image name of the cache, for messages
     */
    public Builder(String image) {
      this.image = image;
    }

    /**
     * Adds an address.
     *
     * @param sector anything
     * @throws UnsupportedImageException if there are too many to be kept in mind
     */
    public void add(long sector) {
      if (size == blocks.length) {
        compact();
        if (size > MOST_BLOCKS / 2) {
          throw new UnsupportedImageException(
              image, "addresses of more than %d blocks are not supported".formatted(size));
        }
        // What is known already may come again; only what is new makes it larger.
        if (size > blocks.length / 2) {
          blocks = Arrays.copyOf(blocks, size * 2);
        }
      }
      blocks[size++] = block(sector);
    }

    private void compact() {
      Arrays.parallelSort(blocks, 0, size);
      int distinct = 0;
      for (int i = 0; i < size; i++) {
        if (i == 0 || blocks[i] != blocks[distinct - 1]) {
          blocks[distinct++] = blocks[i];
        }
      }
      size = distinct;
    }

    /**
     * Finds new addresses; the builder is of no use afterwards.
     *
     * @param random decides their order
     */
    public NewAddresses build(RandomGenerator random) {
      compact();
      int count = 0;
      for (int i = 0; i < size; i++) {
        count += begins(i) ? 1 : 0;
      }
      long[] runs = new long[count];
      int[] ends = new int[count];
      int run = -1;
      for (int i = 0; i < size; i++) {
        if (begins(i)) {
          runs[++run] = blocks[i];
        }
        ends[run] = i + 1;
      }
      long[] moved = new long[count];
      long at = base((long) size + count);
      for (int i : order(count, random)) {
        moved[i] = at;
        at += ends[i] - (i == 0 ? 0 : ends[i - 1]) + 1;
      }
      return new NewAddresses(runs, moved);
    }

    private boolean begins(int i) {
      return i == 0 || blocks[i] != blocks[i - 1] + 1;
    }

    private static int[] order(int count, RandomGenerator random) {
      int[] order = new int[count];
      for (int i = 0; i < count; i++) {
        int other = random.nextInt(i + 1);
        order[i] = order[other];
        order[other] = i;
      }
      return order;
    }

    /** The first power of two behind which nothing is within so many blocks; 0 if there is none. */
    private long base(long length) {
      for (int bits = LEAST_BASE_BITS; bits < BLOCK_NUMBER_BITS; bits++) {
        long base = 1L << bits;
        int found = Arrays.binarySearch(blocks, 0, size, base);
        int next = found >= 0 ? found : -found - 1;
        if ((next == size || blocks[next] >= base + length)
            && base + length <= 1L << BLOCK_NUMBER_BITS) {
          return base;
        }
      }
      return 0;
    }
  }
}
