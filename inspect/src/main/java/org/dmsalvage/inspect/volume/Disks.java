package org.dmsalvage.inspect.volume;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.dmsalvage.inspect.check.Findings;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.error.UsageException;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.io.StitchedSource;
import org.dmsalvage.inspect.io.WindowSource;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.dmsalvage.inspect.volume.lvm.PhysicalVolume;
import org.dmsalvage.inspect.volume.lvm.VolumeGroup;
import org.dmsalvage.inspect.volume.partition.Partition;
import org.dmsalvage.inspect.volume.partition.PartitionTable;

/** The disks of one machine, and the volumes on them. */
public final class Disks {

  private final List<BlockSource> images;
  private final Findings findings = new Findings();
  private final List<Optional<PartitionTable>> tables = new ArrayList<>();
  private final List<VolumeGroup.Place> places = new ArrayList<>();
  private final List<VolumeGroup> groups;
  private final List<Volume> volumes = new ArrayList<>();

  /** Looks through images of disks, or of partitions that are physical volumes. */
  public Disks(List<BlockSource> images) {
    this.images = List.copyOf(images);
    for (int i = 0; i < images.size(); i++) {
      BlockSource image = images.get(i);
      Optional<PhysicalVolume> whole = PhysicalVolume.read(image, findings);
      Optional<PartitionTable> table =
          whole.isPresent() ? Optional.empty() : PartitionTable.read(image, findings);
      tables.add(table);
      if (whole.isPresent()) {
        places.add(new VolumeGroup.Place(image, i, 0, whole.get()));
      }
      if (table.isPresent()) {
        for (Partition partition : table.get().partitions()) {
          addPartition(i, partition);
        }
      }
    }
    this.groups = VolumeGroup.read(places, findings);
    for (VolumeGroup group : groups) {
      group.volumes().forEach(v -> volumes.add(volume(group, v)));
    }
  }

  private void addPartition(int image, Partition partition) {
    String number = String.valueOf(partition.number());
    Volume volume =
        new Volume(
            images.size() == 1 ? number : (image + 1) + ":" + number,
            Volume.Kind.PARTITION,
            partition.type(),
            partition.label(),
            partition.uuid(),
            partition.length(),
            Layout.window(image, partition.offset(), partition.length()),
            "",
            Optional.empty());
    volumes.add(volume);
    BlockSource source = images.get(image);
    long present = Math.min(partition.length(), source.size() - partition.offset());
    if (present > 0) {
      BlockSource window = new WindowSource(source, partition.offset(), present);
      PhysicalVolume.read(window, findings)
          .ifPresent(
              pv -> places.add(new VolumeGroup.Place(window, image, partition.offset(), pv)));
    }
  }

  private static Volume volume(VolumeGroup group, LogicalVolume logical) {
    return new Volume(
        group.name() + "/" + logical.name(),
        Volume.Kind.LOGICAL,
        logical.type(),
        "",
        logical.id(),
        logical.bytes(),
        logical.layout(),
        logical.problem(),
        logical
            .writecache()
            .map(
                w ->
                    new LogicalVolume.Writecache(
                        group.name() + "/" + w.cache(),
                        group.name() + "/" + w.origin(),
                        w.blockSize(),
                        w.startSector())));
  }

  /** {@return whether there is a partition table or a physical volume on any image} */
  public boolean structured() {
    return !places.isEmpty() || tables.stream().anyMatch(Optional::isPresent);
  }

  /** {@return the images, in the order given} */
  public List<BlockSource> images() {
    return images;
  }

  /** {@return the partition table of each image} */
  public List<Optional<PartitionTable>> tables() {
    return List.copyOf(tables);
  }

  /** {@return the physical volumes found} */
  public List<VolumeGroup.Place> physicalVolumes() {
    return List.copyOf(places);
  }

  /** {@return the volume groups found} */
  public List<VolumeGroup> groups() {
    return groups;
  }

  /** {@return all volumes: the partitions of each image, then the logical volumes} */
  public List<Volume> volumes() {
    return List.copyOf(volumes);
  }

  /** {@return what is wrong with tables and metadata} */
  public Findings findings() {
    return findings;
  }

  /**
   * Finds a volume.
   *
   * @param name as {@link Volume#name()} has it; the first image's number may be left out
   * @throws UsageException if there is none of that name
   */
  public Volume volume(String name) {
    return volumes.stream()
        .filter(v -> v.name().equals(name) || v.name().equals("1:" + name))
        .findFirst()
        .orElseThrow(
            () ->
                new UsageException(
                    "no volume '%s' on %s; there %s"
                        .formatted(
                            name,
                            String.join(", ", images.stream().map(BlockSource::name).toList()),
                            volumes.isEmpty()
                                ? "are none"
                                : "are "
                                    + String.join(
                                        ", ", volumes.stream().map(Volume::name).toList()))));
  }

  /**
   * Opens a volume. What it gives reads through the images, and does not close them.
   *
   * @throws UnsupportedImageException if its bytes do not lie anywhere as such
   */
  public StitchedSource open(Volume volume) {
    String name = images.getFirst().name() + "#" + volume.name();
    Layout layout = volume.layout();
    if (layout == null) {
      throw new UnsupportedImageException(
          name,
          volume.problem().isEmpty()
              ? "is made of other volumes: a cache and its origin"
              : volume.problem());
    }
    return new StitchedSource(name, layout, images);
  }
}
