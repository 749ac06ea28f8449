package org.dmsalvage.inspect.index;

import java.util.Arrays;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/**
 * A multimap from block address to ordinals, sorted by address and then by ordinal, at 8 bytes a
 * pair.
 *
 * <p>Address and ordinal are packed into one {@code long} and sorted. Where they do not fit (a
 * hostile image naming addresses near 2^63), the addresses are first replaced by their rank among
 * the distinct ones, at 8 further bytes a distinct address.
 */
public final class AddressIndex {

  /** Most pairs that one index can hold. */
  public static final int MAX_PAIRS = Integer.MAX_VALUE - 8;

  private final long[] packed;
  private final int ordinalBits;

  /** Distinct addresses in ascending order if {@code packed} holds ranks; else empty. */
  private final long[] dictionary;

  private AddressIndex(long[] packed, int ordinalBits, long[] dictionary) {
    this.packed = packed;
    this.ordinalBits = ordinalBits;
    this.dictionary = dictionary;
  }

  /** {@return the number of pairs} */
  public int size() {
    return packed.length;
  }

  /** {@return the address of the pair at a position, 0 … size - 1} */
  public long address(int position) {
    long high = packed[position] >>> ordinalBits;
    return dictionary.length == 0 ? high : dictionary[(int) high];
  }

  /** {@return the ordinal of the pair at a position, 0 … size - 1} */
  public int ordinal(int position) {
    return (int) (packed[position] & ((1L << ordinalBits) - 1));
  }

  /** {@return the first position whose address is not less than {@code address}; size if none} */
  public int lowerBound(long address) {
    int low = 0;
    int high = packed.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (address(middle) < address) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** {@return the first position behind {@code position} with another address; size if none} */
  public int nextAddress(int position) {
    long address = address(position);
    int next = position + 1;
    while (next < packed.length && address(next) == address) {
      next++;
    }
    return next;
  }

  /** {@return the number of distinct addresses} */
  public long distinct() {
    long count = 0;
    for (int i = 0; i < packed.length; i++) {
      if (i == 0 || packed[i] >>> ordinalBits != packed[i - 1] >>> ordinalBits) {
        count++;
      }
    }
    return count;
  }

  /** Collects pairs. Not safe for use by several threads. */
  public static final class Builder {

    private final String image;
    private long[] addresses;
    private int[] ordinals = {};
    private int size;
    private long maxAddress;
    private final int ordinalBits;
    private boolean packed;

    /**
     * Starts an index.
     *
     * @param image name of the image, for messages
     * @param expectedPairs how many pairs will probably come; more are accepted
     * @param ordinalLimit all ordinals are less than this
     */
    public Builder(String image, long expectedPairs, long ordinalLimit) {
      this.image = image;
      checkCount(ordinalLimit);
      checkCount(expectedPairs);
      this.ordinalBits = Math.max(1, 64 - Long.numberOfLeadingZeros(Math.max(0, ordinalLimit - 1)));
      this.addresses = new long[(int) expectedPairs];
      this.packed = true;
    }

    private void checkCount(long count) {
      if (count > MAX_PAIRS) {
        throw new UnsupportedImageException(
            image, "more than " + MAX_PAIRS + " cached blocks are not supported");
      }
    }

    /**
     * Adds a pair.
     *
     * @param address block address, 0 or more
     * @param ordinal 0 … ordinalLimit - 1
     */
    public void add(long address, int ordinal) {
      if (address < 0 || ordinal < 0 || ordinal >>> ordinalBits != 0) {
        throw new IllegalArgumentException("address " + address + ", ordinal " + ordinal);
      }
      if (size == addresses.length) {
        checkCount(size + 1L);
        addresses =
            Arrays.copyOf(addresses, (int) Math.min(MAX_PAIRS, Math.max(1024, size * 3L / 2)));
      }
      if (packed && Long.numberOfLeadingZeros(address) <= ordinalBits) {
        unpack();
      }
      maxAddress = Math.max(maxAddress, address);
      if (packed) {
        addresses[size] = address << ordinalBits | ordinal;
      } else {
        if (size == ordinals.length) {
          ordinals = Arrays.copyOf(ordinals, addresses.length);
        }
        addresses[size] = address;
        ordinals[size] = ordinal;
      }
      size++;
    }

    private void unpack() {
      ordinals = new int[addresses.length];
      for (int i = 0; i < size; i++) {
        ordinals[i] = (int) (addresses[i] & ((1L << ordinalBits) - 1));
        addresses[i] >>>= ordinalBits;
      }
      packed = false;
    }

    /** {@return the greatest address added, 0 if none} */
    public long maxAddress() {
      return maxAddress;
    }

    /** Sorts what was added; the builder is of no use afterwards. */
    public AddressIndex build() {
      long[] pairs = size == addresses.length ? addresses : Arrays.copyOf(addresses, size);
      long[] dictionary = {};
      if (!packed) {
        dictionary = Arrays.stream(pairs).sorted().distinct().toArray();
        for (int i = 0; i < size; i++) {
          long rank = Arrays.binarySearch(dictionary, pairs[i]);
          pairs[i] = rank << ordinalBits | ordinals[i];
        }
      }
      addresses = new long[0];
      ordinals = new int[0];
      Arrays.parallelSort(pairs);
      return new AddressIndex(pairs, ordinalBits, dictionary);
    }
  }
}
