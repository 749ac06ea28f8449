package org.dmsalvage.inspect.io;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Names of the parts of a split raw image, as split(1) and imaging tools make them. */
final class SplitNames {

  private static final Pattern NUMBERED = Pattern.compile("(.*[.\\-_])(0*[01])");
  private static final Pattern LETTERED = Pattern.compile("(.*[.\\-_]x?|x)(a{2,})");

  private SplitNames() {}

  /**
   * Lists the parts that belong to a first part.
   *
   * @param first the path that the user gave
   * @param exists tells whether a path exists
   * @return the parts in order; only {@code first} if its name is not that of a first part or it
   *     has no successor
   */
  static List<Path> parts(Path first, Predicate<Path> exists) {
    List<Path> parts = new ArrayList<>(List.of(first));
    Path fileName = first.getFileName();
    if (fileName == null) {
      return parts;
    }
    Matcher numbered = NUMBERED.matcher(fileName.toString());
    if (numbered.matches() && numbered.group(2).length() >= 2) {
      int digits = numbered.group(2).length();
      for (long i = Long.parseLong(numbered.group(2)) + 1; ; i++) {
        String suffix = String.format("%0" + digits + "d", i);
        Path next = first.resolveSibling(numbered.group(1) + suffix);
        if (suffix.length() > digits || !exists.test(next)) {
          return parts;
        }
        parts.add(next);
      }
    }
    Matcher lettered = LETTERED.matcher(fileName.toString());
    if (lettered.matches()) {
      char[] suffix = lettered.group(2).toCharArray();
      while (increment(suffix)) {
        Path next = first.resolveSibling(lettered.group(1) + new String(suffix));
        if (!exists.test(next)) {
          return parts;
        }
        parts.add(next);
      }
    }
    return parts;
  }

  private static boolean increment(char[] suffix) {
    for (int i = suffix.length - 1; i >= 0; i--) {
      if (suffix[i] != 'z') {
        suffix[i]++;
        return true;
      }
      suffix[i] = 'a';
    }
    return false;
  }
}
