package org.dmsalvage.replay.flush;

import java.nio.ByteBuffer;
import java.util.List;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.undo.Changes;

/**
 * What the cache adds to the disk behind it.
 *
 * @param logical the logical device
 * @param base where it begins on the disk, in bytes, a multiple of 512
 */
record CachedChanges(LogicalDevice logical, long base) implements Changes {

  @Override
  public void forEachRange(Ranges sink) {
    logical.forEachRun((offset, length, _) -> sink.range(base + offset, length));
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    List<ByteRange> unreadable = logical.readAround(offset - base, target);
    return base == 0 || unreadable.isEmpty()
        ? unreadable
        : unreadable.stream().map(r -> new ByteRange(r.offset() + base, r.length())).toList();
  }
}
