package org.dmsalvage.inspect.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.dmsalvage.inspect.codec.Crc32cCorrection.Change;

class Crc32cCorrectionPropertyTest {

  private static int crc(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }

  @Property
  void findsTheChangedByte(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5000) int length,
      @ForAll @IntRange(min = 1, max = 255) int change) {
    Random random = new Random(seed);
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    int stored = crc(bytes);
    int offset = random.nextInt(length);
    bytes[offset] ^= (byte) change;

    List<Change> found = Crc32cCorrection.find(length, stored, crc(bytes), 10);
    assertTrue(found.contains(new Change(offset, change)), found.toString());
    for (Change one : found) {
      byte[] corrected = bytes.clone();
      corrected[one.offset()] ^= (byte) one.change();
      assertEquals(stored, crc(corrected), "each solution makes the checksum fit");
    }
  }

  @Property(tries = 200)
  void findsNothingInOtherDamage(@ForAll long seed) {
    Random random = new Random(seed);
    byte[] bytes = new byte[64];
    random.nextBytes(bytes);
    int stored = crc(bytes);
    bytes[3] ^= 1;
    bytes[40] ^= 1;
    for (Change one : Crc32cCorrection.find(bytes.length, stored, crc(bytes), 10)) {
      byte[] corrected = bytes.clone();
      corrected[one.offset()] ^= (byte) one.change();
      assertEquals(stored, crc(corrected));
    }
  }

  @Example
  void hasNothingToCorrectInAWholeMessage() {
    assertEquals(List.of(), Crc32cCorrection.find(1000, 17, 17, 10));
  }
}
