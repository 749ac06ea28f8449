package org.dmsalvage.inspect.codec;

import java.util.Objects;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Decodes raw deflate: no zlib header, no checksum, any window.
 *
 * <p>A deflate stream ends by itself, so {@link DecodeStatus#INPUT_LEFT} is the normal outcome when
 * the length of a stream is not known exactly, and {@link DecodeResult#consumed()} then gives it.
 */
public final class RawInflater implements Decoder {

  private final Inflater inflater = new Inflater(true);
  private final byte[] beyond = new byte[1];

  /** A decoder. */
  public RawInflater() {}

  @Override
  public DecodeStatus decode(
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset,
      int outLength,
      DecodeResult result) {
    Objects.checkFromIndexSize(inOffset, inLength, in.length);
    Objects.checkFromIndexSize(outOffset, outLength, out.length);
    inflater.reset();
    inflater.setInput(in, inOffset, inLength);
    DecodeStatus status;
    int produced = 0;
    try {
      int more;
      do {
        more = inflater.inflate(out, outOffset + produced, outLength - produced);
        produced += more;
      } while (more > 0 && produced < outLength);
      if (!inflater.finished() && inflater.inflate(beyond) > 0) {
        status = DecodeStatus.OUTPUT_OVERRUN;
      } else if (!inflater.finished()) {
        status = DecodeStatus.INPUT_OVERRUN;
      } else {
        status = inflater.getRemaining() == 0 ? DecodeStatus.COMPLETE : DecodeStatus.INPUT_LEFT;
      }
    } catch (DataFormatException _) {
      status = DecodeStatus.MALFORMED;
    }
    produced = (int) Math.min(inflater.getBytesWritten(), outLength);
    return result.set(status, (int) inflater.getBytesRead(), produced);
  }

  @Override
  public void close() {
    inflater.end();
  }
}
