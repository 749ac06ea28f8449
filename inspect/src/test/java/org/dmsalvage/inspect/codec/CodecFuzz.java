package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.lzo.LzoDecompressor;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.fixtures.fuzz.Choices;

/**
 * Decoders over hostile streams, and encoders over hostile plain bytes.
 *
 * <p>What a decoder produces does not depend on what stands around its ranges, and it changes
 * nothing outside of them. LZO has the same verdict and output as liblzo2, where that is installed,
 * and the same output as aircompressor's decoder, where that accepts the stream.
 */
public final class CodecFuzz {

  private static final int MARGIN = 24;
  private static final byte MARK = 0x5a;
  private static final Optional<Liblzo2> LIBRARY = Liblzo2.open();
  private static final byte[] NO_BYTES = new byte[0];

  private CodecFuzz() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(byte[] input) {
    Choices in = new Choices(input);
    Codec codec = in.oneOf(List.of(Codec.values()));
    int room = in.flag() ? 4096 * (1 + in.below(32)) : 1 + in.below(600);
    boolean encode = in.below(4) == 0;
    byte[] bytes = Arrays.copyOfRange(input, Math.min(input.length, 5), input.length);
    if (encode) {
      roundTrip(codec, repeat(bytes, room));
    } else {
      decode(codec, bytes, room);
    }
  }

  private static byte[] repeat(byte[] unit, int length) {
    byte[] whole = new byte[length];
    for (int i = 0; i < length && unit.length > 0; i++) {
      // Each round differs a little, or there would be one long match.
      whole[i] = (byte) (unit[i % unit.length] + (i % unit.length == 0 ? i / unit.length : 0));
    }
    return whole;
  }

  private static void roundTrip(Codec codec, byte[] plain) {
    try (Encoder encoder = codec.newEncoder();
        Decoder decoder = codec.newDecoder()) {
      byte[] packed = new byte[plain.length + plain.length / 16 + 128];
      int length = encoder.encode(plain, 0, plain.length, packed, 0, packed.length);
      assertTrue(length > 0, "no room in " + packed.length);
      byte[] exact = new byte[length];
      assertEquals(length, encoder.encode(plain, 0, plain.length, exact, 0, length));
      assertArrayEquals(Arrays.copyOf(packed, length), exact);
      assertEquals(-1, encoder.encode(plain, 0, plain.length, exact, 0, length - 1));
      byte[] out = new byte[plain.length];
      DecodeResult result = new DecodeResult();
      DecodeStatus status = decoder.decode(packed, 0, length, out, 0, out.length, result);
      assertEquals(DecodeStatus.COMPLETE, status);
      assertArrayEquals(plain, out);
    }
  }

  private static void decode(Codec codec, byte[] stream, int room) {
    try (Decoder decoder = codec.newDecoder()) {
      DecodeResult result = new DecodeResult();
      byte[] out = new byte[room];
      DecodeStatus status = decoder.decode(stream, 0, stream.length, out, 0, room, result);
      int produced = result.produced();
      int consumed = result.consumed();
      assertTrue(consumed >= 0 && consumed <= stream.length, result::toString);
      assertTrue(produced >= 0 && produced <= room, result::toString);
      out = Arrays.copyOf(out, produced);

      byte[] in = new byte[stream.length + 2 * MARGIN];
      Arrays.fill(in, MARK);
      System.arraycopy(stream, 0, in, MARGIN, stream.length);
      byte[] wide = new byte[room + 2 * MARGIN];
      Arrays.fill(wide, MARK);
      assertEquals(status, decoder.decode(in, MARGIN, stream.length, wide, MARGIN, room, result));
      assertEquals(consumed, result.consumed());
      assertEquals(produced, result.produced());
      assertArrayEquals(out, Arrays.copyOfRange(wide, MARGIN, MARGIN + produced));
      for (int i = 0; i < MARGIN; i++) {
        assertEquals(MARK, wide[i]);
        assertEquals(MARK, wide[MARGIN + room + i]);
      }
      if (status.ended()) {
        // What is left behind the stream has no part in it.
        DecodeResult alone = new DecodeResult();
        assertEquals(
            DecodeStatus.COMPLETE,
            decoder.decode(stream, 0, consumed, new byte[room], 0, room, alone));
        assertEquals(produced, alone.produced());
      }
      if (codec == Codec.LZO) {
        compareLzo(stream, room, status, out);
      }
    }
  }

  private static void compareLzo(byte[] stream, int room, DecodeStatus status, byte[] produced) {
    LIBRARY.ifPresent(
        library -> {
          byte[] theirs = new byte[room];
          DecodeResult result = new DecodeResult();
          assertEquals(library.decompress(stream, theirs, result), status);
          assertArrayEquals(Arrays.copyOf(theirs, result.produced()), produced);
        });
    if (status == DecodeStatus.COMPLETE && produced.length > 0) {
      byte[] theirs = aircompressor(stream, room);
      assertTrue(theirs.length == 0 || Arrays.equals(theirs, produced), "aircompressor differs");
    }
  }

  /** It refuses some good streams: such of rare instructions, and such that fill the room. */
  private static byte[] aircompressor(byte[] stream, int room) {
    try {
      byte[] out = new byte[room];
      int length = new LzoDecompressor().decompress(stream, 0, stream.length, out, 0, room);
      return Arrays.copyOf(out, length);
    } catch (MalformedInputException _) {
      return NO_BYTES;
    }
  }
}
