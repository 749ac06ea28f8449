package org.dmsalvage.inspect.captive;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.dmsalvage.inspect.error.UnsupportedImageException;

/** Finds programs of others. */
final class Programs {

  /** Where programs of administrators are, which are not always on the path. */
  static final String MORE_PATHS = "/usr/sbin:/sbin";

  private Programs() {}

  /** {@return whether a program is installed} */
  static boolean has(String program) {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path, MORE_PATHS)
        .flatMap(directories -> Arrays.stream(directories.split(":")))
        .filter(directory -> !directory.isEmpty())
        .anyMatch(directory -> executable(directory + "/" + program));
  }

  private static boolean executable(String file) {
    try {
      return Files.isExecutable(Path.of(file));
    } catch (InvalidPathException _) {
      return false;
    }
  }

  /**
   * Makes sure that a program is there.
   *
   * @throws UnsupportedImageException if it is not, saying who has it
   */
  static void require(String image, Wrapping wrapping) {
    if (!has(wrapping.program())) {
      throw new UnsupportedImageException(image, missing(wrapping));
    }
  }

  /** {@return what there is to say when the program is not installed} */
  static String missing(Wrapping wrapping) {
    return "is %s, which is read through %s: it is not installed (Debian package %s)"
        .formatted(wrapping.title(), wrapping.program(), wrapping.debianPackage());
  }
}
