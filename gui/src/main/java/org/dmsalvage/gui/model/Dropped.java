package org.dmsalvage.gui.model;

import java.io.File;
import java.net.URI;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What was dropped on a window.
 *
 * @param paths of what can be opened, in the order in which it was dropped
 * @param problem why something else cannot; empty if there is nothing else
 */
public record Dropped(List<String> paths, String problem) {

  private static final int SHOWN = 60;

  /** Keeps a copy of the list. */
  public Dropped {
    paths = List.copyOf(paths);
  }

  /**
   * Sorts files from directories; asks the file system.
   *
   * @param files what a file manager gives
   */
  public static Dropped ofFiles(List<File> files) {
    List<String> paths = new ArrayList<>();
    String problem = "";
    for (File file : files) {
      if (Files.isDirectory(file.toPath())) {
        problem = "%s is a directory: drop the images that are in it".formatted(file);
      } else {
        paths.add(file.getPath());
      }
    }
    return new Dropped(paths, problem);
  }

  /**
   * Finds paths in text, each on a line of its own, also as {@code file:} addresses.
   *
   * @param text what an editor or a terminal gives
   */
  public static Dropped ofText(String text) {
    List<File> files = new ArrayList<>();
    for (String line : text.lines().map(String::strip).toList()) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue; // As in lists of addresses.
      }
      try {
        Path path = line.startsWith("file:") ? Path.of(URI.create(line)) : Path.of(line);
        if (!path.isAbsolute()) {
          return notPaths(line);
        }
        files.add(path.toFile());
      } catch (IllegalArgumentException | FileSystemNotFoundException _) {
        return notPaths(line);
      }
    }
    return files.isEmpty() ? notPaths("") : ofFiles(files);
  }

  private static Dropped notPaths(String line) {
    String part = line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
    return new Dropped(
        List.of(), "What was dropped is text, and no path of a file: “%s”".formatted(part));
  }
}
