package org.dmsalvage.inspect.volume.lvm;

import java.util.Optional;
import org.dmsalvage.inspect.io.Layout;
import org.jspecify.annotations.Nullable;

/**
 * A logical volume.
 *
 * @param name without its volume group
 * @param id with hyphens; empty if it has none
 * @param type of its first segment, in lvm's words: linear, striped, writecache, …
 * @param visible whether lvm shows it without {@code -a}
 * @param bytes its size
 * @param layout where its bytes lie; null if that is not known, as for types that are more than an
 *     arrangement of bytes
 * @param problem why there is no layout; empty if there is one, or the type is writecache
 * @param writecache what it consists of, if it has a writecache
 */
public record LogicalVolume(
    String name,
    String id,
    String type,
    boolean visible,
    long bytes,
    @Nullable Layout layout,
    String problem,
    Optional<Writecache> writecache) {

  /**
   * A logical volume with a dm-writecache.
   *
   * @param cache name of the volume that caches, in the same group
   * @param origin name of the volume behind it
   * @param blockSize of the cache in bytes; 0 if the metadata does not say
   * @param startSector of the cache on its volume; 0 unless a setting says otherwise
   */
  public record Writecache(String cache, String origin, long blockSize, long startSector) {}
}
