package org.dmsalvage.inspect.codec;

/** The compression algorithms that insitu-comp knows, in the order of its {@code comp_alg}. */
public enum Codec {
  /** LZO1X, the kernel's "lzo". Its streams end with a marker. */
  LZO {
    @Override
    public Decoder newDecoder() {
      return new Lzo1xDecoder();
    }

    @Override
    public Encoder newEncoder() {
      return new Lzo1xEncoder();
    }
  },

  /**
   * Deflate without any header or trailer, level 6, window of 2 KiB: the kernel's "deflate". Its
   * streams end by themselves.
   */
  DEFLATE {
    @Override
    public Decoder newDecoder() {
      return new RawInflater();
    }

    @Override
    public Encoder newEncoder() {
      return new RawDeflater11();
    }
  };

  /** {@return a new decoder, for one thread, to be closed} */
  public abstract Decoder newDecoder();

  /** {@return a new encoder, for one thread, to be closed} */
  public abstract Encoder newEncoder();
}
