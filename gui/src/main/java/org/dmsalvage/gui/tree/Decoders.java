package org.dmsalvage.gui.tree;

import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.function.LongFunction;
import org.dmsalvage.gui.tree.Field.Decoder;
import org.dmsalvage.gui.tree.Field.Value;
import org.dmsalvage.inspect.report.Values;

/** How fields are read. */
final class Decoders {

  private static final int SECTOR_BYTES = 512;
  private static final int BITS = 8;

  private Decoders() {}

  /** Reads 1, 2, 4 or 8 bytes as a number without sign. */
  private static long number(ByteBuffer bytes) {
    long value = 0;
    for (int i = bytes.limit() - 1; i >= 0; i--) {
      value = value << BITS | Byte.toUnsignedLong(bytes.get(i));
    }
    return value;
  }

  /** {@return a decoder of unsigned numbers, whose hexadecimal form is the note} */
  static Decoder number() {
    return bytes -> {
      long value = number(bytes);
      return new Value(
          Long.toUnsignedString(value),
          Long.compareUnsigned(value, 9) > 0 ? "0x" + Long.toHexString(value) : "");
    };
  }

  /** {@return a decoder of unsigned numbers with a note on each} */
  static Decoder number(LongFunction<String> note) {
    return bytes -> {
      long value = number(bytes);
      return new Value(Long.toUnsignedString(value), note.apply(value));
    };
  }

  /** {@return a decoder of numbers that are shown in hexadecimal, with a note on each} */
  static Decoder hex(LongFunction<String> note) {
    return bytes -> {
      long value = number(bytes);
      String digits = "0x%0" + 2 * bytes.limit() + "x";
      return new Value(String.format(Locale.ROOT, digits, value), note.apply(value));
    };
  }

  /** {@return a decoder of a number that can only be right or wrong} */
  static Decoder expected(long right) {
    return hex(
        value ->
            value == right
                ? "right"
                : "expected 0x%x, %d bits differ".formatted(right, Long.bitCount(value ^ right)));
  }

  /** {@return a decoder of addresses in sectors, with the byte address as note} */
  static Decoder sector() {
    return number(
        value ->
            value < 0 || value > Long.MAX_VALUE / SECTOR_BYTES
                ? "beyond any device"
                : "byte 0x%x, %s".formatted(value * SECTOR_BYTES, Values.binary(value * 512)));
  }

  /** {@return a decoder of a mask of eight sectors, the first one on the left} */
  static Decoder dirtyBits() {
    return bytes -> {
      int bits = Byte.toUnsignedInt(bytes.get(0));
      StringBuilder picture = new StringBuilder();
      for (int i = 0; i < BITS; i++) {
        picture.append((bits >> i & 1) == 1 ? '■' : '□');
      }
      return new Value(
          picture.toString(),
          "0x%02x, %d of 8 sectors dirty".formatted(bits, Integer.bitCount(bits)));
    };
  }

  /** {@return a decoder that only tells whether all is zero} */
  static Decoder zeros() {
    return bytes -> {
      int others = 0;
      for (int i = 0; i < bytes.limit(); i++) {
        others += bytes.get(i) == 0 ? 0 : 1;
      }
      return new Value(
          others == 0 ? "zeros" : "not zero", others == 0 ? "" : others + " bytes differ from 0");
    };
  }

  /** {@return a decoder of bytes that begin with text or binary data} */
  static Decoder data() {
    return bytes -> {
      int zeros = 0;
      int printable = 0;
      for (int i = 0; i < bytes.limit(); i++) {
        byte b = bytes.get(i);
        zeros += b == 0 ? 1 : 0;
        printable += b >= ' ' && b < 0x7f ? 1 : 0;
      }
      String what =
          zeros == bytes.limit() ? "zeros" : printable > bytes.limit() * 9 / 10 ? "text" : "binary";
      return new Value(what, zeros == bytes.limit() ? "" : zeros + " zero bytes");
    };
  }
}
