package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.dmsalvage.fixtures.arbitrary.Crash;
import org.dmsalvage.fixtures.arbitrary.CrashedImages;
import org.dmsalvage.fixtures.arbitrary.Workload;
import org.dmsalvage.fixtures.arbitrary.Workload.Request;
import org.dmsalvage.fixtures.arbitrary.WriteboostDriver;
import org.dmsalvage.fixtures.fault.RecordedDisk;
import org.dmsalvage.fixtures.writeboost.Layout;
import org.dmsalvage.fixtures.writeboost.Variant;
import org.dmsalvage.inspect.error.UnsupportedImageException;
import org.dmsalvage.inspect.format.OpenRequest;
import org.dmsalvage.inspect.io.BlockSource;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.InPlaceRepair;
import org.dmsalvage.repair.plan.InPlaceRepair.Place;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.replay.device.BlockDevice;
import org.dmsalvage.replay.device.ChannelDevice;
import org.dmsalvage.replay.undo.OriginalSource;
import org.dmsalvage.replay.undo.Undo;
import org.dmsalvage.replay.undo.UndoFile;
import org.dmsalvage.replay.undo.UndoState;
import org.dmsalvage.replay.undo.UndoTarget;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Power cuts at every write and every force of a repair in place, in states that real disks could
 * be left in: each is taken back exactly, and each is completed by running the repair again, which
 * can then still be taken back.
 *
 * <p>With {@code -Ddmsalvage.crash.samples=N} more states are tried where there are too many for
 * all.
 */
class RepairCrashTest {

  private static final int SAMPLES = Integer.getInteger("dmsalvage.crash.samples", 2);

  /** Small, so that a repair has several batches. */
  private static final int BATCH_BYTES = 12288;

  private static final int CACHE = 0;
  private static final int PLOG = 1;
  private static final int UNDO = 2;

  /**
   * A cache that is repaired.
   *
   * @param name of what happened to it
   * @param cache the cache device
   * @param plog the plog device; empty if there is none
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Case(String name, byte[] cache, byte[] plog) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final Layout LAYOUT = new Layout(Variant.RAW_2014, 7, 2048 + 4L * 128);

  static Stream<Case> cases() {
    return Stream.of(damaged(), unreachable());
  }

  /** Nothing but the plogs is left of the last life; its middle segments are damaged. */
  private static CrashedImages crashed(int pool) {
    List<Request> requests = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      requests.add(new Request.Write(8 * i, 8, false));
      requests.add(new Request.Write(8 * ((5 * i) % 12) + 2, 3, false));
      if (i % 3 == 2) {
        requests.add(new Request.Flush());
      }
    }
    Workload workload = new Workload(128, requests);
    return pool == 0
        ? WriteboostDriver.run(LAYOUT, workload, Crash.atTheEnd())
        : WriteboostDriver.run(LAYOUT, pool, workload, Crash.atTheEnd());
  }

  /** The superblock, the record, a byte of one segment and all of another. */
  private static Case damaged() {
    byte[] cache = crashed(0).cache();
    ByteBuffer bytes = ByteBuffer.wrap(cache).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(0, (byte) 0).put(4, (byte) 9).putLong(Layout.RECORD_OFFSET, 99);
    cache[LAYOUT.segmentOffset(1) + 4096 + 77] ^= 0x41;
    for (int i = 0; i < 50; i++) {
      cache[LAYOUT.segmentOffset(2) + 4096 + 13 * i] ^= (byte) (i + 1);
    }
    return new Case("damaged", cache, new byte[0]);
  }

  /** Plogs behind holes, which have to be written to the cache. */
  private static Case unreachable() {
    CrashedImages images = crashed(4);
    byte[] plog = images.plog();
    int segment = 9 * LAYOUT.blocksPerSegment() * 512;
    for (int at = 0; at + segment <= plog.length; at += segment) {
      int second = at + 512 + 512 * plog[at + 21];
      for (int i = 0; i < 40; i++) {
        plog[second + 512 + 11 * i] ^= (byte) (1 + i);
      }
    }
    byte[] cache = images.cache();
    for (int slot = 0; slot < LAYOUT.segmentCount(); slot++) {
      cache[LAYOUT.segmentOffset(slot) + 4096 + 600] ^= 0x21;
      cache[LAYOUT.segmentOffset(slot) + 4096 + 700] ^= 0x22;
    }
    return new Case("unreachable", cache, plog);
  }

  /** The images as they are, or, if a repair was stopped, as they were. */
  private static OpenRequest originals(RecordedDisk disk) throws IOException {
    BlockSource cache = new MemorySource(disk.bytes(CACHE));
    BlockSource plog = new MemorySource(disk.bytes(PLOG));
    try {
      UndoFile undo = UndoFile.open("undo", disk.open(UNDO));
      int of = undo.targetOf(Role.CACHE, 0).orElse(-1);
      cache = of < 0 ? cache : new OriginalSource(cache, undo, of);
      of = undo.targetOf(Role.PLOG, 0).orElse(-1);
      plog = of < 0 ? plog : new OriginalSource(plog, undo, of);
    } catch (UnsupportedImageException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("no header"), e.toString());
    }
    return new OpenRequest(
        cache, plog.size() == 0 ? null : plog, null, null, null, OptionalInt.empty());
  }

  private static void repair(RecordedDisk disk) throws IOException {
    Plan plan = Repairers.plan(originals(disk), _ -> true, Progress.NONE);
    try (BlockDevice cache = new ChannelDevice("cache", disk.open(CACHE));
        BlockDevice plog = new ChannelDevice("plog", disk.open(PLOG))) {
      List<Place> places = new ArrayList<>();
      places.add(new Place(Role.CACHE, cache, 0, target(Role.CACHE, cache)));
      if (plog.size() > 0) {
        places.add(new Place(Role.PLOG, plog, 0, target(Role.PLOG, plog)));
      }
      List<UndoTarget> targets = places.stream().map(Place::target).toList();
      try (UndoFile undo =
          UndoFile.openOrCreate("undo", disk.open(UNDO), plan.purpose(), targets)) {
        InPlaceRepair.run(plan, places, undo, BATCH_BYTES, Progress.NONE);
        assertEquals(UndoState.COMPLETE, undo.state());
      }
    }
  }

  private static UndoTarget target(Role role, BlockDevice device) {
    return new UndoTarget(role, device.name(), device.size(), "");
  }

  private static void undo(RecordedDisk disk) {
    try (UndoFile undo = UndoFile.open("undo", disk.open(UNDO));
        BlockDevice cache = new ChannelDevice("cache", disk.open(CACHE));
        BlockDevice plog = new ChannelDevice("plog", disk.open(PLOG))) {
      List<BlockDevice> devices = plog.size() > 0 ? List.of(cache, plog) : List.of(cache);
      new Undo(undo).run(devices, false, Progress.NONE);
      assertEquals(UndoState.UNDONE, undo.state());
    }
  }

  private static void same(List<byte[]> wanted, RecordedDisk disk, String what) {
    assertArrayEquals(wanted.get(CACHE), disk.bytes(CACHE), what + ": cache");
    assertArrayEquals(wanted.get(PLOG), disk.bytes(PLOG), what + ": plog");
  }

  /** Both ways out of a state lead where they should. */
  private static void check(List<byte[]> original, List<byte[]> repaired, List<byte[]> state)
      throws IOException {
    RecordedDisk back = new RecordedDisk(state);
    try {
      undo(back);
    } catch (UnsupportedImageException e) {
      assertTrue(String.valueOf(e.getMessage()).contains("no header"), e.toString());
    }
    same(original, back, "undone");
    RecordedDisk on = new RecordedDisk(state);
    repair(on);
    same(repaired, on, "completed");
    undo(on);
    same(original, on, "completed and undone");
  }

  @ParameterizedTest
  @MethodSource("cases")
  void everyCrashOfARepair(Case tested) throws IOException {
    List<byte[]> original = List.of(tested.cache, tested.plog, new byte[0]);
    RecordedDisk disk = new RecordedDisk(original);
    repair(disk);
    List<byte[]> repaired = List.of(disk.bytes(CACHE), disk.bytes(PLOG));
    assertFalse(Arrays.equals(tested.cache, repaired.getFirst()), "there is work");
    assertEquals(
        List.of(),
        Repairers.plan(
                originals(new RecordedDisk(List.of(repaired.get(0), repaired.get(1), new byte[0]))),
                _ -> true,
                Progress.NONE)
            .actions());
    SplittableRandom random = new SplittableRandom(1);
    for (int event = 0; event <= disk.length(); event++) {
      disk.statesAt(event, SAMPLES, random, (_, state) -> check(original, repaired, state));
    }
  }
}
