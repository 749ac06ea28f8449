package org.dmsalvage.inspect.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * Decodes LZO1X, bounds checked throughout.
 *
 * <p>An LZO1X stream is a sequence of instructions. Each copies a run of bytes from the output
 * ("match": so many bytes, from so far back), or from the stream itself ("literals"), or both: the
 * two lowest bits of the last but one byte of a match (called {@code S}) say how many literals, 0
 * to 3, follow it. What an instruction byte below 16 means depends on the literals just before it:
 *
 * <pre>
 * byte         literals before   instruction                        length            distance
 * 0000 LLLL    none              literal run, LLLL = 0: long        L + 3             -
 * 0000 DDSS    1 … 3             match      DDDDDDDD                2                 1 + (D8 &lt;&lt; 2) + DD
 * 0000 DDSS    4 and more        match      DDDDDDDD                3                 2049 + (D8 &lt;&lt; 2) + DD
 * 0001 HLLL    any               match      DDDDDDSS DDDDDDDD       L + 2, 0: long    16384 * (H + 1) + D14
 * 001L LLLL    any               match      DDDDDDSS DDDDDDDD       L + 2, 0: long    1 + D14
 * 01LD DDSS    any               match      DDDDDDDD                3 + L             1 + (D8 &lt;&lt; 3) + DDD
 * 1LLD DDSS    any               match      DDDDDDDD                5 + LL            1 + (D8 &lt;&lt; 3) + DDD
 * </pre>
 *
 * <p>D8 is the byte that follows, D14 the upper 14 bits of the little-endian 16 that follow. "Long"
 * means that the length goes on in bytes of its own, before the distance: each zero byte adds 255,
 * the first other byte ends it and adds itself; this is added to what the field's greatest value
 * would give (15 + 3, 7 + 2, 31 + 2). A match of the fourth kind with H and D14 both zero ends the
 * stream: {@code 11 00 00}.
 *
 * <p>The first byte of a stream has a further meaning: above 17, it is a run of (byte - 17)
 * literals. Streams of the later run-length variant begin with 17 and a version; nothing here knows
 * them, 17 is the match that it is elsewhere.
 *
 * <p>Acceptance, error and output length are exactly those of liblzo2's {@code
 * lzo1x_decompress_safe}: an instruction is refused as a whole before it copies anything, room for
 * output is tested before literals are looked for, and three bytes of input must follow each run of
 * literals, since the end marker needs as many. {@link DecodeStatus#MALFORMED} never occurs. The
 * kernel's function of that name (3.9 and later) differs in one point: it also refuses an end
 * marker whose length is not 3.
 */
public final class Lzo1xDecoder implements Decoder {

  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** Where there is room, shorter copies are done in this many bytes at once. */
  private static final int WIDE_COPY = 16;

  /** Input that must follow literals: an instruction byte and the two of a distance. */
  private static final int INSTRUCTION = 3;

  private static final int FIRST_LITERALS = 17;
  private static final int AFTER_LITERAL_RUN = 4;

  /** A decoder. */
  public Lzo1xDecoder() {}

  @Override
  public DecodeStatus decode(
      byte[] in,
      int inOffset,
      int inLength,
      byte[] out,
      int outOffset,
      int outLength,
      DecodeResult result) {
    Objects.checkFromIndexSize(inOffset, inLength, in.length);
    Objects.checkFromIndexSize(outOffset, outLength, out.length);
    int inEnd = inOffset + inLength;
    int outEnd = outOffset + outLength;
    int ip = inOffset;
    int op = outOffset;
    DecodeStatus status;

    // Literals that are due before the next instruction.
    int literals = 0;
    if (inLength > 0 && (in[ip] & 0xff) > FIRST_LITERALS) {
      literals = (in[ip++] & 0xff) - FIRST_LITERALS;
    }

    while (true) {
      if (literals > 0) {
        if (outEnd - op < literals) {
          status = DecodeStatus.OUTPUT_OVERRUN;
          break;
        }
        if (inEnd - ip < literals + INSTRUCTION) {
          status = DecodeStatus.INPUT_OVERRUN;
          break;
        }
        copyLiterals(in, ip, inEnd, out, op, outEnd, literals);
        ip += literals;
        op += literals;
      } else if (inEnd - ip < INSTRUCTION) {
        status = DecodeStatus.INPUT_OVERRUN;
        break;
      }
      int before = Math.min(literals, AFTER_LITERAL_RUN);
      int code = in[ip++] & 0xff;
      int length;
      int distance;
      if (code >= 64) {
        length = (code >> 5) + 1;
        distance = 1 + ((code >> 2) & 7) + ((in[ip++] & 0xff) << 3);
      } else if (code >= 16) {
        int field = code >= 32 ? 31 : 7;
        length = code & field;
        if (length == 0) {
          int zeros = zeros(in, ip, inEnd);
          ip += zeros;
          if (ip == inEnd) {
            status = DecodeStatus.INPUT_OVERRUN;
            break;
          }
          length = longLength(zeros, field + (in[ip++] & 0xff));
          if (inEnd - ip < 2) {
            status = DecodeStatus.INPUT_OVERRUN;
            break;
          }
        }
        length += 2;
        distance = (in[ip] & 0xff) >> 2 | (in[ip + 1] & 0xff) << 6;
        ip += 2;
        if (code >= 32) {
          distance++;
        } else {
          distance += (code & 8) << 11;
          if (distance == 0) {
            status = ip == inEnd ? DecodeStatus.COMPLETE : DecodeStatus.INPUT_LEFT;
            break;
          }
          distance += 0x4000;
        }
      } else if (before == 0) {
        length = code;
        if (length == 0) {
          int zeros = zeros(in, ip, inEnd);
          ip += zeros;
          if (ip == inEnd) {
            status = DecodeStatus.INPUT_OVERRUN;
            break;
          }
          length = longLength(zeros, 15 + (in[ip++] & 0xff));
        }
        literals = length + 3;
        continue;
      } else {
        distance = 1 + (code >> 2) + ((in[ip++] & 0xff) << 2);
        if (before == AFTER_LITERAL_RUN) {
          length = 3;
          distance += 2048;
        } else {
          length = 2;
        }
      }

      if (distance > op - outOffset) {
        status = DecodeStatus.LOOKBEHIND_OVERRUN;
        break;
      }
      if (outEnd - op < length) {
        status = DecodeStatus.OUTPUT_OVERRUN;
        break;
      }
      copyMatch(out, op, outEnd, distance, length);
      op += length;
      literals = in[ip - 2] & 3;
    }
    return result.set(status, ip - inOffset, op - outOffset);
  }

  /** Counts zero bytes. */
  private static int zeros(byte[] in, int from, int end) {
    int at = from;
    while (at < end && in[at] == 0) {
      at++;
    }
    return at - from;
  }

  /** A length that goes on in bytes of its own; one that no array can hold stays too large. */
  private static int longLength(int zeros, int rest) {
    return (int) Math.min(zeros * 255L + rest, Integer.MAX_VALUE - 8L);
  }

  private static void copyLiterals(
      byte[] in, int ip, int inEnd, byte[] out, int op, int outEnd, int length) {
    if (length <= WIDE_COPY && inEnd - ip >= WIDE_COPY && outEnd - op >= WIDE_COPY) {
      LONG.set(out, op, (long) LONG.get(in, ip));
      LONG.set(out, op + 8, (long) LONG.get(in, ip + 8));
    } else if (length < 8) {
      for (int i = 0; i < length; i++) {
        out[op + i] = in[ip + i];
      }
    } else {
      System.arraycopy(in, ip, out, op, length);
    }
  }

  /** Copies inside the output; a match longer than its distance repeats itself. */
  private static void copyMatch(byte[] out, int op, int outEnd, int distance, int length) {
    int from = op - distance;
    if (distance >= 8 && length <= WIDE_COPY && outEnd - op >= WIDE_COPY) {
      LONG.set(out, op, (long) LONG.get(out, from));
      LONG.set(out, op + 8, (long) LONG.get(out, from + 8));
    } else if (length <= WIDE_COPY) {
      for (int i = 0; i < length; i++) {
        out[op + i] = out[from + i];
      }
    } else if (distance == 1) {
      Arrays.fill(out, op, op + length, out[from]);
    } else {
      // Each round doubles what stands between from and the next byte to write.
      int done = 0;
      while (done < length) {
        int chunk = Math.min(distance + done, length - done);
        System.arraycopy(out, from, out, op + done, chunk);
        done += chunk;
      }
    }
  }

  @Override
  public void close() {}
}
