package org.dmsalvage.repair;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.dmsalvage.inspect.check.FindingCode;
import org.dmsalvage.inspect.format.writeboost.WriteboostCode;
import org.dmsalvage.inspect.progress.Progress;
import org.dmsalvage.repair.plan.Action;
import org.dmsalvage.repair.plan.Plan;
import org.dmsalvage.replay.recovery.Policy;
import org.dmsalvage.replay.undo.UndoTarget.Role;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Damage done to caches of real drivers, and what repair makes of it. */
class WriteboostRepairTest {

  private static final int FIRST_SEGMENT = 1 << 20;
  private static final int SEGMENT = 1 << 16;
  private static final int ID = 0;
  private static final int CHECKSUM = 8;
  private static final int LENGTH = 12;
  private static final int BLOCKS = 4096;

  private static int start(int slot) {
    return FIRST_SEGMENT + slot * SEGMENT;
  }

  private static Set<FindingCode> codes(Plan plan) {
    return plan.actions().stream().map(Action::code).collect(Collectors.toSet());
  }

  /** A slot in the middle of the log with several blocks. */
  private static int fullSlot(Devices devices) {
    for (int slot = 5; slot < 40; slot++) {
      if (devices.cache().buffer().getLong(start(slot) + ID) > 5
          && devices.cache().bytes()[start(slot) + LENGTH] > 4) {
        return slot;
      }
    }
    throw new AssertionError("no such slot");
  }

  @Test
  void mendsChangedBytesExactly() {
    Devices devices = Devices.of("wb-o7-unwrapped-crash");
    byte[] whole = devices.cache().bytes().clone();
    byte[] bytes = devices.cache().bytes();
    int slot = fullSlot(devices);
    for (int at : List.of(BLOCKS + 5000, 512 + 16, CHECKSUM + 2, LENGTH, ID + 5)) {
      bytes[start(slot) + at] ^= 0x50;
      Plan plan = devices.assertRepaired();
      assertArrayEquals(whole, Devices.cacheOf(plan), "byte " + at);
      assertEquals(1, plan.actions().size());
      assertEquals(start(slot) + at, plan.actions().getFirst().offset());
      System.arraycopy(whole, 0, bytes, 0, whole.length);
    }
  }

  @Test
  void mendsTheSuperblock() {
    Devices devices = Devices.of("wb-o7-wrapped-crash");
    byte[] whole = devices.cache().bytes().clone();
    byte[] bytes = devices.cache().bytes();
    bytes[1] ^= 4;
    bytes[4] = 9;
    Plan plan = devices.assertRepaired();
    assertEquals(Set.of(WriteboostCode.MAGIC, WriteboostCode.ORDER), codes(plan));
    assertArrayEquals(whole, Devices.cacheOf(plan));
  }

  /** All orders, offsets and checksum conventions are tried; what fits is the evidence. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "wb13-o4-unwrapped-crash",
        "wb13-o7-wrapped-crash",
        "wb13-o10-wrapped-crash",
        "wb-o4-wrapped-crash",
        "wb-o7-wrapped-crash",
        "wb-o10-wrapped-crash",
        "wbp-o7-crash",
        "wb-crash",
        "wb-wrap"
      })
  void rebuildsASuperblockThatIsWiped(String name) {
    Devices devices = Devices.of(name);
    byte[] cache = devices.cache().bytes();
    byte[] whole = Arrays.copyOf(cache, 5);
    byte[] salvage = Devices.shown(devices.request(), Policy.SALVAGE);
    Arrays.fill(cache, 0, FIRST_SEGMENT, (byte) 0);
    Plan plan = devices.unnamed().assertRepaired();
    assertArrayEquals(whole, Arrays.copyOf(Devices.cacheOf(plan), 5));
    assertArrayEquals(salvage, Devices.shown(plan.repaired(), Policy.DRIVER));
    assertTrue(plan.actions().getFirst().reason().contains("are whole"), "the evidence");
    // And the other way: rubbish instead of zeros. The module 2.x does not look at byte 4.
    Arrays.fill(cache, 0, 5, (byte) 0x9b);
    int looked = whole[4] == 0 ? 4 : 5;
    byte[] repaired = Devices.cacheOf(devices.unnamed().assertRepaired());
    assertArrayEquals(Arrays.copyOf(whole, looked), Arrays.copyOf(repaired, looked));
  }

  @Test
  void takesOutWhatCannotBeMended() {
    Devices devices = Devices.of("wb-o7-wrapped-crash");
    byte[] bytes = devices.cache().bytes();
    int slot = fullSlot(devices);
    byte[] unharmed = Devices.shown(devices.request(), Policy.SALVAGE);
    for (int i = 0; i < 100; i++) {
      bytes[start(slot) + BLOCKS + 7 * i] ^= (byte) (i + 1);
    }
    Plan plan = devices.assertRepaired();
    assertEquals(Set.of(WriteboostCode.CHECKSUM), codes(plan));
    Action action = plan.actions().getFirst();
    assertEquals(start(slot), action.offset());
    assertArrayEquals(new byte[8], action.after());
    assertFalse(action.lost().isEmpty());
    byte[] shown = Devices.shown(plan.repaired(), Policy.SALVAGE);
    assertFalse(Arrays.equals(unharmed, shown), "its blocks are lost");
  }

  @Test
  void keepsADamagedSegmentIfAskedTo() {
    for (String name : List.of("wb-o7-wrapped-crash", "wb-wrap")) {
      Devices devices = Devices.of(name);
      MemorySource cache = devices.cache();
      byte[] whole = Devices.shown(devices.request(), Policy.SALVAGE);
      int size = name.equals("wb-wrap") ? 1 << 19 : SEGMENT;
      int start = FIRST_SEGMENT + size;
      while (cache.bytes()[start + LENGTH] < 5
          || cache.buffer().getLong(start + size) != cache.buffer().getLong(start) + 1) {
        start += size;
      }
      for (int i = 0; i < 100; i++) {
        cache.bytes()[start + 3 * BLOCKS + 7 * i] ^= (byte) (i + 1);
      }
      Plan plan = devices.plan("keep-damaged");
      Action action = action(plan, start);
      assertEquals(512, action.length(), "only the checksum changes");
      byte[] shown = Devices.shown(plan.repaired(), Policy.DRIVER);
      int dropped =
          blocksThatDiffer(whole, Devices.shown(devices.plan().repaired(), Policy.DRIVER));
      int kept = blocksThatDiffer(whole, shown);
      assertTrue(kept <= 1 && kept < dropped, kept + " blocks instead of " + dropped);
      assertEquals(
          List.of(),
          Repairers.plan(plan.repaired(), _ -> true, Progress.NONE).actions(),
          "it is whole now");

      Plan stop = devices.plan("stop-at-damaged");
      int damaged = start;
      assertTrue(stop.actions().stream().noneMatch(a -> a.offset() == damaged));
    }
  }

  private static Action action(Plan plan, long offset) {
    return plan.actions().stream().filter(a -> a.offset() == offset).findFirst().orElseThrow();
  }

  private static int blocksThatDiffer(byte[] one, byte[] other) {
    int count = 0;
    for (int at = 0; at < one.length; at += BLOCKS) {
      count += Arrays.equals(one, at, at + BLOCKS, other, at, at + BLOCKS) ? 0 : 1;
    }
    return count;
  }

  @Test
  void leavesOutBlocksThatCannotBeReadIfAskedToKeepTheOthers() {
    Devices devices = Devices.of("wb-o7-unwrapped-crash");
    int slot = fullSlot(devices);
    int length = devices.cache().bytes()[start(slot) + LENGTH];
    byte[] whole = Devices.shown(devices.request(), Policy.SALVAGE);
    devices.cache().breakSectors(start(slot) + 2 * BLOCKS, BLOCKS);
    // A metablock that names no block.
    devices.cache().bytes()[start(slot) + 512 + 16 * 3] ^= 1;
    Plan plan = devices.plan("keep-damaged");
    Action action = action(plan, start(slot));
    assertEquals((length - 1) * BLOCKS, action.length(), "two blocks fewer");
    assertEquals(length - 2, action.after()[LENGTH]);
    assertTrue(action.lost().contains("the other blocks"), action.lost());
    byte[] shown = Devices.shown(plan.repaired(), Policy.DRIVER);
    assertTrue(blocksThatDiffer(whole, shown) <= 2, "all other blocks show");
  }

  @Test
  void takesOutIdsAndLengthsThatMakeNoSense() {
    Devices devices = Devices.of("wb-o7-wrapped-crash");
    byte[] bytes = devices.cache().bytes();
    int slot = fullSlot(devices);
    bytes[start(slot) + BLOCKS] ^= 0x11;
    bytes[start(slot) + BLOCKS + 9] ^= 0x12;
    byte[] damaged = bytes.clone();
    bytes[start(slot) + LENGTH] = (byte) 200;
    assertEquals(Set.of(WriteboostCode.LENGTH), codes(devices.assertRepaired()));
    System.arraycopy(damaged, 0, bytes, 0, bytes.length);
    devices.cache().buffer().putLong(start(slot) + ID, slot);
    assertEquals(Set.of(WriteboostCode.MISPLACED), codes(devices.assertRepaired()));
    int slots = (bytes.length - FIRST_SEGMENT) / SEGMENT;
    devices.cache().buffer().putLong(start(slot) + ID, slot + 1 + 9000L * slots);
    assertEquals(Set.of(WriteboostCode.AHEAD), codes(devices.assertRepaired()));
  }

  @Test
  void writesOverSectorsThatCannotBeRead() {
    Devices devices = Devices.of("wb-o7-unwrapped-crash");
    int slot = fullSlot(devices);
    devices.cache().breakSectors(start(slot) + BLOCKS, 512);
    Plan plan = devices.plan();
    assertEquals(Set.of(WriteboostCode.UNREADABLE), codes(plan));
    assertEquals(start(slot), plan.actions().getFirst().offset());
    for (String name : List.of("wb-o7-unwrapped-crash", "wb13-o7-wrapped-crash", "wb-crash")) {
      Devices unreadable = Devices.of(name);
      unreadable.cache().breakSectors(0, 512);
      unreadable.cache().breakSectors(FIRST_SEGMENT - 512, 512);
      unreadable.cache().breakSectors(FIRST_SEGMENT, 512);
      Plan all = unreadable.assertRepaired();
      assertTrue(codes(all).contains(WriteboostCode.UNREADABLE), all.actions().toString());
      for (int at : List.of(0, FIRST_SEGMENT - 512, FIRST_SEGMENT)) {
        assertEquals(512, action(all, at).length(), "a whole sector");
      }
    }
  }

  @Test
  void putsSegmentsTogetherThatADriverDoesNotReach() {
    Devices devices = Devices.of("wbp-o7-crash");
    MemorySource plog = Objects.requireNonNull(devices.plog());
    byte[] bytes = plog.bytes();
    // Tear the second plog of each plog segment, beyond what one byte can mend.
    int segment = 9 * 15 * 512;
    for (int at = 0; at + segment <= bytes.length; at += segment) {
      int second = at + 512 + 512 * bytes[at + 21];
      for (int i = 0; i < 40; i++) {
        bytes[second + 512 + 11 * i] ^= (byte) (1 + i);
      }
    }
    Plan plan = devices.assertRepaired();
    assertEquals(Set.of(WriteboostCode.PLOG_HOLE), codes(plan));
    assertTrue(plan.actions().stream().anyMatch(a -> a.role() == Role.CACHE && a.length() > 4096));
  }

  @Test
  void mendsPlogsExactly() {
    Devices devices = Devices.of("wbp-o7-crash");
    MemorySource plog = Objects.requireNonNull(devices.plog());
    byte[] whole = plog.bytes().clone();
    plog.bytes()[512 + 100] ^= 0x20;
    Plan plan = devices.assertRepaired();
    assertEquals(Set.of(WriteboostCode.PLOG_CORRECTED), codes(plan));
    assertArrayEquals(whole, Devices.bytes(Objects.requireNonNull(plan.repaired().plog())));
  }

  @Test
  void fillsGapsInALogOf2013() {
    for (String name : List.of("wb13-o7-unwrapped-crash", "wb13-o7-wrapped-crash")) {
      Devices devices = Devices.of(name);
      MemorySource cache = devices.cache();
      int slot = 9;
      long slots = (cache.size() - FIRST_SEGMENT) / SEGMENT;
      long id = cache.buffer().getLong(start(slot));
      for (int lap = 0; lap < 4; lap++) {
        cache.bytes()[start(slot) + 9 + 13 * lap] += (byte) (3 * lap + 1);
      }
      cache.buffer().putLong(start(slot + 5), 0);
      cache.breakSectors(start(slot + 7), 512);
      Plan plan = devices.assertRepaired();
      assertEquals(
          Set.of(WriteboostCode.CHECKSUM, WriteboostCode.LOST, WriteboostCode.UNREADABLE),
          codes(plan),
          name);
      ByteBuffer repaired = ByteBuffer.wrap(Devices.cacheOf(plan)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(id, repaired.getLong(start(slot)));
      assertEquals(id + 5, repaired.getLong(start(slot + 5)));
      assertEquals((id + 4) / slots + 1, repaired.getInt(start(slot + 5) + 9), "the lap");
      assertEquals(0, repaired.get(start(slot + 5) + 13 + 8), "no dirty bits");
    }
  }

  @Test
  void leavesWhatIsNotWanted() {
    Devices devices = Devices.of("wbp-o7-stale-ring");
    Plan nothing =
        Repairers.plan(devices.request(), code -> !code.id().startsWith("WB-PLOG"), Progress.NONE);
    assertEquals(List.of(), nothing.actions());
    assertFalse(nothing.remaining().isEmpty());
  }

  @Test
  void findsNothingToRepairWhereNothingWasWritten() {
    Devices devices = Devices.of("wb-o7-unwrapped-crash");
    Arrays.fill(devices.cache().bytes(), (byte) 0);
    assertEquals(List.of(), devices.plan().actions());
  }
}
