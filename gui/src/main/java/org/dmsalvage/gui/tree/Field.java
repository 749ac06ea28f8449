package org.dmsalvage.gui.tree;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A value of a structure.
 *
 * @param name as the driver's sources have it
 * @param range its bytes in the image
 * @param meaning what it says, and what the drivers make of it
 * @param decoder reads it
 */
public record Field(String name, ByteRange range, String meaning, Decoder decoder) {

  /** A field of a few bytes. */
  Field(String name, long offset, int bytes, Decoder decoder, String meaning) {
    this(name, new ByteRange(offset, bytes), meaning, decoder);
  }

  /** Turns bytes into what a person reads. */
  @FunctionalInterface
  public interface Decoder {
    /**
     * Decodes a field.
     *
     * @param bytes exactly the field's, from index 0, little-endian
     */
    Value decode(ByteBuffer bytes);
  }

  /**
   * A decoded field.
   *
   * @param text the value
   * @param note what it amounts to, or what is wrong with it; may be empty
   */
  public record Value(String text, String note) {}
}
