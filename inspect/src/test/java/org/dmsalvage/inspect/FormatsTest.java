package org.dmsalvage.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.DmTable;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Images;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FormatsTest {

  @TempDir Path directory;

  private String openZeros(@Nullable String table) throws IOException {
    Path image = Files.write(directory.resolve("zeros.img"), new byte[4096]);
    try (BlockSource source = Images.open(image.toString())) {
      DmTable line = table == null ? null : DmTable.parse(table);
      return Formats.open(new OpenRequest(source, null, null, null, line, OptionalInt.empty()))
          .format();
    }
  }

  @Test
  void zerosAreNoCache() {
    assertThrows(UnsupportedImageException.class, () -> openZeros(null));
    assertThrows(UnsupportedImageException.class, () -> openZeros("0 8 linear /dev/a 0"));
  }

  @ParameterizedTest
  @CsvSource({
    "writeboost-2013, 0 8 writeboost b c 7",
    "writeboost-2014, 0 8 writeboost 0 b c",
    "writeboost-2014, 0 8 writeboost 1 b c p 2 nr_rambuf_pool 4",
    "writeboost-2, 0 8 writeboost b c",
    "writeboost-2, 0 8 writeboost b c 2 writeback_threshold 70"
  })
  void tableSaysWhatBytesDoNot(String format, String table) throws IOException {
    assertEquals(format, openZeros(table));
  }
}
