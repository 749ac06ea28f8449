package org.dmsalvage.replay.undo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workload.Request;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.arbitrary.WritecacheDriver;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.error.OutputException;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.io.ByteRange;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.replay.Replayers;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.recovery.Recovery.LogicalDevice;
import org.dmsalvage.replay.recovery.ReplayRequest;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Power cuts at every write and every force of a flush in place, in states that a real disk could
 * be left in: each is taken back exactly, and each is completed by running the flush again, which
 * can then still be taken back.
 *
 * <p>With {@code -Ddmsalvage.crash.samples=N} more states are tried where there are too many for
 * all.
 */
class CrashTest {

  private static final int SAMPLES = Integer.getInteger("dmsalvage.crash.samples", 2);

  /** Small, so that a flush has several batches. */
  private static final int BATCH_BYTES = 8192;

  private static final int DISK = 0;
  private static final int UNDO = 1;
  private static final byte[] PURPOSE = new byte[32];

  /**
   * A cache whose disk is flushed.
   *
   * @param name of the format
   * @param images that the format's driver left behind
   * @param plog whether there is a plog
   */
  record Case(String name, CrashedImages images, boolean plog) {
    LogicalDevice replay(byte[] disk) {
      OpenRequest request =
          new OpenRequest(
              memory("cache", images.cache()),
              plog ? memory("plog", images.plog()) : null,
              memory("disk", disk),
              null,
              null,
              OptionalInt.empty());
      return Replayers.replay(ReplayRequest.of(request, Policy.SALVAGE, Progress.NONE))
          .logical()
          .orElseThrow();
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    Workload workload =
        new Workload(
            128,
            List.of(
                new Request.Write(0, 8, false),
                new Request.Write(16, 24, false),
                new Request.Write(43, 3, false),
                new Request.Flush(),
                new Request.Write(88, 16, false),
                new Request.Write(20, 8, false),
                new Request.Write(120, 8, false),
                new Request.Flush()));
    Stream<Case> writeboost =
        Arrays.stream(Variant.values())
            .map(
                v ->
                    new Case(
                        v.toString(),
                        WriteboostDriver.run(layout(v), workload, Crash.atTheEnd()),
                        false));
    Stream<Case> others =
        Stream.of(
            new Case(
                "plog",
                WriteboostDriver.run(layout(Variant.RAW_2014), 4, workload, Crash.atTheEnd()),
                true),
            new Case(
                "writecache",
                WritecacheDriver.run(
                    new WritecacheDriver.Shape(4096, 512, 0), workload, Crash.atTheEnd()),
                false));
    return Stream.concat(writeboost, others);
  }

  /** The smallest log of a variant that has room for the workload. */
  private static Layout layout(Variant variant) {
    boolean fixed = variant == Variant.RAW_2_0 || variant == Variant.COMPLEMENTED_2;
    int order = fixed ? 10 : 7;
    return new Layout(variant, order, 2048 + 4L * (1 << order));
  }

  private static BlockSource memory(String name, byte[] bytes) {
    return new BlockSource() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public long size() {
        return bytes.length;
      }

      @Override
      public void read(long offset, ByteBuffer target) {
        Objects.checkFromIndexSize(offset, target.remaining(), bytes.length);
        target.put(bytes, (int) offset, target.remaining());
      }

      @Override
      public void close() {}
    };
  }

  /** What the cache adds, as a flush gives it. */
  private record Cached(LogicalDevice logical) implements Changes {
    @Override
    public void forEachRange(Ranges sink) {
      logical.forEachRun((offset, length, _) -> sink.range(offset, length));
    }

    @Override
    public List<ByteRange> readAround(long offset, ByteBuffer target) {
      return logical.readAround(offset, target);
    }
  }

  private static void flush(Case tested, RecordedDisk disk) throws IOException {
    byte[] bytes = disk.bytes(DISK);
    UndoTarget target = new UndoTarget(UndoTarget.Role.BACKING, "disk", bytes.length, "");
    try (UndoFile undo = UndoFile.openOrCreate("undo", disk.open(UNDO), PURPOSE, List.of(target));
        BlockDevice device = new ChannelDevice("disk", disk.open(DISK))) {
      new InPlaceWriter(device, undo, 0, BATCH_BYTES)
          .apply(new Cached(tested.replay(bytes)), Progress.NONE, "");
      undo.mark(UndoState.COMPLETE);
    }
  }

  private static void undo(RecordedDisk disk) {
    try (UndoFile undo = UndoFile.open("undo", disk.open(UNDO));
        BlockDevice device = new ChannelDevice("disk", disk.open(DISK))) {
      new Undo(undo, BATCH_BYTES).run(List.of(device), false, Progress.NONE);
      assertEquals(UndoState.UNDONE, undo.state());
    }
  }

  private static byte[] flushed(Case tested, byte[] original) {
    ByteBuffer all = ByteBuffer.allocate(original.length);
    tested.replay(original).read(0, all);
    assertTrue(!Arrays.equals(original, all.array()), "there is something to flush");
    return all.array();
  }

  /** Both ways out of a state lead where they should. */
  private static void check(Case tested, byte[] original, byte[] wanted, List<byte[]> state)
      throws IOException {
    RecordedDisk back = new RecordedDisk(state);
    try {
      undo(back);
    } catch (UnsupportedImageException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("no header"), e.toString());
    }
    assertArrayEquals(original, back.bytes(DISK), "undone");

    RecordedDisk on = new RecordedDisk(state);
    flush(tested, on);
    assertArrayEquals(wanted, on.bytes(DISK), "completed");
    undo(on);
    assertArrayEquals(original, on.bytes(DISK), "completed and undone");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyCrashOfAFlush(Case tested) throws IOException {
    byte[] original = tested.images().backing();
    byte[] wanted = flushed(tested, original);
    RecordedDisk disk = new RecordedDisk(List.of(original, new byte[0]));
    flush(tested, disk);
    assertArrayEquals(wanted, disk.bytes(DISK));
    SplittableRandom random = new SplittableRandom(1);
    for (int event = 0; event <= disk.length(); event++) {
      disk.statesAt(event, SAMPLES, random, (_, s) -> check(tested, original, wanted, s));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyCrashOfAnUndo(Case tested) throws IOException {
    byte[] original = tested.images().backing();
    byte[] wanted = flushed(tested, original);
    RecordedDisk first = new RecordedDisk(List.of(original, new byte[0]));
    flush(tested, first);
    RecordedDisk disk = new RecordedDisk(List.of(first.bytes(DISK), first.bytes(UNDO)));
    undo(disk);
    SplittableRandom random = new SplittableRandom(2);
    for (int event = 0; event <= disk.length(); event++) {
      disk.statesAt(event, SAMPLES, random, (_, s) -> check(tested, original, wanted, s));
    }
  }

  /**
   * The process is killed while what it has saved is only in memory, is started again, and then the
   * power fails, too.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void crashesAfterAKill(Case tested) throws IOException {
    byte[] original = tested.images().backing();
    byte[] wanted = flushed(tested, original);
    RecordedDisk whole = new RecordedDisk(List.of(original, new byte[0]));
    flush(tested, whole);
    SplittableRandom random = new SplittableRandom(3);
    for (int kill : whole.forces(UNDO)) {
      RecordedDisk disk = new RecordedDisk(List.of(original, new byte[0]));
      disk.killAfter(kill);
      assertThrows(OutputException.class, () -> flushAsFarAsPossible(tested, disk));
      disk.killAfter(Integer.MAX_VALUE);
      int killed = disk.length();
      flush(tested, disk);
      for (int event = killed; event < Math.min(killed + 4, disk.length()); event++) {
        disk.statesAt(event, 1, random, (_, s) -> check(tested, original, wanted, s));
      }
    }
  }

  private static void flushAsFarAsPossible(Case tested, RecordedDisk disk) {
    try {
      flush(tested, disk);
    } catch (IOException e) {
      throw new OutputException("undo", "killed", e);
    }
  }
}
