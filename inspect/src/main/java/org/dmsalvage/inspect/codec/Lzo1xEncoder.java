package org.dmsalvage.inspect.codec;

import io.airlift.compress.v3.lzo.LzoCompressor;
import java.util.Objects;

/** Makes LZO1X streams with their end marker, as liblzo2 and the kernel accept them. */
public final class Lzo1xEncoder implements Encoder {

  private final LzoCompressor compressor = new LzoCompressor();
  private byte[] worst = new byte[0];

  /** An encoder. */
  public Lzo1xEncoder() {}

  @Override
  public int encode(
      byte[] in, int inOffset, int inLength, byte[] out, int outOffset, int outLength) {
    Objects.checkFromIndexSize(inOffset, inLength, in.length);
    Objects.checkFromIndexSize(outOffset, outLength, out.length);
    int bound = compressor.maxCompressedLength(inLength);
    if (outLength >= bound) {
      return compressor.compress(in, inOffset, inLength, out, outOffset, outLength);
    }
    // The library insists on room for the worst case.
    if (worst.length < bound) {
      worst = new byte[bound];
    }
    int length = compressor.compress(in, inOffset, inLength, worst, 0, worst.length);
    if (length > outLength) {
      return -1;
    }
    System.arraycopy(worst, 0, out, outOffset, length);
    return length;
  }

  @Override
  public void close() {}
}
