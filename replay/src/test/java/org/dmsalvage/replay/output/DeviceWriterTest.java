package org.dmsalvage.replay.output;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.device.BlockDevice;
import org.junit.jupiter.api.Test;

/** A device that is overwritten is incomplete, and says so, or complete. */
class DeviceWriterTest {

  private static final int BYTES = 300_000;

  /** A device in memory that fails from one write or flush on, and loses what was not flushed. */
  private static final class Failing implements BlockDevice {
    private final byte[] durable;
    private final byte[] now;
    private int left;

    Failing(byte[] bytes, int left) {
      this.durable = bytes;
      this.now = bytes.clone();
      this.left = left;
    }

    private void count() {
      if (--left < 0) {
        throw new OutputException(name(), "power cut");
      }
    }

    @Override
    public String name() {
      return "device";
    }

    @Override
    public long size() {
      return now.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) {
      Objects.checkFromIndexSize(offset, target.remaining(), size());
      target.put(now, (int) offset, target.remaining());
    }

    @Override
    public void write(long offset, ByteBuffer source) {
      Objects.checkFromIndexSize(offset, source.remaining(), size());
      count();
      source.get(now, (int) offset, source.remaining());
    }

    @Override
    public void flush() {
      count();
      System.arraycopy(now, 0, durable, 0, now.length);
    }

    @Override
    public void discard(long offset, long length) {}

    @Override
    public void close() {}
  }

  /** A disk with zeros at its beginning, in the middle and at its end. */
  private static byte[] disk() {
    byte[] disk = new byte[BYTES];
    Random random = new Random(7);
    byte[] data = new byte[40_000];
    for (int at : new int[] {510, 120_000, 200_000}) {
      random.nextBytes(data);
      System.arraycopy(data, 0, disk, at, data.length);
    }
    return disk;
  }

  private static void overwrite(BlockDevice target, byte[] disk, boolean replace) {
    Failing source = new Failing(disk, 0);
    try (DeviceWriter writer = new DeviceWriter(target, disk.length, replace)) {
      DeviceCopier.copy(source, writer, false, Progress.NONE);
      writer.complete();
    }
  }

  private static boolean marked(byte[] bytes) {
    return new String(bytes, 0, 64, StandardCharsets.US_ASCII).startsWith("dmsalvage: incomplete");
  }

  @Test
  void cutOffAnywhereItSaysThatItIsIncomplete() {
    byte[] disk = disk();
    int writes = 0;
    for (boolean complete = false; !complete; writes++) {
      byte[] durable = new byte[BYTES];
      Arrays.fill(durable, (byte) 0x5a);
      byte[] before = durable.clone();
      try {
        overwrite(new Failing(durable, writes), disk, true);
        complete = true;
      } catch (OutputException e) {
        assertTrue(e.getMessage().contains("power cut"), e.getMessage());
      }
      if (complete) {
        assertArrayEquals(disk, durable);
      } else if (!Arrays.equals(before, durable)) {
        assertTrue(marked(durable), "after " + writes);
        overwrite(new Failing(durable, Integer.MAX_VALUE), disk, false);
        assertArrayEquals(disk, durable);
      }
    }
    assertTrue(writes > 8, writes + " writes");
  }

  @Test
  void whatHoldsSomethingIsLeftAlone() {
    byte[] used = new byte[BYTES];
    used[BYTES - 1] = 1;
    assertThrows(OutputException.class, () -> overwrite(new Failing(used, 9), disk(), false));
    assertEquals(0, used[0]);
    assertThrows(
        OutputException.class, () -> overwrite(new Failing(new byte[BYTES + 1], 9), disk(), true));
  }
}
