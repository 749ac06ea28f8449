package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

class RawInflaterTest {

  private final DecodeResult result = new DecodeResult();
  private final byte[] plain = Samples.repeats(50_000, 3, 30_000);
  private final byte[] stream = deflate(plain);

  private static byte[] deflate(byte[] plain) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(plain);
    deflater.finish();
    byte[] room = new byte[plain.length + 100];
    int length = deflater.deflate(room);
    deflater.end();
    return Arrays.copyOf(room, length);
  }

  private byte[] decode(byte[] in, int room) {
    byte[] out = new byte[room];
    try (RawInflater inflater = new RawInflater()) {
      inflater.decode(in, 0, in.length, out, 0, room, result);
    }
    return Arrays.copyOf(out, result.produced());
  }

  @Test
  void readsAnyWindowAndSaysWhereTheStreamEnds() {
    byte[] followed = Arrays.copyOf(stream, stream.length + 4096);
    assertArrayEquals(plain, decode(followed, 60_000));
    assertEquals(DecodeStatus.INPUT_LEFT, result.status());
    assertEquals(stream.length, result.consumed());
    assertArrayEquals(plain, decode(stream, plain.length));
    assertEquals(DecodeStatus.COMPLETE, result.status());
  }

  @Test
  void keepsWhatStandsBeforeTheDamage() {
    // A reserved block type right behind the whole stream's first half cannot be had without
    // knowing bit positions; a second stream whose header is the reserved type can.
    byte[] stored = new byte[5 + 100 + 1];
    stored[1] = 100;
    stored[3] = (byte) ~100;
    stored[4] = (byte) 0xff;
    System.arraycopy(plain, 0, stored, 5, 100);
    stored[105] = 7;
    assertArrayEquals(Arrays.copyOf(plain, 100), decode(stored, 1000));
    assertEquals(DecodeStatus.MALFORMED, result.status());
  }

  @Test
  void tellsMissingInputFromMissingRoom() {
    byte[] cut = Arrays.copyOf(stream, stream.length / 2);
    byte[] decoded = decode(cut, 60_000);
    assertEquals(DecodeStatus.INPUT_OVERRUN, result.status());
    assertEquals(cut.length, result.consumed());
    assertArrayEquals(Arrays.copyOf(plain, decoded.length), decoded);

    decoded = decode(stream, 49_999);
    assertEquals(DecodeStatus.OUTPUT_OVERRUN, result.status());
    assertArrayEquals(Arrays.copyOf(plain, 49_999), decoded);

    assertEquals(0, decode(new byte[0], 10).length);
    assertEquals(DecodeStatus.INPUT_OVERRUN, result.status());
    assertEquals(0, decode(stream, 0).length);
    assertEquals(DecodeStatus.OUTPUT_OVERRUN, result.status());
  }

  @Test
  void canBeUsedAgainAfterDamage() {
    try (RawInflater inflater = new RawInflater()) {
      byte[] out = new byte[plain.length];
      inflater.decode(new byte[] {7}, 0, 1, out, 0, out.length, result);
      assertEquals(DecodeStatus.MALFORMED, result.status());
      inflater.decode(stream, 0, stream.length, out, 0, out.length, result);
      assertEquals(DecodeStatus.COMPLETE, result.status());
      assertArrayEquals(plain, out);
    }
  }
}
