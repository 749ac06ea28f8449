package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** Streams written by hand, one instruction class after the other. */
class Lzo1xDecoderTest {

  private static final String END = " 11 00 00";

  private final DecodeResult result = new DecodeResult();

  private byte[] decode(String hex, int room) {
    byte[] in = HexFormat.of().parseHex(hex.replace(" ", ""));
    byte[] out = new byte[room];
    try (Lzo1xDecoder decoder = new Lzo1xDecoder()) {
      decoder.decode(in, 0, in.length, out, 0, room, result);
    }
    return Arrays.copyOf(out, result.produced());
  }

  private void expect(String text, DecodeStatus status, String hex) {
    assertEquals(text, new String(decode(hex, 100_000), StandardCharsets.ISO_8859_1));
    assertEquals(status, result.status());
  }

  @Test
  void theEndMarkerAloneIsAnEmptyStream() {
    expect("", DecodeStatus.COMPLETE, END);
  }

  @Test
  void theFirstByteCanBeALiteralRun() {
    expect("abcde", DecodeStatus.COMPLETE, "16 61 62 63 64 65" + END);
  }

  @Test
  void literalRunsGoOnInBytesOfTheirOwn() {
    expect("abcd", DecodeStatus.COMPLETE, "01 61 62 63 64" + END);
    byte[] plain = Samples.random(18 + 2 * 255 + 7, 1);
    assertArrayEquals(
        plain, decode("00 00 00 07" + HexFormat.of().formatHex(plain) + END, plain.length));
    assertEquals(DecodeStatus.COMPLETE, result.status());
  }

  @Test
  void matchesOfEachKindCopyAndRepeat() {
    // 0x4c: three bytes from four back; 0x20 0x01: 34 of distance 1; S = 1 brings one literal.
    expect("abcdabc", DecodeStatus.COMPLETE, "15 61 62 63 64 4c 00" + END);
    expect("abcd" + "d".repeat(34), DecodeStatus.COMPLETE, "15 61 62 63 64 20 01 00 00" + END);
    expect("abcdabcX", DecodeStatus.COMPLETE, "15 61 62 63 64 4d 00 58" + END);
    expect("abcdabcXab", DecodeStatus.INPUT_OVERRUN, "15 61 62 63 64 4d 00 58 0c 01 00");
  }

  @Test
  void aSmallByteAfterFewLiteralsIsAMatchOfTwo() {
    expect("aaa", DecodeStatus.COMPLETE, "12 61 00 00" + END);
  }

  @Test
  void aSmallByteAfterARunIsAMatchOfThreeFarBack() {
    byte[] plain = Samples.random(2500, 2);
    ByteArrayOutputStream expected = new ByteArrayOutputStream();
    expected.writeBytes(plain);
    expected.write(plain, 2500 - 2049, 3);
    // 2500 = 18 + 9 * 255 + 187
    String run = "00" + "00".repeat(9) + "bb" + HexFormat.of().formatHex(plain);
    assertArrayEquals(expected.toByteArray(), decode(run + "00 00" + END, 3000));
    assertEquals(DecodeStatus.COMPLETE, result.status());
  }

  @Test
  void matchesReachBeyondSixteenKilobytes() {
    byte[] plain = Samples.random(40_000, 3);
    int zeros = (40_000 - 18 - 1) / 255;
    String run =
        "00"
            + "00".repeat(zeros)
            + "%02x".formatted(40_000 - 18 - 255 * zeros)
            + HexFormat.of().formatHex(plain);
    // Length 2 + 1, distance 16384 + 1; then length 2 + 7 + 1, distance 32768 + 2.
    byte[] decoded = decode(run + "11 04 00" + "18 01 08 00" + END, 50_000);
    assertEquals(40_000 + 3 + 10, decoded.length);
    assertArrayEquals(
        Arrays.copyOfRange(plain, 40_000 - 16_385, 40_000 - 16_382),
        Arrays.copyOfRange(decoded, 40_000, 40_003));
    assertArrayEquals(
        Arrays.copyOfRange(decoded, 40_003 - 32_770, 40_003 - 32_760),
        Arrays.copyOfRange(decoded, 40_003, 40_013));
  }

  @Test
  void saysWhatStoppedIt() {
    expect("", DecodeStatus.INPUT_OVERRUN, "");
    expect("", DecodeStatus.INPUT_OVERRUN, "16 61 62 63");
    expect("abcd", DecodeStatus.INPUT_OVERRUN, "15 61 62 63 64 20 00 00 00");
    expect("abcd", DecodeStatus.LOOKBEHIND_OVERRUN, "15 61 62 63 64 50 00" + END);
    expect("abcd", DecodeStatus.INPUT_LEFT, "15 61 62 63 64 11 00 00 00");
    assertEquals(8, result.consumed());
    assertEquals(4, decode("15 61 62 63 64 4c 00" + END, 6).length);
    assertEquals(DecodeStatus.OUTPUT_OVERRUN, result.status());
  }

  @Test
  void anAbsurdLengthDoesNotOverflow() {
    byte[] in = new byte[9_000_000];
    in[in.length - 1] = 1;
    byte[] out = new byte[100];
    try (Lzo1xDecoder decoder = new Lzo1xDecoder()) {
      assertEquals(
          DecodeStatus.OUTPUT_OVERRUN,
          decoder.decode(in, 0, in.length, out, 0, out.length, result));
    }
  }

  @Test
  void aRangeOutsideItsArrayIsAnErrorOfTheCaller() {
    try (Lzo1xDecoder decoder = new Lzo1xDecoder()) {
      byte[] array = new byte[10];
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> decoder.decode(array, 5, 6, new byte[1], 0, 1, result));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> decoder.decode(array, 0, 5, new byte[1], 1, 1, result));
    }
  }
}
