package org.dmsalvage.replay.insitu;

import java.nio.ByteBuffer;
import java.util.Objects;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;
import org.dmsalvage.replay.recovery.Recovery.RunVisitor;

/**
 * A device that was just formatted: zeros.
 *
 * @param name by which messages call it
 * @param size in bytes
 */
record BlankDevice(String name, long size) implements LogicalDevice {

  @Override
  public void read(long offset, ByteBuffer target) {
    Objects.checkFromIndexSize(offset, target.remaining(), size);
    while (target.hasRemaining()) {
      target.put((byte) 0);
    }
  }

  @Override
  public long nextData(long offset) {
    return size;
  }

  @Override
  public long nextHole(long offset) {
    return offset;
  }

  @Override
  public Origin originOf(long sector) {
    return new Origin.Zeros();
  }

  @Override
  public void forEachRun(RunVisitor visitor) {}

  @Override
  public void close() {}
}
