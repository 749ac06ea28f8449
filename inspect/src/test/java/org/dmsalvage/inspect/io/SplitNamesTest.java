package org.dmsalvage.inspect.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SplitNamesTest {

  private static List<String> parts(String first, String... existing) {
    Set<String> names = Set.of(existing);
    return SplitNames.parts(Path.of(first), p -> names.contains(p.toString())).stream()
        .map(Path::toString)
        .toList();
  }

  @Test
  void countsNumbersFromOneOrZero() {
    assertEquals(
        List.of("d/i.001", "d/i.002", "d/i.003"),
        parts("d/i.001", "d/i.001", "d/i.002", "d/i.003", "d/i.005"));
    assertEquals(List.of("i.00", "i.01"), parts("i.00", "i.00", "i.01"));
  }

  @Test
  void keepsTheNumberOfDigits() {
    assertEquals(List.of("i.01"), parts("i.01", "i.01", "i.2", "i.002"));
  }

  @Test
  void countsLettersAsSplitDoes() {
    assertEquals(List.of("xaa", "xab"), parts("xaa", "xaa", "xab"));
    String[] all = new String[28];
    for (int i = 0; i < all.length; i++) {
      all[i] = "i." + (char) ('a' + i / 26) + (char) ('a' + i % 26);
    }
    assertEquals(List.of(all), parts("i.aa", all));
  }

  @Test
  void leavesOtherNamesAlone() {
    assertEquals(List.of("i.002"), parts("i.002", "i.002", "i.003"));
    assertEquals(List.of("sda1"), parts("sda1", "sda1", "sda2"));
    assertEquals(List.of("i.1"), parts("i.1", "i.1", "i.2"));
    assertEquals(List.of("extraa"), parts("extraa", "extraa", "extrab"));
  }
}
