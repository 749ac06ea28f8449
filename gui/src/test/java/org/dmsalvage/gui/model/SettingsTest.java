package org.dmsalvage.gui.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is remembered, also if somebody has edited it. */
class SettingsTest {

  @TempDir private Path directory;

  @Test
  void dividersAreKept() {
    Path file = directory.resolve("new/gui.properties");
    Settings settings = Settings.of(file);
    assertEquals(0, settings.dividers("rows").length);
    settings.rememberDividers(
        Map.of("rows", new double[] {0.74}, "columns", new double[] {0.19, 2.0 / 3}));
    Settings again = Settings.of(file);
    assertArrayEquals(new double[] {0.74}, again.dividers("rows"));
    assertArrayEquals(new double[] {0.19, 0.6667}, again.dividers("columns"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "many", "0.7 0.2", "-1", "0.1 1.2", "NaN", "0.2 NaN"})
  void whatIsNoPlaceForDividersIsNotKnown(String positions) throws IOException {
    Path file = directory.resolve("gui.properties");
    Files.writeString(file, "dividers.rows=" + positions);
    assertEquals(0, Settings.of(file).dividers("rows").length);
  }
}
