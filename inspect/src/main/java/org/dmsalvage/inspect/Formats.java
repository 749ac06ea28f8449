package org.dmsalvage.inspect;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.format.CacheFormat;
import org.dmsalvage.inspect.format.CacheImage;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.format.insitu.InsituFormat;
import org.dmsalvage.inspect.format.writeboost.WriteboostFormat;
import org.dmsalvage.inspect.format.writecache.WritecacheFormat;
import org.dmsalvage.inspect.io.BlockSource;

/** All formats; a further one is one more line in {@link #ALL}. */
public final class Formats {

  private static final List<CacheFormat> ALL =
      List.of(new WriteboostFormat(), new WritecacheFormat(), new InsituFormat());

  private Formats() {}

  /** {@return the families in the order in which they are tried} */
  public static List<CacheFormat> all() {
    return ALL;
  }

  /** {@return the detections of all families, the surest first} */
  public static List<Detection> detect(BlockSource source) {
    List<Detection> found = new ArrayList<>();
    for (CacheFormat format : ALL) {
      format.detect(source).ifPresent(found::add);
    }
    found.sort(Comparator.comparing(Detection::confidence).reversed());
    return found;
  }

  /**
   * Opens an image as the format that the user named or that its bytes show.
   *
   * @throws UsageException if the named format does not exist
   * @throws UnsupportedImageException if no format is recognised, or the bytes make no sense in it
   */
  public static CacheImage open(OpenRequest request) {
    return open(request, request.format() == null ? detect(request.cache()) : List.of());
  }

  /**
   * Opens an image of which {@link #detect} has already been asked.
   *
   * @param detections what was recognised, the surest first; not used if the request names a format
   * @throws UsageException if the named format does not exist
   * @throws UnsupportedImageException if no format is recognised, or the bytes make no sense in it
   */
  public static CacheImage open(OpenRequest request, List<Detection> detections) {
    String format = request.format();
    if (format == null) {
      format = detections.isEmpty() ? formatOfTable(request) : detections.getFirst().format();
    }
    return byName(format).open(request.withFormat(format));
  }

  /** Where the bytes show nothing, the table line may still say what the device is. */
  private static String formatOfTable(OpenRequest request) {
    return Optional.ofNullable(request.table()).stream()
        .flatMap(table -> ALL.stream().flatMap(family -> family.formatOf(table).stream()))
        .findFirst()
        .orElseThrow(
            () ->
                new UnsupportedImageException(
                    request.cache().name(),
                    "no known cache format recognised (looked for "
                        + String.join(", ", names())
                        + "); 'dmsalvage inspect --scan' searches all of it"));
  }

  /**
   * Finds the family of a format.
   *
   * @param name as {@code --format} takes it
   * @throws UsageException if there is no such format
   */
  public static CacheFormat byName(String name) {
    Optional<CacheFormat> format = ALL.stream().filter(f -> f.formats().contains(name)).findFirst();
    return format.orElseThrow(
        () ->
            new UsageException(
                "unknown format " + name + "; known are " + String.join(", ", names())));
  }

  /** {@return all names that {@code --format} accepts} */
  public static List<String> names() {
    return ALL.stream().flatMap(f -> f.formats().stream()).toList();
  }
}
