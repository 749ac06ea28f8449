package org.dmsalvage.gui.view;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What typed letters find. */
class CommandTest {

  private static int score(String name, String typed) {
    return Command.of(name, "", () -> true, () -> {}).score(typed);
  }

  @ParameterizedTest
  @CsvSource({
    "tte, Timeline: the end of the log, 12",
    "mao, Maps: all of it, 12",
    "maps, Maps: all of it, 13",
    "ma ps, Maps: all of it, 13",
    "END, Timeline: the end of the log, 10",
    "xyz, Maps: all of it, -1",
    "itt, Maps: all of it, -1",
    "'', Maps: all of it, 0",
  })
  void theBestFitCounts(String typed, String name, int expected) {
    assertEquals(expected, score(name, typed));
  }

  @Test
  void initialsFindWhatTheyAreOf() {
    assertTrue(
        score("Timeline: the end of the log", "tte")
            > score("Timeline: before the first step", "tte"));
  }

  @Test
  void noTwoCommandsShareKeys() {
    Set<String> seen = new HashSet<>();
    for (SessionCommands.Entry entry : SessionCommands.all()) {
      assertTrue(entry.keys().isEmpty() || seen.add(entry.keys()), entry.keys());
    }
  }
}
