package org.dmsalvage.inspect.io;

import java.util.List;

/**
 * In which files or devices an image lies.
 *
 * @param paths of the files or devices
 * @param layout where the bytes of the image lie in them; its indexes count the paths
 */
public record Placement(List<String> paths, Layout layout) {

  /** Keeps a copy of the paths. */
  public Placement {
    paths = List.copyOf(paths);
  }

  /** {@return the placement of an image that is a window into one file} */
  public static Placement window(String path, long offset, long length) {
    return new Placement(List.of(path), Layout.window(0, offset, length));
  }

  /** {@return the files that hold a part of the image} */
  public List<String> used() {
    return layout.images().stream().map(paths::get).toList();
  }

  /** {@return whether any of the files is a part of a split image, which cannot be written} */
  public boolean split() {
    return paths.stream().anyMatch(Images::isSplit);
  }
}
