package org.dmsalvage.inspect.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

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

  /** {@return whether the two have bytes of a file or device in common} */
  public boolean overlaps(Placement other) {
    return areas().anyMatch(mine -> other.areas().anyMatch(mine::meets));
  }

  private Stream<Area> areas() {
    return layout.runs().stream()
        .flatMap(
            run ->
                IntStream.range(0, run.stripes().size())
                    .filter(i -> run.stripes().get(i).image() != Layout.MISSING)
                    .mapToObj(i -> area(run.stripes().get(i), run.held(i))));
  }

  private Area area(Layout.Stripe stripe, long length) {
    return new Area(paths.get(stripe.image()), stripe.offset(), stripe.offset() + length);
  }

  private record Area(String path, long from, long to) {

    boolean meets(Area other) {
      return from < other.to && other.from < to && sameFile(path, other.path);
    }

    private static boolean sameFile(String one, String other) {
      try {
        return one.equals(other) || Files.isSameFile(Path.of(one), Path.of(other));
      } catch (IOException | InvalidPathException _) {
        return false;
      }
    }
  }

  /** {@return whether any of the files is a part of a split image, which cannot be written} */
  public boolean split() {
    return paths.stream().anyMatch(Images::isSplit);
  }
}
