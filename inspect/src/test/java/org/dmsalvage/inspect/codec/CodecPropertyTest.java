package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.airlift.compress.v3.lzo.LzoDecompressor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** What holds for both codecs, whatever the data. */
class CodecPropertyTest {

  private static final int GUARD = 16;
  private static final byte GUARD_BYTE = 0x5a;

  private final DecodeResult result = new DecodeResult();

  private static byte[] encode(Codec codec, byte[] plain) {
    try (Encoder encoder = codec.newEncoder()) {
      byte[] room = new byte[plain.length + plain.length / 8 + 100];
      int length = encoder.encode(plain, 0, plain.length, room, 0, room.length);
      assertTrue(length > 0, "room for the worst case");
      return Arrays.copyOf(room, length);
    }
  }

  /** Decodes between guard bytes, checks them, and returns the plain bytes. */
  private byte[] decode(Codec codec, byte[] stream, int room) {
    byte[] in = new byte[stream.length + 2 * GUARD];
    System.arraycopy(stream, 0, in, GUARD, stream.length);
    byte[] out = new byte[room + 2 * GUARD];
    Arrays.fill(out, GUARD_BYTE);
    try (Decoder decoder = codec.newDecoder()) {
      DecodeStatus status = decoder.decode(in, GUARD, stream.length, out, GUARD, room, result);
      assertEquals(status, result.status());
    }
    for (int i = 0; i < GUARD; i++) {
      assertEquals(GUARD_BYTE, out[i]);
      assertEquals(GUARD_BYTE, out[out.length - 1 - i]);
    }
    assertTrue(result.consumed() >= 0 && result.consumed() <= stream.length);
    assertTrue(result.produced() >= 0 && result.produced() <= room);
    return Arrays.copyOfRange(out, GUARD, GUARD + result.produced());
  }

  @Property(tries = 60)
  void aRoundTripGivesTheSameBytes(
      @ForAll Codec codec,
      @ForAll @IntRange(min = 1, max = 131_072) int length,
      @ForAll long seed) {
    List<byte[]> samples = Samples.ofEachKind(length, seed);
    for (byte[] plain : samples) {
      byte[] stream = encode(codec, plain);
      assertArrayEquals(plain, decode(codec, stream, length));
      assertEquals(DecodeStatus.COMPLETE, result.status());
      assertEquals(stream.length, result.consumed());

      byte[] longer = Arrays.copyOf(stream, stream.length + 1 + (int) (seed & 0xff));
      assertArrayEquals(plain, decode(codec, longer, length + 4096));
      assertEquals(DecodeStatus.INPUT_LEFT, result.status());
      assertEquals(stream.length, result.consumed());
    }
  }

  @Property(tries = 60)
  void tooLittleRoomIsAnOverrunWithTheRightBytes(
      @ForAll Codec codec, @ForAll @IntRange(min = 2, max = 20_000) int length, @ForAll long seed) {
    for (byte[] plain : Samples.ofEachKind(length, seed)) {
      int room = new Random(seed).nextInt(length);
      byte[] decoded = decode(codec, encode(codec, plain), room);
      assertEquals(DecodeStatus.OUTPUT_OVERRUN, result.status());
      assertArrayEquals(Arrays.copyOf(plain, decoded.length), decoded);
    }
  }

  @Property(tries = 60)
  void aCutStreamGivesABeginning(
      @ForAll Codec codec, @ForAll @IntRange(min = 1, max = 20_000) int length, @ForAll long seed) {
    for (byte[] plain : Samples.ofEachKind(length, seed)) {
      byte[] stream = encode(codec, plain);
      byte[] cut = Arrays.copyOf(stream, new Random(seed).nextInt(stream.length));
      byte[] decoded = decode(codec, cut, length);
      assertEquals(DecodeStatus.INPUT_OVERRUN, result.status());
      assertArrayEquals(Arrays.copyOf(plain, decoded.length), decoded);
    }
  }

  @Property(tries = 300)
  void flippedBitsAndRubbishNeverEscape(
      @ForAll Codec codec, @ForAll @IntRange(min = 1, max = 5000) int length, @ForAll long seed) {
    Random random = new Random(seed);
    byte[] stream = encode(codec, Samples.repeats(length, seed, 2000));
    for (int flips = random.nextInt(5); flips >= 0; flips--) {
      stream[random.nextInt(stream.length)] ^= (byte) (1 << random.nextInt(8));
    }
    decode(codec, stream, length);
    decode(codec, Samples.random(length, seed), length);
  }

  @Property(tries = 100)
  void theLibraryDecodesLzoAlike(
      @ForAll @IntRange(min = 1, max = 131_072) int length, @ForAll long seed) {
    LzoDecompressor other = new LzoDecompressor();
    for (byte[] plain : Samples.ofEachKind(length, seed)) {
      byte[] stream = encode(Codec.LZO, plain);
      byte[] theirs = new byte[length];
      assertEquals(length, other.decompress(stream, 0, stream.length, theirs, 0, length));
      assertArrayEquals(theirs, decode(Codec.LZO, stream, length));
    }
  }

  @Property(tries = 60)
  void anEncoderStaysInsideItsRoom(
      @ForAll Codec codec, @ForAll @IntRange(min = 1, max = 20_000) int length, @ForAll long seed) {
    byte[] plain = Samples.words(length, seed);
    byte[] stream = encode(codec, plain);
    byte[] out = new byte[stream.length + 2 * GUARD];
    try (Encoder encoder = codec.newEncoder()) {
      assertEquals(-1, encoder.encode(plain, 0, length, out, GUARD, stream.length - 1));
      Arrays.fill(out, GUARD_BYTE);
      assertEquals(stream.length, encoder.encode(plain, 0, length, out, GUARD, stream.length));
    }
    assertArrayEquals(stream, Arrays.copyOfRange(out, GUARD, GUARD + stream.length));
    for (int i = 0; i < GUARD; i++) {
      assertFalse(out[i] != GUARD_BYTE || out[out.length - 1 - i] != GUARD_BYTE);
    }
  }
}
