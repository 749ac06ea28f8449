package org.dmsalvage.replay.flush;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.dmsalvage.inspect.io.Layout;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.Recovery.Origin;

/**
 * What a flush is going to write.
 *
 * @param ranges runs of the logical device that do not come from the backing device
 * @param bytes of them together
 * @param purpose SHA-256 over their addresses, lengths and places in the cache: the same cache,
 *     flushed with the same options to the same place of a disk, gives the same
 */
@SuppressWarnings("ArrayRecordComponent")
public record FlushPlan(long ranges, long bytes, byte[] purpose) {

  /**
   * Looks through the runs of a device.
   *
   * @param logical the logical device
   * @param base where it begins on the device that will be written, in bytes
   */
  public static FlushPlan of(LogicalDevice logical, long base) {
    return of(logical, Layout.window(0, base, logical.size()));
  }

  /**
   * Looks through the runs of a device that lies on others.
   *
   * @param logical the logical device
   * @param layout where it lies
   */
  public static FlushPlan of(LogicalDevice logical, Layout layout) {
    Summing sum = new Summing();
    for (Layout.Run run : layout.runs()) {
      for (Layout.Stripe stripe : run.stripes()) {
        sum.add(run.length(), stripe.offset(), stripe.image());
      }
    }
    logical.forEachRun(sum::run);
    return new FlushPlan(sum.ranges, sum.bytes, sum.purpose());
  }

  private static final class Summing {
    private final MessageDigest digest;
    private final ByteBuffer pending = ByteBuffer.allocate(1 << 16);
    private long ranges;
    private long bytes;

    Summing() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException(e);
      }
    }

    void run(long offset, long length, Origin origin) {
      ranges++;
      bytes += length;
      add(offset, length, origin instanceof Origin.Cached(_, long place) ? place : -1);
    }

    void add(long one, long two, long three) {
      if (pending.remaining() < 3 * Long.BYTES) {
        digest.update(pending.flip());
        pending.clear();
      }
      pending.putLong(one).putLong(two).putLong(three);
    }

    byte[] purpose() {
      digest.update(pending.flip());
      return digest.digest();
    }
  }
}
