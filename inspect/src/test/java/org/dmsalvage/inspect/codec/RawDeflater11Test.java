package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.jcraft.jzlib.Inflater;
import com.jcraft.jzlib.JZlib;
import java.util.Arrays;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** The promise of the window: what we write can be read with 2 KiB of history. */
class RawDeflater11Test {

  private static final int WINDOW = 2048;

  /** Deflate looks ahead for the longest match before it lets go of the oldest bytes. */
  private static final int GREATEST_DISTANCE = WINDOW - 262;

  private static byte[] encode(byte[] plain) {
    try (RawDeflater11 encoder = new RawDeflater11()) {
      byte[] room = new byte[plain.length + plain.length / 8 + 100];
      return Arrays.copyOf(room, encoder.encode(plain, 0, plain.length, room, 0, room.length));
    }
  }

  @Test
  void noMatchReachesFartherBackThanTheWindow() {
    int reached = 0;
    for (int length : new int[] {1, 300, 4096, 20_000, 131_072}) {
      for (byte[] plain : Samples.ofEachKind(length, length)) {
        DeflateTokens tokens = DeflateTokens.read(encode(plain));
        assertEquals(length, tokens.plainLength());
        assertTrue(
            tokens.greatestDistance() <= GREATEST_DISTANCE,
            "distance " + tokens.greatestDistance());
        reached = Math.max(reached, tokens.greatestDistance());
      }
    }
    assertTrue(reached > GREATEST_DISTANCE - 100, "the samples reach the limit: " + reached);
  }

  @Test
  void theTokenReaderSeesDistancesBeyondTheWindow() {
    byte[] plain = Samples.repeats(131_072, 1, 30_000);
    Deflater unlimited = new Deflater(6, true);
    unlimited.setInput(plain);
    unlimited.finish();
    byte[] room = new byte[200_000];
    int length = unlimited.deflate(room);
    unlimited.end();
    DeflateTokens tokens = DeflateTokens.read(Arrays.copyOf(room, length));
    assertEquals(plain.length, tokens.plainLength());
    assertTrue(tokens.greatestDistance() > 20_000);
  }

  @Test
  void anInflaterWithThatWindowReadsIt() throws Exception {
    byte[] plain = Samples.repeats(131_072, 7, 3000);
    byte[] stream = encode(plain);
    Inflater inflater = new Inflater(11, true);
    inflater.setInput(stream, 0, stream.length, false);
    byte[] out = new byte[plain.length];
    int end;
    do {
      // Small steps, so that history must come from the window and not from the output.
      int done = (int) inflater.getTotalOut();
      inflater.setOutput(out, done, Math.min(100, out.length - done));
      end = inflater.inflate(JZlib.Z_NO_FLUSH);
    } while (end == JZlib.Z_OK && inflater.getTotalOut() < out.length);
    inflater.end();
    assertEquals(plain.length, inflater.getTotalOut());
    assertArrayEquals(plain, out);
  }
}
