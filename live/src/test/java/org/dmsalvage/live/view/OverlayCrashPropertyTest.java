package org.dmsalvage.live.view;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.inspect.error.UnreadableException;
import org.dmsalvage.inspect.io.BlockSource;

/**
 * Power cuts at every moment of a random workload: what was flushed is there, and every sector
 * holds something that was written to it.
 */
class OverlayCrashPropertyTest {

  private static final int SECTOR = 512;
  private static final int SIZE = 9 * 4096 + 1024;

  /** Something that was done, and when: from so many events to so many. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Deed(boolean flush, int from, int to, byte[] before, byte[] after) {}

  /** A device in memory. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Below(byte[] bytes) implements BlockSource {
    @Override
    public String name() {
      return "below";
    }

    @Override
    public long size() {
      return bytes.length;
    }

    @Override
    public void read(long offset, ByteBuffer target) throws UnreadableException {
      target.put(bytes, (int) offset, target.remaining());
    }

    @Override
    public void close() {}
  }

  private static Overlay open(byte[] below, RecordedDisk disk) throws IOException {
    return Overlay.open(
        new Below(below),
        new byte[32],
        new Overlay.Place("overlay", disk.open(0), () -> {}),
        (_, _) -> false);
  }

  private static byte[] read(Overlay overlay) {
    byte[] bytes = new byte[SIZE];
    overlay.read(0, ByteBuffer.wrap(bytes));
    return bytes;
  }

  @Property(tries = 5)
  void everyStateHoldsWhatWasFlushedAndNothingElse(@ForAll long seed) throws IOException {
    SplittableRandom random = new SplittableRandom(seed);
    byte[] below = new byte[SIZE];
    random.nextBytes(below);
    RecordedDisk disk = new RecordedDisk(List.of(new byte[0]));
    Overlay overlay = open(below, disk);
    List<Deed> deeds = new ArrayList<>();
    byte[] model = below.clone();
    for (int i = 0; i < 12; i++) {
      int from = disk.length();
      byte[] before = model.clone();
      boolean flush = random.nextInt(3) == 0;
      if (flush) {
        overlay.flush();
      } else {
        int sectors = random.nextInt(1, 12);
        int at = random.nextInt(SIZE / SECTOR - sectors + 1) * SECTOR;
        byte[] data = new byte[sectors * SECTOR];
        if (random.nextInt(4) == 0) {
          overlay.zero(at, data.length, true);
        } else {
          random.nextBytes(data);
          overlay.write(at, ByteBuffer.wrap(data));
        }
        System.arraycopy(data, 0, model, at, data.length);
      }
      deeds.add(new Deed(flush, from, disk.length(), before, model.clone()));
    }
    assertArrayEquals(model, read(overlay));
    for (int event = 0; event <= disk.length(); event++) {
      disk.statesAt(event, 3, random, (e, contents) -> check(below, deeds, e, contents.getFirst()));
    }
  }

  private static void check(byte[] below, List<Deed> deeds, int event, byte[] content)
      throws IOException {
    byte[] found;
    try (Overlay overlay = open(below, new RecordedDisk(List.of(content)))) {
      found = read(overlay);
    }
    int flushed = -1;
    for (int i = 0; i < deeds.size(); i++) {
      if (deeds.get(i).flush() && deeds.get(i).to() <= event) {
        flushed = i;
      }
    }
    for (int at = 0; at < SIZE; at += SECTOR) {
      boolean known = same(found, flushed < 0 ? below : deeds.get(flushed).after(), at);
      for (int i = flushed + 1; i < deeds.size() && !known; i++) {
        known = deeds.get(i).from() < event && same(found, deeds.get(i).after(), at);
      }
      assertTrue(known, "sector " + at / SECTOR + " after event " + event);
    }
  }

  private static boolean same(byte[] a, byte[] b, int at) {
    return Arrays.equals(a, at, at + SECTOR, b, at, at + SECTOR);
  }
}
