package org.dmsalvage.replay.insitu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeResult;
import org.dmsalvage.inspect.codec.DecodeStatus;
import org.dmsalvage.inspect.codec.Decoder;
import org.dmsalvage.inspect.format.insitu.ExtentProver;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;
import org.dmsalvage.inspect.format.insitu.PayloadWindow;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Reads an extent as the driver does (insitu_comp_read_one_extent, insitu_comp_io_range_comp): the
 * length of the stream is what stands behind it, whatever that is, and what it decompresses to is
 * not compared with the extent.
 *
 * <p>What the kernel would find in memory that was never written to is not knowable; it is bytes
 * 0x6b where data is missing (rule I12), and zeros behind the payload where a wrong length asks for
 * more (rule I11).
 */
final class DriverReader implements ExtentReader {

  /** Stands for memory that was never written to. */
  static final byte UNINITIALISED = 0x6b;

  /** The most that kmalloc gives at once. */
  private static final long KMALLOC_LIMIT = 4 << 20;

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SECTOR = BlockSource.SECTOR_BYTES;

  /**
   * Zeros behind an LZO payload that can matter: the end marker's last two bytes. Any other
   * instruction that ends in zeros leads to an endless count of zeros.
   */
  private static final int LZO_ZEROS = 2;

  /** How a read ends. */
  enum Outcome {
    /** All bytes of the extent. */
    WHOLE,
    /** The stream ends early: the rest is memory that was never written to. */
    SHORT,
    /** The read fails. */
    FAILED
  }

  private final InsituGeometry geometry;
  private final Codec codec;
  private final PayloadWindow window;
  private final Decoder decoder;
  private final DecodeResult result = new DecodeResult();
  private byte[] plain = new byte[0];
  private byte[] input = new byte[0];
  private Outcome outcome = Outcome.FAILED;
  private long extent;

  DriverReader(BlockSource source, InsituGeometry geometry, Codec codec) {
    this.geometry = geometry;
    this.codec = codec;
    this.window = new PayloadWindow(source);
    this.decoder = codec.newDecoder();
  }

  @Override
  public long read(long first, long blocks, long sectors) {
    extent = blocks * InsituGeometry.BLOCK_BYTES;
    long payload = sectors * SECTOR;
    outcome = Outcome.FAILED;
    if (extent > KMALLOC_LIMIT || buffer(payload) > KMALLOC_LIMIT) {
      return 0;
    }
    long offset = geometry.dataOffset(first);
    int length = (int) payload;
    int at = window.load(offset, length);
    if (window.readable(offset, length) < length) {
      return 0;
    }
    if (plain.length < extent) {
      plain = new byte[(int) Math.max(extent, InsituGeometry.MAX_EXTENT_BLOCKS * 4096L)];
    }
    if (payload == extent) {
      System.arraycopy(window.bytes(), at, plain, 0, length);
      outcome = Outcome.WHOLE;
      return extent;
    }
    long stored =
        (int) INT.get(window.bytes(), at + length - ExtentProver.TRAILER_BYTES) & 0xffff_ffffL;
    boolean good =
        switch (codec) {
          case LZO -> lzo(at, length, stored);
          case DEFLATE -> deflate(at, length, stored);
        };
    if (!good) {
      return 0;
    }
    outcome = result.produced() == extent ? Outcome.WHOLE : Outcome.SHORT;
    return result.produced();
  }

  /** What insitu_comp_create_io_range allocates for a payload: lzo1x_worst_compress, or itself. */
  private long buffer(long payload) {
    return codec == Codec.LZO ? payload + payload / 16 + 64 + 3 : payload;
  }

  /** The stream must end exactly where its length says. */
  private boolean lzo(int at, int length, long stored) {
    if (stored > length + LZO_ZEROS) {
      return false;
    }
    int in = (int) stored;
    DecodeStatus status =
        in <= length
            ? decode(window.bytes(), at, in)
            : decode(withZeros(at, length, in - length), 0, in);
    return status == DecodeStatus.COMPLETE;
  }

  /**
   * The stream ends by itself. If the input ends first and there is room for output, the driver's
   * decompressor is given one zero more.
   */
  private boolean deflate(int at, int length, long stored) {
    // No code is longer than 15 bits, or 48 with a distance, for which there are 3 bytes at least.
    int zeros = (int) Math.min(Math.max(0, stored - length), 2 * extent + 64);
    int in = (int) Math.min(stored, length + zeros);
    int fromPayload = Math.min(in, length);
    DecodeStatus status =
        zeros == 0
            ? decode(window.bytes(), at, in)
            : decode(withZeros(at, fromPayload, zeros), 0, in);
    if (status == DecodeStatus.INPUT_OVERRUN && result.produced() < extent) {
      status = decode(withZeros(at, fromPayload, zeros + 1), 0, in + 1);
    }
    return status.ended();
  }

  private DecodeStatus decode(byte[] in, int at, int length) {
    return decoder.decode(in, at, length, plain, 0, (int) extent, result);
  }

  private byte[] withZeros(int at, int length, int zeros) {
    if (input.length < length + zeros) {
      input = new byte[length + zeros];
    }
    System.arraycopy(window.bytes(), at, input, 0, length);
    Arrays.fill(input, length, length + zeros, (byte) 0);
    return input;
  }

  /** {@return how the last read ended} */
  Outcome outcome() {
    return outcome;
  }

  @Override
  public byte[] plain() {
    return plain;
  }

  @Override
  public byte filling() {
    return outcome == Outcome.SHORT ? UNINITIALISED : 0;
  }

  @Override
  public void close() {
    decoder.close();
  }
}
