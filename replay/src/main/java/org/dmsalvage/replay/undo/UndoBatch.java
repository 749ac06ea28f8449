package org.dmsalvage.replay.undo;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * Extents of one device that were overwritten together, and what can be told of them without the
 * bytes that they held. On disk, at a multiple of 4096:
 *
 * <pre>
 *     0  u32  magic, the text "UNDB"
 *     4  u32  CRC-32C of the head from byte 8 to the end of the checksums
 *     8  u128 id of the file
 *    24  u64  number: 0, 1, 2, …
 *    32  u32  target, an index into the header's list
 *    36  u32  extents, n
 *    40  u32  units of 512 bytes, u; the last one of an extent may be shorter
 *    44  u32  CRC-32C of the data
 *    48  u64  bytes of data
 *    56  u64  0
 *    64  n ×  { u64 offset on the device; u32 length; u32 flags: 1 = could not be read }
 *        u ×  u32 CRC-32C of the bytes that were written over the unit
 *        zeros up to a multiple of 4096
 *        data: what the extents held, one behind the other; zeros for what could not be read
 *        zeros up to a multiple of 4096, or nothing at the end of the file
 * </pre>
 *
 * <p>Extents ascend and do not overlap; their offsets are multiples of 512. With the checksums a
 * restore tells, unit by unit, bytes that it knows from bytes that somebody else wrote.
 */
final class UndoBatch {

  /** Bytes that a disk writes as a whole. */
  static final int UNIT = 512;

  static final int FIXED_BYTES = 64;
  static final int ALIGNMENT = 4096;

  /** Most bytes of data that a batch may have. */
  static final int MAX_DATA = 64 << 20;

  private static final int EXTENT_BYTES = 16;
  private static final int MAGIC = 'U' | 'N' << 8 | 'D' << 16 | 'B' << 24;
  private static final int UNREADABLE = 1;

  private final int target;
  private final int count;
  private final long[] offsets;
  private final int[] lengths;
  private final boolean[] unreadable;
  private final int[] starts;
  private final int[] units;
  private final int[] checksums;

  /**
   * Describes a batch.
   *
   * @param target index of the device
   * @param count how many extents there are; the arrays may be longer
   * @param offsets of the extents
   * @param lengths in bytes
   * @param unreadable whether the old bytes are unknown
   * @param checksums of the new bytes, unit by unit
   */
  UndoBatch(
      int target, int count, long[] offsets, int[] lengths, boolean[] unreadable, int[] checksums) {
    this.target = target;
    this.count = count;
    this.offsets = offsets;
    this.lengths = lengths;
    this.unreadable = unreadable;
    this.checksums = checksums;
    this.starts = new int[count + 1];
    this.units = new int[count + 1];
    for (int i = 0; i < count; i++) {
      starts[i + 1] = starts[i] + lengths[i];
      units[i + 1] = units[i] + units(lengths[i]);
    }
  }

  static int units(int bytes) {
    return (bytes + UNIT - 1) / UNIT;
  }

  static long aligned(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  int target() {
    return target;
  }

  int count() {
    return count;
  }

  long offset(int extent) {
    return offsets[extent];
  }

  int length(int extent) {
    return lengths[extent];
  }

  long end(int extent) {
    return offsets[extent] + lengths[extent];
  }

  boolean unreadable(int extent) {
    return unreadable[extent];
  }

  /** {@return bytes whose old contents are unknown} */
  int notSavedBytes() {
    int sum = 0;
    for (int i = 0; i < count; i++) {
      sum += unreadable[i] ? lengths[i] : 0;
    }
    return sum;
  }

  /** {@return where an extent's bytes begin in the data} */
  int start(int extent) {
    return starts[extent];
  }

  int dataBytes() {
    return starts[count];
  }

  /** {@return the CRC-32C of the new bytes of a unit of an extent} */
  int checksum(int extent, int unit) {
    return checksums[units[extent] + unit];
  }

  /** {@return the first extent that ends behind an offset; {@link #count} if there is none} */
  int firstEndingBehind(long offset) {
    int low = 0;
    int high = count;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (end(middle) > offset) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low;
  }

  /** {@return bytes of the head without padding} */
  int headBytes() {
    return headBytes(count, units[count]);
  }

  private static int headBytes(int extents, int units) {
    return FIXED_BYTES + EXTENT_BYTES * extents + Integer.BYTES * units;
  }

  /**
   * {@return the padded head}
   *
   * @param id of the file
   * @param number of the batch
   * @param dataChecksum CRC-32C of the data
   */
  ByteBuffer encode(UUID id, long number, int dataChecksum) {
    int bytes = headBytes();
    ByteBuffer head =
        ByteBuffer.allocate((int) aligned(bytes)).order(ByteOrder.LITTLE_ENDIAN).putInt(MAGIC);
    head.putInt(0).putLong(id.getMostSignificantBits()).putLong(id.getLeastSignificantBits());
    head.putLong(number).putInt(target).putInt(count).putInt(units[count]).putInt(dataChecksum);
    head.putLong(dataBytes()).putLong(0);
    for (int i = 0; i < count; i++) {
      head.putLong(offsets[i]).putInt(lengths[i]).putInt(unreadable[i] ? UNREADABLE : 0);
    }
    for (int i = 0; i < units[count]; i++) {
      head.putInt(checksums[i]);
    }
    head.putInt(4, checksum(head, bytes));
    return head.clear();
  }

  private static int checksum(ByteBuffer head, int bytes) {
    CRC32C crc = new CRC32C();
    crc.update(head.duplicate().limit(bytes).position(8));
    return (int) crc.getValue();
  }

  /**
   * Looks at the fixed part of a head.
   *
   * @param fixed the first {@value #FIXED_BYTES} bytes, little-endian
   * @param id of the file
   * @return bytes of the whole head without padding; -1 if these bytes are no head of this file
   */
  static int headBytes(ByteBuffer fixed, UUID id) {
    boolean ours =
        fixed.getInt(0) == MAGIC
            && fixed.getLong(8) == id.getMostSignificantBits()
            && fixed.getLong(16) == id.getLeastSignificantBits();
    int extents = fixed.getInt(36);
    int units = fixed.getInt(40);
    long data = fixed.getLong(48);
    boolean sane =
        extents > 0
            && units >= extents
            && data > 0
            && data <= MAX_DATA
            && units <= (data + UNIT - 1) / UNIT + extents
            && units <= MAX_DATA / UNIT;
    return ours && sane ? headBytes(extents, units) : -1;
  }

  static long number(ByteBuffer head) {
    return head.getLong(24);
  }

  static int dataChecksum(ByteBuffer head) {
    return head.getInt(44);
  }

  /**
   * Reads a head.
   *
   * @param head without padding, as long as {@link #headBytes(ByteBuffer, UUID)} said;
   *     little-endian
   * @param sizes of the targets
   * @return the batch; empty if the head is not whole or makes no sense
   */
  static Optional<UndoBatch> decode(ByteBuffer head, long[] sizes) {
    int target = head.getInt(32);
    int extents = head.getInt(36);
    if (head.getInt(4) != checksum(head, head.limit()) || target < 0 || target >= sizes.length) {
      return Optional.empty();
    }
    long[] offsets = new long[extents];
    int[] lengths = new int[extents];
    boolean[] unreadable = new boolean[extents];
    int at = FIXED_BYTES;
    long end = 0;
    long data = 0;
    long units = 0;
    for (int i = 0; i < extents; i++, at += EXTENT_BYTES) {
      offsets[i] = head.getLong(at);
      lengths[i] = head.getInt(at + 8);
      unreadable[i] = (head.getInt(at + 12) & UNREADABLE) != 0;
      boolean sane =
          offsets[i] >= end
              && offsets[i] % UNIT == 0
              && lengths[i] > 0
              && lengths[i] <= sizes[target] - offsets[i];
      if (!sane) {
        return Optional.empty();
      }
      end = offsets[i] + lengths[i];
      data += lengths[i];
      units += units(lengths[i]);
    }
    if (data != head.getLong(48) || units != head.getInt(40)) {
      return Optional.empty();
    }
    int[] checksums = new int[(int) units];
    for (int i = 0; i < checksums.length; i++, at += Integer.BYTES) {
      checksums[i] = head.getInt(at);
    }
    return Optional.of(new UndoBatch(target, extents, offsets, lengths, unreadable, checksums));
  }

  @Override
  public String toString() {
    return "target " + target + Arrays.toString(offsets) + Arrays.toString(lengths);
  }
}
