package org.dmsalvage.inspect.codec;

import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;

/** Plain data of many kinds, from incompressible to constant. */
final class Samples {

  private Samples() {}

  /** {@return one sample of each kind, of one length, the same for the same seed} */
  static List<byte[]> ofEachKind(int length, long seed) {
    return List.of(
        new byte[length],
        random(length, seed),
        words(length, seed),
        repeats(length, seed, 40),
        repeats(length, seed, 3000),
        repeats(length, seed, 60_000),
        counters(length, seed));
  }

  static byte[] random(int length, long seed) {
    byte[] plain = new byte[length];
    new Random(seed).nextBytes(plain);
    return plain;
  }

  /** Text of a small vocabulary. */
  static byte[] words(int length, long seed) {
    RandomGenerator random = new Random(seed);
    byte[] plain = new byte[length];
    int at = 0;
    while (at < length) {
      int word = random.nextInt(60);
      for (int i = 0; i <= word % 9 && at < length; i++) {
        plain[at++] = (byte) ('a' + (word * 7 + i * 5) % 26);
      }
      if (at < length) {
        plain[at++] = ' ';
      }
    }
    return plain;
  }

  /** Literals between copies of what stands up to a greatest distance before. */
  static byte[] repeats(int length, long seed, int greatestDistance) {
    RandomGenerator random = new Random(seed);
    byte[] plain = new byte[length];
    int at = 0;
    while (at < length) {
      if (at == 0 || random.nextInt(3) == 0) {
        for (int i = random.nextInt(1, 30); i > 0 && at < length; i--) {
          plain[at++] = (byte) random.nextInt(256);
        }
      } else {
        int distance = 1 + random.nextInt(Math.min(at, greatestDistance));
        int count = random.nextInt(8) == 0 ? random.nextInt(2000) : random.nextInt(2, 40);
        for (int i = count; i > 0 && at < length; i--, at++) {
          plain[at] = plain[at - distance];
        }
      }
    }
    return plain;
  }

  /** Little-endian counters, as metadata has them. */
  private static byte[] counters(int length, long seed) {
    byte[] plain = new byte[length];
    for (int i = 0; i < length; i++) {
      plain[i] = (byte) ((seed + i / 8) >> (8 * (i % 8)));
    }
    return plain;
  }
}
