package org.dmsalvage.inspect.format.insitu;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeResult;
import org.dmsalvage.inspect.codec.DecodeStatus;
import org.dmsalvage.inspect.codec.Decoder;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Proves extents by decompressing them.
 *
 * <p>A payload says by itself where it ends, for both compressors, and its length stands in the
 * last four bytes of its last sector. So a payload at a given place needs no bitmap to be
 * recognised: it decompresses to whole blocks, and the length found is the length stored. This is
 * the proof asked for here; the bitmap is then held against it. Not safe for use by several
 * threads.
 */
public final class ExtentProver implements AutoCloseable {

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SECTOR = BlockSource.SECTOR_BYTES;
  private static final int BLOCK = InsituGeometry.BLOCK_BYTES;

  /** Bytes of the length behind a payload. */
  public static final int TRAILER_BYTES = 4;

  private final InsituGeometry geometry;
  private final PayloadWindow window;
  private final Decoder decoder;
  private final DecodeResult result = new DecodeResult();
  private final byte[] plain = new byte[InsituGeometry.MAX_EXTENT_BLOCKS * BLOCK];

  private int plainBytes;
  private int provenBlocks;
  private int provenSectors;
  private long trailer;
  private String detail = "";

  /** Starts with nothing proved. */
  public ExtentProver(BlockSource source, InsituGeometry geometry, Codec codec) {
    this.geometry = geometry;
    this.window = new PayloadWindow(source);
    this.decoder = codec.newDecoder();
  }

  /** {@return how many sectors a payload takes whose stream has so many bytes} */
  public static int payloadSectors(int streamBytes) {
    return (streamBytes + TRAILER_BYTES + SECTOR - 1) / SECTOR;
  }

  /**
   * Reads and judges an extent as the bitmap describes it.
   *
   * @param first its head
   * @param blocks how many blocks, 1 or more
   * @param sectors of payload, 0 or more
   */
  public ExtentState prove(long first, long blocks, long sectors) {
    plainBytes = 0;
    provenBlocks = 0;
    provenSectors = 0;
    trailer = -1;
    detail = "";
    if (sectors == 0) {
      return ExtentState.UNWRITTEN;
    }
    long offset = geometry.dataOffset(first);
    if (sectors == blocks * InsituGeometry.BLOCK_SECTORS) {
      return stored(offset, blocks);
    }
    ExtentState asDescribed = ExtentState.DAMAGED;
    if (blocks <= InsituGeometry.blocksToBorder(first)
        && sectors < blocks * InsituGeometry.BLOCK_SECTORS) {
      asDescribed = described(offset, (int) blocks, (int) sectors);
      if (asDescribed == ExtentState.OK) {
        provenBlocks = (int) blocks;
        provenSectors = (int) sectors;
        return ExtentState.OK;
      }
    }
    String reason = detail;
    int plainDescribed = plainBytes;
    if (proveAt(first)) {
      return ExtentState.STALE;
    }
    if (plainDescribed > 0) {
      asDescribed = described(offset, (int) blocks, (int) sectors);
    }
    detail = reason.isEmpty() ? detail : reason;
    return asDescribed;
  }

  private ExtentState stored(long offset, long blocks) {
    // An extent of impossible length is not read at once; its parts prove as little as the whole.
    int bytes = (int) Math.min(blocks, InsituGeometry.MAX_EXTENT_BLOCKS) * BLOCK;
    window.load(offset, bytes);
    int good = window.readable(offset, bytes);
    if (good < bytes) {
      detail = "cannot read offset %d (0x%x)".formatted(offset + good, offset + good);
      return ExtentState.UNREADABLE;
    }
    return ExtentState.UNPROVEN;
  }

  private ExtentState described(long offset, int blocks, int sectors) {
    int bytes = sectors * SECTOR;
    int at = window.load(offset, bytes);
    int good = window.readable(offset, bytes);
    if (good == bytes) {
      trailer = (int) INT.get(window.bytes(), at + bytes - TRAILER_BYTES) & 0xffff_ffffL;
    }
    int room = Math.min(good, bytes - TRAILER_BYTES);
    DecodeStatus status =
        decoder.decode(window.bytes(), at, room, plain, 0, blocks * BLOCK, result);
    plainBytes = result.produced();
    if (status.ended() && plainBytes == blocks * BLOCK) {
      if (result.consumed() == trailer) {
        return ExtentState.OK;
      }
      detail =
          "decompresses to %d bytes as it should, but is %d bytes long where its trailing length says %s"
              .formatted(plainBytes, result.consumed(), describeTrailer());
      return good < bytes ? ExtentState.UNREADABLE : ExtentState.DOUBTFUL;
    }
    if (good < bytes) {
      detail = "cannot read offset %d (0x%x)".formatted(offset + good, offset + good);
      return ExtentState.UNREADABLE;
    }
    detail =
        "expected %d bytes out of %d sectors, got %d (%s after %d bytes; trailing length %s)"
            .formatted(
                blocks * BLOCK,
                sectors,
                plainBytes,
                describe(status),
                result.consumed(),
                describeTrailer());
    return status.ended() ? ExtentState.SHORT : ExtentState.DAMAGED;
  }

  private String describeTrailer() {
    return trailer < 0 ? "cannot be read" : Long.toString(trailer);
  }

  private static String describe(DecodeStatus status) {
    return switch (status) {
      case COMPLETE, INPUT_LEFT -> "ended";
      case INPUT_OVERRUN -> "input ran out";
      case OUTPUT_OVERRUN -> "holds more";
      case LOOKBEHIND_OVERRUN -> "refers to bytes before its first";
      case MALFORMED -> "malformed";
    };
  }

  /**
   * Looks for a payload at the place of a block, whatever the bitmap says.
   *
   * @param block where it would begin
   * @return whether one proves itself; {@link #provenBlocks()} and {@link #provenSectors()} then
   *     say how large it is, and {@link #plain()} holds its bytes
   */
  public boolean proveAt(long block) {
    provenBlocks = 0;
    provenSectors = 0;
    long blocks = Math.min(InsituGeometry.blocksToBorder(block), geometry.dataBlocks() - block);
    int room = (int) blocks * BLOCK;
    long offset = geometry.dataOffset(block);
    int at = window.load(offset, room);
    int good = window.readable(offset, room);
    byte[] bytes = window.bytes();
    if (startsEmpty(bytes, at)) {
      plainBytes = 0;
      detail = "no payload begins at offset %d (0x%x): zeros".formatted(offset, offset);
      return false;
    }
    // What is compressed saves a sector at least.
    int in = Math.min(good, room - SECTOR);
    DecodeStatus status = decoder.decode(bytes, at, in, plain, 0, room, result);
    plainBytes = result.produced();
    detail =
        "no payload proves itself at offset %d (0x%x): %s after %d bytes, %d bytes produced"
            .formatted(offset, offset, describe(status), result.consumed(), plainBytes);
    if (!status.ended() || plainBytes == 0 || plainBytes % BLOCK != 0) {
      return false;
    }
    int sectors = payloadSectors(result.consumed());
    if (sectors * SECTOR > good || sectors * SECTOR > plainBytes - SECTOR) {
      return false;
    }
    if ((int) INT.get(bytes, at + sectors * SECTOR - TRAILER_BYTES) != result.consumed()) {
      return false;
    }
    provenBlocks = plainBytes / BLOCK;
    provenSectors = sectors;
    detail =
        "a payload of %d sectors for %d blocks proves itself at offset %d (0x%x)"
            .formatted(sectors, provenBlocks, offset, offset);
    return true;
  }

  /**
   * Decompresses the beginning of a payload, as far as bytes are given that are thought to be good.
   *
   * @param block where it begins
   * @param bytes how many of its bytes are looked at, 0 or more, no more than reach to the next
   *     border
   * @return how that ended: with {@link DecodeStatus#INPUT_OVERRUN} if they are the beginning of a
   *     stream that goes on; {@link #plain()} then holds what comes out of them
   */
  public DecodeStatus begin(long block, int bytes) {
    provenBlocks = 0;
    provenSectors = 0;
    long offset = geometry.dataOffset(block);
    int at = window.load(offset, bytes);
    int good = window.readable(offset, bytes);
    long room = Math.min(InsituGeometry.blocksToBorder(block), geometry.dataBlocks() - block);
    DecodeStatus status =
        decoder.decode(window.bytes(), at, good, plain, 0, (int) room * BLOCK, result);
    plainBytes = result.produced();
    return status;
  }

  /** Tells whether a sector is zeros throughout, which begins a stream of neither compressor. */
  private static boolean startsEmpty(byte[] bytes, int at) {
    for (int i = at; i < at + SECTOR; i++) {
      if (bytes[i] != 0) {
        return false;
      }
    }
    return true;
  }

  /** {@return what was decompressed last, {@link #plainBytes()} of it; overwritten by each call} */
  public byte[] plain() {
    return plain;
  }

  /** {@return how much was decompressed last} */
  public int plainBytes() {
    return plainBytes;
  }

  /** {@return the blocks of the payload that proved itself last; 0 if none did} */
  public int provenBlocks() {
    return provenBlocks;
  }

  /** {@return the sectors of the payload that proved itself last; 0 if none did} */
  public int provenSectors() {
    return provenSectors;
  }

  /** {@return the trailing length where the bitmap puts it; -1 if there is none to read} */
  public long trailer() {
    return trailer;
  }

  /** {@return what was expected and found, if the last extent is neither right nor unwritten} */
  public String detail() {
    return detail;
  }

  /** {@return the payload bytes, as read from the medium} */
  public PayloadWindow window() {
    return window;
  }

  @Override
  public void close() {
    decoder.close();
  }
}
