package org.dmsalvage.inspect.codec;

/** Decompresses streams of one {@link Codec}. Reusable, but not by two threads at once. */
public sealed interface Decoder extends AutoCloseable permits Lzo1xDecoder, RawInflater {

  /**
   * Decompresses one stream.
   *
   * <p>Reads nothing outside the input range and writes nothing outside the output range. Bytes of
   * the output range behind those produced may have been overwritten.
   *
   * @param in holds the stream
   * @param inOffset first byte of the stream
   * @param inLength bytes that may belong to the stream
   * @param out receives the plain bytes
   * @param outOffset where the first plain byte goes
   * @param outLength room for plain bytes
   * @param result filled in
   * @return {@link DecodeResult#status()}
   * @throws IndexOutOfBoundsException if a range is not inside its array
   */
  DecodeStatus decode(
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset,
      int outLength,
      DecodeResult result);

  /** Releases what the decoder holds. */
  @Override
  void close();
}
