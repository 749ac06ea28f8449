package org.dmsalvage.inspect.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.dmsalvage.inspect.io.ByteRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ByteCountTest {

  @ParameterizedTest
  @CsvSource({
    "0,0",
    "4096,4096",
    "0x1000,4096",
    "010,10",
    "8s,4096",
    "4K,4096",
    "4KiB,4096",
    "2M,2097152",
    "1G,1073741824",
    "3T,3298534883328",
    "0x10s,8192",
    "9223372036854775807,9223372036854775807"
  })
  void reads(String text, long bytes) {
    assertEquals(bytes, ByteCount.parse(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "-1", "4k", "4 K", "K", "9223372036854775808", "9007199254740992K", "1.5G"})
  void refuses(String text) {
    assertThrows(TypeConversionException.class, () -> ByteCount.parse(text));
  }

  @Test
  void readsRanges() {
    RangeConverter converter = new RangeConverter();
    assertEquals(new ByteRange(4096, 4096), converter.convert("4K..16s"));
    assertEquals(new ByteRange(0, 512), converter.convert("..1s"));
    assertEquals(Long.MAX_VALUE, converter.convert("5..").end());
    assertThrows(TypeConversionException.class, () -> converter.convert("5..4"));
    assertThrows(TypeConversionException.class, () -> converter.convert("5"));
  }
}
