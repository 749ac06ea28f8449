package org.dmsalvage.gui.view;

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
   * {@return how well typed letters fit the name: the more they are the beginnings of words, the
   * better; negative if some are missing}
   */
  int score(String typed) {
    String wanted = typed.toLowerCase(Locale.ROOT).replace(" ", "");
    String offered = name.toLowerCase(Locale.ROOT);
    int score = 0;
    int at = 0;
    for (int i = 0; i < wanted.length(); i++) {
      int found = offered.indexOf(wanted.charAt(i), at);
      if (found < 0) {
        return -1;
      }
      boolean word = found == 0 || offered.charAt(found - 1) == ' ';
      score += word ? 4 : found == at ? 3 : 0;
      at = found + 1;
    }
    return score;
  }
}
