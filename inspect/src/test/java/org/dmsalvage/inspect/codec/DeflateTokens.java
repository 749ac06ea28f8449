package org.dmsalvage.inspect.codec;

import java.util.Arrays;

/**
 * Reads the tokens of a raw deflate stream (RFC 1951) and finds the greatest match distance, which
 * no inflater tells.
 */
final class DeflateTokens {

  private static final int[] LENGTH_BASE = {
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258
  };
  private static final int[] LENGTH_EXTRA = {
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0
  };
  private static final int[] CODE_LENGTH_ORDER = {
    16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15
  };

  private final byte[] stream;
  private int bit;
  private int greatestDistance;
  private int plainLength;

  private DeflateTokens(byte[] stream) {
    this.stream = stream;
  }

  /** Reads a whole stream. */
  static DeflateTokens read(byte[] stream) {
    DeflateTokens tokens = new DeflateTokens(stream);
    boolean last;
    do {
      last = tokens.bits(1) == 1;
      switch (tokens.bits(2)) {
        case 0 -> tokens.stored();
        case 1 -> tokens.fixed();
        case 2 -> tokens.dynamic();
        default -> throw new IllegalStateException("block type 3");
      }
    } while (!last);
    return tokens;
  }

  int greatestDistance() {
    return greatestDistance;
  }

  int plainLength() {
    return plainLength;
  }

  private int bits(int count) {
    int value = 0;
    for (int i = 0; i < count; i++, bit++) {
      value |= (stream[bit >> 3] >> (bit & 7) & 1) << i;
    }
    return value;
  }

  private void stored() {
    bit = (bit + 7) & ~7;
    int length = bits(16);
    bits(16);
    bit += 8 * length;
    plainLength += length;
  }

  private void fixed() {
    int[] literals = new int[288];
    for (int i = 0; i < literals.length; i++) {
      literals[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
    }
    int[] distances = new int[30];
    Arrays.fill(distances, 5);
    tokens(literals, distances);
  }

  private void dynamic() {
    int literals = bits(5) + 257;
    int distances = bits(5) + 1;
    int codes = bits(4) + 4;
    int[] codeLengths = new int[19];
    for (int i = 0; i < codes; i++) {
      codeLengths[CODE_LENGTH_ORDER[i]] = bits(3);
    }
    int[] lengths = new int[literals + distances];
    int at = 0;
    while (at < lengths.length) {
      int symbol = symbol(codeLengths);
      if (symbol < 16) {
        lengths[at++] = symbol;
      } else {
        int value = symbol == 16 ? lengths[at - 1] : 0;
        int repeat =
            switch (symbol) {
              case 16 -> 3 + bits(2);
              case 17 -> 3 + bits(3);
              default -> 11 + bits(7);
            };
        while (repeat-- > 0) {
          lengths[at++] = value;
        }
      }
    }
    tokens(Arrays.copyOf(lengths, literals), Arrays.copyOfRange(lengths, literals, lengths.length));
  }

  private void tokens(int[] literals, int[] distances) {
    while (true) {
      int symbol = symbol(literals);
      if (symbol < 256) {
        plainLength++;
      } else if (symbol == 256) {
        return;
      } else {
        plainLength += LENGTH_BASE[symbol - 257] + bits(LENGTH_EXTRA[symbol - 257]);
        int code = symbol(distances);
        int extra = Math.max(0, code / 2 - 1);
        int base = code < 2 ? code + 1 : 1 + ((2 + (code & 1)) << extra);
        greatestDistance = Math.max(greatestDistance, base + bits(extra));
      }
    }
  }

  /** Reads one symbol of the canonical code with these lengths, bit by bit. */
  private int symbol(int[] lengths) {
    int code = 0;
    int first = 0;
    for (int length = 1; length <= 15; length++) {
      code |= bits(1);
      int count = 0;
      for (int candidate : lengths) {
        count += candidate == length ? 1 : 0;
      }
      if (code - first < count) {
        int rank = code - first;
        for (int symbol = 0; ; symbol++) {
          if (lengths[symbol] == length && rank-- == 0) {
            return symbol;
          }
        }
      }
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new IllegalStateException("no such code at bit " + bit);
  }
}
