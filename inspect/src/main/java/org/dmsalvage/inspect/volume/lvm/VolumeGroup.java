package org.dmsalvage.inspect.volume.lvm;

import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.check.VolumeCode;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;

/**
 * A volume group as its newest readable metadata describes it.
 *
 * @param name of the group
 * @param id of the group
 * @param sequence number of the metadata used
 * @param history which texts can be read, ascending by number
 * @param volumes the logical volumes, in the order of the text
 */
public record VolumeGroup(
    String name, String id, long sequence, List<Version> history, List<LogicalVolume> volumes) {

  /**
   * One text of the history.
   *
   * @param sequence its number
   * @param created seconds since 1970; 0 if unknown
   * @param description the command that wrote it
   */
  public record Version(long sequence, long created, String description) {}

  /**
   * Where a physical volume lies.
   *
   * @param source its bytes
   * @param image index of the image that it lies on
   * @param offset where it begins there, in bytes
   * @param volume what its label says
   */
  public record Place(BlockSource source, int image, long offset, PhysicalVolume volume) {}

  /** Keeps copies of the lists. */
  public VolumeGroup {
    history = List.copyOf(history);
    volumes = List.copyOf(volumes);
  }

  /** What the areas of one group say. */
  private static final class Gathered {
    private final Map<Long, Metadata> history = new LinkedHashMap<>();
    private final Map<Place, Long> newest = new LinkedHashMap<>();
  }

  /**
   * Reads the metadata on all physical volumes.
   *
   * @param places of the physical volumes
   * @param findings told what is wrong
   * @return the groups, in the order in which they were met
   */
  public static List<VolumeGroup> read(List<Place> places, Findings findings) {
    Map<String, Gathered> groups = new LinkedHashMap<>();
    for (Place place : places) {
      for (ByteRange area : place.volume().areas()) {
        MetadataArea.Contents contents = MetadataArea.read(place.source(), area, findings);
        for (Metadata text : contents.history()) {
          groups
              .computeIfAbsent(text.id(), _ -> new Gathered())
              .history
              .putIfAbsent(text.sequence(), text);
        }
        contents
            .best()
            .ifPresent(
                best ->
                    groups
                        .computeIfAbsent(best.id(), _ -> new Gathered())
                        .newest
                        .merge(place, best.sequence(), Math::max));
      }
    }
    // A text of a group that no area counts as current is a remnant of a former life.
    return groups.values().stream()
        .filter(gathered -> !gathered.newest.isEmpty())
        .map(gathered -> assemble(gathered, places, findings))
        .toList();
  }

  private static VolumeGroup assemble(Gathered gathered, List<Place> places, Findings findings) {
    long newest = gathered.newest.values().stream().max(Comparator.naturalOrder()).orElseThrow();
    Metadata text = Objects.requireNonNull(gathered.history.get(newest));
    gathered.newest.forEach(
        (place, sequence) -> {
          if (sequence < newest) {
            findings.add(
                VolumeCode.LVM_STALE,
                place.source().name(),
                0,
                0,
                "has version %d of the metadata of %s, the newest is %d"
                    .formatted(sequence, text.group(), newest));
          }
        });
    List<Version> history =
        gathered.history.values().stream()
            .map(m -> new Version(m.sequence(), m.created(), m.description()))
            .sorted(Comparator.comparingLong(Version::sequence))
            .toList();
    return new VolumeGroup(
        text.group(), text.id(), newest, history, new Assembly(text, places, findings).volumes());
  }

  /** {@return the volume of a name without the group's; empty if there is none} */
  public Optional<LogicalVolume> volume(String wanted) {
    return volumes.stream().filter(v -> v.name().equals(wanted)).findFirst();
  }

  /** {@return the volume that a volume caches; empty if it caches none} */
  public Optional<LogicalVolume> cachedBy(LogicalVolume cache) {
    return volumes.stream()
        .filter(v -> v.writecache().filter(w -> w.cache().equals(cache.name())).isPresent())
        .findFirst();
  }
}
