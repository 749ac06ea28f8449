package org.dmsalvage.live.writeboost;

import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ForwardingDevice;

/** Measures for how long a device was busy, as the kernel's io_ticks do. */
final class MeteredDevice extends ForwardingDevice {

  private int requests;
  private long since;
  private long busy;

  MeteredDevice(BlockDevice device) {
    super(device);
  }

  private synchronized void begin() {
    if (requests++ == 0) {
      since = System.nanoTime();
    }
  }

  private synchronized void end() {
    if (--requests == 0) {
      busy += System.nanoTime() - since;
    }
  }

  /** {@return for how many milliseconds there was at least one request} */
  synchronized long busyMillis() {
    long now = requests == 0 ? 0 : System.nanoTime() - since;
    return TimeUnit.NANOSECONDS.toMillis(busy + now);
  }

  private void measure(Runnable request) {
    begin();
    try {
      request.run();
    } finally {
      end();
    }
  }

  @Override
  public void read(long offset, ByteBuffer target) {
    measure(() -> device.read(offset, target));
  }

  @Override
  public void write(long offset, ByteBuffer source) {
    measure(() -> device.write(offset, source));
  }

  @Override
  public void flush() {
    measure(device::flush);
  }

  @Override
  public void discard(long offset, long length) {
    measure(() -> device.discard(offset, length));
  }
}
