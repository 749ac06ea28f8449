package org.dmsalvage.gui.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.Finding;
import org.dmsalvage.inspect.cli.DiskOverview;
import org.dmsalvage.inspect.cli.ImageOptions;
import org.dmsalvage.inspect.format.Detection;
import org.dmsalvage.inspect.volume.Volume;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.jspecify.annotations.Nullable;

/**
 * Whole disks, and what their volumes hold: the same as the command line's {@code inspect} says.
 *
 * @param paths of the disks and what else was named
 * @param lines one a volume
 * @param problems what is wrong with tables and metadata
 */
public record DiskLook(Session.Paths paths, List<Line> lines, List<String> problems) {

  /**
   * A volume.
   *
   * @param name by which it is opened
   * @param type in the words of the partition table or of LVM
   * @param label of a partition; empty if it has none
   * @param bytes its size
   * @param holds the format of the cache that it holds; empty if it holds none
   * @param certain whether that is beyond doubt
   * @param remark why it cannot be opened, or what it is made of; empty if it is just itself
   * @param openable whether its bytes are all at hand
   * @param origin name of the volume that it caches; null if the metadata does not say
   */
  public record Line(
      String name,
      String type,
      String label,
      long bytes,
      String holds,
      boolean certain,
      String remark,
      boolean openable,
      @Nullable String origin) {}

  /**
   * Looks whether images are disks with volumes.
   *
   * @return what is on them; empty if the first one is, or may be, a cache by itself
   * @throws org.dmsalvage.inspect.error.SalvageException if one cannot be opened
   */
  public static Optional<DiskLook> at(Session.Paths paths) {
    if (paths.volume() != null) {
      return Optional.empty();
    }
    Optional<ImageOptions.OpenedDisks> found = paths.options().openDisks();
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (ImageOptions.OpenedDisks opened = found.get()) {
      DiskOverview overview = DiskOverview.of(opened.disks());
      List<Line> lines = new ArrayList<>();
      overview.rows().forEach(row -> lines.add(line(row, overview)));
      List<String> problems =
          opened.disks().findings().kept().stream().map(Finding::message).toList();
      return Optional.of(new DiskLook(paths, List.copyOf(lines), problems));
    }
  }

  private static Line line(DiskOverview.Row row, DiskOverview overview) {
    Volume volume = row.volume();
    Optional<LogicalVolume.Writecache> pair =
        overview.rows().stream()
            .flatMap(r -> r.volume().writecache().stream())
            .filter(w -> w.cache().equals(volume.name()))
            .findFirst()
            .or(volume::writecache);
    boolean missing = volume.layout() != null && volume.layout().incomplete();
    boolean whole = volume.layout() != null || volume.writecache().isPresent();
    String remark =
        row.physical()
            ? "physical volume of LVM2"
            : missing
                ? "lies in part on a disk that is not here"
                : volume
                    .writecache()
                    .map(w -> "%s over %s".formatted(w.cache(), w.origin()))
                    .orElse(volume.problem());
    return new Line(
        volume.name(),
        volume.type(),
        volume.label(),
        volume.bytes(),
        row.contents().map(Detection::format).orElse(""),
        row.contents().filter(d -> d.confidence() == Detection.Confidence.CERTAIN).isPresent(),
        remark,
        whole && !row.physical(),
        pair.map(LogicalVolume.Writecache::origin).orElse(null));
  }

  /** {@return the volume that the user most likely means; empty if none holds a cache} */
  public Optional<Line> likely() {
    return lines.stream()
        .filter(line -> !line.holds.isEmpty() && line.openable)
        .max((a, b) -> Integer.compare(weight(a), weight(b)));
  }

  private static int weight(Line line) {
    return (line.origin != null ? 2 : 0) + (line.certain ? 1 : 0);
  }

  /** {@return the disks with one more} */
  public Session.Paths with(String disk) {
    List<String> disks = new ArrayList<>(paths.disks());
    disks.add(disk);
    return paths.with(disks);
  }
}
