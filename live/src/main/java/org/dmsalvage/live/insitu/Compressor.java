package org.dmsalvage.live.insitu;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.function.Function;
import org.dmsalvage.inspect.codec.Codec;
import org.dmsalvage.inspect.codec.DecodeResult;
import org.dmsalvage.inspect.codec.DecodeStatus;
import org.dmsalvage.inspect.codec.Decoder;
import org.dmsalvage.inspect.codec.Encoder;
import org.dmsalvage.inspect.format.insitu.ExtentProver;
import org.dmsalvage.inspect.format.insitu.InsituGeometry;

/** Makes payloads, and reads them (insitu_comp_io_range_comp). Safe for use by several threads. */
final class Compressor {

  private static final int SECTOR = 512;

  /** What a payload must save at least, beside its length. */
  private static final int MIN_SAVING = 512;

  private static final int MOST = InsituGeometry.MAX_EXTENT_BLOCKS * InsituGeometry.BLOCK_BYTES;

  private final Codec codec;
  private final ConcurrentLinkedDeque<Bench> idle = new ConcurrentLinkedDeque<>();

  Compressor(Codec codec) {
    this.codec = codec;
  }

  /** What one thread needs. */
  private record Bench(Encoder encoder, Decoder decoder, ByteBuffer stream) {}

  private <T> T with(Function<Bench, T> work) {
    Bench bench = idle.pollFirst();
    if (bench == null) {
      // The worst that LZO makes of bytes is less than a sixteenth longer.
      ByteBuffer stream = ByteBuffer.allocate(MOST + MOST / 16 + SECTOR);
      bench = new Bench(codec.newEncoder(), codec.newDecoder(), stream);
    }
    T result = work.apply(bench);
    idle.addFirst(bench);
    return result;
  }

  /**
   * Makes a payload of whole blocks.
   *
   * @return whole sectors with the length of the stream at their end; empty if that does not save a
   *     sector
   */
  Optional<byte[]> payload(byte[] plain) {
    return with(
        bench -> {
          byte[] out = bench.stream().array();
          int length = bench.encoder().encode(plain, 0, plain.length, out, 0, out.length);
          if (length < 0 || length + ExtentProver.TRAILER_BYTES + MIN_SAVING > plain.length) {
            return Optional.empty();
          }
          byte[] payload = new byte[ExtentProver.payloadSectors(length) * SECTOR];
          System.arraycopy(out, 0, payload, 0, length);
          ByteBuffer.wrap(payload)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putInt(payload.length - ExtentProver.TRAILER_BYTES, length);
          return Optional.of(payload);
        });
  }

  /**
   * Reads a payload.
   *
   * @param plainBytes how many bytes it must decompress to
   * @return the bytes; empty if it is not the payload of so many
   */
  Optional<byte[]> plain(byte[] payload, int plainBytes) {
    return with(
        bench -> {
          byte[] plain = new byte[plainBytes];
          DecodeResult result = new DecodeResult();
          int room = payload.length - ExtentProver.TRAILER_BYTES;
          DecodeStatus status =
              bench.decoder().decode(payload, 0, room, plain, 0, plainBytes, result);
          return status.ended() && result.produced() == plainBytes
              ? Optional.of(plain)
              : Optional.empty();
        });
  }

  /** Releases what it holds. */
  void close() {
    for (Bench bench = idle.pollFirst(); bench != null; bench = idle.pollFirst()) {
      bench.encoder().close();
      bench.decoder().close();
    }
  }
}
