package org.dmsalvage.gui.compare;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/** A piece of an image in memory. */
final class Window {

  private final ByteRange range;
  private final byte[] bytes;
  private final long unreadable;

  private Window(ByteRange range, byte[] bytes, long unreadable) {
    this.range = range;
    this.bytes = bytes;
    this.unreadable = unreadable;
  }

  /** Reads a piece; what cannot be read is zeros. */
  static Window of(BlockSource source, ByteRange range) {
    byte[] bytes = new byte[Math.toIntExact(range.length())];
    long bad =
        source.readAround(range.offset(), ByteBuffer.wrap(bytes)).stream()
            .mapToLong(ByteRange::length)
            .sum();
    return new Window(range, bytes, bad);
  }

  /** {@return how many bytes could not be read} */
  long unreadable() {
    return unreadable;
  }

  private boolean has(ByteRange part) {
    return part.offset() >= range.offset() && part.end() <= range.end();
  }

  private int index(long offset) {
    return (int) (offset - range.offset());
  }

  /** {@return whether a part of this piece holds the same as a part of another one} */
  boolean same(ByteRange part, Window other, ByteRange otherPart) {
    return Arrays.equals(
        bytes,
        index(part.offset()),
        index(part.end()),
        other.bytes,
        other.index(otherPart.offset()),
        other.index(otherPart.end()));
  }

  /** {@return whether both pieces hold these parts as a whole} */
  boolean both(ByteRange part, Window other, ByteRange otherPart) {
    return has(part) && other.has(otherPart);
  }

  /** {@return in how many bytes two parts differ} */
  int differences(ByteRange part, Window other, ByteRange otherPart) {
    int length = (int) Math.min(part.length(), otherPart.length());
    int count = (int) Math.abs(part.length() - otherPart.length());
    int mine = index(part.offset());
    int theirs = other.index(otherPart.offset());
    for (int i = 0; i < length; i++) {
      count += bytes[mine + i] == other.bytes[theirs + i] ? 0 : 1;
    }
    return count;
  }

  /** {@return a part, as decoders take it} */
  ByteBuffer slice(ByteRange part) {
    return ByteBuffer.wrap(bytes, index(part.offset()), (int) part.length())
        .slice()
        .order(ByteOrder.LITTLE_ENDIAN);
  }
}
