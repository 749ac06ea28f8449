package org.dmsalvage.gui.view;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import javafx.scene.input.KeyCombination;
import org.jspecify.annotations.Nullable;

/**
 * Something that the user can ask for, by its keys or by its name.
 *
 * @param name as the palette shows it
 * @param keys that ask for it; null if there are none
 * @param possible whether it can be done just now
 * @param action does it
 */
record Command(
    String name, @Nullable KeyCombination keys, BooleanSupplier possible, Runnable action) {

  /** A command; keys are written as in "Shortcut+Shift+P", or empty. */
  static Command of(String name, String keys, BooleanSupplier possible, Runnable action) {
    return new Command(
        name, keys.isEmpty() ? null : KeyCombination.valueOf(keys), possible, action);
  }

  /** {@return how the keys are written on the screen} */
  String keysText() {
    return keys == null
        ? ""
        : keys.getDisplayText().replace("Left", "←").replace("Right", "→").replace("+", " ");
  }

  /**
   * {@return how well typed letters fit the name: the more of them begin words, or follow each
   * other, the better; negative if some are missing}
   */
  int score(String typed) {
    String wanted = typed.toLowerCase(Locale.ROOT).replace(" ", "");
    String offered = name.toLowerCase(Locale.ROOT);
    // The best score of the letters so far whose last one is at each place; -1 if there is none.
    int[] scores = new int[offered.length()];
    for (int i = 0; i < wanted.length(); i++) {
      int[] before = scores.clone();
      int best = i == 0 ? 0 : -1;
      for (int at = 0; at < offered.length(); at++) {
        int beside = i > 0 && at > 0 && before[at - 1] >= 0 ? before[at - 1] + 3 : -1;
        boolean word = at == 0 || offered.charAt(at - 1) == ' ';
        int apart = best < 0 ? -1 : best + (word ? 4 : 0);
        scores[at] = offered.charAt(at) == wanted.charAt(i) ? Math.max(beside, apart) : -1;
        best = i == 0 ? 0 : Math.max(best, before[at]);
      }
    }
    return Arrays.stream(scores).max().orElse(-1);
  }
}
