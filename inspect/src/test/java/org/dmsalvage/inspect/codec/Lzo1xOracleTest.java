package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Holds {@link Lzo1xDecoder} to liblzo2's lzo1x_decompress_safe: same verdict, same output, also on
 * damaged streams.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Lzo1xOracleTest {

  private static final int[] LENGTHS = {1, 2, 3, 4, 17, 18, 100, 512, 4096, 20_000, 131_072};

  private final Random random = new Random(20140307);
  private final Lzo1xDecoder decoder = new Lzo1xDecoder();
  private final DecodeResult result = new DecodeResult();
  private final Set<DecodeStatus> seen = EnumSet.noneOf(DecodeStatus.class);
  private Optional<Liblzo2> library = Optional.empty();

  @BeforeAll
  void openLibrary() {
    library = Liblzo2.open();
    assumeTrue(library.isPresent(), "liblzo2.so.2 is not installed: the LZO oracle is not asked");
  }

  @AfterAll
  void closeLibrary() {
    library.ifPresent(Liblzo2::close);
  }

  @Test
  void agreesOnWholeStreamsAndOnRoomThatIsTooSmallOrTooLarge() {
    for (int length : LENGTHS) {
      for (byte[] plain : Samples.ofEachKind(length, length)) {
        for (byte[] stream : streams(plain)) {
          assertEquals(DecodeStatus.COMPLETE, agree(stream, length));
          assertArrayEquals(plain, output());
          agree(stream, length - 1);
          agree(stream, random.nextInt(length));
          agree(stream, length + 5000);
        }
      }
    }
  }

  @Test
  void agreesOnStreamsOfOurEncoder() {
    try (Lzo1xEncoder encoder = new Lzo1xEncoder()) {
      for (int length : LENGTHS) {
        for (byte[] plain : Samples.ofEachKind(length, length + 1L)) {
          byte[] room = new byte[length + length / 16 + 67];
          int made = encoder.encode(plain, 0, length, room, 0, room.length);
          assertEquals(DecodeStatus.COMPLETE, agree(Arrays.copyOf(room, made), length));
          assertArrayEquals(plain, output());
        }
      }
    }
  }

  @Test
  void agreesOnStreamsCutAtEveryLength() {
    for (int length : new int[] {1, 20, 300, 2500}) {
      for (byte[] plain : Samples.ofEachKind(length, length)) {
        for (byte[] stream : streams(plain)) {
          for (int cut = 0; cut < stream.length; cut++) {
            agree(Arrays.copyOf(stream, cut), length);
          }
          for (int more = 1; more < 4; more++) {
            assertEquals(
                DecodeStatus.INPUT_LEFT,
                agree(Arrays.copyOf(stream, stream.length + more), length));
            assertEquals(stream.length, result.consumed());
          }
        }
      }
    }
  }

  @Test
  void agreesOnStreamsWithFlippedBits() {
    for (int length : new int[] {40, 700, 4096, 65_536}) {
      for (byte[] plain : Samples.ofEachKind(length, length)) {
        for (byte[] stream : streams(plain)) {
          for (int i = 0; i < 60; i++) {
            byte[] damaged = stream.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
              // Most instructions of a short stream, and the first ones of a long one.
              int at = random.nextInt(Math.min(damaged.length, i < 30 ? 64 : Integer.MAX_VALUE));
              damaged[at] ^= (byte) (1 << random.nextInt(8));
            }
            agree(damaged, length);
          }
        }
      }
    }
    assertTrue(
        seen.containsAll(
            Set.of(
                DecodeStatus.INPUT_OVERRUN,
                DecodeStatus.OUTPUT_OVERRUN,
                DecodeStatus.LOOKBEHIND_OVERRUN)),
        "damage of each kind: " + seen);
  }

  @Test
  void agreesOnRubbish() {
    for (int i = 0; i < 20_000; i++) {
      byte[] rubbish = new byte[random.nextInt(60)];
      random.nextBytes(rubbish);
      for (int k = 0; k < rubbish.length; k++) {
        // Small bytes are literal runs and long lengths: the paths that random bytes seldom take.
        if (random.nextInt(3) == 0) {
          rubbish[k] &= (byte) (random.nextBoolean() ? 0 : 31);
        }
      }
      agree(rubbish, random.nextInt(1000));
    }
  }

  private List<byte[]> streams(byte[] plain) {
    List<byte[]> streams = new ArrayList<>();
    streams.add(library.orElseThrow().compress1(plain));
    streams.add(library.orElseThrow().compress999(plain));
    return streams;
  }

  private byte[] out = new byte[0];

  private byte[] output() {
    return Arrays.copyOf(out, result.produced());
  }

  private DecodeStatus agree(byte[] stream, int room) {
    byte[] theirs = new byte[room];
    DecodeResult expected = new DecodeResult();
    library.orElseThrow().decompress(stream, theirs, expected);
    out = new byte[room];
    DecodeStatus status = decoder.decode(stream, 0, stream.length, out, 0, room, result);
    assertEquals(expected.status(), status);
    assertArrayEquals(Arrays.copyOf(theirs, expected.produced()), output());
    seen.add(status);
    return status;
  }
}
