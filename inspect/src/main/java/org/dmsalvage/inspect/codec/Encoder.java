package org.dmsalvage.inspect.codec;

/** Compresses with one {@link Codec}. Reusable, but not by two threads at once. */
public sealed interface Encoder extends AutoCloseable permits Lzo1xEncoder, RawDeflater11 {

  /**
   * Compresses bytes to one complete stream.
   *
   * @param in holds the plain bytes
   * @param inOffset first of them
   * @param inLength their number
   * @param out receives the stream
   * @param outOffset where its first byte goes
   * @param outLength room for it
   * @return the length of the stream, or -1 if there is not enough room; the room's contents are
   *     then undefined
   * @throws IndexOutOfBoundsException if a range is not inside its array
   */
  int encode(byte[] in, int inOffset, int inLength, byte[] out, int outOffset, int outLength);

  /** Releases what the encoder holds. */
  @Override
  void close();
}
