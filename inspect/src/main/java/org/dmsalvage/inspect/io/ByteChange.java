package org.dmsalvage.inspect.io;

/**
 * A byte of a device that should be another one.
 *
 * @param offset of the byte on its device
 * @param found what stands there, 0 … 255
 * @param right what should stand there, 0 … 255
 */
public record ByteChange(long offset, int found, int right) {

  @Override
  public String toString() {
    return "0x%02x at offset 0x%x becomes 0x%02x".formatted(found, offset, right);
  }
}
