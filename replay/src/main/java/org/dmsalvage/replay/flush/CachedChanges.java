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
 */
record CachedChanges(LogicalDevice logical) implements Changes {

  @Override
  public void forEachRange(Ranges sink) {
    logical.forEachRun((offset, length, _) -> sink.range(offset, length));
  }

  @Override
  public List<ByteRange> readAround(long offset, ByteBuffer target) {
    return logical.readAround(offset, target);
  }
}
