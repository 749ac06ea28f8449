package org.dmsalvage.inspect.volume.lvm;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A metadata area (struct mda_header, struct raw_locn).
 *
 * <pre>
 * offset size field of the header, one sector
 *      0    4 checksum of the bytes behind it
 *      4   16 magic
 *     20    4 version, 1
 *     24    8 where the area begins on the physical volume
 *     32    8 size of the area
 *     40   24 location of the current text; the next 24 of one that was about to become current
 *
 * offset size field of a location
 *      0    8 offset in the area; 0: none
 *      8    8 size with the zero byte at its end
 *     16    4 checksum
 *     20    4 flags, 1: the area is to be ignored
 * </pre>
 *
 * <p>The ring of texts begins behind the header; each text begins on a sector.
 */
final class MetadataArea {

  private static final byte[] MAGIC = " LVM2 x[5A%r0N*>".getBytes(StandardCharsets.ISO_8859_1);
  private static final int HEADER_BYTES = BlockSource.SECTOR_BYTES;

  /** Larger areas exist, but texts of this size do not; bounds what is read. */
  private static final int MOST_BYTES = 8 << 20;

  private MetadataArea() {}

  /**
   * What an area holds.
   *
   * @param current the text that counts; empty if it is damaged
   * @param history every text that can be read, by sequence number
   */
  record Contents(Optional<Metadata> current, List<Metadata> history) {

    /** {@return the current text, or else the newest one} */
    Optional<Metadata> best() {
      return current.or(() -> history.stream().max(Comparator.comparingLong(Metadata::sequence)));
    }
  }

  /**
   * Reads an area.
   *
   * @param volume the physical volume
   * @param where the area is; may lie beyond its end
   * @param findings told what is wrong
   */
  static Contents read(BlockSource volume, ByteRange where, Findings findings) {
    long present = Math.min(where.length(), volume.size() - where.offset());
    int size = Math.clamp(present, 0, MOST_BYTES);
    if (size <= HEADER_BYTES) {
      return new Contents(Optional.empty(), List.of());
    }
    ByteBuffer area = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    findings.addUnreadable(volume.name(), volume.readAround(where.offset(), area));
    byte[] bytes = area.array();
    Optional<Metadata> current = Optional.empty();
    boolean header =
        matches(bytes, 4, MAGIC) && area.getInt(0) == LvmChecksum.of(area, 4, HEADER_BYTES);
    if (header) {
      current = current(volume, where, area, findings);
    } else {
      findings.add(
          VolumeCode.LVM_AREA,
          volume.name(),
          where.offset(),
          HEADER_BYTES,
          "the header of the metadata area is damaged");
    }
    Map<Long, Metadata> history = new TreeMap<>();
    current.ifPresent(m -> history.put(m.sequence(), m));
    // Whole texts do not overlap, so all of them are not much longer than the ring.
    long left = 4L * size;
    for (int at = HEADER_BYTES; at + HEADER_BYTES <= size && left > 0; at += HEADER_BYTES) {
      if (beginsText(bytes, at)) {
        String text = ringText(bytes, at);
        left -= text.length();
        Metadata.parse(text).ifPresent(m -> history.putIfAbsent(m.sequence(), m));
      }
    }
    return new Contents(current, List.copyOf(history.values()));
  }

  private static Optional<Metadata> current(
      BlockSource volume, ByteRange where, ByteBuffer area, Findings findings) {
    long offset = area.getLong(40);
    long length = area.getLong(48);
    int checksum = area.getInt(56);
    int size = area.capacity();
    if (offset == 0 || (area.getInt(60) & 1) != 0) {
      return Optional.empty();
    }
    boolean inside =
        offset >= HEADER_BYTES && offset < size && length > 1 && length <= size - HEADER_BYTES;
    Optional<Metadata> text = Optional.empty();
    if (inside) {
      ByteBuffer bytes = ByteBuffer.allocate((int) length);
      int first = (int) Math.min(length, size - offset);
      bytes.put(0, area, (int) offset, first);
      bytes.put(first, area, HEADER_BYTES, (int) length - first);
      if (checksum == LvmChecksum.of(bytes, 0, (int) length)) {
        text = Metadata.parse(text(bytes.array(), 0, end(bytes.array(), 0)));
      }
    }
    if (text.isEmpty()) {
      findings.add(
          VolumeCode.LVM_TEXT,
          volume.name(),
          where.offset() + Math.clamp(offset, 0, where.length()),
          Math.clamp(length, 0, where.length()),
          "the current metadata text is damaged");
    }
    return text;
  }

  /** A text begins with the name of its volume group and an opening brace. */
  private static boolean beginsText(byte[] bytes, int at) {
    int end = Math.min(at + 140, bytes.length - 1);
    int i = at;
    while (i < end && (Character.isLetterOrDigit(bytes[i]) || "_-+.".indexOf(bytes[i]) >= 0)) {
      i++;
    }
    return i > at && i < end && bytes[i] == ' ' && bytes[i + 1] == '{';
  }

  /** The text from a place in the ring on, which may go on behind the header. */
  private static String ringText(byte[] bytes, int from) {
    int end = end(bytes, from);
    String text = text(bytes, from, end);
    if (end < bytes.length) {
      return text;
    }
    // An older text of which only the beginning is left is longer than this, and broken.
    int rest = Math.min(end(bytes, HEADER_BYTES), from);
    return text + text(bytes, HEADER_BYTES, rest);
  }

  private static int end(byte[] bytes, int from) {
    int end = from;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return end;
  }

  private static String text(byte[] bytes, int from, int end) {
    return new String(bytes, from, end - from, StandardCharsets.UTF_8);
  }

  private static boolean matches(byte[] bytes, int at, byte[] wanted) {
    return Arrays.equals(bytes, at, at + wanted.length, wanted, 0, wanted.length);
  }
}
