package org.dmsalvage.inspect.volume;

import java.util.Optional;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.inspect.volume.lvm.LogicalVolume;
import org.jspecify.annotations.Nullable;

/**
 * A volume on a disk.
 *
 * @param name by which it is opened: number of a partition, or {@code group/volume}
 * @param kind what manages it
 * @param type what that says of it: type of the partition, or of the logical volume
 * @param label name of a partition in a GPT; empty if it has none
 * @param uuid of the volume; empty if it has none
 * @param bytes its size
 * @param layout where its bytes lie; null if it cannot be opened by itself
 * @param problem why it cannot be opened; empty if it can
 * @param writecache names of the volumes that it consists of, if it has a writecache
 */
public record Volume(
    String name,
    Kind kind,
    String type,
    String label,
    String uuid,
    long bytes,
    @Nullable Layout layout,
    String problem,
    Optional<LogicalVolume.Writecache> writecache) {

  /** What manages a volume. */
  public enum Kind {
    /** A partition table. */
    PARTITION,
    /** LVM2. */
    LOGICAL
  }
}
