package org.dmsalvage.replay.device;

import java.nio.ByteBuffer;
import org.dmsalvage.inspect.io.ForwardingSource;

/**
 * Another device, for those that change something about it and leave the rest as it is. Closing it
 * closes the other. {@link #zero} is not forwarded: it goes by {@link #write}.
 */
public abstract class ForwardingDevice extends ForwardingSource implements BlockDevice {

  /** The other device. */
  protected final BlockDevice device;

  /** Forwards to another device. */
  protected ForwardingDevice(BlockDevice device) {
    super(device);
    this.device = device;
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    device.write(offset, source);
  }

  @Override
  public void flush() {
    device.flush();
  }

  @Override
  public void discard(long offset, long length) {
    device.discard(offset, length);
  }
}
