package org.dmsalvage.inspect.codec;

import java.util.ArrayList;
import java.util.List;

/**
 * Finds the single changed byte that explains a wrong CRC-32C, by algebra and not by trying.
 *
 * <p>A CRC is linear: if one byte of a message is changed by {@code e} (exclusive or) and {@code n}
 * bytes follow it, the checksum changes by {@code Z^n(T[e])}, whatever the message says. T is the
 * checksum's table of 256 entries and Z the step over one zero byte, which can be undone. So the
 * difference between the stored and the computed checksum is taken back byte by byte; wherever it
 * equals an entry of the table, a change of that byte by that entry's index explains it. Start
 * value and final complement cancel out, so this serves every convention.
 *
 * <p>The time is linear in the length. Of the 2^32 differences, {@code 255 n} are explained by a
 * change in {@code n} bytes: damage of another kind looks like a single changed byte with a
 * probability of 0.03 in 512 KiB.
 */
public final class Crc32cCorrection {

  /** The reversed polynomial of CRC-32C (Castagnoli). */
  private static final int POLYNOMIAL = 0x82F63B78;

  private static final int[] TABLE = new int[256];

  /** The index whose table entry has a given top byte; the entries' top bytes all differ. */
  private static final int[] INDEX_BY_TOP = new int[256];

  static {
    for (int i = 0; i < 256; i++) {
      int crc = i;
      for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1) != 0 ? crc >>> 1 ^ POLYNOMIAL : crc >>> 1;
      }
      TABLE[i] = crc;
      INDEX_BY_TOP[crc >>> 24] = i;
    }
  }

  private Crc32cCorrection() {}

  /**
   * A change of one byte.
   *
   * @param offset of the byte in the message
   * @param change what it must be combined with by exclusive or, 1 … 255
   */
  public record Change(int offset, int change) {

    /** {@return whether a single bit is changed} */
    public boolean singleBit() {
      return Integer.bitCount(change) == 1;
    }
  }

  /** {@return whether two checksums that differ by this, not 0, differ in a single byte} */
  public static boolean inOneByte(int difference) {
    return Integer.numberOfLeadingZeros(difference) / 8
        == 3 - Integer.numberOfTrailingZeros(difference) / 8;
  }

  /**
   * Finds all single-byte changes that make a message fit its checksum.
   *
   * @param length of the message in bytes
   * @param stored the checksum that the message should have
   * @param computed the checksum that it has
   * @param limit how many changes are wanted at most
   * @return the changes, by descending offset; empty if there is none, or nothing to correct
   */
  public static List<Change> find(int length, int stored, int computed, int limit) {
    List<Change> changes = new ArrayList<>();
    int difference = stored ^ computed;
    if (difference == 0) {
      return changes;
    }
    for (int offset = length - 1; offset >= 0 && changes.size() < limit; offset--) {
      int index = INDEX_BY_TOP[difference >>> 24];
      int rest = difference ^ TABLE[index];
      if (rest == 0) {
        changes.add(new Change(offset, index));
      }
      difference = rest << 8 | index;
    }
    return changes;
  }
}
