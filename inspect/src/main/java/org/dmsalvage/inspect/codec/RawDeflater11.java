package org.dmsalvage.inspect.codec;

import com.jcraft.jzlib.Deflater;
import com.jcraft.jzlib.GZIPException;
import com.jcraft.jzlib.JZlib;
import java.util.Objects;

/**
 * Makes raw deflate streams of level 6 that an inflater with a window of 2 KiB can read, as the
 * kernel's crypto "deflate" does. The JDK's own deflater always uses 32 KiB.
 */
public final class RawDeflater11 implements Encoder {

  private static final int LEVEL = 6;
  private static final int WINDOW_BITS = 11;

  private final byte[] beyond = new byte[1];

  /** An encoder. */
  public RawDeflater11() {}

  @Override
  public int encode(
      byte[] in, int inOffset, int inLength, byte[] out, int outOffset, int outLength) {
    Objects.checkFromIndexSize(inOffset, inLength, in.length);
    Objects.checkFromIndexSize(outOffset, outLength, out.length);
    Deflater deflater = newDeflater();
    deflater.setInput(in, inOffset, inLength, false);
    deflater.setOutput(out, outOffset, outLength);
    int end = deflater.deflate(JZlib.Z_FINISH);
    int length = (int) deflater.getTotalOut();
    if (end != JZlib.Z_STREAM_END) {
      // A stream that fills its room exactly is not yet known to be complete.
      deflater.setOutput(beyond, 0, beyond.length);
      end = deflater.deflate(JZlib.Z_FINISH);
    }
    boolean fits = end == JZlib.Z_STREAM_END && deflater.getTotalOut() == length;
    deflater.end();
    return fits ? length : -1;
  }

  private static Deflater newDeflater() {
    try {
      return new Deflater(LEVEL, WINDOW_BITS, true);
    } catch (GZIPException e) {
      throw new IllegalStateException("deflate level 6 with a window of 11 bits", e);
    }
  }

  @Override
  public void close() {}
}
